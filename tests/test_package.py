"""The package as it is published: built, installed outside the repository, used in an empty folder.

Run it alone with ``pytest tests/test_package.py``. It needs no network: dependencies come from the
environment that runs the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PYPROJECT["project"]["version"]
# What a checkout holds that is not part of the course.
LEFT_OUT = shutil.ignore_patterns(
    *(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build", "dist"),
    *("my_answers", "my_lessons", "runs", ".ipynb_checkpoints"),
)
JUPYTER = (
    "IPython ipywidgets ipykernel jupyter_client traitlets nbformat nbclient papermill anywidget "
    "ipycanvas psutil"
).split()
TINY = "max_size=40, iterations=3"

USE_EVERYTHING = f"""
from pathlib import Path
import torch
import singan_edu as sg
from singan_edu.course import differences, lesson, plots
from singan_edu.course.exercises import find
from singan_edu.course.quiz import Quiz
from singan_edu.evaluation import study

image = sg.sample_image("gravel")
config = sg.TrainConfig.preset("lesson", {TINY})
model = sg.load_or_train(image, config, sg.run_folder(image, config, name="mine"))
assert model.sample(2, seed=1).shape[0] == 2
assert sg.load_pretrained("balloon_festival").sample(seed=1).isfinite().all()

solution = find("01.1").solution
assert sg.check("01.1", solution).passed and not sg.check("01.1", lambda *_: 0).passed

names = ["lake", "wood"]
photographs = {{name: torch.full((1, 3, 24, 32), shade) for name, shade in zip(names, (-0.5, 0.5))}}
fakes = {{name: photo * 0.9 for name, photo in photographs.items()}}
plan = study.plan_trials(names, "paired", trials=2, samples_per_photograph=1, seed=3)
quiz = Quiz(plan, photographs, fakes, person="Ada")
quiz.replies = [dict(said="left", reaction_ms=640.0, exposure_ms=1000.0)] * 2
assert quiz.finished

assert differences.LEDGER and differences.read_table()
lesson.claim("01.a", True, "Four is more than three.")
print(sg.__file__)
"""

USE_THE_LIBRARY_ALONE = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {JUPYTER!r}:
            raise ModuleNotFoundError("hidden by the test: " + name, name=name)

sys.meta_path.insert(0, Refuse())
import singan_edu as sg
from singan_edu.cli import main

config = sg.TrainConfig.preset("lesson", {TINY})
model = sg.train(sg.sample_image("gravel"), config)
model.save("model")
samples = sg.SinGAN.load("model").sample(2, seed=1)
sg.save_image(samples[0], "sample.png")
print(sg.scorecard(model.image, samples))
sg.super_resolve(model.image, 1.3, model=model)
options = "--max-size 40 --iterations 3 --samples 1".split()
assert main(["train", "gravel", *options, "--out", "out"]) == 0
assert main(["train", "gravel", "--lesson"]) == 1
"""


# ------------------------------------------------------------------------------- build and install
class Distributions(NamedTuple):
    """The source distribution, and the wheel that is built from it alone."""

    source: Path
    sdist: Path
    wheel: Path


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """A copy of the repository, and what is built from it."""
    folder = tmp_path_factory.mktemp("distributions")
    source, built = folder / "source", folder / "built"
    shutil.copytree(ROOT, source, ignore=LEFT_OUT)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        built,
        source,
    ]
    run(command, cwd=folder)
    (sdist,), (wheel,) = built.glob("*.tar.gz"), built.glob("*.whl")
    return Distributions(source, sdist, wheel)


