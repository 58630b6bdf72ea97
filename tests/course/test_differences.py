"""The ledger of differences: its rows, its switches, what its table allows to say."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
import sys
from pathlib import Path

import pytest
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st

from singan_edu.config import TrainConfig
from singan_edu.course import ablations, differences
from singan_edu.course.ablations import REFERENCE, SWITCHES, Switch
from singan_edu.course.differences import LEDGER, Effect
from singan_edu.training import level as training_level
from singan_edu.training import run as training_run

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SMALL = dict(min_size=20, max_size=40, iterations=6, channels=4, max_channels=4)
TINY = differences.BASE_CONFIG | SMALL
MEASURED = [one for one in LEDGER if one.switch]


# ---------------------------------------------------------------------------------------- the rows
def test_every_row_says_what_differs_and_what_is_done_here():
    assert len(LEDGER) > 30
    for one in LEDGER:
        assert one.what and one.here and one.lesson.isdigit() and len(one.lesson) == 2, one.name
        assert one.name == "nothing" or one.paper or one.authors or one.others, one.name


def test_every_row_is_measured_or_says_why_not():
    assert [one.name for one in LEDGER if bool(one.switch) == bool(one.why_not)] == []
    assert {one.against for one in LEDGER} <= set(SWITCHES)


def test_every_switch_is_one_side_of_a_row():
    sides = {side.label for one in MEASURED for side in one.sides}
    assert sides == set(SWITCHES)


def test_a_row_reads_as_text():
    text = str(differences.find("z_star"))
    assert "drawn once" in text and "TrainConfig(resample_reconstruction_noise=True)" in text
    assert differences.NOT_STATED in str(differences.find("quantize_resize"))
    assert "none: " in str(differences.find("sifid_layer"))


def test_an_unknown_row_says_which_there_are():
    with pytest.raises(ValueError, match="z_star"):
        differences.find("z star")


# ------------------------------------------------------------------------------------ the switches
@pytest.mark.parametrize("switch", SWITCHES.values(), ids=lambda switch: switch.label)
def test_a_switch_names_what_is_there(switch):
    fields = {field.name for field in dataclasses.fields(TrainConfig)}
    assert set(switch.changes) <= fields
    default = TrainConfig.preset("lesson", **differences.BASE_CONFIG)
    assert all(getattr(default, name) != value for name, value in switch.changes.items())
    for name, new in switch.replacements.items():
        owner, attribute = ablations._owner(name)
        assert getattr(owner, attribute) is not new


def test_a_switch_is_thrown_for_one_block_and_no_longer():
    before = training_level.gradient_penalty
    with ablations.switched(SWITCHES["penalty_norm"]):
        assert training_level.gradient_penalty is ablations.penalty_per_picture
    assert training_level.gradient_penalty is before
    with pytest.raises(RuntimeError), ablations.switched(SWITCHES["hinge"]):
        raise RuntimeError
    assert training_level.gradient_penalty is before


def test_a_switch_for_what_is_not_there_changes_nothing():
    before = training_level.gradient_penalty
    wrong = Switch("wrong", {}, {"level.gradient_penalty": print, "level.no_such": print})
    with pytest.raises(AttributeError), ablations.switched(wrong):
        pass
    assert training_level.gradient_penalty is before


def short(switch: Switch) -> Switch:
    """The same switch for a training of six iterations a level."""
    changes = {k: v for k, v in switch.changes.items() if k != "iterations"}
    return dataclasses.replace(switch, changes=changes)


def made_by(switch: Switch) -> torch.Tensor:
    """What is drawn from a tiny pyramid that was trained with the switch applied."""
    photo, seed = picture(80, 108), 1 if switch.label == "nothing" else 0
    pyramid = differences.train_switched(photo, short(switch), seed=seed, base=TINY)
    with ablations.switched(switch):
        return switch.draw(pyramid, photo)


@pytest.mark.parametrize("one", MEASURED, ids=lambda one: one.name)
def test_a_switch_changes_something_and_is_as_sure_as_any_training(one):
    if one.name == "iterations":  # here all trainings are of one length
        assert (
            one.switch.changes["iterations"] == sum(differences.BASE_CONFIG["iterations"]) // 3 + 1
        )
        return
    without, with_it = map(made_by, one.sides)
    assert torch.isfinite(with_it).all()
    assert without.shape != with_it.shape or not torch.equal(without, with_it)
    assert torch.equal(with_it, made_by(one.switch))  # the seed decides, nothing else


def test_nothing_is_left_switched_after_all_that():
    one, again = made_by(REFERENCE), made_by(REFERENCE)
    assert torch.equal(one, again)
    assert training_run.begin_level is training_level.begin_level


def test_the_norm_per_picture_allows_what_the_lesson_says():
    def discriminator(image):
        return 5 * image[:, :1, 5:-5, 5:-5]  # 6 x 8 scores, each with a gradient norm of 5

    penalty = ablations.penalty_per_picture(discriminator, torch.zeros(1, 3, 16, 18))
    assert penalty.item() == pytest.approx((5 / 48**0.5 - 1) ** 2, rel=1e-5)


def test_the_detached_fake_teaches_g_nothing_but_the_reconstruction(photo, config):
    state = training_run.first_level(photo, config.replace(reconstruction_weight=0.0), 0)
    before = [weight.clone() for weight in state.generator.parameters()]
    with ablations.switched(SWITCHES["detached_fake"]):
        training_level.train_iteration(state)
    assert all(torch.equal(a, b) for a, b in zip(before, state.generator.parameters()))


def test_one_gradient_is_the_usual_step_where_there_is_one_step(photo, config):
    usual, other = (training_run.first_level(photo, config, 0) for _ in range(2))
    training_level.train_iteration(usual)
    with ablations.switched(SWITCHES["one_fake"]):
        training_level.train_iteration(other)
    gradients = [  # of weights; biases before a normalisation have only rounding errors
        torch.cat([p.grad.flatten() for p in state.generator.parameters() if p.dim() > 1])
        for state in (usual, other)
    ]
    assert (gradients[0] - gradients[1]).norm() < 0.01 * gradients[0].norm()


def test_one_gradient_is_kept_for_an_iteration_and_no_longer(photo, config):
    state = training_run.first_level(photo, config.replace(generator_steps=3), 0)
    kept = []
    with ablations.switched(SWITCHES["one_fake"]):
        for state.iteration in (0, 1):
            training_level.train_iteration(state)
            kept.append(state.generator.kept)
    assert any(not torch.equal(a, b) for a, b in zip(*kept))


def test_measures_are_those_that_are_named(photo):
    pyramid = differences.train_switched(picture(80, 108), short(REFERENCE), base=TINY)
    found = differences.measure_switched(pyramid, picture(80, 108), REFERENCE)
    assert set(found) == {*differences.MEASURES, *differences.EXTRA_MEASURES} - {"enlargement"}
    enlarged = differences.measure_switched(pyramid, picture(80, 108), SWITCHES["enlargement"])
    assert set(enlarged) == {"enlargement"} and 0 < enlarged["enlargement"] < 255


# ---------------------------------------------------------------------------------- what it allows
def lines(side: str, values: dict[str, list[float]], measure: str = "fidelity") -> list[dict]:
    """Lines of a table: values by picture, seeds from 0."""
    blank = dict.fromkeys([*differences.MEASURES, *differences.EXTRA_MEASURES], "")
    return [
        blank | {"side": side, "picture": name, "seed": str(seed), measure: str(value)}
        for name, found in values.items()
        for seed, value in enumerate(found)
    ]


REFERENCES = {"a": [0.5, 0.6, 0.4], "b": [0.1, 0.3, 0.2]}
RAISED = {"a": [0.8, 0.9, 0.7], "b": [0.6, 0.7, 0.5]}


def test_an_effect_is_read_seed_by_seed():
    found = differences.effect(
        lines("reference", REFERENCES) + lines("z_star", RAISED), "z_star", "fidelity"
    )
    assert found.differences("a") == pytest.approx([0.3, 0.3, 0.3])
    assert found.differences() == pytest.approx([0.3, 0.3, 0.3, 0.5, 0.4, 0.3])
    assert found.p_value == 2 / 400 and found.is_significant
    assert str(found) == "+0.30 (+0.30 … +0.50)"


def test_what_was_not_measured_is_none():
    table = lines("reference", REFERENCES)
    assert differences.effect(table, "z_star", "fidelity") is None
    assert differences.effect(table, "sifid_layer", "fidelity") is None
    assert differences.verdict(table, "z_star") == "not measured yet"
    assert differences.verdict(table, "palette").startswith("not measured: ")


def test_verdicts_name_what_moves_and_which_way():
    table = lines("reference", REFERENCES)
    assert differences.verdict(table + lines("z_star", RAISED), "z_star") == "fidelity up"
    mixed = {"a": [0.8, 0.4, 0.5], "b": [0.2, 0.1, 0.3]}
    assert differences.verdict(table + lines("z_star", mixed), "z_star") == "no effect found"
    table = lines("reference", RAISED) + lines("z_star", REFERENCES)
    assert differences.verdict(table, "z_star") == "fidelity down"


def test_a_row_may_be_held_against_another_switch():
    table = lines("reference", REFERENCES) + lines("steps", RAISED) + lines("one_fake", RAISED)
    assert differences.verdict(table, "steps") == "fidelity up"
    assert differences.verdict(table, "one_fake") == "no effect found"


def test_one_picture_with_three_seeds_cannot_show_anything():
    assert not Effect({"a": {0: 0, 1: 0, 2: 0}}, {"a": {0: 9, 1: 8, 2: 9}}).is_significant


values = st.lists(st.integers(-50, 50), min_size=1, max_size=4)


@given(values, values)
def test_the_p_value_is_that_of_going_through_all_orders(without, with_it):
    pool, found = [*without, *with_it], statistics.mean(with_it) - statistics.mean(without)
    n = len(without)
    gaps = [
        statistics.mean(order[n:]) - statistics.mean(order[:n])
        for order in itertools.permutations(pool)
    ]
    share = sum(abs(gap) >= abs(found) - 1e-9 for gap in gaps) / len(gaps)
    assert differences.permutation_p_value([(without, with_it)]) == pytest.approx(share)


@given(values, values)
def test_the_p_value_knows_no_side_and_is_never_zero(without, with_it):
    one = differences.permutation_p_value([(without, with_it)])
    assert 0 < one <= 1
    assert one == pytest.approx(differences.permutation_p_value([(with_it, without)]))


def test_seeds_alone_are_rarely_called_an_effect():
    rng = torch.Generator().manual_seed(0)
    draws = torch.randn(400, 2, 2, 3, generator=rng).tolist()
    shares = [differences.permutation_p_value([(a[0], a[1]) for a in draw]) for draw in draws]
    assert sum(share <= 0.05 for share in shares) / 400 == pytest.approx(0.05, abs=0.03)
    assert sum(share <= differences.SIGNIFICANCE_LEVEL for share in shares) / 400 <= 0.025


# -------------------------------------------------------------------------------- the table itself
def test_the_table_that_ships_is_one_of_this_ledger():
    table = differences.read_table()
    keys = [(line["side"], line["picture"], line["seed"]) for line in table]
    assert len(set(keys)) == len(keys)
    assert {line["side"] for line in table} <= set(SWITCHES)
    assert len({line["picture"] for line in table}) >= 2
    assert all(line["machine"] and line["torch"] and line["date"] for line in table)


def test_the_summary_that_ships_is_that_of_the_table():
    text = (BENCHMARKS / "ledger.md").read_text(encoding="utf-8")
    assert text == differences.summary(differences.read_table()), (
        "python benchmarks/ledger.py --summary"
    )


def test_a_table_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(ValueError, match=r"benchmarks/ledger\.py"):
        differences.read_table(tmp_path / "none.csv")


# ------------------------------------------------------------------------------------ the benchmark
@pytest.fixture
def benchmark(monkeypatch):
    """benchmarks/ledger.py, which imports quality.py beside it; its trainings are made up."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = {name: sys.modules.pop(name, None) for name in ("ledger", "quality")}
    import ledger as script

    trained = []

    def measured(photo, sides, seed):
        if sides:
            trained.append((sides[0].label, seed))
        for side in sides:
            yield dict.fromkeys(differences.MEASURES, 0.5) | {"side": side.label, "seconds": 1}

    monkeypatch.setattr(script, "measured", measured)
    script.trained = trained
    yield script
    for name, module in before.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


