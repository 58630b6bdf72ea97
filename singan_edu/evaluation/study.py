"""The real/fake study: how often people take a sample for a photograph.

This module plans the trials, stores the answers and computes the statistics. In the paired
protocol, a person sees a photograph and a sample of it side by side: "which is the fake?". In the
unpaired protocol, a person sees one image: "real or fake?". Each person answers 50 trials of one
second. The paper is also said to begin with ten practice trials with feedback (not confirmed by our
source). Plan such practice separately, with other photographs, and do not save it. Source: paper,
section 4 and table 1. Taught in lesson 14.
"""

from __future__ import annotations

import json
import math
import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from statistics import NormalDist

from ..files import write_json

EXPOSURE_SECONDS = 1.0
TRIALS_PER_PERSON = 50
PROTOCOLS = {"paired": ("left", "right"), "unpaired": ("real", "fake")}  # the possible answers
ANSWERS_FORMAT = "singan_edu real/fake answers 1"
# Table 1 by protocol and start level (0 is the paper's N). The source does not say what ± means.
PUBLISHED_RATES = {
    ("paired", 0): dict(diversity=0.5, rate=0.2145, plus_minus=0.015),
    ("unpaired", 0): dict(diversity=0.5, rate=0.429, plus_minus=0.009),
    ("paired", 1): dict(diversity=0.35, rate=0.3045, plus_minus=0.015),
    ("unpaired", 1): dict(diversity=0.35, rate=0.4704, plus_minus=0.008),
}
normal_quantile = NormalDist().inv_cdf  # from a probability to standard deviations


@dataclass(frozen=True)
class Trial:
    """One question of the study.

    Attributes:
        protocol: ``"paired"`` or ``"unpaired"``.
        photograph: its name.
        truth: the correct answer; in the paired protocol, the side of the fake.
        sample: number of the photograph's fake, from 0; None if a real photograph is shown alone.
        start_level: the level at which sampling began; 0 is the coarsest (the paper's N).

    Raises:
        ValueError: an unknown protocol or truth, or a sample number that does not fit the truth.
    """

    protocol: str
    photograph: str
    truth: str
    sample: int | None = None
    start_level: int = 0

    def __post_init__(self) -> None:
        allowed = _allowed_answers(self.protocol)
        _require(self.truth in allowed, f"The truth is one of {allowed}, not {self.truth!r}.")
        fits = self.sample is None if self.truth == "real" else type(self.sample) is int
        _require(fits, f"A fake has a sample number, a real None; {self} does not fit.")


@dataclass(frozen=True)
class Answer:
    """One person's answer to a trial.

    Attributes:
        trial: the question.
        said: the answer; None if there was none in time, which counts as missed, not as wrong.
        person: a nickname or uuid, the same for all answers of one person.
        reaction_ms: time until the answer, in milliseconds; None if not measured.
        exposure_ms: time the image was really on screen, in milliseconds; None if not measured.

    Raises:
        ValueError: an answer that the protocol does not allow, or an empty name.
    """

    trial: Trial
    said: str | None
    person: str = "me"
    reaction_ms: float | None = None
    exposure_ms: float | None = None

    def __post_init__(self) -> None:
        allowed = (*_allowed_answers(self.trial.protocol), None)
        _require(self.said in allowed, f"An answer is one of {allowed}, not {self.said!r}.")
        named = isinstance(self.person, str) and self.person.strip()
        _require(named, f"Name the person with some text, such as a nickname; not {self.person!r}.")


