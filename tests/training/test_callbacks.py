"""Listeners of a training: they hear everything in order, and change nothing."""

from __future__ import annotations

import json
import re

import pytest
import torch
from helpers import At, assert_same_model, level_in_training, raiser, tiny_config

import singan_edu as sg
from singan_edu.course import plots
from singan_edu.training import callbacks
from singan_edu.training.callbacks import reconstruction_error
from singan_edu.training.level import finish_level, train_level
from singan_edu.training.plan import duration


class Diary(sg.Callback):
    """Writes down every event."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def training_start(self, model, plan):
        self.events.append(f"start with {model.trained_levels} of {plan.pyramid.num_levels}")

    def level_start(self, state):
        self.events.append(f"level {state.level} from {state.iteration}")

    def iteration_end(self, state):
        self.events.append(f"{state.level}.{state.iteration}")

    def level_end(self, state):
        self.events.append(f"level {state.level} has {state.model.trained_levels}")

    def training_end(self, model):
        self.events.append(f"end with {model.trained_levels}")

    def interrupted(self, state):
        self.events.append(f"interrupted at {state.level}.{state.iteration}")


def test_events_come_in_order(photo):
    diary = Diary()
    sg.train(photo, tiny_config(iterations=(2, 1)), callbacks=[diary])
    assert diary.events == [
        "start with 0 of 3",
        "level 0 from 0",
        "0.1",
        "0.2",
        "level 0 has 1",
        "level 1 from 0",
        "1.1",
        "level 1 has 2",
        "level 2 from 0",
        "2.1",
        "level 2 has 3",
        "end with 3",
    ]


def test_events_of_an_interrupted_training_go_on_where_they_stopped(photo, config, tmp_path):
    diary = Diary()
    with pytest.raises(KeyboardInterrupt):
        sg.train(
            photo,
            config,
            checkpoint_dir=tmp_path,
            callbacks=[diary, At(1, 2, raiser(KeyboardInterrupt))],
        )
    assert diary.events[-2:] == ["1.2", "interrupted at 1.2"]
    diary.events.clear()
    sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[diary])
    assert diary.events[:3] == ["start with 1 of 3", "level 1 from 2", "1.3"]


def test_a_callback_without_methods_of_its_own_hears_all_and_does_nothing(photo, config, trained):
    assert_same_model(sg.train(photo, config, callbacks=[sg.Callback()]), trained)


def test_callbacks_do_not_change_the_result_by_a_bit(photo, config, trained, tmp_path, monkeypatch):
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: None)
    monkeypatch.setattr("IPython.display.Image", lambda *_, **__: None)
    monkeypatch.setattr(plots, "png", lambda figure: b"")  # drawing takes long
    history = sg.History(tmp_path / "history.json", every=1)
    listeners = [history, sg.Progress(seconds=0), plots.Dashboard(history, seconds=0), Diary()]
    model = sg.train(photo, config, callbacks=listeners, checkpoint_dir=tmp_path / "model")
    assert_same_model(model, trained)


# ------------------------------------------------------------------------------------------ history
def without_times(history: sg.History) -> tuple[list, list]:
    return history.iterations, [{**record, "seconds": None} for record in history.levels]


@pytest.fixture(scope="module")
def whole() -> sg.History:
    """The history of an undisturbed training."""
    from helpers import picture

    history = sg.History(every=1)
    sg.train(picture(), tiny_config(), callbacks=[history])
    return history


def test_history_records_every_iteration_and_what_each_level_came_to(whole, trained):
    assert [(r["level"], r["iteration"]) for r in whole.iterations] == [
        (level, iteration) for level in range(3) for iteration in range(1, 5)
    ]
    assert set(whole.iterations[0]) == {
        "level",
        "iteration",
        "discriminator",
        "gradient_penalty",
        "adversarial",
        "reconstruction",
    }
    assert [r["level"] for r in whole.levels] == [0, 1, 2]
    assert [r["noise_std"] for r in whole.levels] == list(trained.noise_stds)
    assert [tuple(r["size"]) for r in whole.levels] == list(trained.plan.sizes)
    assert whole.levels[2]["reconstruction_error"] == pytest.approx(reconstruction_error(trained))


def test_history_can_be_thinned_and_always_has_the_last_iteration(photo):
    history = sg.History(every=3)
    sg.train(photo, tiny_config(iterations=(7, 2)), callbacks=[history])
    assert [(r["level"], r["iteration"]) for r in history.iterations] == [
        (0, 3),
        (0, 6),
        (0, 7),
        (1, 2),
        (2, 2),
    ]


@pytest.mark.parametrize("level, iteration", [(0, 1), (0, 4), (1, 2), (2, 4)])
@pytest.mark.parametrize("fresh", [True, False])
def test_history_goes_on_over_an_interrupt_without_gaps_or_duplicates(
    level, iteration, fresh, photo, config, whole, tmp_path
):
    history = sg.History(tmp_path / "history.json", every=1)
    with pytest.raises(KeyboardInterrupt):
        sg.train(
            photo,
            config,
            checkpoint_dir=tmp_path / "model",
            callbacks=[history, At(level, iteration, raiser(KeyboardInterrupt))],
        )
    if fresh:  # as in a new process
        history = sg.History(tmp_path / "history.json", every=1)
    sg.train(photo, config, checkpoint_dir=tmp_path / "model", callbacks=[history])
    assert without_times(history) == without_times(whole)
    assert without_times(sg.History(tmp_path / "history.json").load()) == without_times(whole)


def test_history_has_no_duplicates_after_a_crash(photo, config, whole, tmp_path):
    for level, iteration in ((1, 3), (2, 1)):
        history = sg.History(tmp_path / "history.json", every=1)
        with pytest.raises(ZeroDivisionError):
            sg.train(
                photo,
                config,
                checkpoint_dir=tmp_path / "model",
                callbacks=[history, At(level, iteration, raiser(ZeroDivisionError))],
            )
    history = sg.History(tmp_path / "history.json", every=1)
    sg.train(photo, config, checkpoint_dir=tmp_path / "model", callbacks=[history])
    assert without_times(history) == without_times(whole)


def test_history_of_another_training_is_not_mixed_in(photo, config, whole, tmp_path):
    path = tmp_path / "history.json"
    sg.train(photo, tiny_config(iterations=6), callbacks=[sg.History(path, every=1)])
    history = sg.History(path, every=1)
    sg.train(photo, config, callbacks=[history])
    assert without_times(history) == without_times(whole)


def test_history_file_is_json_that_appears_after_every_level(photo, config, tmp_path):
    path = tmp_path / "new" / "history.json"
    with pytest.raises(ZeroDivisionError):
        sg.train(
            photo,
            config,
            callbacks=[sg.History(path, every=1), At(1, 1, raiser(ZeroDivisionError))],
        )
    facts = json.loads(path.read_text(encoding="utf-8"))
    assert len(facts["iterations"]) == 4 and len(facts["levels"]) == 1


# ----------------------------------------------------------------------------------------- progress
def test_progress_prints_a_line_for_every_level_with_both_numbers_and_what_is_left(
    photo, config, capsys
):
    sg.train(photo, config, callbacks=[sg.Progress()])
    lines = re.findall(r"^level \d \(paper.*$", capsys.readouterr().out, re.MULTILINE)
    assert len(lines) == 3
    assert re.match(
        r"level 0 \(paper n=2\)  13 x 17: 4 iterations in \d+ s, noise std 1.0000, "
        r"reconstruction off by \d+\.\d grey levels; about \d+ s left",
        lines[0],
    )
    assert lines[2].endswith("all levels trained")


def test_progress_prints_within_a_level_when_it_is_time(photo, config, capsys):
    sg.train(photo, config, callbacks=[sg.Progress(seconds=0)])
    told = capsys.readouterr().out
    assert "level 1 (paper n=1)  18 x 24: iteration 3 of 4; about" in told


def test_progress_estimates_what_is_left_from_the_pace_seen(photo, config, capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: now[0])

    class Slow(sg.Callback):
        def iteration_end(self, state):
            now[0] += 10 * plan.levels[state.level].seconds_per_iteration

    plan = sg.plan_training(photo, config)
    monkeypatch.setattr(sg.training.run, "estimate_cost", lambda *_: plan)
    progress = sg.Progress()
    sg.train(photo, config, callbacks=[Slow(), progress])
    line = re.search(r"^level 0 \(paper.*$", capsys.readouterr().out, re.MULTILINE)[0]
    left = 10 * sum(level.seconds for level in plan.levels[1:])
    assert f"about {duration(left)} left" in line


def test_reconstruction_error_is_the_rmse_in_grey_levels(trained):
    difference = (trained.reconstruct() - trained.image).flatten().double() * 127.5
    assert reconstruction_error(trained) == pytest.approx(difference.square().mean().sqrt().item())
    perfect = sg.SinGAN(
        trained.config,
        trained.plan,
        trained.reconstruct(),
        trained.reconstruction_noise,
        0,
        trained.generators,
        trained.noise_stds,
    )
    assert reconstruction_error(perfect) == 0


@pytest.mark.parametrize(
    "seconds, words",
    [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599.6, "1 h 0 min"), (7260, "2 h 1 min")],
)
def test_durations_are_rounded_before_they_are_split(seconds, words):
    assert duration(seconds) == words


def test_losses_seen_by_callbacks_are_those_of_the_last_steps(photo, config, trained):
    seen = []
    sg.train(photo, config, callbacks=[At(2, 4, lambda state: seen.append(dict(state.losses)))])
    assert set(seen[0]) == {"discriminator", "gradient_penalty", "adversarial", "reconstruction"}
    assert all(isinstance(value, torch.Tensor) and value.numel() == 1 for value in seen[0].values())


# -------------------------------------------------------------------------------------------- film
def test_a_film_has_a_picture_for_every_share_of_every_level_however_short(photo, tmp_path):
    film = sg.SampleSnapshots(tmp_path / "film")
    model = sg.train(photo, tiny_config(iterations=(30, 3)), callbacks=[film])
    pictures = film.pictures()
    assert list(pictures) == [
        (level, s) for level in range(3) for s in callbacks.SNAPSHOT_PERCENTAGES
    ]
    for (level, _), picture in pictures.items():
        assert picture.shape[-2:] == model.plan.sizes[level]
    last = pictures[2, 100]
    assert not torch.equal(pictures[0, 1], pictures[0, 100]) and last.abs().max() <= 1


def test_a_film_shows_the_level_as_it_is_and_another_seed_another_noise(photo, tmp_path):
    films = [sg.SampleSnapshots(tmp_path / str(seed), seed=seed) for seed in (0, 1)]
    model = sg.train(photo, tiny_config(iterations=(60, 3)), callbacks=films)
    one, other = (film.pictures()[2, 100] for film in films)
    assert torch.allclose(one, model.sample(seed=0), atol=1 / 127)
    assert not torch.equal(one, other)


def test_a_film_goes_on_after_an_interrupt_and_is_read_by_who_comes_later(photo, tmp_path):
    config = tiny_config(iterations=(20, 4))
    whole, broken = sg.SampleSnapshots(tmp_path / "whole"), sg.SampleSnapshots(tmp_path / "broken")
    model = sg.train(photo, config, callbacks=[whole])
    stop = At(1, 2, raiser(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        sg.train(photo, config, callbacks=[broken, stop], checkpoint_dir=tmp_path / "state")
    again = sg.train(photo, config, callbacks=[broken], checkpoint_dir=tmp_path / "state")
    assert_same_model(model, again)
    later = sg.SampleSnapshots(tmp_path / "broken").pictures()
    assert list(later) == list(whole.pictures())
    assert all(torch.equal(later[key], picture) for key, picture in whole.pictures().items())


def test_a_film_that_was_never_made_is_empty(tmp_path):
    assert sg.SampleSnapshots(tmp_path / "none").pictures() == {}


def test_progress_works_for_a_level_that_is_trained_by_itself(capsys):
    """As in ``retrain_level``: no training has begun, so there is no plan to compare with."""
    state, progress = level_in_training(0), sg.Progress(seconds=0)
    progress.level_start(state)
    train_level(state, [progress])
    assert f"iteration 1 of {state.iterations}; about" in capsys.readouterr().out


def test_a_resumed_level_counts_the_iterations_since_then(capsys):
    state, progress = level_in_training(0, iterations=4), sg.Progress()
    state.iteration = 3
    progress.level_start(state)
    train_level(state, [progress])
    finish_level(state)
    progress.level_end(state)
    assert ": 1 iterations in " in capsys.readouterr().out
