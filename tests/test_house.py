"""The order of the packages: imports only go down, in no circle, and nothing imports the course.

Every form of import counts: ``import``, ``from . import X``, inside functions, for type checkers,
and ``importlib.import_module`` with a name written out.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import singan_edu as sg

PACKAGE = Path(sg.__file__).parent
NAME = "singan_edu"
# From the ground up: a module may import from packages further left, and from its own.
ORDER = ("core", "training", "evaluation", "applications", "course", "cli")
# The names of the course that the package hands out, on demand (see ``singan_edu.__getattr__``).
ON_DEMAND = {"course.checks", "course.machine"}


def dotted(path: Path) -> str:
    """``"training.level"`` for a module, ``"training"`` for a package, ``""`` for the root."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def place(module: str) -> str:
    """The entry of ``ORDER`` that a module belongs to."""
    first = module.split(".")[0]
    return "cli" if first == "__main__" else first if first in ORDER else "core"


def imported(module: str, source: str, *, is_package: bool = False) -> set[str]:
    """The modules of this package that ``source``, the code of ``module``, imports."""
    package = module.split(".") if module else []
    if not is_package:
        package = package[:-1]
    names = set()
    for node in ast.walk(ast.parse(source)):
        names |= set(_targets(node, package))
    return names


def _targets(node: ast.AST, package: list[str]) -> Iterator[str]:
    """The modules that one node imports, as dotted names below ``singan_edu``."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _known(alias.name)
    elif isinstance(node, ast.ImportFrom):
        start = [NAME, *package[: len(package) + 1 - node.level]] if node.level else []
        base = ".".join([*start, *([node.module] if node.module else [])])
        for alias in node.names:
            found = list(_known(f"{base}.{alias.name}"))
            yield from found or _known(base)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        first = node.args[0]
        if isinstance(first, ast.Constant):
            yield from _known(str(first.value))


def _known(name: str) -> Iterator[str]:
    """``name`` without the package's own, if it is a module of it."""
    if name == NAME or name.startswith(f"{NAME}."):
        module = name.removeprefix(NAME).removeprefix(".")
        if module in SOURCES:
            yield module


def wrong_imports(module: str, names: set[str]) -> set[str]:
    """Which of the imported modules stand above ``module``, or are the package's own root."""
    limit = ORDER.index(place(module))
    return {
        name
        for name in names
        if ORDER.index(place(name)) > limit or (name == "" and module != "__main__")
    }


def imports_of(module: str) -> set[str]:
    """What a module of the package imports from the package."""
    path = SOURCES[module]
    return imported(module, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py")


@pytest.mark.parametrize("module", [name for name in SOURCES if name])
def test_imports_only_go_down(module):
    assert wrong_imports(module, imports_of(module)) == set()


def test_the_root_hands_out_the_course_on_demand_only():
    """``import singan_edu`` must work, and be quick, without what the lessons need."""
    tree = ast.parse(SOURCES[""].read_text(encoding="utf-8"))
    at_the_top = ast.unparse(
        ast.Module([n for n in tree.body if not isinstance(n, ast.FunctionDef)], [])
    )
    assert not {m for m in imported("", at_the_top, is_package=True) if place(m) == "course"}
    assert {m for m in imports_of("") if place(m) == "course"} <= ON_DEMAND | {"course"}


def test_no_module_is_in_a_circle():
    try:
        list(TopologicalSorter({m: imports_of(m) - {m} for m in SOURCES if m}).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


PLANTED = [
    ("model", "from . import course"),
    ("model", "from .course import widgets"),
    ("model", "from .course.widgets import explore"),
    ("model", "import singan_edu.course.checks"),
    ("model", "import singan_edu.training.run as run"),
    ("model", "from singan_edu import course"),
    ("model", "from singan_edu.training import run"),
    ("model", "from . import __version__"),
    ("model", "import singan_edu"),
    ("model", "import singan_edu as sg"),
    ("model", "def later():\n    from . import training"),
    ("model", "if TYPE_CHECKING:\n    from .training.state import TrainState"),
    ("model", "import importlib\nimportlib.import_module('singan_edu.course.plots')"),
    ("training.level", "from ..evaluation import metrics"),
    ("training.level", "from .. import evaluation"),
    ("evaluation.metrics", "from ..applications.masks import blend"),
    ("applications.editing", "from ..course.plots import show"),
    ("course.exercises.lesson_01", "from ...cli import main"),
    ("course.exercises.lesson_01", "from ... import cli"),
    ("course.labs.toy_2d", "import singan_edu.cli"),
]


@pytest.mark.parametrize(("module", "source"), PLANTED)
def test_a_planted_import_is_found_in_every_form(module, source):
    assert wrong_imports(module, imported(module, source))


def test_importing_the_package_takes_no_jupyter_and_no_course():
    """In a process of its own, since this one has imported everything."""
    code = "import sys, singan_edu; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    unwanted = r"(IPython|ipywidgets|jupyter\w*|papermill|nbclient|psutil|matplotlib|scipy|skimage)"
    loaded = done.stdout.split()
    assert not [name for name in loaded if re.match(rf"{unwanted}(\.|$)", name)]
    assert not [name for name in loaded if name.startswith("singan_edu.course")]


def test_the_public_names_exist():
    assert [name for name in sg.__all__ if not hasattr(sg, name)] == []


def test_nothing_is_pickled():
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES.values())
    # The published Inception weights are a pickle; weights_only reads nothing but tensors of it.
    assert not re.search(r"import pickle|joblib|allow_pickle", text)
    assert not re.search(r"(?<!safetensors\.)torch\.(save\(|load\((?!.*weights_only=True\)))", text)


def test_a_name_that_was_renamed_is_still_there_and_says_so():
    with pytest.warns(DeprecationWarning, match="SampleSnapshots"):
        assert sg.Film is sg.SampleSnapshots
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sg.nothing
