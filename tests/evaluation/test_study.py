"""The real/fake study: plans that are balanced, files that are checked, statistics by hand."""

from __future__ import annotations

import dataclasses
import json
import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from singan_edu.evaluation import study
from singan_edu.evaluation.study import Answer, Trial

PLACES = [f"place {number}" for number in range(110)]
OTHER = dict(left="right", right="left", real="fake", fake="real")


def answers(truth: str, right: int, wrong: int, missed: int = 0, person: str = "me", level=0):
    protocol = "unpaired" if truth in ("real", "fake") else "paired"
    trial = Trial(protocol, "lake", truth, None if truth == "real" else 3, level)
    said = [truth] * right + [OTHER[truth]] * wrong + [None] * missed
    return [Answer(trial, word, person) for word in said]


def even(items) -> bool:
    uses = Counter(items).values()
    return max(uses) - min(uses) <= 1


@pytest.mark.parametrize("protocol", study.PROTOCOLS)
@given(places=st.integers(1, 60), trials=st.integers(2, 70), samples=st.integers(1, 5))
def test_a_plan_is_balanced_and_spreads_repeats_evenly(protocol, places, trials, samples):
    plan = study.plan_trials(
        PLACES[:places], protocol, trials=trials, samples_per_photograph=samples, seed=places
    )
    truths = [t.truth for t in plan]
    assert len(plan) == trials and even(truths) and set(truths) == set(study.PROTOCOLS[protocol])
    reals, fakes = ([t for t in plan if (t.truth == "real") is real] for real in (True, False))
    assert not reals or even(t.photograph for t in reals)
    assert even(t.photograph for t in fakes)
    for place in {t.photograph for t in fakes}:
        used = [t.sample for t in fakes if t.photograph == place]
        assert even(used) and set(used) <= set(range(samples))
        assert len(set(used)) == min(samples, len(used))


@given(places=st.integers(2, 110), trials=st.integers(2, 60), seed=st.integers(0, 999))
def test_reals_and_fakes_are_of_disjoint_photographs(places, trials, seed):
    plan = study.plan_trials(PLACES[:places], "unpaired", trials=trials, seed=seed)
    reals, fakes = ({t.photograph for t in plan if t.truth == word} for word in ("real", "fake"))
    assert not reals & fakes and len(reals | fakes) == min(places, trials)
    alone = study.plan_trials(["lake"], "unpaired", trials=6, samples_per_photograph=3, seed=seed)
    assert sorted(t.sample for t in alone if t.truth == "fake") == [0, 1, 2]


def test_a_plan_depends_on_the_seed_alone_and_is_for_fifty_trials():
    for seed in range(50):
        plan, again, other = (study.plan_trials(PLACES, "paired", seed=s) for s in (seed, seed, 99))
        assert plan == again != other
    assert len(plan) == 50 == study.TRIALS_PER_PERSON and study.EXPOSURE_SECONDS == 1
    plans = [study.plan_trials(PLACES[:8], "unpaired", seed=seed) for seed in range(20)]
    assert len({frozenset(t.photograph for t in p if t.truth == "real") for p in plans}) > 10


def test_the_order_tells_nothing():
    plans = [study.plan_trials(PLACES, "paired", trials=11, seed=seed) for seed in range(400)]
    for turn in range(11):
        assert sum(p[turn].truth == "left" for p in plans) / 400 == pytest.approx(0.5, abs=0.1)
    changes = sum(a.truth != b.truth for p in plans for a, b in zip(p, p[1:]))
    assert changes / 400 == pytest.approx(60 / 11, abs=0.3)  # alternating would give 10
    assert {sum(t.truth == "left" for t in p) for p in plans} == {5, 6}
    assert len({p[0].photograph for p in plans}) > 90


def test_answers_survive_the_file_to_the_last_field(tmp_path):
    plan = study.plan_trials(PLACES[:8], "unpaired", samples_per_photograph=4, start_level=1)
    said = ["real", "fake", None] * 17
    written = [Answer(t, word, "Zoë", 412.5, 1003.0) for t, word in zip(plan, said)]
    study.save_answers(written, tmp_path / "new" / "zoë.json")
    assert study.load_answers(tmp_path / "new" / "zoë.json") == written and plan[0].start_level == 1


def test_people_are_pooled_by_protocol_and_start_level(tmp_path):
    ann, bob = answers("left", 3, 1, person="Ann"), answers("right", 2, 2, person="Bob")
    study.save_answers(ann, tmp_path / "ann.json")
    others = answers("fake", 1, 1, person="Ann"), answers("left", 1, 1, person="Ann", level=1)
    pooled = study.merge([tmp_path / "ann.json", bob, *others])
    wanted = {("paired", 0): ann + bob, ("unpaired", 0): others[0], ("paired", 1): others[1]}
    assert pooled == wanted and len(bob) == 4


