"""The pyramids that ship: they load, do what their records say, and were made by their command."""

from __future__ import annotations

import importlib.util
import json
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch
from helpers import files_in

import singan_edu as sg
from singan_edu.evaluation.scorecard import AXES
from singan_edu.pretrained import FOLDER
from singan_edu.training.callbacks import reconstruction_error

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "singan_edu"
MODELS = PACKAGE / FOLDER
NAMES = sg.pretrained_names(variants=True)
LARGEST, LARGEST_IN_ALL = 1.2e6, 12e6  # bytes; every clone and every install carries them


def load_script():
    """benchmarks/make_pretrained.py, which imports quality.py beside it."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        script = ROOT / "benchmarks" / "make_pretrained.py"
        specification = importlib.util.spec_from_file_location("make_pretrained", script)
        module = importlib.util.module_from_spec(specification)
        sys.modules["make_pretrained"] = module  # where dataclasses look for it
        specification.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


script = load_script()


@pytest.fixture(params=NAMES, scope="module")
def name(request) -> str:
    """Each pyramid that ships."""
    return request.param


@pytest.fixture(scope="module")
def model(name) -> sg.SinGAN:
    return sg.load_pretrained(name)


@pytest.fixture(scope="module")
def record(name) -> dict:
    return json.loads((MODELS / name / script.RECORD_FILE).read_text(encoding="utf-8"))


# ----------------------------------------------------------------------------------- what ships
def test_the_first_picture_of_the_course_ships_and_all_are_in_the_table():
    assert "balloon_festival" in NAMES and NAMES == sorted(NAMES)
    assert set(NAMES) == set(script.RECIPES | script.VARIANTS)


def test_the_pyramids_to_begin_with_are_of_one_picture_each():
    names = sg.pretrained_names()
    assert len(names) >= 4 and set(names) <= set(sg.sample_image_names())
    assert set(names) == {name for name in NAMES if "-" not in name}


def test_it_is_a_complete_pyramid_ready_to_be_sampled(model):
    assert model.is_complete and model.device == torch.device("cpu")
    assert not any(generator.training for generator in model.generators)
    assert model.sample(2, seed=0).shape == (2, *model.image.shape[1:])


def test_it_is_good(name, record):
    studied = name in script.VARIANTS  # some of them are to show what goes wrong
    assert studied or record["verdict"] == "passes"


def test_it_is_what_its_command_trains(name, model, record):
    python, file, named, *changes = shlex.split(record["made"]["command"])
    assert (python, file, named) == ("python", "benchmarks/make_pretrained.py", name)
    recipes = script.RECIPES | script.VARIANTS
    recipe = recipes[name].with_changes(script.parse_changes(changes[1:]))
    assert model.config == recipe.config and model.seed == recipe.seed, (
        f"the preset was changed since {name} was made: run {record['made']['command']}"
    )
    assert (recipe.picture, recipe.preset) == (record["picture"], record["preset"])


def test_its_photograph_is_the_bundled_picture(model, record):
    real = sg.resize(sg.sample_image(record["picture"]), model.plan.sizes[-1])
    assert 127.5 * (model.image - real).abs().max() < 0.1  # grey levels


def test_it_reconstructs_its_photograph_as_recorded(model, record):
    assert reconstruction_error(model) == pytest.approx(record["reconstruction"], abs=0.1)


def test_it_scores_as_recorded(model, record):
    found, recorded = script.quick_scores(model), record["quick_scores"]
    for axis in AXES:
        assert found[axis][0] == pytest.approx(recorded[axis][0], abs=0.02), axis
    # Axes may be at their ends, where they feel nothing; distances feel everything.
    distances = {key for key in recorded["raw"] if key.startswith(("swd_", "band_"))}
    assert {"swd_0", "band_0"} <= distances
    for key in distances:
        assert found["raw"][key] == pytest.approx(recorded["raw"][key], rel=0.02, abs=0.001), key


def test_its_record_is_whole(name, record):
    assert [record["weights"]] == [path.name for path in (MODELS / name).glob("*.safetensors")]
    assert record["scores"]["samples"] == script.SAMPLES
    for axis in AXES:
        value, low, high = record["scores"][axis]
        assert low <= value <= high
    assert record["verdict"]
    assert {"date", "machine", "threads", "torch", "python", "commit"} <= set(record["made"])
    assert record["training_seconds"] > 0


def test_its_licence_is_told(record):
    text = (MODELS / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert f"`{record['picture']}`" in text


# ------------------------------------------------------------------------------------ the files
def test_they_are_small():
    sizes = {name: sum(path.stat().st_size for path in (MODELS / name).iterdir()) for name in NAMES}
    assert max(sizes.values()) <= LARGEST, sizes
    assert sum(sizes.values()) <= LARGEST_IN_ALL, sizes


def test_a_wheel_carries_all_that_lies_in_the_folder():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    globs = settings["tool"]["setuptools"]["package-data"]["singan_edu"]
    carried = {path for pattern in globs for path in PACKAGE.glob(pattern)}
    assert {MODELS / file for file in files_in(MODELS)} <= carried


@pytest.mark.skipif(
    not (ROOT / ".git").exists() or not shutil.which("git"), reason="not a clone, or no git"
)
def test_git_keeps_them_byte_by_byte():
    files = [str(MODELS / file) for file in files_in(MODELS)]
    git = ["git", "-C", str(ROOT)]
    ignored = subprocess.run([*git, "check-ignore", "--no-index", *files])
    assert ignored.returncode == 1  # none is
    weights = [file for file in files if file.endswith(".safetensors")]
    told = subprocess.run(
        [*git, "check-attr", "text", "--", *weights], check=True, capture_output=True, text=True
    )
    lines = told.stdout.splitlines()
    assert len(lines) == len(weights) and all(line.endswith("text: unset") for line in lines)


# ------------------------------------------------------------------------------------- loading
@pytest.mark.parametrize("wrong", ["no_such_model", "", "..", "../pictures", "ATTRIBUTION.md"])
def test_an_unknown_name_is_told_which_there_are(wrong):
    with pytest.raises(ValueError, match=f"No trained pyramid .* there are .*{NAMES[-1]}"):
        sg.load_pretrained(wrong)


def test_it_goes_to_the_device_that_is_asked_for():
    assert sg.load_pretrained(NAMES[0], device="meta").device.type == "meta"


# -------------------------------------------------------------------------- the script that makes
TINY = "min_size=18 max_size=40 channels=4 max_channels=4 iterations=3".split()


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    """Models and figures go to a folder that is thrown away."""
    monkeypatch.setattr(script, "MODELS", tmp_path / "models")
    monkeypatch.setattr(script, "FIGURES", tmp_path / "figures")
    monkeypatch.setitem(script.RECIPES, "gravel_again", script.Recipe("gravel", seed=3))
    return tmp_path


def test_the_script_trains_stores_scores_and_draws(workplace, monkeypatch, capsys):
    judged = []
    monkeypatch.setattr(
        script, "reconstruction_error", lambda m: judged.append(m) or reconstruction_error(m)
    )
    script.main(["gravel_again", "--set", *TINY])
    folder = workplace / "models" / "gravel_again"
    weights = next(folder.glob("*.safetensors")).name
    assert files_in(workplace / "models") == [
        f"gravel_again/{file}" for file in ("model.json", script.RECORD_FILE, weights)
    ]
    assert files_in(workplace / "figures") == ["pretrained_gravel_again.jpg"]
    model = sg.SinGAN.load(folder)
    record = json.loads((folder / script.RECORD_FILE).read_text(encoding="utf-8"))
    assert (record["picture"], record["seed"], model.seed) == ("gravel", 3, 3)
    assert record["changes"]["max_size"] == 40 and model.image.shape == (1, 1, 30, 40)
    assert record["weights"] == weights
    assert model.config == sg.TrainConfig.preset("lesson", **script.parse_changes(TINY))
    # The photograph in memory was not yet rounded to half precision: the one on disk was judged.
    assert torch.equal(judged[0].image, model.image)
    assert not torch.equal(model.image, sg.resize(sg.sample_image("gravel"), (30, 40)))
    assert record["reconstruction"] == round(reconstruction_error(model), 3)
    card = sg.scorecard(model.image, model.sample(16, seed=script.SEED), controls=())
    assert record["scores"]["diversity"][0] == round(card["samples"].diversity.value, 4)
    assert record["verdict"] == card.verdict("samples")
    assert record["made"]["command"] == (
        "python benchmarks/make_pretrained.py gravel_again --set " + " ".join(TINY)
    )
    assert str(folder) in capsys.readouterr().out


def test_the_script_takes_up_what_is_trained_and_keeps_its_time(workplace, capsys):
    path = workplace / "models" / "gravel_again" / script.RECORD_FILE
    records = []
    for _ in range(2):
        script.main(["gravel_again", "--set", *TINY])
        records.append(json.loads(path.read_text(encoding="utf-8")))
    assert "Reusing the pyramid" in capsys.readouterr().out
    assert records[0] == records[1] and records[0]["training_seconds"] > 0


def test_a_recipe_with_a_factor_makes_a_pyramid_for_super_resolution(workplace, monkeypatch):
    recipe = script.Recipe("gravel", changes=dict(max_size=40), factor=2)
    monkeypatch.setitem(script.RECIPES, "gravel-super_resolution", recipe)
    script.main(["gravel-super_resolution", "--set", *TINY])
    folder = workplace / "models" / "gravel-super_resolution"
    record = json.loads((folder / script.RECORD_FILE).read_text(encoding="utf-8"))
    model = sg.SinGAN.load(folder)
    assert model.config == recipe.with_changes(script.parse_changes(TINY)).config
    assert (model.config.reconstruction_weight, model.config.min_size) == (100, 19)
    assert record["factor"] == 2 and record["verdict"] in ("passes", "fails")
    original = sg.resize(sg.sample_image("gravel"), (60, 80))
    bicubic = sg.resize(model.image, (60, 80))
    rows = record["enlargements"]
    assert len(rows) == 5
    assert rows["bicubic"]["rmse"] == pytest.approx(sg.rmse(bicubic, original), abs=0.01)
    assert rows["bicubic"]["band_swd"] == pytest.approx(
        sg.patch_swd(original, bicubic, band=True, levels=1), abs=0.001
    )


def test_a_name_that_is_not_in_the_table_is_refused(workplace):
    with pytest.raises(SystemExit, match="no 'nothing'; it has autumn_wood"):
        script.main(["deep_field", "nothing"])
    assert files_in(workplace) == []
