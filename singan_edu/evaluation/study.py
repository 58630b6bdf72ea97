"""The real/fake study: how often people take a sample for a photograph; planned, kept, evaluated.

Paired: a photograph and a sample of it side by side, "which is the fake?". Unpaired: one picture,
"real or fake?". Each is shown for a second, to each person 50 times. The paper is also said to
begin with ten trials with feedback (not confirmed by our source): plan such practice apart, with
other photographs, and do not save it. Source: paper, section 4 and table 1. Taught in lesson 14.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from statistics import NormalDist

from ..files import write_json

EXPOSURE_SECONDS = 1.0
TRIALS = 50  # per person
PROTOCOLS = {"paired": ("left", "right"), "unpaired": ("real", "fake")}  # what one may answer
FORMAT = "singan_edu real/fake answers 1"
# Table 1 by protocol and start level (0 is the paper's N); what its ± is, the source does not say.
PUBLISHED = {
    ("paired", 0): dict(diversity=0.5, rate=0.2145, plus_minus=0.015),
    ("unpaired", 0): dict(diversity=0.5, rate=0.429, plus_minus=0.009),
    ("paired", 1): dict(diversity=0.35, rate=0.3045, plus_minus=0.015),
    ("unpaired", 1): dict(diversity=0.35, rate=0.4704, plus_minus=0.008),
}
z_score = NormalDist().inv_cdf


@dataclass(frozen=True)
class Trial:
    """One question; ``truth`` is the right answer, in the paired protocol the side of the fake.

    A fake is known by its photograph and ``sample``, counted from 0; a real alone has no sample.
    """

    protocol: str
    photograph: str
    truth: str
    sample: int | None = None
    start_level: int = 0

    def __post_init__(self) -> None:
        words = _words(self.protocol)
        _require(self.truth in words, f"The truth is one of {words}, not {self.truth!r}.")
        fits = self.sample is None if self.truth == "real" else type(self.sample) is int
        _require(fits, f"A fake has a sample number, a real None; {self} does not fit.")


@dataclass(frozen=True)
class Answer:
    """What a person ``said`` to a trial; None, nothing in time, counts as missed, not as wrong."""

    trial: Trial
    said: str | None
    person: str = "me"  # a nickname or a uuid; the same for all answers of one person
    reaction_ms: float | None = None  # until the answer, where measured
    exposure_ms: float | None = None  # that the picture was really on screen

    def __post_init__(self) -> None:
        words = (*_words(self.trial.protocol), None)
        _require(self.said in words, f"An answer is one of {words}, not {self.said!r}.")
        named = isinstance(self.person, str) and self.person.strip()
        _require(named, f"Name the person with some text, such as a nickname; not {self.person!r}.")


def plan_trials(
    photographs: Sequence[str],
    protocol: str,
    *,
    trials: int = TRIALS,
    samples_per_photograph: int = 1,
    start_level: int = 0,
    seed: int = 0,
) -> list[Trial]:
    """The questions for one person, in random order; give each person another ``seed``.

    Both right answers are equally frequent, within one. Unpaired, a photograph is shown as it is or
    as fakes, never both, unless there is only one (paper, section 4: 50 reals, 50 fakes of others).
    Too few come round again, equally often within one (unpaired: among reals and among fakes), each
    time with the next sample; what returns can be recognised.

    Args:
        photographs: their names, no two alike.
        samples_per_photograph: how many fakes there are of each.
        start_level: the level at which sampling began; 0 is the coarsest (paper: scale N).

    Raises:
        ValueError: an unknown protocol, too few trials, photographs or samples, or names alike.
    """
    unlike = not isinstance(photographs, str) and 0 < len(set(photographs)) == len(photographs)
    _require(unlike, f"Give a list of photographs, no two of one name; got {photographs!r}.")
    enough = trials >= 2 and samples_per_photograph >= 1
    _require(enough, "Plan two trials or more, with one sample or more of each photograph.")
    rng = random.Random(seed)
    truths = (rng.sample(_words(protocol), 2) * trials)[:trials]
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


def save_answers(answers: Sequence[Answer], path: Path) -> None:
    """Write the answers of one study, usually one person's, as JSON, replacing what was there.

    Raises:
        ValueError: no answers, or answers of several protocols or start levels.
    """
    _study(answers)
    write_json(Path(path), dict(format=FORMAT, answers=[asdict(answer) for answer in answers]))


def load_answers(path: Path) -> list[Answer]:
    """Read what ``save_answers`` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged or something else.
    """
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
        _require(facts["format"] == FORMAT, f'its format is not "{FORMAT}".')
        answers = [Answer(**(a | {"trial": Trial(**a["trial"])})) for a in facts["answers"]]
        _study(answers)
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
    """The answers to pictures that stood on screen as long as planned, or were not measured.

    A page in the background, or a browser that hung, shows a picture for longer than a second.

    Args:
        tolerance_ms: how far from the plan an exposure may be; 50 are three frames at 60 Hz.
    """
    return [
        answer
        for answer in answers
        if answer.exposure_ms is None or abs(answer.exposure_ms - planned_ms) <= tolerance_ms
    ]


def merge(results: Iterable[str | Path | Sequence[Answer]]) -> dict[tuple[str, int], list[Answer]]:
    """Pool several people's answers, or files of them: ``confusion(merge(paths)["paired", 0])``.

    Returns:
        The answers for each (protocol, start level); what differs in these is never pooled.

    Raises:
        ValueError: a person is there twice in one study, as when a file is given twice.
    """
    pooled: dict[tuple[str, int], list[Answer]] = {}
    for result in results:
        answers = load_answers(Path(result)) if isinstance(result, str | Path) else result
        pool = pooled.setdefault(_study(answers), [])
        twice = {answer.person for answer in pool} & {answer.person for answer in answers}
        _require(not twice, f"Leave out or rename who is in a study twice: {sorted(twice)}.")
        pool.extend(answers)
    return pooled


@dataclass(frozen=True)
class Confusion:
    """What ``confusion`` found; ``rate`` is wrong / (trials - missed).

    Its 95 % Wilson ``interval`` and the binomial ``standard_error`` take answers as independent,
    the one ``over_people`` only people: with w_i wrong of n_i answers, N in all, of k > 1 people
    (else None) it is sqrt(k / (k - 1) Σ (w_i - n_i rate)²) / N. The share of fakes, of reals, or d'
    is None if nothing bears on it.
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
    """Share of answers that are wrong in one study: 0.5 is what guessing gives, perfect confusion.

    It measures whether a sample passes for real for one second, nothing else: a copy of the
    photograph gets 0.5 too, so look at the diversity as well. Nor is 0.5 always a close call: who
    says "real" to everything gets it (see the two shares). Source: paper, section 4 and table 1.

    Raises:
        ValueError: nothing was answered, or protocols or start levels are mixed.
    """
    study, (wrong, n) = _study(answers), _count(answers)
    (missed_fakes, fakes), (alarms, reals) = _count(answers, "fake"), _count(answers, "real")
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
        standard_error_over_people=_error_over_people(answers, rate),
        fakes_called_real=missed_fakes / fakes if fakes else None,
        reals_called_fake=alarms / reals if reals else None,
        d_prime=d_prime(answers),
    )