@pytest.fixture(scope="module")
def installation(
    distributions: Distributions, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A fresh environment, outside the repository, into which the wheel was installed.

    Its packages cannot be written to, as in an installation by an administrator. Nothing in it has
    changed when the tests have used it.
    """
    folder = tmp_path_factory.mktemp("installation") / "an environment"
    venv.create(folder, symlinks=os.name != "nt")
    packages = site_packages(folder)
    # Dependencies come from here; a line of a .pth file is searched after the environment's own.
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", script(folder, "python")]
    run([*pip, "install", "--quiet", "--no-deps", "--no-index", distributions.wheel], cwd=folder)
    set_writable(packages, False)
    before = contents(packages)
    yield folder
    after = contents(packages)
    set_writable(packages, True)  # so that pytest can remove it
    assert after == before, "using the package changed its installation"


def run(command: Sequence[str | Path], *, cwd: Path) -> str:
    """Run a program in ``cwd``, without this process's settings; returns what it printed."""
    foreign = ("SINGAN_EDU_", "PYTHON", "PYTEST_", "COV_", "COVERAGE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    settings = dict(OMP_NUM_THREADS="1", MPLCONFIGDIR=str(cwd / ".matplotlib"), MPLBACKEND="agg")
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=kept | settings,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def script(environment: Path, name: str) -> Path:
    """The path of a program of an environment."""
    windows = os.name == "nt"
    return environment / ("Scripts" if windows else "bin") / (f"{name}.exe" if windows else name)


def site_packages(environment: Path) -> Path:
    """The folder of an environment's packages."""
    (found,) = environment.glob("**/site-packages")
    return found


def set_writable(folder: Path, writable: bool) -> None:
    """Allow, or refuse, writing to everything in ``folder``."""
    for path in [folder, *folder.rglob("*")]:
        mode = path.stat().st_mode
        path.chmod(mode | 0o200 if writable else mode & ~0o222)


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """Name -> (size, time of change) of all files; an administrator may write in spite of modes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in files
    }


# -------------------------------------------------------------------------------- what it contains
def test_the_source_distribution_is_the_whole_course(distributions):
    with tarfile.open(distributions.sdist) as archive:
        names = {member.name.split("/", 1)[-1] for member in archive if member.isfile()}
    for name in (
        *("run.py", "constraints.txt", "environment.yml", "LICENSE", "README.md", "CHANGELOG.md"),
        *("CITATION.cff", "CONTRIBUTING.md", "tests/test_package.py", "benchmarks/speed.py"),
    ):
        assert name in names
    for folder in ("notebooks", "figures"):
        files = (distributions.source / folder).glob("*.*")
        assert {f"{folder}/{path.name}" for path in files} <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_wheel_has_every_file_of_the_package_and_nothing_else(distributions):
    with zipfile.ZipFile(distributions.wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = (distributions.source / "singan_edu").rglob("*")
    wanted = {path.relative_to(distributions.source) for path in files if path.is_file()}
    assert names == {path.as_posix() for path in wanted} and "singan_edu/py.typed" in names


# ---------------------------------------------------------------------------------- how it is used
def test_the_course_works_in_an_empty_folder_on_a_read_only_installation(installation, tmp_path):
    told = run([script(installation, "python"), "-c", USE_EVERYTHING], cwd=tmp_path)
    assert Path(told.splitlines()[-1]).is_relative_to(site_packages(installation))
    (model,) = (tmp_path / "runs").glob("mine-*/model.json")
    passed = json.loads((tmp_path / "my_answers" / "passed.json").read_text(encoding="utf-8"))
    assert list(passed) == ["01.1"]
    assert list((tmp_path / "my_answers").glob("study_paired_*Ada.json"))
    left = {path.name for path in tmp_path.iterdir()} - {".matplotlib"}
    assert left == {"runs", "my_answers"}


def test_the_command_trains_in_an_empty_folder(installation, tmp_path):
    singan = script(installation, "singan")
    assert "train" in run([singan, "--help"], cwd=tmp_path)
    assert run([singan, "--version"], cwd=tmp_path) == f"singan {VERSION}\n"
    options = "--max-size 40 --iterations 3 --samples 1".split()
    told = run([singan, "train", "gravel", *options], cwd=tmp_path)
    (folder,) = (tmp_path / "runs").iterdir()
    assert str(folder) in told and (folder / "overview.png").is_file()


def test_the_library_needs_no_jupyter(installation, tmp_path):
    run([script(installation, "python"), "-c", USE_THE_LIBRARY_ALONE], cwd=tmp_path)
    assert (tmp_path / "sample.png").is_file() and (tmp_path / "out" / "overview.png").is_file()


def test_importing_the_library_is_quick_and_loads_neither_jupyter_nor_matplotlib(tmp_path):
    code = f"""
import sys, time
started = time.perf_counter()
import torch
between = time.perf_counter()
import singan_edu
ended = time.perf_counter()
print((ended - between) / (between - started))
print([name for name in {[*JUPYTER, "matplotlib"]!r} if name in sys.modules])
"""
    tries = [run([sys.executable, "-c", code], cwd=tmp_path).splitlines() for _ in range(3)]
    assert {loaded for _, loaded in tries} == {"[]"}
    extra = min(float(ratio) for ratio, _ in tries)  # of the time that `import torch` takes
    assert extra < 0.5
