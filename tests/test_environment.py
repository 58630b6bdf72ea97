"""pyproject.toml, constraints.txt, environment.yml and run.py describe one environment."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
RUN_TIME = [Requirement(line) for line in PROJECT["dependencies"]]
TEST_TIME = [Requirement(line) for line in PROJECT["optional-dependencies"]["test"]]
MISSION = set("torch jupyterlab ipywidgets matplotlib numpy pillow nbval papermill".split())


def pins() -> list[Requirement]:
    """The lines of constraints.txt, one or more for a package."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def conda() -> dict:
    """environment.yml, its pip section taken out of the dependencies as `pip`."""
    document = yaml.safe_load((ROOT / "environment.yml").read_text())
    sections = [part for part in document["dependencies"] if isinstance(part, dict)]
    plain = [part for part in document["dependencies"] if isinstance(part, str)]
    return document | {"dependencies": plain, "pip": sections[0]["pip"]}


def python_minors() -> list[str]:
    """The Pythons that pyproject.toml allows, as "3.11"."""
    allowed = SpecifierSet(PROJECT["requires-python"])
    return [f"3.{minor}" for minor in range(40) if allowed.contains(f"3.{minor}")]


@pytest.mark.parametrize("need", RUN_TIME + TEST_TIME, ids=lambda need: need.name)
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
    text = (ROOT / "constraints.txt").read_text()
    assert not re.search(r"://|file:|--\S*(index|find-links)\S* *\S*[/:]|\+\w+|@|(?m:^/)", text)


def test_constraints_say_how_they_are_made_for_every_platform_and_extra():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    command = next(line for line in lines if line.startswith("#    uv pip compile pyproject.toml"))
    assert "--universal" in command and "--python-version 3.11" in command
    assert all(f"--extra {extra}" in command for extra in PROJECT["optional-dependencies"])


def test_conda_route_names_the_same_packages():
    by_name = [line for line in conda()["pip"] if not line.startswith("-")]
    assert sorted(by_name) == sorted(need.name for need in RUN_TIME)
    assert set(by_name) >= MISSION


def test_conda_route_takes_the_same_pins_and_the_package_itself():
    assert "-c constraints.txt" in conda()["pip"]
    assert "-e .[test]" in conda()["pip"]


def test_conda_route_has_a_python_that_pyproject_allows():
    python = next(part for part in conda()["dependencies"] if part.startswith("python="))
    assert python.removeprefix("python=") in python_minors()
    assert "pip" in conda()["dependencies"]


def test_run_py_has_the_bounds_of_pyproject():
    source = (ROOT / "run.py").read_text()
    line = re.search(r"OLDEST_PYTHON, NEWEST_PYTHON = \((\d+), (\d+)\), \((\d+), (\d+)\)", source)
    oldest, newest = f"{line[1]}.{line[2]}", f"{line[3]}.{line[4]}"
    assert [oldest, newest] == [python_minors()[0], python_minors()[-1]]