def plan_trials(
    photographs: Sequence[str],
    protocol: str,
    *,
    trials: int = TRIALS_PER_PERSON,
    samples_per_photograph: int = 1,
    start_level: int = 0,
    seed: int = 0,
) -> list[Trial]:
    """Plan the questions for one person, in random order.

    Both correct answers are equally frequent, up to one. In the unpaired protocol, a photograph is
    shown either as it is or as fakes, never both, unless there is only one (paper, section 4: 50
    real photographs, 50 fakes of others). If there are fewer photographs than trials, they are
    shown again, equally often up to one (unpaired: among the real and among the fakes), each time
    with the next sample. Repeated images can be recognised.

    Args:
        photographs: names of the photographs, all different.
        protocol: ``"paired"`` or ``"unpaired"``.
        trials: number of questions, at least 2.
        samples_per_photograph: number of fakes of each photograph, at least 1.
        start_level: the level at which sampling began; 0 is the coarsest (the paper's N).
        seed: of the order; give every person another one.

    Returns:
        The trials in the order in which to show them.

    Raises:
        ValueError: an unknown protocol, too few trials, photographs or samples, or equal names.
    """
    distinct = not isinstance(photographs, str) and 0 < len(set(photographs)) == len(photographs)
    _require(distinct, f"Give a list of photographs with different names; got {photographs!r}.")
    enough = trials >= 2 and samples_per_photograph >= 1
    _require(
        enough,
        f"Plan two trials or more, with one sample or more of each photograph; got "
        f"trials={trials}, samples_per_photograph={samples_per_photograph}.",
    )
    rng = random.Random(seed)
    truths = (rng.sample(_allowed_answers(protocol), 2) * trials)[:trials]
    names, truths = rng.sample(photographs, len(photographs)), rng.sample(truths, trials)
    order = rng.sample(range(samples_per_photograph), samples_per_photograph)
    samples = {name: cycle(order) for name in names}
    decks = dict.fromkeys(truths, cycle(names))
    if protocol == "unpaired":
        split = round(len(names) * truths.count("fake") / trials)
        decks = dict(fake=cycle(names[:split] or names), real=cycle(names[split:] or names))
    plan = []
    for truth in truths:
        name = next(decks[truth])
        sample = None if truth == "real" else next(samples[name])
        plan.append(Trial(protocol, name, truth, sample, start_level))
    return plan


def save_answers(answers: Sequence[Answer], path: str | os.PathLike[str]) -> None:
    """Write the answers of one study as JSON, replacing an existing file.

    Args:
        answers: of one protocol and start level, usually from one person.
        path: of the file; missing folders are made.

    Raises:
        ValueError: no answers, or answers of several protocols or start levels.
    """
    _only_study(answers)
    write_json(
        Path(path), dict(format=ANSWERS_FORMAT, answers=[asdict(answer) for answer in answers])
    )


def load_answers(path: str | os.PathLike[str]) -> list[Answer]:
    """Read a file that ``save_answers`` wrote.

    Args:
        path: of the file.

    Returns:
        The answers in their order.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it does not contain the answers of one study; the message says why.
    """
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
        _require(facts["format"] == ANSWERS_FORMAT, f'its format is not "{ANSWERS_FORMAT}".')
        answers = [Answer(**(a | {"trial": Trial(**a["trial"])})) for a in facts["answers"]]
        _only_study(answers)
        return answers
    except (ValueError, TypeError, KeyError) as error:
        why = f"({type(error).__name__}: {error})"
        raise ValueError(f"Leave out {path}; its answers cannot be read {why}.") from error


def well_exposed(
    answers: Iterable[Answer],
    *,
    planned_ms: float = 1000 * EXPOSURE_SECONDS,
    tolerance_ms: float = 50.0,
) -> list[Answer]:
    """Select the answers to images that were on screen as long as planned.

    A page in the background or a slow browser shows an image for longer than a second. Answers
    without a measured exposure are kept.

    Args:
        answers: of any study.
        planned_ms: planned exposure in milliseconds.
        tolerance_ms: largest allowed deviation in milliseconds; 50 are three frames at 60 Hz.

    Returns:
        The selected answers in their order.
    """
    return [
        answer
        for answer in answers
        if answer.exposure_ms is None or abs(answer.exposure_ms - planned_ms) <= tolerance_ms
    ]


def merge(results: Iterable[str | Path | Sequence[Answer]]) -> dict[tuple[str, int], list[Answer]]:
    """Pool the answers of several people: ``confusion(merge(paths)["paired", 0])``.

    Args:
        results: for each person and study, the answers or the path of a file with them.

    Returns:
        The answers for each (protocol, start level). Different studies are never pooled.

    Raises:
        FileNotFoundError: a file does not exist.
        ValueError: a file cannot be read, or a person occurs twice in one study, as when a file is
            given twice.
    """
    pooled: dict[tuple[str, int], list[Answer]] = {}
    for result in results:
        answers = load_answers(Path(result)) if isinstance(result, str | Path) else result
        pool = pooled.setdefault(_only_study(answers), [])
        twice = {answer.person for answer in pool} & {answer.person for answer in answers}
        _require(
            not twice, f"Leave out or rename people who are in a study twice: {sorted(twice)}."
        )
        pool.extend(answers)
    return pooled


