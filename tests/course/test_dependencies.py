"""What a claim depends on: statements that set, or may change, what it reads."""

from __future__ import annotations

import ast

import pytest
from dependencies import statements_after, statements_behind


def kept(source: str) -> list[str]:
    """What is kept of a lesson whose last statement is wanted."""
    statements = ast.parse(source).body
    indices = statements_behind(statements, [len(statements) - 1])
    return [ast.unparse(statements[index]) for index in indices[:-1]]


def test_what_sets_a_name_is_kept_and_nothing_else():
    assert kept("a = 1; b = 2; c = a; claim(c)") == ["a = 1", "c = a"]


def test_a_value_that_is_replaced_no_longer_matters():
    assert kept("a = 1; a = 2; claim(a)") == ["a = 2"]
    assert kept("a = 1\nif b:\n    a = 2\nclaim(a)")[0] == "a = 1"
    assert kept("a = 1; a += 2; claim(a)") == ["a = 1", "a += 2"]
    assert kept("a = 1; a = a + 2; claim(a)") == ["a = 1", "a = a + 2"]


@pytest.mark.parametrize(
    "change",
    ["a.append(1)", "play(a)", "a[0] = 1", "a.x.y = 1", "del a[0]", "n = a.pop()", "m = a.mul_(2)"],
)
def test_what_may_change_a_value_is_kept(change):
    assert kept(f"a = f(); {change}; claim(a)") == ["a = f()", change]


@pytest.mark.parametrize("harmless", ["plots.show(a)", "print(a)", "check('01.1', a)", "a"])
def test_what_only_shows_a_value_is_left_out(harmless):
    assert kept(f"a = f(); {harmless}; claim(a)") == ["a = f()"]


def test_a_change_under_another_name_is_kept():
    for link in ("g = a.part", "g, h = a.one, a.two", "g = [a]", "(g := a)"):
        assert kept(f"a = f(); {link}; play(g); claim(a)")[-1] == "play(g)"
    loop = "for g in zip(a, b):\n    g.step()"
    assert kept(f"a = f()\n{loop}\nclaim(a)")[-1] == loop


def test_a_function_needs_what_its_body_reads_when_it_is_called():
    define = "def f(x):\n    return x + a"
    assert kept(f"{define}\na = 1\nclaim(f(2))") == [define, "a = 1"]
    assert kept("f = lambda x: x + a; a = 1; a = 2; b = f(0); a = 3; claim(b)")[1:3] == [
        "a = 2",
        "b = f(0)",
    ]


def test_variables_of_functions_and_comprehensions_are_their_own():
    assert kept("b = [a for a in (1, 2)]; a = 3; claim(a)") == ["a = 3"]
    assert kept("a = 3\ndef f():\n    a = 1\nclaim(a)") == ["a = 3"]


def test_annotations_are_read_where_they_stand():
    define = "def f(x: Tensor) -> float:\n    return x"
    assert kept(f"from torch import Tensor\n{define}\nclaim(f)") == [
        "from torch import Tensor",
        define,
    ]


def test_what_may_change_anything_is_always_kept():
    assert kept("torch.manual_seed(0); a = 1; claim(a)") == ["torch.manual_seed(0)", "a = 1"]


def test_what_is_made_with_a_name_is_found_through_other_names_and_functions():
    source = (
        "a = 1; b = 2; c = a + 1; d = lambda: c; show(d()); print(b); items.append(c); e = items"
    )
    found = statements_after(ast.parse(source).body, "a")
    assert found == [0, 2, 3, 4, 6, 7]


def test_a_name_that_is_set_to_something_else_is_no_longer_made_with_it():
    assert statements_after(ast.parse("a = 1; c = a; c = 2; show(c); show(a)").body, "a") == [
        0,
        1,
        4,
    ]
