"""The main job: the training lesson on a photograph, from the shell."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys

import papermill
import pytest
import torch
from helpers import files_in, picture
from PIL import Image

import singan_edu as sg
from singan_edu import cli
from singan_edu.cli import main

TINY = ["--max-size", "40", "--iterations", "4,3", "--samples", "2"]
RESULTS = [
    "history.json",
    "model/model.json",
    "pyramid.png",
    "reconstruction.png",
    "samples.png",
    "samples/00.png",
    "samples/01.png",
    "training.ipynb",
]


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
    assert "usage: run.py" in capsys.readouterr().err and files_in(tmp_path) == []


def test_an_unknown_option_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--colour", "red"])
    assert "unrecognized arguments: --colour" in capsys.readouterr().err


@pytest.fixture
def photo_file(tmp_path):
    return sg.save_image(picture(30, 40), tmp_path / "photos" / "my photo.png")


BAD_PHOTOS = {
    "missing.png": (None, "There is no file"),
    "notes.png": (b"Dear diary", "is not a picture"),
    "half.png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "half.png"),
    "small.png": ((20, 60), "below min_size=25"),
}


@pytest.mark.parametrize("name", BAD_PHOTOS)
def test_a_bad_photograph_is_one_line_on_stderr_exit_code_one_and_no_folder(name, tmp_path, capfd):
    content, words = BAD_PHOTOS[name]
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    elif content:
        Image.new("RGB", content[::-1]).save(tmp_path / name)
    assert main(["train", str(tmp_path / name), *TINY]) == 1
    out, err = capfd.readouterr()
    assert (
        out == ""
        and len(err.splitlines()) == 1
        and err.startswith("run.py train: ")
        and words in err
    )
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "options, words",
    [
        (["--preset", "fast"], "choose one of lesson, classroom, paper"),
        (["--iterations", "0"], "iterations=0 must"),
        (["--iterations", "4,0"], "iterations"),
        (["--iterations", "4.5"], "iterations=4.5 must"),
        (["--max-size", "12"], "max_size=12"),
        (["--max-size", "26"], "max_size"),
        (["--samples", "0"], "samples"),
        (["--samples", "-3"], "samples"),
        (["--seed", "-1"], "seed=-1 must"),
    ],
)
def test_a_bad_option_is_one_line_on_stderr_exit_code_one_and_no_folder(
    options, words, photo_file, tmp_path, capfd, monkeypatch
):
    monkeypatch.setattr(cli, "_execute", lambda _: pytest.fail("the training began"))
    assert main(["train", str(photo_file), *options]) == 1
    err = capfd.readouterr().err
    assert len(err.splitlines()) == 1 and words in err and not (tmp_path / "runs").exists()


def test_without_the_lesson_it_says_that_the_repository_is_needed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "LESSON", tmp_path / "nowhere.ipynb")
    assert main(["train"]) == 1
    assert "needs the course's repository" in capsys.readouterr().err


# ----------------------------------------------------------------------------------- the parameters
def parameters_for(monkeypatch, *arguments: str) -> dict:
    """What the lesson would be run with."""
    taken: list[dict] = []
    monkeypatch.setattr(cli, "_execute", lambda parameters: taken.append(parameters) or 0)
    assert main(["train", *arguments]) == 0
    return taken[0]


def test_options_are_the_parameters_of_the_lesson(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--help"])
    told = capsys.readouterr().out
    assert stop.value.code == 0
    names = cli._lesson_parameters()
    assert {"photo", "max_size", "preset", "seed", "out", "iterations", "samples"} <= set(names)
    for name, facts in names.items():
        assert name == "photo" or f"--{name.replace('_', '-')}" in told
        assert len(facts["help"]) > 10


def test_what_is_given_is_passed_on_with_its_type(photo_file, monkeypatch, tmp_path):
    given = parameters_for(
        monkeypatch,
        str(photo_file),
        "--max-size",
        "48",
        "--iterations",
        "30,20",
        "--seed",
        "7",
        "--samples",
        "3",
        "--preset",
        "classroom",
        "--out",
        str(tmp_path / "here"),
    )
    assert given == dict(
        photo=str(photo_file),
        max_size=48,
        iterations=[30, 20],
        seed=7,
        samples=3,
        preset="classroom",
        out=str(tmp_path / "here"),
    )


@pytest.mark.parametrize(
    "text, value", [("30,20", [30, 20]), ("30", 30), ("[30, 20]", [30, 20]), ("30,", [30])]
)
def test_iterations_are_a_number_or_a_list(text, value, photo_file, monkeypatch):
    assert parameters_for(monkeypatch, str(photo_file), "--iterations", text)["iterations"] == value


def test_what_is_not_given_comes_from_the_preset_not_from_the_short_defaults_of_the_lesson(
    photo_file, monkeypatch
):
    given = parameters_for(monkeypatch, str(photo_file))
    preset = sg.TrainConfig.preset("lesson")
    assert given["max_size"] == preset.max_size and given["iterations"] == list(preset.iterations)
    assert parameters_for(monkeypatch, str(photo_file), "--preset", "paper")["iterations"] == 2000


def test_without_a_photograph_a_bundled_one_is_used(monkeypatch):
    given = parameters_for(monkeypatch, "--max-size", "64")
    assert given["photo"] in sg.sample_image_names()


def test_a_relative_photograph_is_found_from_where_the_user_stands(photo_file, monkeypatch):
    monkeypatch.chdir(photo_file.parent)
    assert parameters_for(monkeypatch, photo_file.name)["photo"] == str(photo_file)


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
        parameters_for(monkeypatch, str(path), *options)["out"]
        for path in (photo_file, namesake)
        for options in runs
    }
    assert len(folders) == 8
    assert all(os.path.dirname(folder) == str(tmp_path / "runs") for folder in folders)
    assert all(os.path.basename(folder).startswith("my_photo-") for folder in folders)


# --------------------------------------------------------------------------- the lesson itself runs
@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One real run, and the same command again: (folder, exit codes, what each printed)."""
    root = tmp_path_factory.mktemp("main_job")
    path = sg.save_image(picture(30, 40), root / "photo.png")
    codes, told = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SINGAN_EDU_RUNS", str(root / "runs"))
        for _ in range(2):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                codes.append(main(["train", str(path), *TINY]))
            told.append(out.getvalue())
    (folder,) = (root / "runs").iterdir()
    return folder, codes, told


