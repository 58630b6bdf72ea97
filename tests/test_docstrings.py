"""Every public function of the library says what it does and names all its parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import singan_edu as sg

PACKAGE = Path(sg.__file__).parent
Function = ast.FunctionDef | ast.AsyncFunctionDef
# An exercise's functions are answers of students; the docstring of a wrong one is its diagnosis.
MODULES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if "exercises" not in path.parts or path.name == "__init__.py"
]


def public_functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Functions and methods without a leading underscore, by dotted name."""
    for node in tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            if not is_overload(node):
                yield node.name, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for method in node.body:
                if isinstance(method, Function) and not method.name.startswith("_"):
                    yield f"{node.name}.{method.name}", method


def is_overload(function: Function) -> bool:
    """Whether it only declares types for the function that follows."""
    return any(ast.unparse(decorator) == "overload" for decorator in function.decorator_list)


def parameters(function: Function) -> set[str]:
    """Names of the parameters that a caller passes."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    return {argument.arg for argument in every} - {"self", "cls"}


def documented(docstring: str) -> set[str]:
    """Names in the section ``Args:``, one or several before each colon."""
    section = re.search(r"^Args:\n((?:[ ]{4}.*\n?|\n)+)", docstring, re.M)
    entries = re.findall(r"^ {4}(\*{0,2}\w[\w, *]*):", section[1] if section else "", re.M)
    return {name.strip().lstrip("*") for entry in entries for name in entry.split(",")}


def complaints(tree: ast.Module) -> list[str]:
    """What is missing from the docstrings of a module."""
    found = []
    for name, function in public_functions(tree):
        docstring = ast.get_docstring(function) or ""
        first = docstring.split("\n")[0]
        if not first.endswith((".", "?", ":")) or "\n\n" not in docstring + "\n\n":
            found.append(f"{name}: no summary line")
        if missing := parameters(function) - documented(docstring):
            found.append(f"{name}: {', '.join(sorted(missing))} not in Args")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_public_parameter_is_documented(path):
    assert complaints(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "docstring, complaint",
    [
        ("", "no summary"),
        ("Scale a value.", "factor, value not in Args"),
        ("Scale a value.\n\n    Args:\n        value: a number.\n    ", "factor not in Args"),
        ("Scale a value.\n\n    Args:\n        value, factor: numbers.\n    ", ""),
    ],
)
def test_a_docstring_that_lacks_something_is_found(docstring, complaint):
    source = f'def scale(value, *, factor):\n    """{docstring}"""\n'
    assert complaint in "\n".join(complaints(ast.parse(source))) or not complaint
    assert bool(complaints(ast.parse(source))) == bool(complaint)
