"""The house rules: imports go down, everything public is documented, the README's map is true."""

import ast
import re
from pathlib import Path

import pytest

import singan_edu as sg

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "singan_edu"
README = (ROOT / "README.md").read_text(encoding="utf-8")
# The order of the README's table of modules is the order of the floors.
FLOORS = [
    name
    for row in re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", README, re.M)
    for name in re.findall(r"`([a-z_]+)`", row)
]
FILES = {
    path.stem: path
    for folder in (PACKAGE, PACKAGE / "applications")
    for path in folder.glob("*.py")
    if path.stem not in ("__init__", "__main__")
}
MODULES = sorted(FILES)


def run_time_imports(tree):
    """Names of the package's own modules that a module imports, less those for type checkers."""
    checking = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    return {
        node.module.removeprefix("applications.").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level and node.module
        if id(node) not in checking
    }


def test_the_readme_lists_every_module():
    assert sorted(FLOORS) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_an_import_only_ever_goes_down(module):
    below = FLOORS[: FLOORS.index(module)]
    imports = run_time_imports(ast.parse(FILES[module].read_text(encoding="utf-8")))
    assert imports <= set(below), f"{module} imports {sorted(imports - set(below))} from above"


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_has_a_docstring(module):
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    scopes = [tree.body, *[node.body for node in classes]]  # a function's own are nobody else's
    named = [node for scope in scopes for node in scope if isinstance(node, kinds)]
    public = [node for node in named if not node.name.startswith("_")]
    assert ast.get_docstring(tree)
    assert [node.name for node in public if not ast.get_docstring(node)] == []


def test_the_public_names_exist():
    assert [name for name in sg.__all__ if not hasattr(sg, name)] == []


def test_nothing_is_pickled():
    text = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    # The published Inception weights are a pickle; weights_only reads nothing but tensors of it.
    assert not re.search(r"import pickle|joblib|allow_pickle", text)
    assert not re.search(r"(?<!safetensors\.)torch\.(save\(|load\((?!.*weights_only=True\)))", text)
