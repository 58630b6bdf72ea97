"""The kernel's half of the real/fake quiz; the browser's half is tested in ``test_browser.py``."""

from __future__ import annotations

import io

import pytest
import torch
from helpers import picture
from PIL import Image

import singan_edu as sg
from singan_edu.course import quiz
from singan_edu.course.quiz import Quiz
from singan_edu.evaluation import study

NAMES = ("lake", "wood", "coast")
PHOTOGRAPHS = {name: picture(seed=seed) for seed, name in enumerate(NAMES)}
SAMPLES = {
    name: torch.cat([picture(seed=10 * seed + k) for k in (7, 8)])
    for seed, name in enumerate(NAMES, 1)
}


def planned(protocol: str = "paired", **options) -> list[study.Trial]:
    return study.plan_trials(
        NAMES, protocol, **dict(trials=6, samples_per_photograph=2, seed=3) | options
    )


def reply(said: str | None, exposure: float = 1000.0) -> dict:
    return dict(said=said, reaction_ms=640.0, exposure_ms=exposure)


def read(data: bytes) -> torch.Tensor:
    return sg.load_image(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("protocol", study.PROTOCOLS)
def test_each_trial_shows_what_was_planned(protocol):
    plan = planned(protocol)
    shown = Quiz(plan, PHOTOGRAPHS, SAMPLES)
    for trial, numbers in zip(plan, shown.trials, strict=True):
        real = PHOTOGRAPHS[trial.photograph]
        pictures = [read(shown.pictures[number]) for number in numbers]
        is_real = [torch.allclose(p, real, atol=0.01) for p in pictures]
        wanted = dict(left=[False, True], right=[True, False], fake=[False], real=[True])
        assert is_real == wanted[trial.truth]
        if trial.sample is not None:
            fake = SAMPLES[trial.photograph][trial.sample][None]
            assert torch.allclose(pictures[is_real.index(False)], fake, atol=0.01)


def test_a_picture_that_returns_is_sent_once():
    shown = Quiz(planned(trials=40), PHOTOGRAPHS, SAMPLES)
    assert len(shown.pictures) == len(set(shown.pictures)) == 9


def test_the_browser_is_told_nothing_of_the_truth():
    shown = Quiz(planned(), PHOTOGRAPHS, SAMPLES)
    assert not [name for name in shown.keys if "truth" in name or "plan" in name]


def test_replies_become_answers_and_are_kept_after_the_last():
    plan = planned()
    shown = Quiz(plan, PHOTOGRAPHS, SAMPLES, person="Ada L.")
    shown.replies = [reply("left"), reply(None)]
    assert [answer.said for answer in shown.answers] == ["left", None]
    assert not shown.finished and shown.message == ""
    shown.replies = [reply("left")] * 6
    assert shown.finished and "study_paired_level0_Ada_L_.json" in shown.message
    kept = study.load_answers(quiz.answers_folder() / "study_paired_level0_Ada_L_.json")
    assert kept == shown.answers and [answer.trial for answer in kept] == plan
    assert {answer.person for answer in kept} == {"Ada L."}
    assert {answer.reaction_ms for answer in kept} == {640.0}


def test_result_leaves_out_what_was_not_shown_for_a_second():
    shown = Quiz(planned(), PHOTOGRAPHS, SAMPLES)
    assert shown.result() == "Nobody has answered yet."
    shown.replies = [reply("left", 5000.0), reply(None)]
    assert shown.result() == "Nobody has answered yet."
    shown.replies = [reply("left", exposure) for exposure in (1016.7, 990.0, 5000.0, 400.0)]
    assert "| 2, 1 |" in shown.result()
    assert "shown for 990 to 1017 ms; 2 left out." in shown.result()
    brief = Quiz(planned(), PHOTOGRAPHS, SAMPLES, exposure_ms=200)
    brief.replies = [reply("left", 205.0), reply("right", 1000.0)]
    assert "| 1, 1 |" in brief.result()


@pytest.mark.parametrize("protocol", study.PROTOCOLS)
def test_practice_says_right_or_wrong_and_keeps_nothing(protocol):
    plan = planned(protocol)
    shown = Quiz(plan, PHOTOGRAPHS, SAMPLES, practice=True)
    shown.replies = [reply(plan[0].truth)]
    number, words = shown.verdict
    assert number == 1 and words.startswith("Right.") and plan[0].truth in words
    other = next(word for word in study.PROTOCOLS[protocol] if word != plan[1].truth)
    shown.replies = [*shown.replies, reply(other)]
    assert shown.verdict[0] == 2 and shown.verdict[1].startswith("No:")
    assert plan[1].truth in shown.verdict[1]
    shown.replies = [reply(trial.truth) for trial in plan]
    assert shown.message == "" and not quiz.answers_folder().exists()


def test_readers_without_a_kernel_see_a_trial_and_its_question():
    for protocol in study.PROTOCOLS:
        data, facts = Quiz(planned(protocol), PHOTOGRAPHS, SAMPLES)._repr_mimebundle_()
        ((kind, fact),) = facts.items()
        assert Image.open(io.BytesIO(data[kind])).width == 2 * fact["width"] == 1600
        assert quiz.QUESTIONS[protocol] in data["text/plain"]
        assert fact["alt"] == data["text/plain"]


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ValueError, match="one protocol"):
        Quiz([*planned(), *planned("unpaired")], PHOTOGRAPHS, SAMPLES)
    with pytest.raises(ValueError, match="resize one of them"):
        Quiz(planned(), PHOTOGRAPHS, {n: s[..., 1:] for n, s in SAMPLES.items()})
    with pytest.raises(ValueError, match="needs sample 1 of"):
        Quiz(planned(), PHOTOGRAPHS, {n: s[:1] for n, s in SAMPLES.items()})
    with pytest.raises(ValueError, match="needs the photograph"):
        Quiz(planned(), {}, SAMPLES)
    with pytest.raises(ValueError, match="nickname"):
        Quiz(planned(), PHOTOGRAPHS, SAMPLES, person=" ")
