"""A lesson as a student sees it: JupyterLab in Chromium, every cell run, handles moved."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from singan_edu.evaluation import study

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).parents[2]
LESSON = "01_image_pyramid.ipynb"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is in the page
}
LONGEST = 180_000  # milliseconds that a busy machine is given for a lesson

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with a copy of the lesson, since a page that is open is saved now and then."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / LESSON, folder / "notebooks")
    (folder / "figures").mkdir()
    for figure in (ROOT / "figures").iterdir():  # a lesson shows them
        if figure.suffix in (".png", ".jpg", ".gif"):
            shutil.copy(figure, folder / "figures")
    for name, settings in SETTINGS.items():
        file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    """JupyterLab, on a free port of this machine, with nobody's settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={place}"]
    with open(place / "lab.log", "w") as log:
        server = subprocess.Popen(command, env=surroundings(place), stdout=log, stderr=log)
    try:
        wait_until_up(f"http://127.0.0.1:{port}", server, place / "lab.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def surroundings(place: Path) -> dict[str, str]:
    """The variables of the server and its kernels: everything is written into ``place``."""
    folders = dict(
        JUPYTERLAB_SETTINGS_DIR="settings",
        JUPYTERLAB_WORKSPACES_DIR="workspaces",
        JUPYTER_CONFIG_DIR="config",
        JUPYTER_RUNTIME_DIR="runtime",
        JUPYTER_DATA_DIR="data",
        SINGAN_EDU_ANSWERS="answers",
        SINGAN_EDU_RUNS="runs",
    )
    paths = {name: str(place / folder) for name, folder in folders.items()}
    # One thread: beside another worker of the tests, two would be many times slower.
    return dict(os.environ) | paths | dict(OMP_NUM_THREADS="1")


def wait_until_up(address: str, server: subprocess.Popen, log: Path) -> None:
    """Return once the server answers; fail with its log if it ends before."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab does not answer. {log.read_text()}")


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What the page wrote to the browser's console as errors, or threw."""
    return []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(browser, address: str, place: Path, complaints: list[str]) -> Page:
    """The lesson in JupyterLab, all of its cells run."""
    return opened(browser, f"{address}/lab/tree/notebooks/{LESSON}?reset", place, complaints)


def opened(browser, url: str, place: Path, complaints: list[str]) -> Page:
    """A notebook of ``place`` in a page of its own, all of its cells run."""
    page = new_page(browser, complaints)
    name = url.split("/")[-1].split("?")[0]
    open_and_run(page, url, count_code_cells(place / "notebooks" / name))
    return page


def new_page(browser: Browser, complaints: list[str]) -> Page:
    """An empty page that records every error."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(LONGEST)
    return page


def open_and_run(page: Page, url: str, cells: int) -> None:
    """Open a notebook of so many code cells and choose Run › Run All Cells."""
    page.goto(url, wait_until="domcontentloaded")
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    # Before the kernel answers, JupyterLab empties the cells and runs none. The notebook's own
    # indicator says idle even then; the status bar says "Initializing".
    page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator("img.singan-picture, .singan-quiz").last.wait_for()
    last = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").last
    sync_api.expect(last).to_have_text(f"[{cells}]:", timeout=LONGEST)


def count_code_cells(path: Path) -> int:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return sum(cell["cell_type"] == "code" for cell in notebook["cells"])


def explorer(page: Page, slider: str) -> tuple[Locator, Locator]:
    """The handle of a slider and the picture that follows it."""
    box = page.locator(".singan-explore", has_text=slider).first
    box.scroll_into_view_if_needed()
    return box.get_by_role("slider").first, box.locator("img.singan-picture")


def changed_from(picture: Locator, before: str | None) -> None:
    """Wait until the picture is another one."""
    sync_api.expect(picture).not_to_have_attribute("src", before, timeout=30_000)


def test_every_cell_ran_without_an_error(page):
    assert page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
    assert page.locator(".jp-RenderedText", has_text="Traceback").count() == 0


def test_the_first_picture_is_there_at_once_and_large_and_described(page):
    for picture in page.locator("img.singan-picture").all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("image => image.complete && image.naturalWidth") >= 400
    for box in page.locator(".singan-explore").all():  # words for those who cannot see it
        assert len(box.locator("small").inner_text()) > 20


def test_the_arrow_keys_move_a_slider_and_the_picture_follows(page):
    handle, picture = explorer(page, "level")
    before = picture.get_attribute("src")
    handle.focus()
    handle.press("ArrowRight")
    changed_from(picture, before)
    once = picture.get_attribute("src")
    handle.press("ArrowRight")
    changed_from(picture, once)


def test_the_mouse_moves_a_slider_and_the_picture_follows(page):
    handle, picture = explorer(page, "period")
    before, start = picture.get_attribute("src"), handle.bounding_box()
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=6)
    page.mouse.up()
    changed_from(picture, before)


def test_a_prediction_is_clicked_kept_and_confronted(page, place):
    box = page.locator(".singan-predict").first
    box.scroll_into_view_if_needed()
    option = box.get_by_role("button").last
    option.click()
    sync_api.expect(box).to_contain_text("kept", timeout=30_000)
    kept = json.loads((place / "answers" / "predictions.json").read_text(encoding="utf-8"))
    assert kept == {"01.1": option.inner_text()}


# ------------------------------------------------------------------------------ the real/fake quiz
QUIZ = "quiz.ipynb"
PREPARED = """
import singan_edu as sg
from singan_edu.evaluation import study
from singan_edu.course.quiz import Quiz
photographs = {n: sg.resize(sg.sample_image(n), (72, 96)) for n in sg.sample_image_names()[:4]}
samples = {name: real.flip(-1) for name, real in photographs.items()}
def quiz(protocol, trials, **options):
    plan = study.plan_trials(list(photographs), protocol, trials=trials, seed=1)
    return Quiz(plan, photographs, samples, person="Ada", **options)
"""
CELLS = (PREPARED, "quiz('paired', 4)", "quiz('unpaired', 2, exposure_ms=150, practice=True)")
# Another clock than the quiz's own: how long the pictures were visible, and the longest frame.
WATCH = """() => {
  window.exposures = []; let start = null, before = 0, longest = 0;
  const look = (now) => {
    const pictures = document.querySelector('.quiz-pictures');
    const visible = getComputedStyle(pictures).visibility === 'visible';
    if (visible && start === null) { start = now; longest = 0; }
    if (start !== null) longest = Math.max(longest, now - before);
    if (!visible && start !== null) { window.exposures.push([now - start, longest]); start = null; }
    before = now; requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


@pytest.fixture(scope="module")
def quizzes(browser, address: str, place: Path, complaints: list[str]) -> Page:
    """A notebook with a quiz of each kind."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    facts = dict(kernelspec=dict(name="python3", display_name="Python 3", language="python"))
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=facts)
    nbformat.write(notebook, place / "notebooks" / QUIZ)
    return opened(browser, f"{address}/lab/tree/notebooks/{QUIZ}?reset", place, complaints)


def wait_for_pictures(box: Locator) -> None:
    sync_api.expect(box.locator(".quiz-pictures.shown")).to_be_visible(timeout=30_000)


def test_a_quiz_is_answered_by_keyboard_and_pictures_stand_for_a_second(quizzes, place):
    box = quizzes.locator(".singan-quiz").first
    quizzes.evaluate(WATCH)
    box.get_by_role("button", name="Start").click()
    for key in ("ArrowLeft", "ArrowRight", " ", "ArrowLeft"):
        wait_for_pictures(box)
        quizzes.keyboard.press(key)
        sync_api.expect(box.locator(".quiz-pictures.shown")).to_have_count(0)
    sync_api.expect(box).to_contain_text("study_paired_level0_Ada.json", timeout=30_000)
    kept = study.load_answers(place / "answers" / "study_paired_level0_Ada.json")
    assert [answer.said for answer in kept] == ["left", "right", None, "left"]
    assert all(0 < answer.reaction_ms < 60_000 for answer in kept)
    measured = quizzes.evaluate("window.exposures")
    print("exposures in ms, by the quiz and by another clock (longest frame):")
    for answer, (seen, longest) in zip(kept, measured, strict=True):
        print(f"{answer.exposure_ms:.1f}, {seen:.1f} ({longest:.1f})")
        allowed = max(2 * 1000 / 60, longest) + 5  # two frames, or what the machine took for one
        assert -5 < answer.exposure_ms - 1000 < allowed
        assert abs(seen - answer.exposure_ms) < allowed


def test_a_practice_trial_gets_its_verdict_and_its_keys_are_no_commands(quizzes, place):
    box = quizzes.locator(".singan-quiz").last
    box.get_by_role("button", name="Start").click()
    for key in ("f", "r"):
        sync_api.expect(box.get_by_role("button", name="missed it")).to_be_enabled()
        quizzes.keyboard.press(key)
        sync_api.expect(box).to_contain_text("t was", timeout=30_000)  # real, or fake
    sync_api.expect(box).to_contain_text("the last one", timeout=30_000)
    assert quizzes.locator(".jp-CodeCell").count() == len(CELLS)  # R would make raw cells
    assert quizzes.locator(".jp-DocumentSearch-overlay").count() == 0  # F would search
    assert not list((place / "answers").glob("study_unpaired*"))


# ------------------------------------------------------------------------------ canvases to draw on
LIVE_VIEWS = {  # the cells that the live view of a lesson needs, which are quick
    "10_paint_to_image": ["parameters", "imports", "model", "paint", "canvas"],
    "12_editing": ["parameters", "imports", "model", "canvas"],
}
SUGGESTED = "\nchosen = 3"  # the level that a cell of lesson 12 takes some seconds to suggest


@pytest.fixture(scope="module", params=LIVE_VIEWS)
def live_view(request, browser, place, address, complaints) -> Iterator[Locator]:
    """The live view of a lesson, from a notebook of the cells that it needs."""
    name, wanted = request.param, LIVE_VIEWS[request.param]
    notebook = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] in wanted]
    assert [cell["id"] for cell in notebook["cells"]] == wanted
    for cell in notebook["cells"]:
        cell.update(outputs=[], execution_count=None)
        if cell["id"] == "model":
            cell["source"] = "".join(cell["source"]) + SUGGESTED
    (place / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    page = new_page(browser, complaints)
    open_and_run(page, f"{address}/lab/tree/notebooks/{name}.ipynb?reset", len(wanted))
    box = page.locator(".singan-live-view")
    box.locator("canvas").scroll_into_view_if_needed()
    yield box
    page.close()


def drag(canvas: Locator, start: tuple[float, float], stop: tuple[float, float]) -> None:
    """Press the mouse at shares (across, down) of a canvas, move it, let it go."""
    box, mouse = canvas.bounding_box(), canvas.page.mouse
    assert box is not None, "the canvas is not visible"
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, stop)]
    mouse.move(*places[0])
    mouse.down()
    mouse.move(*places[1], steps=8)
    mouse.up()


def pixels(canvas: Locator) -> str:
    """What a canvas shows, as one long word."""
    return canvas.evaluate("canvas => canvas.toDataURL()")


def test_what_the_mouse_draws_is_seen_and_the_result_follows(live_view):
    canvas, result = live_view.locator("canvas"), live_view.locator("img.singan-picture")
    assert canvas.bounding_box()["width"] >= 300
    shown, before = pixels(canvas), result.get_attribute("src")
    for stroke in (((0.2, 0.2), (0.45, 0.45)), ((0.3, 0.3), (0.6, 0.6))):  # mark, carry: two drags
        drag(canvas, *stroke)
    changed_from(result, before)
    assert pixels(canvas) != shown


def test_undo_brings_the_result_back(live_view):
    result = live_view.locator("img.singan-picture")
    drawn = result.get_attribute("src")
    live_view.get_by_role("button", name="undo").click()
    changed_from(result, drawn)


def test_the_pages_wrote_no_error_to_the_console(page, quizzes, complaints):
    assert complaints == []