@dataclass(frozen=True)
class Confusion:
    """The result of one study.

    Attributes:
        protocol: ``"paired"`` or ``"unpaired"``.
        start_level: the level at which sampling began; 0 is the coarsest.
        people: number of people who answered.
        trials: number of trials, with the missed ones.
        missed: number of trials without an answer in time.
        wrong: number of wrong answers.
        rate: confusion, wrong / (trials - missed); 0.5 is chance.
        interval: 95 % Wilson interval of the rate, which treats answers as independent.
        standard_error: binomial standard error of the rate, which treats answers as independent.
        standard_error_over_people: standard error of the rate which treats only people as
            independent, sqrt(k / (k - 1) Σ (w_i - n_i rate)²) / N, with w_i wrong of n_i answers of
            each of k people, N answers in all; None for one person.
        fakes_called_real: fraction of the fakes, unpaired; None if there were none.
        reals_called_fake: fraction of the real photographs, unpaired; None if there were none.
        d_prime: how different fakes and photographs look, see ``d_prime``; None if undefined.
    """

    protocol: str
    start_level: int
    people: int
    trials: int
    missed: int
    wrong: int
    rate: float
    interval: tuple[float, float]
    standard_error: float
    standard_error_over_people: float | None
    fakes_called_real: float | None
    reals_called_fake: float | None
    d_prime: float | None


def confusion(answers: Sequence[Answer]) -> Confusion:
    """Compute the confusion of one study: the fraction of wrong answers; 0.5 is chance level.

    The rate measures only whether a sample passes for a photograph for one second. A copy of the
    photograph also reaches 0.5, so consider the diversity as well. A rate of 0.5 does not always
    mean that fakes look real: people who always answer "real" reach it, too (see
    ``fakes_called_real`` and ``reals_called_fake``).

    Args:
        answers: of one protocol and start level, from one or more people.

    Returns:
        The rate with its interval, standard errors and counts.

    Raises:
        ValueError: nothing was answered, or protocols or start levels are mixed.

    Source: paper, section 4 and table 1.
    """
    study, (wrong, n) = _only_study(answers), _count_wrong(answers)
    missed_fakes, fakes = _count_wrong(answers, "fake")
    alarms, reals = _count_wrong(answers, "real")
    _require(n, "All trials were missed, so there is no rate; ask someone again.")
    rate = wrong / n
    return Confusion(
        *study,
        people=len({answer.person for answer in answers if answer.said}),
        trials=len(answers),
        missed=len(answers) - n,
        wrong=wrong,
        rate=rate,
        interval=wilson_interval(wrong, n),
        standard_error=math.sqrt(rate * (1 - rate) / n),
        standard_error_over_people=_standard_error_over_people(answers, rate),
        fakes_called_real=missed_fakes / fakes if fakes else None,
        reals_called_fake=alarms / reals if reals else None,
        d_prime=d_prime(answers),
    )


