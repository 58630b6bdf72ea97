"""The real/fake study as a quiz in the notebook: a second per trial, answered by keyboard.

The browser shows and times the pictures (``quiz.js``); the kernel knows which is the fake, and
keeps the answers as ``study`` has them. Taught in lesson 14::

    plan = study.plan_trials(list(photographs), "paired", samples_per_photograph=4, seed=7)
    Quiz(plan, photographs, samples, person="Ada")

What is timed is the browser's: the pictures are on the page from one frame to another. A screen
adds its own delay, the same at both ends.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from ..evaluation.study import (
    EXPOSURE_SECONDS,
    Answer,
    Trial,
    comparison_table,
    confusion,
    save_answers,
    well_exposed,
)
from ..images import to_pil
from . import plots
from .answers import answers_folder
from .lesson import WIDGET_VIEW

QUESTIONS = {
    "paired": "Which of the two is the fake? Press the arrow key of its side.",
    "unpaired": "Is it a real picture, or a fake? Press R or F.",
}
WORDS = {"paired": ("left", "right"), "unpaired": ("real", "fake")}
GREY = 0.0  # of the stage, in [-1, 1]
Pictures = Mapping[str, Tensor]


class Quiz(anywidget.AnyWidget):
    """The trials of one person, one after the other; show it as a cell's last expression.

    It can be played again only as a new quiz. When the last trial is answered, the answers are kept
    in ``my_answers`` (see ``save``), unless it is for practice.

    Args:
        plan: the trials, all of one protocol, as ``study.plan_trials`` makes them.
        photographs: the real pictures by name, each (1, C, H, W) in [-1, 1].
        samples: the fakes of each by the same name, (n, C, H, W), as large as the photograph.
        person: a name, the same for all files of one person.
        practice: tell right or wrong after each trial, and keep nothing; plan it with other
            photographs than the quiz.
        exposure_ms: how long the pictures are shown; the paper's second.
        width: of each picture on the screen, in pixels.

    Raises:
        ValueError: several protocols or start levels, a picture that is missing, or a sample of
            another size than its photograph, by which it would be known.
    """

    _esm = Path(__file__).with_name("quiz.js")
    _css = Path(__file__).with_name("quiz.css")
    pictures = traitlets.List(traitlets.Bytes()).tag(sync=True)
    trials = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    exposure_ms = traitlets.Float().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    practice = traitlets.Bool().tag(sync=True)
    replies = traitlets.List().tag(sync=True)  # of the browser, one a trial
    verdict = traitlets.List([0, ""]).tag(sync=True)  # of the kernel, on a practice trial
    message = traitlets.Unicode().tag(sync=True)  # of the kernel, at the end

    def __init__(
        self,
        plan: Sequence[Trial],
        photographs: Pictures,
        samples: Pictures,
        *,
        person: str = "me",
        practice: bool = False,
        exposure_ms: float = 1000 * EXPOSURE_SECONDS,
        width: int = 256,
    ) -> None:
        protocol, _ = self.study = _study(plan)
        self.plan, self.person = list(plan), Answer(plan[0], None, person).person
        shown = [_shown(trial, photographs, samples) for trial in plan]
        files: dict[bytes, int] = {}  # a picture that returns is sent once
        trials = [[files.setdefault(_png(p), len(files)) for p in pair] for pair in shown]
        self.still = shown[0]
        super().__init__(
            pictures=list(files),
            trials=trials,
            words=list(WORDS[protocol]),
            question=QUESTIONS[protocol],
            exposure_ms=exposure_ms,
            width=width,
            practice=practice,
        )
        self.observe(self._answered, names="replies")

    @property
    def answers(self) -> list[Answer]:
        """What was answered so far."""
        return [Answer(trial, person=self.person, **r) for trial, r in zip(self.plan, self.replies)]

    @property
    def finished(self) -> bool:
        """Whether every trial was answered."""
        return len(self.replies) >= len(self.plan)

    def save(self, folder: str | Path | None = None) -> Path:
        """Write the answers to a file to hand in, for ``study.merge``; returns its path.

        Args:
            folder: ``my_answers`` if not given.

        Raises:
            ValueError: nothing was answered yet.
        """
        stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in self.person)
        name = "study_{}_level{}_{}.json".format(*self.study, stem)
        path = Path(folder or answers_folder()) / name
        save_answers(self.answers, path)
        return path

    def result(self) -> str:
        """The confusion of this person beside the paper's, in Markdown; or that there is none yet.

        Trials whose pictures stood too long or too short are left out.
        """
        answers = well_exposed(self.answers, planned_ms=self.exposure_ms)
        if not any(answer.said for answer in answers):
            return "Nobody has answered yet."
        times, out = [answer.exposure_ms for answer in answers], len(self.replies) - len(answers)
        stood = f"Pictures stood for {min(times):.0f} to {max(times):.0f} ms; {out} left out."
        return f"{comparison_table([confusion(answers)])}\n\n{stood}"

    def _answered(self, change: Mapping[str, Any]) -> None:
        """After each reply: the verdict of a practice trial, or the file at the end."""
        if self.practice and self.replies:
            last = self.answers[-1]
            right = "Right." if last.said == last.trial.truth else "No:"
            where = dict(left="the fake was on the left.", right="the fake was on the right.")
            truth = where.get(last.trial.truth, f"it was {last.trial.truth}.")
            self.verdict = [len(self.replies), f"{right} {truth[0].upper() + truth[1:]}"]
        elif self.finished:
            self.message = f"Thank you. Kept in my_answers as {self.save().name}."

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict[str, Any], dict[str, Any]]:
        live, _ = super()._repr_mimebundle_(**kwargs)
        seconds = self.exposure_ms / 1000
        words = (
            f"A trial of the quiz: a cross, then for {seconds:g} s "
            f"{'two pictures side by side' if len(self.still) == 2 else 'one picture'}, "
            f"then an empty screen until the answer. {self.question}"
        )
        picture = plots.compress_png(plots.png(self._drawn()))
        data = {WIDGET_VIEW: live[WIDGET_VIEW], "image/png": picture, "text/plain": words}
        return data, {"image/png": {"alt": words}}

    def _drawn(self) -> Figure:
        """A trial for readers without a kernel: cross, pictures, question, from left to right."""
        height, width = self.still[0].shape[-2:]
        gap = torch.full((1, self.still[0].shape[1], height, width // 8), GREY)
        together = torch.cat([part for p in self.still for part in (gap, p)][1:], dim=3)
        empty = torch.full_like(self.still[0], GREY)
        seconds = f"{self.exposure_ms / 1000:g} s"
        return _film([empty, together, empty], ["+", "", "?"], ["0.7 s", seconds, "until a key"])


def _film(pictures: Sequence[Tensor], marks: Sequence[str], titles: Sequence[str]) -> Figure:
    """Pictures of one height in a row, each with a sign in the middle and its time above."""
    height, widths = pictures[0].shape[-2], [picture.shape[-1] for picture in pictures]
    figure = Figure(figsize=(8, 8.4 * height / sum(widths) + 0.35), layout="constrained")
    for ax, picture, mark, title in zip(
        figure.subplots(1, len(pictures), width_ratios=widths), pictures, marks, titles
    ):
        plots.draw_image(ax, picture, title)
        ax.text(
            0.5, 0.5, mark, transform=ax.transAxes, ha="center", va="center", color="w", size=20
        )
    return figure


def _study(plan: Sequence[Trial]) -> tuple[str, int]:
    """(protocol, start level) of a plan."""
    studies = {(trial.protocol, trial.start_level) for trial in plan}
    if len(studies) != 1:
        raise ValueError(f"A quiz has trials of one protocol and start level, not {len(studies)}.")
    return studies.pop()


def _shown(trial: Trial, photographs: Pictures, samples: Pictures) -> list[Tensor]:
    """The pictures of a trial from left to right, each (1, C, H, W)."""
    name, number = trial.photograph, trial.sample
    if name not in photographs or not (number is None or number < len(samples.get(name, ()))):
        raise ValueError(f"There is no photograph {name!r}, or no sample {number} of it.")
    real = photographs[name]
    if number is None:
        return [real]
    fake = samples[name][number : number + 1]
    if fake.shape != real.shape:
        raise ValueError(f"The sample of {name!r} has another size than it; that gives it away.")
    pairs = dict(left=[fake, real], right=[real, fake], fake=[fake])
    return pairs[trial.truth]


def _png(picture: Tensor) -> bytes:
    buffer = io.BytesIO()
    to_pil(picture).save(buffer, format="PNG")
    return buffer.getvalue()