def test_the_benchmark_measures_each_side_once_and_goes_on(benchmark, tmp_path, capsys):
    table = tmp_path / "ledger.csv"
    command = [
        "--table",
        str(table),
        "--report",
        str(tmp_path / "ledger.md"),
        "--pictures",
        "gravel",
        "--seeds",
        "0",
        "1",
        "--rows",
    ]
    benchmark.main([*command, "z_star"])
    assert benchmark.trained == [
        ("reference", 0),
        ("z_star", 0),
        ("reference", 1),
        ("z_star", 1),
    ]
    benchmark.main([*command, "z_star", "start"])  # two more sides, drawn from the reference
    assert benchmark.trained[4:] == [("start_reconstruction", 0), ("start_reconstruction", 1)]
    assert len(differences.read_table(table)) == 8
    benchmark.main([*command, "z_star", "start"])
    assert len(differences.read_table(table)) == 8
    assert "| z_star |" in table.with_suffix(".md").read_text(encoding="utf-8")


def test_no_time_means_nothing_begun(benchmark, tmp_path):
    table = tmp_path / "ledger.csv"
    with pytest.raises(SystemExit, match="no table"):
        benchmark.main(["--table", str(table), "--minutes", "-1"])
    assert benchmark.trained == []


def test_the_control_is_trained_with_other_seeds(benchmark):
    assert not benchmark.is_same_training(REFERENCE, SWITCHES["nothing"])
    assert benchmark.is_same_training(REFERENCE, SWITCHES["start"])
    assert not benchmark.is_same_training(REFERENCE, SWITCHES["z_star"])