def test_a_run_leaves_the_notebook_the_model_its_history_and_pictures(run):
    folder, codes, told = run
    assert codes[0] == 0
    files = [name for name in files_in(folder) if not name.endswith(".safetensors")]
    film = [name for name in files if name.startswith("film/")]  # how each level learned
    assert {name[:11] for name in film} == {"film/level0", "film/level1"}
    assert [name for name in files if name not in film] == RESULTS
    assert "estimate:" in told[0] and "level 1 (paper n=0)" in told[0] and str(folder) in told[0]


def test_the_model_of_a_run_is_complete_and_of_the_photograph(run):
    model = sg.SinGAN.load(run[0] / "model")
    assert model.is_complete and model.plan.sizes == ((25, 33), (30, 40))
    assert model.config == sg.TrainConfig.preset("lesson", max_size=40, iterations=(4, 3))
    assert torch.allclose(model.image, picture(30, 40), atol=1 / 127)


def test_the_pictures_of_a_run_are_what_the_model_makes(run):
    folder, model = run[0], sg.SinGAN.load(run[0] / "model")
    assert Image.open(folder / "reconstruction.png").size == (40, 30)
    assert torch.allclose(
        sg.load_image(folder / "reconstruction.png"), model.reconstruct(), atol=1 / 127
    )
    made = [sg.load_image(folder / "samples" / f"0{i}.png") for i in range(2)]
    assert not torch.equal(*made) and made[0].shape == (1, 3, 30, 40)
    assert torch.equal(sg.load_image(folder / "samples.png")[..., :40], made[0])


def test_the_executed_notebook_has_the_parameters_and_no_errors(run):
    notebook = json.loads((run[0] / "training.ipynb").read_text(encoding="utf-8"))
    injected = [
        cell
        for cell in notebook["cells"]
        if "injected-parameters" in cell["metadata"].get("tags", [])
    ]
    assert "iterations = [4, 3]" in "".join(injected[0]["source"])
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert outputs and not [output for output in outputs if output["output_type"] == "error"]


def test_the_same_command_again_reuses_the_model(run):
    folder, codes, told = run
    assert (
        codes[1] == 0
        and "finished; nothing is left to do" in told[1]
        and "estimate:" not in told[1]
    )
    assert len([name for name in files_in(folder) if name.endswith(".safetensors")]) == 1


def test_a_lesson_that_fails_is_one_line_with_its_reason_and_exit_code_one(
    photo_file, tmp_path, capfd
):
    taken = tmp_path / "taken"
    config = sg.TrainConfig.preset("lesson", max_size=40, iterations=(2, 1))
    sg.train(picture(30, 40, seed=3), config, checkpoint_dir=taken / "model")
    capfd.readouterr()
    assert main(["train", str(photo_file), *TINY, "--out", str(taken)]) == 1
    lines = [
        line for line in capfd.readouterr().err.splitlines() if line.startswith("run.py train: ")
    ]
    assert len(lines) == 1 and "holds another training (another photograph" in lines[0]


def kernel_stopped(*_: object, **__: object) -> None:
    """What papermill raises when the kernel was interrupted in a cell."""
    raise papermill.PapermillExecutionError(1, 1, "", "KeyboardInterrupt", "", [])


def shell_stopped(*_: object, **__: object) -> None:
    """What papermill raises when it is interrupted itself."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("stop", [kernel_stopped, shell_stopped])
def test_an_interrupt_is_no_failure_and_has_the_exit_code_of_one(
    stop, photo_file, monkeypatch, capfd
):
    monkeypatch.setattr(papermill, "execute_notebook", stop)
    assert main(["train", str(photo_file), *TINY]) == 130
    assert "run.py train:" not in capfd.readouterr().err


def test_the_shells_door_is_the_module(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "singan_edu", "train", str(tmp_path / "none.png")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1 and done.stdout == ""
    assert (
        done.stderr.startswith("run.py train: There is no file")
        and len(done.stderr.splitlines()) == 1
    )
