"""What a running lesson calls: claims, sources shown in place, names of the library."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

import singan_edu as sg
from singan_edu.course import lesson, vocabulary


# ------------------------------------------------------------------------------------------- claims
def test_a_claim_that_holds_prints_its_sentence_without_numbers(capsys):
    lesson.claim("01.a", True, "Two is more than one.", two=2.000001)
    assert capsys.readouterr().out == "✔ 01.a  Two is more than one.\n"


def test_a_claim_that_does_not_hold_stops_with_what_was_measured():
    with pytest.raises(AssertionError, match=r"01\.a .*Two is more.* two = 0\.5"):
        lesson.claim("01.a", False, "Two is more than one.", two=0.5)


@pytest.fixture
def running(monkeypatch):
    """What a notebook would hold, if one ran: the parameters of lesson 01 as committed."""
    values = lesson.committed_parameters("01")
    notebook = SimpleNamespace(user_ns=dict(values, other=3))
    monkeypatch.setattr("IPython.get_ipython", lambda: notebook)
    return notebook.user_ns


def test_a_claim_stops_a_lesson_whose_parameters_are_the_committed_ones(running):
    with pytest.raises(AssertionError, match="01.a does not hold"):
        lesson.claim("01.a", False, "Two is more than one.")


def test_a_claim_that_fails_for_another_photograph_is_reported_and_stops_nothing(running, capsys):
    running["photo"] = "mine.jpg"
    lesson.claim("01.a", False, "Two is more than one.", two=0.5)
    said = " ".join(capsys.readouterr().out.split())
    assert said == ("✘ 01.a Does not hold with photo = 'mine.jpg': Two is more than one. two = 0.5")


def test_a_tuple_counts_as_the_list_that_json_stores(monkeypatch):
    place = lesson.committed_parameters("02")["place"]
    assert isinstance(place, list)
    notebook = SimpleNamespace(user_ns={"place": tuple(place)})
    monkeypatch.setattr("IPython.get_ipython", lambda: notebook)
    assert lesson.changed_parameters("02.a") == {}
    notebook.user_ns["place"] = (0.5, 0.5)
    assert lesson.changed_parameters("02.a") == {"place": (0.5, 0.5)}


def test_claims_and_checks_need_no_notebook():
    """In a process of its own, since this one has imported IPython."""
    code = """
import sys
from singan_edu.course import checks, lesson
try:
    lesson.claim("01.a", False, "Two is more than one.", two=0.5)
except AssertionError as error:
    print(error)
print({"IPython", "ipywidgets", "psutil"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "Claim 01.a does not hold: Two is more than one. Measured: two = 0.5",
        "set()",
    ]


def test_a_long_claim_is_broken_between_words(capsys):
    lesson.claim("01.a", True, "word " * 40)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 88


# ------------------------------------------------------------------------------------------ sources
@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    displayed: list[dict] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: displayed.append(data))
    return displayed


def test_source_is_folded_highlighted_and_says_where_it_lives(shown):
    lesson.show_source(sg.image_pyramid)
    page, plain = shown[0]["text/html"], shown[0]["text/plain"]
    assert page.startswith("<details><summary>") and "style=" in page
    assert "· taught in lesson 01" in page
    assert plain.startswith("singan_edu.pyramid.image_pyramid\ndef image_pyramid(")


def test_source_of_a_class_is_shown_too(shown):
    lesson.show_source(sg.PyramidPlan)
    assert "class PyramidPlan" in shown[0]["text/plain"]


@pytest.mark.parametrize(
    ("function", "number"),
    [(sg.plan_pyramid, "01"), (sg.resize, "01"), (sg.load_image, "00"), (sg.SinGAN, "04")],
)
def test_taught_in_is_the_functions_word_or_else_its_modules(function, number):
    assert lesson.taught_in(function) == number


# ---------------------------------------------------------------------------------- words of course
def test_every_symbol_and_its_words_are_in_the_library():
    for symbol in vocabulary.SYMBOLS.values():
        assert lesson.resolve(symbol.name) is not None
        assert symbol.words and symbol.source


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(AttributeError):
        lesson.resolve("pyramid.plan_sphinx")
    with pytest.raises(ImportError):
        lesson.resolve("sphinx.plan")


NAMES = {"Lipschitz", "NIQE", "SIFID", "Wasserstein distance"}  # of people, and of scores


def test_terms_of_the_glossary_are_short_and_name_a_lesson():
    for term, (words, number) in vocabulary.GLOSSARY.items():
        assert term == term.lower() or term in NAMES
        assert len(words) <= 90 and number.isdigit()