def test_a_file_or_a_person_does_not_count_twice(tmp_path):
    path = tmp_path / "ann.json"
    study.save_answers(answers("left", 3, 1, person="Ann"), path)
    for again in (path, str(path), answers("right", 1, 0, person="Ann")):
        with pytest.raises(ValueError, match=r"twice: \['Ann'\]"):
            study.merge([path, answers("left", 1, 0, person="Bob"), again])


RECORD = dataclasses.asdict(answers("left", 1, 0)[0])
WHOLE = dict(format=study.ANSWERS_FORMAT, answers=[RECORD])


@pytest.mark.parametrize(
    "facts, reason",
    [
        ([1, 2], "TypeError"),
        ({}, "'format'"),
        (WHOLE | {"format": "other"}, "format is not"),
        (WHOLE | {"answers": []}, "none"),
        (WHOLE | {"answers": [RECORD | {"said": "real"}]}, "An answer is one of"),
        (WHOLE | {"answers": [RECORD | {"person": " "}]}, "Name the person"),
        (WHOLE | {"answers": [RECORD | {"trial": {"protocol": "paired"}}]}, "photograph"),
        (WHOLE | {"answers": [RECORD | {"trial": RECORD["trial"] | {"protocol": "x"}}]}, "not 'x'"),
        (WHOLE | {"answers": [RECORD, dataclasses.asdict(answers("real", 1, 0)[0])]}, "one study"),
    ],
)
def test_a_damaged_file_is_refused_by_name_with_the_reason(tmp_path, facts, reason):
    text = json.dumps(facts)
    for content, why in [(text, reason), (text[:-1], "JSONDecodeError")]:
        (tmp_path / "ann.json").write_text(content)
        with pytest.raises(ValueError, match="(?s)Leave out .*ann.json; .*" + why):
            study.load_answers(tmp_path / "ann.json")


def test_confusion_counts_by_hand():
    found = study.confusion(answers("fake", 12, 8, missed=3) + answers("real", 27, 3, missed=2))
    assert (found.protocol, found.start_level, found.people) == ("unpaired", 0, 1)
    assert (found.trials, found.missed, found.wrong, found.rate) == (55, 5, 11, 11 / 50)
    assert found.interval == study.wilson_interval(11, 50)
    assert found.standard_error_over_people is None
    assert found.standard_error == pytest.approx(math.sqrt(0.22 * 0.78 / 50))
    assert found.fakes_called_real == 8 / 20 and found.reals_called_fake == 3 / 30
    few, many = study.confusion(answers("left", 6, 4)), study.confusion(answers("left", 6, 4, 40))
    assert dataclasses.replace(many, trials=10, missed=0) == few and few.fakes_called_real is None


def test_error_over_people_by_hand():
    people = answers("left", 8, 2, person="a") + answers("left", 6, 4, person="b")
    people += answers("right", 1, 9, missed=5, person="c") + answers("left", 0, 0, 3, person="d")
    found = study.confusion(people)
    assert found.people == 3 and found.rate == pytest.approx(0.5)
    # Deviations -0.3, -0.1, 0.4: variance 0.26 / 2, of the mean of three 0.13 / 3.
    assert found.standard_error_over_people == pytest.approx(math.sqrt(0.13 / 3))
    # 1 of 10 and 4 of 20, rate 1/6: (1 - 10/6)² + (4 - 20/6)² = 8/9; times 2, root, over 30.
    unequal = answers("left", 9, 1, person="a") + answers("left", 16, 4, person="b")
    assert study.confusion(unequal).standard_error_over_people == pytest.approx(4 / 3 / 30)


def test_wilson_intervals_by_hand():
    assert study.wilson_interval(10, 50) == pytest.approx((0.1124, 0.3304), abs=6e-5)
    assert study.wilson_interval(0, 10) == pytest.approx((0, 0.2775), abs=6e-5)


@given(n=st.integers(1, 5000), share=st.floats(0, 1), confidence=st.floats(0.01, 0.999))
def test_a_wilson_interval_holds_the_rate_and_solves_its_equation(n, share, confidence):
    wrong = round(share * n)
    low, high = study.wilson_interval(wrong, n, confidence)
    assert 0 <= low <= wrong / n <= high <= 1 and low < high
    z = study.normal_quantile((1 + confidence) / 2)
    for bound in (low, high):
        assert (wrong / n - bound) ** 2 == pytest.approx(z**2 * bound * (1 - bound) / n, abs=1e-9)


def test_d_prime_by_hand():
    # 15.5 / 21 = 0.7381 -> z = 0.6375 and 5.5 / 31 = 0.1774 -> z = -0.9253
    unpaired = answers("fake", 15, 5, missed=9) + answers("real", 25, 5)
    assert study.d_prime(unpaired) == pytest.approx(0.6375 + 0.9253, abs=2e-4)
    paired = answers("left", 22, 3, missed=4) + answers("right", 18, 7)  # 40.5 / 51 -> 0.8208
    assert study.d_prime(paired) == pytest.approx(math.sqrt(2) * 0.8208, abs=2e-4)


