"""pyproject.toml, constraints.txt, environment.yml and run.py describe one environment."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
LIBRARY = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = {
    extra: [Requirement(line) for line in lines]
    for extra, lines in PROJECT["optional-dependencies"].items()
}
COURSE = LIBRARY + EXTRAS["lessons"] + EXTRAS["canvas"]
MISSION = set("torch jupyterlab ipywidgets matplotlib numpy pillow nbval papermill".split())
ALL_EXTRAS = "[lessons,canvas,test]"


def pins() -> list[Requirement]:
    """The lines of constraints.txt, one or more for a package."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def conda() -> dict[str, Any]:
    """environment.yml, its pip section taken out of the dependencies as `pip`."""
    document = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    sections = [part for part in document["dependencies"] if isinstance(part, dict)]
    plain = [part for part in document["dependencies"] if isinstance(part, str)]
    return document | {"dependencies": plain, "pip": sections[0]["pip"]}


def python_minors() -> list[str]:
    """The Pythons that pyproject.toml allows, as "3.11"."""
    allowed = SpecifierSet(PROJECT["requires-python"])
    return [f"3.{minor}" for minor in range(40) if allowed.contains(f"3.{minor}")]


def test_library_alone_needs_no_jupyter():
    names = {need.name for need in LIBRARY}
    assert names == {
        *("torch", "numpy", "pillow", "safetensors", "scipy", "scikit-image", "matplotlib")
    }


def test_extras_hold_what_the_lessons_the_boards_and_the_tests_need():
    assert list(EXTRAS) == ["lessons", "canvas", "test"]
    every = [need.name for needs in (LIBRARY, *EXTRAS.values()) for need in needs]
    assert len(every) == len(set(every)) and set(every) >= MISSION


def test_lower_bounds_keep_out_known_vulnerabilities():
    bounds = {need.name: need.specifier for need in LIBRARY}
    assert not bounds["torch"].contains("2.9.1") and not bounds["pillow"].contains("12.2.0")


@pytest.mark.parametrize("need", [*COURSE, *EXTRAS["test"]], ids=lambda need: need.name)
@pytest.mark.parametrize("python", python_minors())
def test_every_dependency_has_one_pin_that_its_range_allows(need, python):
    place = {"python_full_version": f"{python}.9", "python_version": python}
    found = [
        pin
        for pin in pins()
        if canonicalize_name(pin.name) == canonicalize_name(need.name)
        and (pin.marker is None or pin.marker.evaluate(place))
    ]
    assert len(found) == 1, f"{need.name} on Python {python}: {[str(pin) for pin in found]}"
    exact = re.fullmatch(r"==([^,*]+)", str(found[0].specifier))
    assert exact, f"{found[0]} is not an exact pin"
    assert need.specifier.contains(exact[1]), f"{found[0]} is outside {need}"


def test_pins_are_those_that_pyproject_holds_back():
    held_back = PYPROJECT["tool"]["uv"]["constraint-dependencies"]
    assert set(held_back) <= {str(pin) for pin in pins()}


def test_constraints_name_no_address_and_no_folder():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|file:|--\S*(index|find-links)\S* *\S*[/:]|\+\w+|@|(?m:^/)", text)


def test_constraints_say_how_they_are_made_for_every_platform_and_extra():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    command = next(line for line in lines if line.startswith("#    uv pip compile pyproject.toml"))
    assert "--universal" in command and "--python-version 3.11" in command
    assert all(f"--extra {extra}" in command for extra in EXTRAS)


def test_conda_route_names_the_same_packages():
    by_name = [line for line in conda()["pip"] if not line.startswith("-")]
    assert sorted(by_name) == sorted(need.name for need in COURSE)
    assert set(by_name) >= MISSION


def test_conda_route_takes_the_same_pins_and_the_package_itself():
    assert "-c constraints.txt" in conda()["pip"]
    assert f"-e .{ALL_EXTRAS}" in conda()["pip"]


def test_conda_route_has_a_python_that_pyproject_allows():
    python = next(part for part in conda()["dependencies"] if part.startswith("python="))
    assert python.removeprefix("python=") in python_minors()
    assert "pip" in conda()["dependencies"]


def test_run_py_installs_every_extra_and_has_the_bounds_of_pyproject():
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    line = re.search(r"OLDEST_PYTHON, NEWEST_PYTHON = \((\d+), (\d+)\), \((\d+), (\d+)\)", source)
    assert line, "run.py states no bounds"
    oldest, newest = f"{line[1]}.{line[2]}", f"{line[3]}.{line[4]}"
    assert [oldest, newest] == [python_minors()[0], python_minors()[-1]]
    assert f'ROOT + "{ALL_EXTRAS}"' in source


def test_classifiers_and_the_public_ci_name_every_python_that_is_allowed():
    named = [line.rsplit(" ", 1)[1] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["tests"]["strategy"]["matrix"]
    assert named == matrix["python"] == python_minors()
    assert len(matrix["system"]) == 3


def test_citation_and_changelog_are_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    latest = re.search(r"^## (\d+\.\d+\.\d+)", changes, re.MULTILINE)
    assert latest and latest[1] == citation["version"] == PROJECT["version"]
