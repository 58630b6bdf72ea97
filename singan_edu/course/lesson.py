"""What a running lesson calls: its claims, and sources of the library shown in place.

``claim`` asserts what the lesson says about its measurements; ``show_source`` opens a function of
the library below the cell. How the generated cells of a lesson are made is in ``authoring``.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = __name__.split(".")[0]
PARAMETERS = Path(__file__).with_name("parameters.json")  # written by ``authoring``
LINE_LENGTH = 88
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


# ----------------------------------------------------------------------------------------- claims
def claim(label: str, holds: bool, sentence: str, /, **measured: object) -> None:
    """Assert a claim of the lesson, and print it or what was measured instead.

    A lesson asserts what it says for the parameters that it was written for. With other parameters,
    such as your own photograph, a claim that does not hold is a finding: it is printed, and the
    lesson continues.

    Args:
        label: lesson and letter, ``"01.a"``.
        holds: result of the measured comparison.
        sentence: the claim in words, the same on every machine.
        measured: numbers that may differ between machines; they are shown where the claim fails.

    Raises:
        AssertionError: the claim does not hold, and no parameter of the lesson was changed.

    >>> claim("01.a", 4 > 3, "Four is more than three.", four=4)
    ✔ 01.a  Four is more than three.
    """
    if holds:
        print(_wrapped(label, f"✔ {label}  {sentence}"))
        return
    numbers = ", ".join(f"{name} = {value}" for name, value in measured.items())
    changed = ", ".join(f"{name} = {value!r}" for name, value in changed_parameters(label).items())
    if not changed:
        raise AssertionError(f"Claim {label} does not hold: {sentence} Measured: {numbers}")
    print(_wrapped(label, f"✘ {label}  Does not hold with {changed}: {sentence} {numbers}"))


def _wrapped(label: str, text: str) -> str:
    """Break ``text`` into lines, indented below the label of a claim."""
    return textwrap.fill(text, LINE_LENGTH, subsequent_indent=" " * (4 + len(label)))


def changed_parameters(label: str) -> dict[str, object]:
    """Return the parameters of the running lesson that differ from the committed ones.

    Args:
        label: of anything in the lesson, ``"01.a"``; the first two digits are the lesson's number.

    Returns:
        Name and current value, in the lesson's order; {} where no notebook runs.
    """
    values = _notebook_variables()
    return {
        name: values[name]
        for name, default in committed_parameters(label[:2]).items()
        if name in values and _as_lists(values[name]) != default
    }


def _as_lists(value: object) -> object:
    """Return a value with lists for tuples, as JSON stores it."""
    return [_as_lists(one) for one in value] if isinstance(value, list | tuple) else value


def committed_parameters(number: str) -> dict[str, object]:
    """Return the parameters of a lesson and their values as committed; {} for an unknown lesson.

    Args:
        number: of the lesson, ``"01"``.

    >>> committed_parameters("01")["photo"]
    'palace_windows'
    """
    lessons: dict[str, dict[str, object]] = json.loads(PARAMETERS.read_text(encoding="utf-8"))
    return lessons.get(number, {})


def _notebook_variables() -> dict[str, object]:
    """Return the variables of the running notebook; {} where none runs."""
    if "IPython" not in sys.modules:  # every kernel has imported it
        return {}
    from IPython import get_ipython

    shell = get_ipython()
    return {} if shell is None else shell.user_ns


# ---------------------------------------------------------------------------------------- sources
def show_source(function: Callable[..., object]) -> None:
    """Display the source of a function or class of the library: folded, and highlighted.

    Args:
        function: the function or class.
    """
    from IPython.display import display

    source = inspect.getsource(function)
    name = f"{function.__module__}.{function.__qualname__}"
    number = taught_in(function)
    summary = f"Source of <code>{name}</code>" + (f" · taught in lesson {number}" if number else "")
    block = f"<details><summary>{summary}</summary>{_highlighted(source)}</details>"
    display({"text/html": block, "text/plain": f"{name}\n{source}"}, raw=True)


def taught_in(function: Callable[..., object]) -> str | None:
    """Return the lesson that teaches a function, as its docstring or its module's names it.

    Args:
        function: a function or class of the library.

    Returns:
        The number of the lesson, ``"01"``; None where neither docstring names one.
    """
    module = sys.modules[function.__module__].__doc__
    for text in (function.__doc__, module):
        found = re.search(r"[Tt]aught\s+in\s+lessons?\s+(\d\d)", text or "")
        if found:
            return found[1]
    return None


def _highlighted(source: str) -> str:
    """Return the source as HTML that needs no style sheet."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    style = "padding: 0.6em 1em; line-height: 1.35; color: #222; overflow-x: auto"
    formatter = HtmlFormatter(noclasses=True, style="friendly", cssstyles=style)
    return str(highlight(source, PythonLexer(), formatter))


# --------------------------------------------------------------------------- names of the library
def resolve(name: str) -> object:
    """Return what a dotted name of the library stands for.

    Args:
        name: from the package on, ``"pyramid.plan_pyramid"``.

    Raises:
        AttributeError: the module has no such name.
        ImportError: the library has no such module.

    >>> resolve("pyramid.PyramidPlan.scale_factor")
    'float'
    """
    module, names = module_and_names(name)
    thing: object = module
    return functools.reduce(_member, names, thing)


def module_and_names(name: str) -> tuple[ModuleType, list[str]]:
    """Split a dotted name of the library into its module and the names within the module.

    Args:
        name: from the package on, ``"training.run.train"``.

    Raises:
        ImportError: the library has no such module.
    """
    module, names = sys.modules[PACKAGE], name.split(".")
    while names and hasattr(module, "__path__"):  # a package
        module = importlib.import_module(f"{module.__name__}.{names.pop(0)}")
    return module, names


def _member(thing: Any, name: str) -> object:
    """Return an attribute, or the annotation of a field that only instances have."""
    fields = getattr(thing, "__annotations__", {}) if isinstance(thing, type) else {}
    return fields[name] if name in fields else getattr(thing, name)
