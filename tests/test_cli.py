"""The command line: options, a training with the library, and lesson 06 on a photograph."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import papermill
import pytest
import torch
from helpers import At, files_in, picture
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import DeadKernelError
from PIL import Image

import singan_edu as sg
from singan_edu import cli
from singan_edu.cli import main

ROOT = Path(__file__).parents[1]
TINY = ["--max-size", "40", "--iterations", "4,3", "--samples", "2"]
RESULTS = [
    "history.json",
    "model/model.json",
    "overview.png",
    "reconstruction.png",
    "samples/00_30x40.png",
    "samples/01_30x40.png",
]
LESSON_RESULTS = [
    "history.json",
    "model/model.json",
    "pyramid.png",
    "reconstruction.png",
    "samples.png",
    "samples/00.png",
    "samples/01.png",
    "training.ipynb",
]


@pytest.fixture(autouse=True)
def notebooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lessons are found wherever the tests run."""
    monkeypatch.setenv("SINGAN_EDU_NOTEBOOKS", str(ROOT / "notebooks"))


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    return sg.save_image(picture(30, 40), tmp_path / "photos" / "my photo.png")


def stopped_by(error: BaseException) -> Callable[..., None]:
    """A function that takes anything and raises ``error``."""

    def stop(*_: object, **__: object) -> None:
        raise error

    return stop


# ------------------------------------------------------------------------------- misused and failed
@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--colour", "red"],
        ["train", "--max_size", "40"],
        ["train", "a.png", "b.png"],
        ["train", "--seed"],
        ["train", "--seed", "one"],
        ["train", "--max-size", "4.5"],
        ["train", "--iterations", "many"],
        ["train", "--iterations", "4.5"],
        ["train", "--iterations", "30 20"],
        ["train", "--iterations", "30,,20"],
        ["paint"],
        [],
    ],
)
def test_a_misused_command_line_is_refused_with_exit_code_two(arguments, capsys, tmp_path):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: singan" in capsys.readouterr().err and files_in(tmp_path) == []


def test_an_unknown_option_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--colour", "red"])
    assert "unrecognized arguments: --colour" in capsys.readouterr().err


BAD_PHOTOS: dict[str, tuple[bytes | tuple[int, int] | None, str]] = {
    "missing.png": (None, "There is no file"),
    "notes.png": (b"Dear diary", "is not a picture"),
    "half.png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "half.png"),
    "small.png": ((20, 60), "below min_size=25"),
}


@pytest.mark.parametrize("lesson", [[], ["--lesson"]])
@pytest.mark.parametrize("name", BAD_PHOTOS)
def test_a_bad_photograph_is_one_line_on_stderr_exit_code_one_and_no_folder(
    name, lesson, tmp_path, capfd
):
    content, words = BAD_PHOTOS[name]
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    elif content:
        Image.new("RGB", content[::-1]).save(tmp_path / name)
    assert main(["train", str(tmp_path / name), *TINY, *lesson]) == 1
    out, err = capfd.readouterr()
    assert out == "" and len(err.splitlines()) == 1
    assert err.startswith("singan: ") and words in err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("lesson", [[], ["--lesson"]])
@pytest.mark.parametrize(
    "options, words",
    [
        (["--preset", "fast"], "choose one of lesson, classroom, paper"),
        (["--iterations", "0"], "iterations=0 must"),
        (["--iterations", "4,0"], "iterations"),
        (["--max-size", "12"], "max_size=12"),
        (["--max-size", "26"], "max_size"),
        (["--samples", "0"], "samples"),
        (["--samples", "-3"], "samples"),
        (["--seed", "-1"], "seed=-1 must"),
    ],
)
def test_a_bad_option_is_one_line_on_stderr_exit_code_one_and_no_folder(
    options, words, lesson, photo_file, tmp_path, capfd, monkeypatch
):
    for name in ("_train", "_run_lesson"):
        monkeypatch.setattr(cli, name, lambda _: pytest.fail("the training began"))
    assert main(["train", str(photo_file), *options, *lesson]) == 1
    err = capfd.readouterr().err
    assert len(err.splitlines()) == 1 and words in err and not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "given, meant",
    [
        ("baloon_festival", "balloon_festival"),
        ("dessert_arch", "desert_arch"),
        ("my foto.png", "my photo.png"),
    ],
)
def test_a_mistyped_photograph_gets_a_suggestion(given, meant, photo_file, monkeypatch, capsys):
    monkeypatch.chdir(photo_file.parent)
    assert main(["train", given]) == 1
    assert f"Did you mean {meant}?" in capsys.readouterr().err