def test_one_sided_answers_tell_nothing_apart_and_one_sided_trials_have_no_d_prime():
    found = study.confusion(answers("fake", 0, 25) + answers("real", 25, 0))
    assert (found.rate, found.fakes_called_real, found.reals_called_fake) == (0.5, 1, 0)
    assert found.d_prime == pytest.approx(0, abs=1e-12)
    assert study.d_prime(answers("real", 9, 1)) is study.d_prime(answers("left", 0, 0, 3)) is None
    found = study.confusion(answers("fake", 9, 1))
    assert (found.reals_called_fake, found.d_prime, found.fakes_called_real) == (None, None, 0.1)


@pytest.mark.parametrize("protocol", study.PROTOCOLS)
def test_the_perfect_observer_is_at_zero_and_the_fooled_one_at_one(protocol):
    plan = study.plan_trials(PLACES, protocol)
    seen = study.confusion([Answer(t, t.truth) for t in plan])
    fooled = study.confusion([Answer(t, OTHER[t.truth]) for t in plan])
    assert (seen.rate, fooled.rate) == (0, 1)
    assert 2 < seen.d_prime < 5 and seen.d_prime == pytest.approx(-fooled.d_prime)


@pytest.mark.parametrize("protocol", study.PROTOCOLS)
def test_guessing_gives_one_half_and_the_interval_holds_it_nineteen_times_of_twenty(protocol):
    rng, words = random.Random(0), study.PROTOCOLS[protocol]
    plans = [study.plan_trials(PLACES, protocol, seed=seed) for seed in range(300)]
    people = [[Answer(t, rng.choice(words), str(i)) for t in p] for i, p in enumerate(plans)]
    intervals = [study.confusion(person).interval for person in people]
    assert 0.91 < sum(low <= 0.5 <= high for low, high in intervals) / 300 < 0.98
    (everyone,) = study.merge(people).values()
    found = study.confusion(everyone)
    assert found.people == 300 and found.interval[0] <= 0.5 <= found.interval[1]
    assert found.rate == pytest.approx(0.5, abs=0.015) and abs(found.d_prime) < 0.1
    assert found.standard_error_over_people == pytest.approx(found.standard_error, rel=0.15)


def test_the_table_holds_the_published_numbers_and_ours_beside_them():
    ours = [answers("left", 40, 10), answers("fake", 5, 5, level=2)]
    lines = study.comparison_table([study.confusion(given) for given in ours]).splitlines()
    assert lines[2:] == [
        "| level 0 (paper n=N) | paired | 0.5 | 21.45% ± 1.5% | 20.0% (11.2% to 33.0%) | 50, 1 |",
        "| level 0 (paper n=N) | unpaired | 0.5 | 42.90% ± 0.9% | – | – |",
        "| level 1 (paper n=N-1) | paired | 0.35 | 30.45% ± 1.5% | – | – |",
        "| level 1 (paper n=N-1) | unpaired | 0.35 | 47.04% ± 0.8% | – | – |",
        "| level 2 (paper n=N-2) | unpaired | – | – | 50.0% (23.7% to 76.3%) | 10, 1 |",
    ]


MIXED = answers("left", 1, 0) + answers("real", 1, 0)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: study.plan_trials([], "paired"), "list of photographs"),
        (lambda: study.plan_trials("lake", "paired"), "list of photographs"),
        (lambda: study.plan_trials(["lake", "lake"], "paired"), "different names"),
        (lambda: study.plan_trials(PLACES, "paired", trials=1), "two trials or more"),
        (lambda: study.plan_trials(PLACES, "paired", samples_per_photograph=0), "one sample or"),
        (lambda: study.plan_trials(PLACES, "tripled"), "\"unpaired\", not 'tripled'"),
        (lambda: Trial("paired", "lake", "real"), "The truth is one of"),
        (lambda: Trial("unpaired", "lake", "real", 2), "a real None"),
        (
            lambda: Trial("unpaired", "lake", "fake", "2"),  # type: ignore[arg-type]  # on purpose
            "A fake has a sample number",
        ),
        (lambda: study.save_answers([], "never.json"), "not of: none"),
        (lambda: study.save_answers(MIXED, "never.json"), "one study"),
        (lambda: study.confusion([]), "not of: none"),
        (lambda: study.confusion(answers("left", 0, 0, 3)), "All trials were missed"),
        (lambda: study.confusion(MIXED), "merge sorts them"),
        (lambda: study.confusion(MIXED[:1] + answers("left", 1, 0, level=1)), "one study"),
        (lambda: study.wilson_interval(6, 5), "wrong=6 must be from 0 to n=5"),
        (lambda: study.wilson_interval(0, 0), "n at least 1"),
        (lambda: study.wilson_interval(1, 5, -0.5), "confidence=-0.5 between"),
        (lambda: study.comparison_table([study.confusion(MIXED[:1])] * 2), "one result per study"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
