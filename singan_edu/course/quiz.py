"""The real/fake study as a quiz in the notebook: one second per trial, answered by keyboard.

The browser shows and times the images (``quiz.js``). The kernel knows which one is the fake, and
stores the answers in the format of ``evaluation.study``. Taught in lesson 14::

    plan = study.plan_trials(list(photographs), "paired", samples_per_photograph=4, seed=7)
    Quiz(plan, photographs, samples, person="Ada")

The browser measures the exposure: from the frame that shows the images to the frame that hides
them. The screen delays both frames alike.
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
    PROTOCOLS,
    Answer,
    Trial,
    comparison_table,
    confusion,
    save_answers,
    well_exposed,
)
from ..images import size_of, to_pil
from . import plots
from .answers import answers_folder
from .lesson import WIDGET_VIEW

QUESTIONS = {
    "paired": "Which of the two is the fake? Press the arrow key of its side.",
    "unpaired": "Is it a real picture, or a fake? Press R or F.",
}
BACKGROUND = 0.0  # grey value around the images, in [-1, 1]
Images = Mapping[str, Tensor]


class Quiz(anywidget.AnyWidget):
    """The trials of one person as a widget, to be the last expression of a cell.

    A quiz can be taken once. After the last trial the answers are written to ``my_answers`` (see
    ``save``), unless it is for practice.

    Args:
        plan: the trials, all of one protocol and start level, as ``study.plan_trials`` makes them.
        photographs: the real images by name, each (1, C, H, W) in [-1, 1].
        samples: the fakes by name of their photograph, each (n, C, H, W) in [-1, 1].
        person: a name, the same for all files of one person.
        practice: tell right or wrong after each trial, and store nothing; plan practice with other
            photographs than the quiz.
        exposure_ms: how long the images are shown, in milliseconds; the paper shows them for 1000.
        width: of each image on the screen, in pixels.

    Raises:
        ValueError: the plan has several protocols or start levels, an image is missing, or a sample
            has another size than its photograph (the size would give the fake away).
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
    replies: traitlets.List[Any] = traitlets.List().tag(sync=True)  # by the browser, one per trial
    verdict = traitlets.List([0, ""]).tag(sync=True)  # by the kernel, on a practice trial
    message = traitlets.Unicode().tag(sync=True)  # by the kernel, at the end

    def __init__(
        self,
        plan: Sequence[Trial],
        photographs: Images,
        samples: Images,
        *,
        person: str = "me",
        practice: bool = False,
        exposure_ms: float = 1000 * EXPOSURE_SECONDS,
        width: int = 256,
    ) -> None:
        protocol, _ = self.study = _protocol_and_level(plan)
        self.plan, self.person = list(plan), Answer(plan[0], None, person).person
        shown = [_shown(trial, photographs, samples) for trial in plan]
        files: dict[bytes, int] = {}  # an image that is shown again is sent once
        trials = [[files.setdefault(_png(p), len(files)) for p in pair] for pair in shown]
        self.example = shown[0]
        super().__init__(
            pictures=list(files),
            trials=trials,
            words=list(PROTOCOLS[protocol]),
            question=QUESTIONS[protocol],
            exposure_ms=exposure_ms,
            width=width,
            practice=practice,
        )
        self.observe(self._answered, names="replies")

    @property
    def answers(self) -> list[Answer]:
        """The answers so far."""
        return [Answer(trial, person=self.person, **r) for trial, r in zip(self.plan, self.replies)]

    @property
    def finished(self) -> bool:
        """Whether every trial was answered."""
        return len(self.replies) >= len(self.plan)

    def save(self, folder: str | Path | None = None) -> Path:
        """Write the answers to a file to hand in, which ``study.merge`` reads.

        Args:
            folder: of the file; ``my_answers`` if not given.

        Returns:
            The path of the file.

        Raises:
            ValueError: nothing was answered yet.
        """
        stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in self.person)
        name = "study_{}_level{}_{}.json".format(*self.study, stem)
        path = Path(folder or answers_folder()) / name
        save_answers(self.answers, path)
        return path

    def result(self) -> str:
        """Return this person's confusion beside the paper's as a Markdown table.

        Trials whose images were shown too long or too briefly are left out. Before the first answer
        a sentence says so.
        """
        answers = well_exposed(self.answers, planned_ms=self.exposure_ms)
        if not any(answer.said for answer in answers):
            return "Nobody has answered yet."
        times = [answer.exposure_ms for answer in answers if answer.exposure_ms is not None]
        out = len(self.replies) - len(answers)
        shown = f"Images were shown for {min(times):.0f} to {max(times):.0f} ms; {out} left out."
        return f"{comparison_table([confusion(answers)])}\n\n{shown}"

    def _answered(self, change: Mapping[str, Any]) -> None:
        """Give the verdict of a practice trial, or write the file after the last trial."""
        if self.practice and self.replies:
            last = self.answers[-1]
            right = "Right." if last.said == last.trial.truth else "No:"
            where = dict(left="the fake was on the left.", right="the fake was on the right.")
            truth = where.get(last.trial.truth, f"it was {last.trial.truth}.")
            self.verdict = [len(self.replies), f"{right} {truth[0].upper() + truth[1:]}"]
        elif self.finished:
            self.message = f"Thank you. Your answers are in {self.save()}."

    def _repr_mimebundle_(
        self, **kwargs: Any
    ) -> tuple[dict[Any, Any], dict[Any, Any]]:  # the types of anywidget
        live = super()._repr_mimebundle_(**kwargs)
        seconds = self.exposure_ms / 1000
        words = (
            f"A trial of the quiz: a cross, then for {seconds:g} s "
            f"{'two pictures side by side' if len(self.example) == 2 else 'one picture'}, "
            f"then a question mark until the answer. {self.question}"
        )
        data, facts = plots.mime_bundle(self._drawn(), words)
        if live is not None:  # None where the front end shows no widgets
            data |= {WIDGET_VIEW: live[0][WIDGET_VIEW]}
        return data, facts

    def _drawn(self) -> Figure:
        """Draw a trial for readers without a kernel: cross, images and question, side by side."""
        first = self.example[0]
        height, width = size_of(first)
        gap = torch.full((1, first.shape[1], height, width // 8), BACKGROUND)
        together = torch.cat([part for image in self.example for part in (gap, image)][1:], dim=3)
        empty = torch.full_like(first, BACKGROUND)
        seconds = f"{self.exposure_ms / 1000:g} s"
        return _draw_phases(
            [empty, together, empty], ["+", "", "?"], ["0.7 s", seconds, "until a key"]
        )


def _draw_phases(images: Sequence[Tensor], marks: Sequence[str], titles: Sequence[str]) -> Figure:
    """Draw images of one height in a row, each with a sign in its middle and its time above."""
    height, widths = images[0].shape[-2], [image.shape[-1] for image in images]
    figure = Figure(figsize=(8, 8.4 * height / sum(widths) + 0.35), layout="constrained")
    grid = figure.add_gridspec(1, len(images), width_ratios=widths)
    for column, (image, mark, title) in enumerate(zip(images, marks, titles)):
        ax = figure.add_subplot(grid[0, column])
        plots.draw_image(ax, image, title)
        ax.text(
            0.5, 0.5, mark, transform=ax.transAxes, ha="center", va="center", color="w", size=20
        )
    return figure


def _protocol_and_level(plan: Sequence[Trial]) -> tuple[str, int]:
    """Return the protocol and the start level that all trials of a plan share."""
    studies = {(trial.protocol, trial.start_level) for trial in plan}
    if len(studies) != 1:
        raise ValueError(
            f"A quiz has trials of one protocol and start level; this plan has {len(studies)} "
            f"combinations of them. Make a quiz for each."
        )
    return studies.pop()


def _shown(trial: Trial, photographs: Images, samples: Images) -> list[Tensor]:
    """Return the images of a trial from left to right, each (1, C, H, W)."""
    name, number = trial.photograph, trial.sample
    if name not in photographs:
        raise ValueError(f"The plan needs the photograph {name!r}, which was not given.")
    real = photographs[name]
    if number is None:
        return [real]
    if number >= len(samples.get(name, ())):
        raise ValueError(f"The plan needs sample {number} of {name!r}, which was not given.")
    fake = samples[name][number : number + 1]
    if fake.shape != real.shape:
        raise ValueError(
            f"The samples of {name!r} have the shape {tuple(fake.shape)} and the photograph "
            f"{tuple(real.shape)}. The size would give the fake away; resize one of them."
        )
    pairs = dict(left=[fake, real], right=[real, fake], fake=[fake])
    return pairs[trial.truth]


def _png(image: Tensor) -> bytes:
    """Return an image as the bytes of a PNG file."""
    buffer = io.BytesIO()
    to_pil(image).save(buffer, format="PNG")
    return buffer.getvalue()