def test_a_photograph_like_no_other_gets_no_suggestion(photo_file, monkeypatch, capsys):
    monkeypatch.chdir(photo_file.parent)
    assert main(["train", "zebra"]) == 1
    assert "Did you mean" not in capsys.readouterr().err


def test_an_output_folder_that_cannot_be_made_is_a_sentence(photo_file, tmp_path, capfd):
    (tmp_path / "taken").write_text("a file")
    assert main(["train", str(photo_file), *TINY, "--out", str(tmp_path / "taken" / "here")]) == 1
    err = capfd.readouterr().err
    assert err.startswith("singan: ") and "taken" in err and len(err.splitlines()) == 1


def test_lack_of_memory_says_what_to_do_and_other_faults_stay_visible(
    photo_file, monkeypatch, capfd
):
    text = "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: 9 bytes"
    monkeypatch.setattr(cli, "train", stopped_by(RuntimeError(text)))
    assert main(["train", str(photo_file)]) == 1 and "--max-size" in capfd.readouterr().err
    monkeypatch.setattr(cli, "train", stopped_by(RuntimeError("a bug")))
    with pytest.raises(RuntimeError, match="a bug"):
        main(["train", str(photo_file)])


# -------------------------------------------------------------------------------------- the request
def request_for(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    """What the command would train with."""
    taken: list[object] = []

    def keep(request: object) -> int:
        taken.append(request)
        return 0

    monkeypatch.setattr(cli, "_train", keep)
    assert main(["train", *arguments]) == 0
    return taken[0]


def test_help_names_every_option_and_the_pictures(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--help"])
    told = capsys.readouterr().out
    assert stop.value.code == 0
    for option in "preset max-size iterations seed samples out lesson".split():
        assert f"--{option}" in told
    assert "balloon_festival" in told and "Ctrl-C" in told


def test_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0 and capsys.readouterr().out == f"singan {sg.__version__}\n"


def test_what_is_given_is_passed_on_with_its_type(photo_file, monkeypatch, tmp_path):
    options = "--max-size 48 --iterations 30,20 --seed 7 --samples 3 --preset classroom".split()
    request = request_for(monkeypatch, str(photo_file), *options, "--out", str(tmp_path / "here"))
    assert torch.allclose(request.image, picture(30, 40), atol=1 / 127)
    changed = sg.TrainConfig.preset("classroom", max_size=48, iterations=(30, 20))
    assert request.config == changed
    assert (request.seed, request.samples, request.out) == (7, 3, tmp_path / "here")


@pytest.mark.parametrize(
    "text, value", [("30,20", (30, 20)), ("30", 30), ("[30, 20]", (30, 20)), ("30,", 30)]
)
def test_iterations_are_a_number_or_a_list(text, value, photo_file, monkeypatch):
    request = request_for(monkeypatch, str(photo_file), "--iterations", text)
    assert request.config.iterations == value


@pytest.mark.parametrize("preset", ["lesson", "paper"])
def test_what_is_not_given_comes_from_the_preset(preset, photo_file, monkeypatch):
    request = request_for(monkeypatch, str(photo_file), "--preset", preset)
    assert request.config == sg.TrainConfig.preset(preset)


def test_without_a_photograph_a_picture_of_the_package_is_used(monkeypatch):
    request = request_for(monkeypatch, "--max-size", "64")
    assert request.photo in sg.sample_image_names()


def test_folders_of_two_photographs_of_one_name_and_of_two_presets_differ(
    photo_file, tmp_path, monkeypatch
):
    namesake = sg.save_image(picture(30, 40, seed=1), tmp_path / "other" / photo_file.name)
    runs = [
        ("--preset", "lesson"),
        ("--preset", "classroom"),
        ("--seed", "1"),
        ("--max-size", "39"),
    ]
    folders = {
        request_for(monkeypatch, str(path), *options).out
        for path in (photo_file, namesake)
        for options in runs
    }
    assert len(folders) == 8
    assert all(folder.parent == tmp_path / "runs" for folder in folders)
    assert all(folder.name.startswith("my_photo-") for folder in folders)


# ---------------------------------------------------------------------- a training with the library
Run = tuple[Path, list[int], list[str]]


def run_in(root: Path, *options: str, times: int = 1) -> Run:
    """Real runs of one command: (folder, exit codes, what each printed)."""
    path = sg.save_image(picture(30, 40), root / "photo.png")
    codes, told = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SINGAN_EDU_RUNS", str(root / "runs"))
        patch.setenv("SINGAN_EDU_NOTEBOOKS", str(ROOT / "notebooks"))
        for _ in range(times):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                codes.append(main(["train", str(path), *TINY, *options]))
            told.append(out.getvalue())
    (folder,) = (root / "runs").iterdir()
    return folder, codes, told


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The training, twice."""
    return run_in(tmp_path_factory.mktemp("train"), times=2)


def test_a_run_leaves_the_model_its_history_and_pictures(run):
    folder, codes, told = run
    assert codes[0] == 0
    assert [name for name in files_in(folder) if not name.endswith(".safetensors")] == RESULTS
    plan, progress = told[0].index("estimate:"), told[0].index("level 1 (paper n=0)")
    assert plan < progress  # the cost is said before it is paid
    history = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    assert [level["level"] for level in history["levels"]] == [0, 1]


def test_the_last_line_says_where_the_results_are_and_how_to_use_them(run):
    last = run[2][0].splitlines()[-1]
    assert str(run[0]) in last
    expression = last[last.index("singan_edu.SinGAN.load") :]
    drawn = eval(expression, {"singan_edu": sg})
    assert drawn.shape == (4, 3, 30, 40)


def test_the_model_of_a_run_is_complete_and_of_the_photograph(run):
    model = sg.SinGAN.load(run[0] / "model")
    assert model.is_complete and model.plan.sizes == ((25, 33), (30, 40))
    assert model.config == sg.TrainConfig.preset("lesson", max_size=40, iterations=(4, 3))
    assert torch.allclose(model.image, picture(30, 40), atol=1 / 127)


def test_the_pictures_of_a_run_are_what_the_model_makes(run):
    folder, model = run[0], sg.SinGAN.load(run[0] / "model")
    assert torch.allclose(
        sg.load_image(folder / "reconstruction.png"), model.reconstruct(), atol=1 / 127
    )
    samples = [sg.load_image(folder / "samples" / f"0{i}_30x40.png") for i in range(2)]
    assert not torch.equal(*samples)
    assert torch.allclose(torch.cat(samples), model.sample(2, seed=1), atol=1 / 127)


def test_the_overview_shows_the_image_the_reconstruction_and_the_samples_with_labels(run):
    overview = sg.load_image(run[0] / "overview.png")
    model = sg.SinGAN.load(run[0] / "model")
    shown = [model.image, model.reconstruct(), *model.sample(2, seed=1).split(1)]
    rows = overview[:, :, cli.LABEL_HEIGHT : cli.LABEL_HEIGHT + 30]
    cell = (overview.shape[-1] - cli.OVERVIEW_GAP) // 4
    for number, image in enumerate(shown):
        left = cli.OVERVIEW_GAP + number * cell
        assert torch.allclose(rows[..., left : left + 40], image, atol=1 / 127)
        assert overview[:, :, : cli.LABEL_HEIGHT, left : left + cell].min() < 0  # a label


def test_a_grey_photograph_has_grey_results(tmp_path):
    path = sg.save_image(picture(30, 40, channels=1), tmp_path / "grey.png")
    assert main(["train", str(path), *TINY, "--out", str(tmp_path / "out")]) == 0
    assert sg.load_image(tmp_path / "out" / "reconstruction.png").shape == (1, 1, 30, 40)


def test_the_same_command_again_reuses_the_model(run):
    folder, codes, told = run
    assert codes[1] == 0 and "estimate:" not in told[1]
    assert "finished; nothing is left to do" in told[1]
    assert len([name for name in files_in(folder) if name.endswith(".safetensors")]) == 1


@pytest.mark.parametrize("lesson", [[], ["--lesson"]])
def test_a_folder_of_another_training_is_one_line_with_its_reason_and_exit_code_one(
    lesson, photo_file, tmp_path, capfd
):
    taken = tmp_path / "taken"
    config = sg.TrainConfig.preset("lesson", max_size=40, iterations=(2, 1))
    sg.train(picture(30, 40, seed=3), config, checkpoint_dir=taken / "model")
    capfd.readouterr()
    assert main(["train", str(photo_file), *TINY, "--out", str(taken), *lesson]) == 1
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("singan: ")]
    assert len(lines) == 1 and "holds another training (another photograph" in lines[0]


def test_a_note_on_the_photograph_is_a_line_and_not_a_warning(tmp_path, capfd, recwarn):
    path = tmp_path / "see-through.png"
    Image.new("RGBA", (40, 30), (200, 10, 10, 128)).save(path)
    assert main(["train", str(path), *TINY]) == 0
    notes = [line for line in capfd.readouterr().out.splitlines() if line.startswith("Note: ")]
    assert len(notes) == 1 and "transparent" in notes[0] and not recwarn.list


def test_a_warning_of_the_training_is_a_line(photo_file, monkeypatch, capfd):
    train = cli.train

    def warn(*arguments: Any, **options: Any) -> sg.SinGAN:
        warnings.warn("The threads differ.", UserWarning, stacklevel=2)
        return train(*arguments, **options)

    monkeypatch.setattr(cli, "train", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["train", str(photo_file), *TINY]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("Note: The threads differ.\n") and err == ""


def test_an_interrupt_saves_the_state_and_says_how_to_resume(
    photo_file, tmp_path, monkeypatch, capfd
):
    command = ["train", str(photo_file), *TINY, "--out", str(tmp_path / "out")]
    train = cli.train

    def interrupted(*arguments: Any, callbacks: list[sg.Callback], **options: Any) -> sg.SinGAN:
        ctrl_c = At(1, 2, lambda _: signal.raise_signal(signal.SIGINT))
        return train(*arguments, callbacks=[*callbacks, ctrl_c], **options)

    monkeypatch.setattr(cli, "train", interrupted)
    assert main(command) == 130
    out, err = capfd.readouterr()
    assert "iteration 2 of 3" in out and str(tmp_path / "out" / "model") in out
    assert "singan:" not in err and not (tmp_path / "out" / "overview.png").exists()
    monkeypatch.setattr(cli, "train", train)
    assert main(command) == 0
    model = sg.SinGAN.load(tmp_path / "out" / "model")
    config = sg.TrainConfig.preset("lesson", max_size=40, iterations=(4, 3))
    direct = sg.train(sg.load_image(photo_file), config)
    assert torch.equal(model.sample(seed=5), direct.sample(seed=5))


# --------------------------------------------------------------------------- the lesson itself runs
def test_options_are_the_parameters_of_the_lesson(photo_file, monkeypatch):
    inferred = papermill.inspect_notebook(str(ROOT / "notebooks" / cli.LESSON))
    request = request_for(monkeypatch, str(photo_file))
    assert set(cli._lesson_parameters(request)) == set(inferred)
    assert all(len(facts["help"]) > 10 for facts in inferred.values())


def test_a_relative_photograph_is_found_from_where_the_user_stands(photo_file, monkeypatch):
    monkeypatch.chdir(photo_file.parent)
    request = request_for(monkeypatch, photo_file.name, "--out", "here")
    parameters = cli._lesson_parameters(request)
    assert parameters["photo"] == str(photo_file)
    assert parameters["out"] == str(photo_file.parent / "here")


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The lesson, once: executing it takes most of the time of these tests."""
    return run_in(tmp_path_factory.mktemp("lesson"), "--lesson")


def test_a_lesson_leaves_the_notebook_the_model_its_history_and_pictures(lesson):
    folder, codes, told = lesson
    assert codes == [0]
    files = [name for name in files_in(folder) if not name.endswith(".safetensors")]
    film = [name for name in files if name.startswith("film/")]  # how each level learned
    assert {name[:11] for name in film} == {"film/level0", "film/level1"}
    assert [name for name in files if name not in film] == LESSON_RESULTS
    assert "estimate:" in told[0] and "level 1 (paper n=0)" in told[0] and str(folder) in told[0]


def test_the_lesson_trains_what_the_library_trains(lesson, run):
    one, other = (sg.SinGAN.load(folder / "model") for folder in (lesson[0], run[0]))
    assert lesson[0].name == run[0].name
    assert one.config == other.config and torch.equal(one.image, other.image)


def test_the_executed_notebook_has_the_parameters_and_no_errors(lesson):
    notebook = json.loads((lesson[0] / "training.ipynb").read_text(encoding="utf-8"))
    injected = [
        cell
        for cell in notebook["cells"]
        if "injected-parameters" in cell["metadata"].get("tags", [])
    ]
    assert "iterations = [4, 3]" in "".join(injected[0]["source"])
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert outputs and not [output for output in outputs if output["output_type"] == "error"]


def test_without_the_notebooks_the_lesson_says_what_to_do(photo_file, monkeypatch, capsys):
    monkeypatch.delenv("SINGAN_EDU_NOTEBOOKS")
    monkeypatch.chdir(photo_file.parent)
    assert main(["train", str(photo_file), "--lesson"]) == 1
    err = capsys.readouterr().err
    assert str(photo_file.parent / "notebooks") in err and "SINGAN_EDU_NOTEBOOKS" in err


def test_without_jupyter_the_lesson_says_what_to_install(photo_file, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "papermill", None)
    monkeypatch.delitem(sys.modules, "singan_edu.course.run_lesson")
    assert main(["train", str(photo_file), "--lesson"]) == 1
    assert "pip install 'singan-edu[lessons]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        papermill.PapermillExecutionError(1, 1, "", "KeyboardInterrupt", "", []),  # in a cell
        KeyboardInterrupt(),  # in papermill itself
    ],
)
def test_an_interrupt_of_the_lesson_has_the_exit_code_of_one(error, photo_file, monkeypatch, capfd):
    monkeypatch.setattr(papermill, "execute_notebook", stopped_by(error))
    assert main(["train", str(photo_file), *TINY, "--lesson"]) == 130
    assert "singan:" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "error, words",
    [
        (DeadKernelError("Kernel died"), "--max-size"),
        (NoSuchKernel("python3"), "Install ipykernel"),
        (papermill.PapermillExecutionError(1, 1, "", "ValueError", "no", []), "training.ipynb"),
    ],
)
def test_a_lesson_that_cannot_run_says_what_to_do(error, words, photo_file, monkeypatch, capfd):
    monkeypatch.setattr(papermill, "execute_notebook", stopped_by(error))
    assert main(["train", str(photo_file), *TINY, "--lesson"]) == 1
    err = capfd.readouterr().err
    assert err.startswith("singan: ") and words in err


# ---------------------------------------------------------------------------------------- the shell
def test_the_module_is_the_command(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "singan_edu", "train", str(tmp_path / "none.png")],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONWARNINGS": "error"},
    )
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("singan: There is no file") and done.stderr.count("\n") == 1