def wilson_interval(wrong: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The rates that ``wrong`` of ``n`` independent answers do not rule out (Wilson 1927).

    Unlike rate ± z standard errors it stays in [0, 1] and has a width even at 0 wrong answers.

    >>> [round(bound, 3) for bound in wilson_interval(10, 50)]
    [0.112, 0.33]
    """
    possible = 0 <= wrong <= n and n >= 1 and 0 < confidence < 1
    _require(possible, f"Check: {wrong} wrong of {n}, confidence {confidence} between 0 and 1?")
    z, rate = z_score((1 + confidence) / 2), wrong / n
    centre = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half))


def d_prime(answers: Sequence[Answer]) -> float | None:
    """How far apart fakes and reals look, in standard deviations; 0 is guessing, None no answers.

    Unpaired z(fakes called fake) - z(reals called fake), which a liking for one answer leaves
    alone; paired sqrt(2) z(share right), which supposes no liking for one side. Each share is
    (count + 0.5) / (n + 1), so that d' is finite (Hautus 1995). Missed answers are left out.
    """
    if _study(answers)[0] == "paired":
        wrong, n = _count(answers)
        return math.sqrt(2) * z_score((n - wrong + 0.5) / (n + 1)) if n else None
    (missed, fakes), (alarms, reals) = _count(answers, "fake"), _count(answers, "real")
    hit_rate, alarm_rate = (fakes - missed + 0.5) / (fakes + 1), (alarms + 0.5) / (reals + 1)
    return z_score(hit_rate) - z_score(alarm_rate) if fakes and reals else None


def comparison_table(confusions: Sequence[Confusion] = ()) -> str:
    """The paper's table 1 with our rates beside it, in Markdown; a dash where there is none.

    The published ± is of an unknown kind; ours is the 95 % Wilson interval. Other pictures and
    other people have other rates: this compares studies, not models alone.
    """
    ours = {(found.protocol, found.start_level): found for found in confusions}
    _require(len(ours) == len(confusions), "Give one result a study; pool several with merge.")
    rows = ["| start | protocol | diversity, paper | confusion, paper | ours | answers, people |"]
    rows.append("|---" * 6 + "|")
    for protocol, level in sorted(PUBLISHED | ours, key=lambda study: study[::-1]):
        cells = [f"level {level} (paper n=N{-level or ''})", protocol, *["–"] * 4]
        if paper := PUBLISHED.get((protocol, level)):
            cells[2:4] = paper["diversity"], f"{paper['rate']:.2%} ± {paper['plus_minus']:.1%}"
        if found := ours.get((protocol, level)):
            rate = "{:.1%} ({:.1%} to {:.1%})".format(found.rate, *found.interval)
            cells[4:] = rate, f"{found.trials - found.missed}, {found.people}"
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows)


def _count(answers: Iterable[Answer], truth: str | None = None) -> tuple[int, int]:
    """(wrong, given) among the trials of this ``truth``, or of all."""
    given = [a for a in answers if a.said is not None and truth in (None, a.trial.truth)]
    return sum(answer.said != answer.trial.truth for answer in given), len(given)


def _error_over_people(answers: list[Answer], rate: float) -> float | None:
    people = dict.fromkeys(answer.person for answer in answers if answer.said)
    counts = [_count(a for a in answers if a.person == person) for person in people]
    k, squares = len(counts), sum((wrong - n * rate) ** 2 for wrong, n in counts)
    return math.sqrt(k / (k - 1) * squares) / sum(n for _, n in counts) if k > 1 else None


def _study(answers: Sequence[Answer]) -> tuple[str, int]:
    studies = {(answer.trial.protocol, answer.trial.start_level) for answer in answers}
    found = ", ".join(map(str, sorted(studies))) or "none"
    _require(len(studies) == 1, f"Give answers of one study (merge sorts them), not of: {found}.")
    return studies.pop()


def _words(protocol: str) -> tuple[str, ...]:
    _require(protocol in PROTOCOLS, f'The protocol is "paired" or "unpaired", not {protocol!r}.')
    return PROTOCOLS[protocol]


def _require(condition: object, sentence: str) -> None:
    if not condition:
        raise ValueError(sentence)