def wilson_interval(wrong: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Compute the Wilson interval of a rate from ``wrong`` of ``n`` independent answers.

    Unlike rate ± z standard errors, it stays in [0, 1] and has a positive width at 0 wrong answers.

    Args:
        wrong: number of wrong answers, 0 to ``n``.
        n: number of answers, at least 1.
        confidence: of the interval, between 0 and 1.

    Returns:
        (low, high), from 0 to 1.

    Raises:
        ValueError: impossible counts or confidence.

    Source: Wilson 1927.

    >>> [round(bound, 3) for bound in wilson_interval(10, 50)]
    [0.112, 0.33]
    """
    possible = 0 <= wrong <= n and n >= 1 and 0 < confidence < 1
    _require(
        possible,
        f"wrong={wrong} must be from 0 to n={n}, n at least 1, and confidence={confidence} between "
        f"0 and 1.",
    )
    z, rate = normal_quantile((1 + confidence) / 2), wrong / n
    centre = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half))


def d_prime(answers: Sequence[Answer]) -> float | None:
    """Compute the sensitivity index d': how different fakes and photographs look.

    Unpaired, d' = z(fakes called fake) - z(photographs called fake), which does not depend on a
    preference for one answer. Paired, d' = sqrt(2) z(fraction correct), which assumes no preference
    for one side. Each fraction is (count + 0.5) / (n + 1), so that d' is finite. Missed answers are
    left out.

    Args:
        answers: of one protocol and start level.

    Returns:
        d' in standard deviations; 0 is guessing. None if there are no answers, or, unpaired, none
        to fakes or none to photographs.

    Raises:
        ValueError: protocols or start levels are mixed.

    Source: Hautus 1995 for the finite fractions.
    """
    if _only_study(answers)[0] == "paired":
        wrong, n = _count_wrong(answers)
        return math.sqrt(2) * normal_quantile((n - wrong + 0.5) / (n + 1)) if n else None
    missed, fakes = _count_wrong(answers, "fake")
    alarms, reals = _count_wrong(answers, "real")
    hit_rate, alarm_rate = (fakes - missed + 0.5) / (fakes + 1), (alarms + 0.5) / (reals + 1)
    return normal_quantile(hit_rate) - normal_quantile(alarm_rate) if fakes and reals else None


def comparison_table(confusions: Sequence[Confusion] = ()) -> str:
    """Format the paper's table 1 with our rates beside it.

    The meaning of the published ± is unknown; ours is the 95 % Wilson interval. Rates depend on the
    images and the people, so the table compares studies, not only models.

    Args:
        confusions: our results, at most one for each protocol and start level.

    Returns:
        A Markdown table, with a dash where there is no number.

    Raises:
        ValueError: two results of one study.
    """
    ours = {(found.protocol, found.start_level): found for found in confusions}
    _require(len(ours) == len(confusions), "Give one result per study; pool several with merge.")
    rows = ["| start | protocol | diversity, paper | confusion, paper | ours | answers, people |"]
    rows.append("|---" * 6 + "|")
    for protocol, level in sorted(
        PUBLISHED_RATES.keys() | ours.keys(), key=lambda study: study[::-1]
    ):
        cells = [f"level {level} (paper n=N{-level or ''})", protocol, *["–"] * 4]
        if paper := PUBLISHED_RATES.get((protocol, level)):
            rate = f"{paper['rate']:.2%} ± {paper['plus_minus']:.1%}"
            cells[2:4] = str(paper["diversity"]), rate
        if found := ours.get((protocol, level)):
            rate = "{:.1%} ({:.1%} to {:.1%})".format(found.rate, *found.interval)
            cells[4:] = rate, f"{found.trials - found.missed}, {found.people}"
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _count_wrong(answers: Iterable[Answer], truth: str | None = None) -> tuple[int, int]:
    """Count (wrong, given) answers to trials of this ``truth``; None for all trials."""
    given = [a for a in answers if a.said is not None and truth in (None, a.trial.truth)]
    return sum(answer.said != answer.trial.truth for answer in given), len(given)


def _standard_error_over_people(answers: Sequence[Answer], rate: float) -> float | None:
    """Compute the standard error of the rate with people as the independent units."""
    people = dict.fromkeys(answer.person for answer in answers if answer.said)
    counts = [_count_wrong(a for a in answers if a.person == person) for person in people]
    k, squares = len(counts), sum((wrong - n * rate) ** 2 for wrong, n in counts)
    return math.sqrt(k / (k - 1) * squares) / sum(n for _, n in counts) if k > 1 else None


def _only_study(answers: Sequence[Answer]) -> tuple[str, int]:
    """Return the (protocol, start level) that all answers share."""
    studies = {(answer.trial.protocol, answer.trial.start_level) for answer in answers}
    found = ", ".join(map(str, sorted(studies))) or "none"
    _require(len(studies) == 1, f"Give answers of one study (merge sorts them), not of: {found}.")
    return studies.pop()


def _allowed_answers(protocol: str) -> tuple[str, str]:
    """Return the two possible answers of a protocol."""
    _require(protocol in PROTOCOLS, f'The protocol is "paired" or "unpaired", not {protocol!r}.')
    return PROTOCOLS[protocol]


def _require(condition: object, sentence: str) -> None:
    """Raise ValueError with the sentence unless the condition holds."""
    if not condition:
        raise ValueError(sentence)
