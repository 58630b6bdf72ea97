"""run.py: the messages, the set-up and the command lines, without network or a real set-up."""

import ast
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

SOURCE = Path(__file__).parents[1] / "run.py"
POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")

PIP = """#!/bin/sh
echo "pip 25.0 from {env}/lib/python{version}/site-packages/pip (python {version})"
"""
# Says what it was asked to do and where, and fails, waits or succeeds as the variables tell it.
PYTHON = """#!/bin/sh
echo "$PWD|$*" >> "{log}"
case "$*" in
  *"pip install"*)
    [ -z "$PIP_WAITS" ] || {{ echo waiting; exec sleep 20; }}
    [ -z "$PIP_FAILS" ] || {{ echo "ERROR: No matching distribution" >&2; exit 1; }};;
  *"singan_edu train"*)
    trap "echo saved; exit 130" INT
    [ -z "$TRAINING_WAITS" ] || {{ echo waiting; while :; do sleep 0.1; done; }}
    exit ${{EXIT_CODE:-0}};;
  *) exit ${{EXIT_CODE:-0}};;
esac
"""


class Clone:
    """A copy of the repository's outside: run.py, two lists of packages, lessons."""

    def __init__(self, root: Path):
        self.root, self.env, self.log = root, root / ".venv", root / "log.txt"

    def build(self):
        """Lays the files of a fresh clone."""
        (self.root / "notebooks").mkdir(parents=True)
        shutil.copy(SOURCE, self.root)
        for name in ("pyproject.toml", "constraints.txt"):
            (self.root / name).write_text("first\n")
        return self

    def module(self):
        """run.py of this clone, imported anew."""
        spec = importlib.util.spec_from_file_location("run_under_test", self.root / "run.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def make_environment(self, version="3.11"):
        """A stand-in for .venv, as `python -m venv` would leave it; its Python writes a log."""
        (self.env / "bin").mkdir(parents=True, exist_ok=True)
        (self.env / "pyvenv.cfg").write_text(f"home = {self.root}\nversion = {version}\n")
        for name, text in (("pip", PIP), ("python", PYTHON)):
            script = self.env / "bin" / name
            script.write_text(text.format(env=self.env, version=version, log=self.log))
            script.chmod(0o755)

    def run(self, *arguments, cwd=None, **variables) -> subprocess.CompletedProcess:
        """Runs run.py as a person would."""
        return subprocess.run(
            [sys.executable, str(self.root / "run.py"), *arguments],
            cwd=cwd or self.root,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=30,
        )

    def interrupt(self, *arguments, everyone, **variables) -> tuple[int, str, str]:
        """Runs run.py and interrupts it (or everyone, as Ctrl-C does) once its child waits."""
        child = subprocess.Popen(
            [sys.executable, str(self.root / "run.py"), *arguments],
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A test run in the background may have been told to ignore interrupts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert child.stdout is not None and child.stdout.readline() == "waiting\n"
        (os.killpg if everyone else os.kill)(child.pid, signal.SIGINT)
        output, errors = child.communicate(timeout=20)
        return child.returncode, output, errors

    def calls(self) -> list[tuple[str, str]]:
        """(folder, arguments) of each call of the environment's Python so far."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [(line.split("|", 1)[0], line.split("|", 1)[1]) for line in lines]

    def installations(self) -> int:
        return sum("pip install" in arguments for _, arguments in self.calls())

    def add_lesson(self, name="00-start.ipynb", text="as released"):
        lesson = self.root / "notebooks" / name
        lesson.write_text(json.dumps({"cells": [text]}))
        return lesson


@pytest.fixture
def fresh_clone(tmp_path) -> Clone:
    """A fresh clone."""
    return Clone(tmp_path / "a clone").build()  # with a space, as on many a student's machine


@pytest.fixture
def clone(fresh_clone) -> Clone:
    """A clone with an environment in which nothing is installed yet."""
    fresh_clone.make_environment()
    return fresh_clone


# ------------------------------------------------------------------------------- the usage


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("-h",), 0), (("--help",), 0)])
def test_usage_names_the_three_commands(fresh_clone, arguments, code):
    done = fresh_clone.run(*arguments)
    assert done.returncode == code
    for command in ("lab", "train PHOTO", "test"):
        assert f"python3 run.py {command}" in done.stdout
    assert not fresh_clone.env.exists()


@pytest.mark.parametrize(
    ("name", "guess"), [("tets", "test"), ("labs", "lab"), ("trian", "train"), ("xyz", None)]
)
def test_unknown_command_is_named_before_anything_is_made(fresh_clone, name, guess):
    done = fresh_clone.run(name)
    assert done.returncode == 2
    assert f"`{name}`" in done.stderr and "lab, train and test" in done.stderr
    assert re.findall(r"did you mean `(\w+)`", done.stderr) == ([guess] if guess else [])
    assert not fresh_clone.env.exists()


# ------------------------------------------------------------------------------ the Python


@pytest.mark.parametrize(
    ("version", "word"),
    [
        ((2, 7, 18), "old"),
        ((3, 10, 13), "old"),
        ((3, 11, 0), None),
        ((3, 14, 9), None),
        ((3, 15, 0), "new"),
        ((4, 0, 0), "new"),
    ],
)
def test_python_that_will_not_do_is_told_in_one_sentence(fresh_clone, version, word):
    sentence = fresh_clone.module().python_problem(version, ["train", "my.jpg"])
    if word is None:
        assert sentence is None
        return
    assert f"Python {'.'.join(map(str, version))} is too {word}" in sentence
    assert "install Python 3.11" in sentence and "run.py train my.jpg`" in sentence
    assert "\n" not in sentence


def test_windows_is_told_its_own_command(fresh_clone, monkeypatch):
    run = fresh_clone.module()
    monkeypatch.setattr(run, "os", SimpleNamespace(name="nt"))
    assert "`py -3.11 run.py lab`" in run.python_problem((3, 9, 1))


def test_too_old_python_stops_before_anything_is_made(fresh_clone, monkeypatch):
    run = fresh_clone.module()
    monkeypatch.setattr(run.sys, "version_info", (3, 9, 18, "final", 0))
    with pytest.raises(SystemExit, match="too old"):
        run.main(["lab"])
    assert not fresh_clone.env.exists()


def test_old_pythons_can_read_the_file():
    """Old enough to say so: nothing newer than Python 2.7 in the syntax or at the top."""
    text = SOURCE.read_text()
    text.encode("ascii")  # Python 2 refuses other letters without a declaration
    tree = ast.parse(text, feature_version=(3, 4))
    too_new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Starred, ast.Nonlocal)
    for node in ast.walk(tree):
        assert not isinstance(node, too_new), f"line {node.lineno}: {type(node).__name__}"
        if isinstance(node, ast.Raise):
            assert node.cause is None, f"line {node.lineno}: raise ... from"
        if isinstance(node, ast.arguments):
            assert not node.kwonlyargs and not any(arg.annotation for arg in node.args)
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None, f"line {node.lineno}: annotation"
    in_python_2 = "difflib filecmp glob hashlib os re shutil subprocess sys".split()
    for node in tree.body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        assert set(names) <= set(in_python_2), f"line {node.lineno}: not in Python 2"


def test_an_old_python_says_the_sentence(fresh_clone):
    python = an_old_python()
    if python is None:
        pytest.skip("all Pythons of this machine are new enough")
    done = subprocess.run(
        [python, fresh_clone.root / "run.py", "lab"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "is too old" in done.stderr and done.stderr.count("\n") == 1


def an_old_python() -> str | None:
    """A Python that can be started here and is too old for the course."""
    for name in ("python2", "python3.9", "python3.10"):
        if shutil.which(name) and subprocess.run([name, "-V"], capture_output=True).returncode == 0:
            return name
    return None


# ------------------------------------------------------------------------------ the set-up


@POSIX_ONLY
def test_first_use_installs_with_the_pins_and_later_uses_do_not(clone):
    first, second = clone.run("test", "run.py"), clone.run("test", "run.py")
    assert (first.returncode, second.returncode) == (0, 0)
    assert clone.installations() == 1
    _, command = clone.calls()[0]
    assert f"-e {clone.root}[lessons,canvas,test] -c {clone.root / 'constraints.txt'}" in command
    assert "--index-url" not in command and "--isolated" not in command
    assert second.stderr == ""


@POSIX_ONLY
@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_new_pins_are_installed(clone, name):
    clone.run("test")
    (clone.root / name).write_text("second\n")
    clone.run("test")
    clone.run("test")
    assert clone.installations() == 2


@POSIX_ONLY
def test_failing_pip_gives_its_own_words_advice_and_no_stamp(clone):
    done = clone.run("lab", PIP_FAILS="1")
    assert done.returncode == 1
    assert "ERROR: No matching distribution" in done.stderr
    for advice in ("network", "PIP_FIND_LINKS", "disk", "2 GB"):
        assert advice in done.stderr
    assert "Traceback" not in done.stderr
    assert len(clone.calls()) == 1, "nothing is started without its packages"
    assert clone.run("test").returncode == 0
    assert clone.installations() == 2


@POSIX_ONLY
def test_interrupted_set_up_is_taken_up_again(clone):
    clone.run("test")  # a complete set-up ...
    (clone.root / "constraints.txt").write_text("second\n")
    code, _, errors = clone.interrupt("test", everyone=True, PIP_WAITS="1")
    assert code == 130
    assert "continues from here" in errors and "Traceback" not in errors
    (clone.root / "constraints.txt").write_text("first\n")  # ... which no longer counts
    clone.run("test")
    assert clone.installations() == 3


def test_interrupted_set_up_leaves_no_pip_behind(clone, monkeypatch):
    """An interrupt sent to run.py alone, as by an editor's stop button, does not reach pip."""
    run = clone.module()

    class Child:
        waits = [KeyboardInterrupt, subprocess.TimeoutExpired("pip", 3)]
        killed = False

        def wait(self, timeout):
            raise self.waits.pop(0)

        def kill(self):
            self.killed = True

    child = Child()
    monkeypatch.setattr(run.subprocess, "Popen", lambda command, env: child)
    with pytest.raises(KeyboardInterrupt):
        run.wait_for(["pip"])
    assert child.killed


@POSIX_ONLY
@pytest.mark.parametrize("damage", ["python gone", "base gone", "not an environment"])
def test_damaged_environment_does_not_pass_for_installed(clone, damage):
    base = (clone.env / "bin" / "python").rename(clone.root / "python3.11")
    (clone.env / "bin" / "python").symlink_to(base)
    clone.run("test")
    run = clone.module()
    assert run.is_installed()
    if damage == "python gone":
        base.unlink()
    if damage == "base gone":
        (clone.env / "pyvenv.cfg").write_text("home = /no/such/folder\n")
    if damage == "not an environment":
        (clone.env / "pyvenv.cfg").write_text("")
    assert not run.is_installed()


@POSIX_ONLY
def test_upgraded_python_does_not_pass_for_installed(clone):
    """Debian's python3 becomes the next version, and .venv links to it."""
    python = clone.env / "bin" / "python"
    for name in ("python3.11", "python3.12"):
        shutil.copy(python, clone.root / name)
    python.unlink()
    python.symlink_to(clone.root / "python3.11")
    clone.run("test")
    run = clone.module()
    assert run.is_installed()
    python.unlink()
    python.symlink_to(clone.root / "python3.12")
    assert not run.is_installed()


@POSIX_ONLY
def test_usable_environment_is_whole_here_and_of_a_python_that_will_do(clone):
    run = clone.module()
    assert run.is_usable()
    clone.make_environment(version="3.10")
    assert not run.is_usable()
    clone.make_environment()
    (clone.env / "bin" / "pip").unlink()
    assert not run.is_usable()


@POSIX_ONLY
def test_moved_environment_is_made_anew(clone, monkeypatch, capsys):
    clone.run("test")
    moved = Clone(clone.root.rename(clone.root.with_name("elsewhere")))
    run = moved.module()
    assert not run.is_installed() and not run.is_usable()
    commands = record_commands(run, monkeypatch)
    run.set_up()
    assert commands[0] == [sys.executable, "-m", "venv", "--clear", str(moved.env)]
    assert commands[1][1:4] == ["-m", "pip", "install"] and len(commands) == 2
    assert "moved" in capsys.readouterr().err


def test_fresh_clone_gets_an_environment_and_a_word_of_patience(fresh_clone, monkeypatch, capsys):
    run = fresh_clone.module()
    commands = record_commands(run, monkeypatch)
    run.set_up()
    assert [command[2] for command in commands] == ["venv", "pip"]
    said = capsys.readouterr().err
    assert str(fresh_clone.env) in said and "a few minutes" in said and "gigabytes on Linux" in said
    assert "cannot be used" not in said
    settings = json.loads(Path(run.LAB_SETTINGS).read_text())
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_python_without_venv_is_told_what_to_install(fresh_clone, monkeypatch):
    run = fresh_clone.module()
    assert run.can_make_environments()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name != "ensurepip" or None)
    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        run.set_up()
    assert not fresh_clone.env.exists()


def test_failing_venv_stops_with_a_sentence(fresh_clone, monkeypatch):
    run = fresh_clone.module()
    monkeypatch.setattr(run, "wait_for", lambda command: 1)
    with pytest.raises(SystemExit, match="could not be made"):
        run.set_up()


def test_settings_of_other_environments_are_not_passed_on(clone, monkeypatch):
    monkeypatch.setenv("VIRTUAL_ENV", "/some/other")
    monkeypatch.setenv("PYTHONHOME", "/some/python")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    run = clone.module()
    variables = run.environment()
    assert variables["VIRTUAL_ENV"] == str(clone.env)
    assert variables["PATH"].split(os.pathsep)[0] == run.SCRIPTS
    assert variables["PIP_USER"] == "0" and "PYTHONHOME" not in variables
    assert variables["PIP_NO_INDEX"] == "1"


def test_results_answers_and_lessons_lie_in_the_clone_unless_the_user_says_otherwise(
    clone, monkeypatch
):
    for name in ("SINGAN_EDU_RUNS", "SINGAN_EDU_NOTEBOOKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SINGAN_EDU_ANSWERS", "/somewhere/else")
    variables = clone.module().environment()
    assert variables["SINGAN_EDU_RUNS"] == str(clone.root / "runs")
    assert variables["SINGAN_EDU_NOTEBOOKS"] == str(clone.root / "notebooks")
    assert variables["SINGAN_EDU_ANSWERS"] == "/somewhere/else"


def test_processes_keep_their_memory_and_wait_briefly_unless_the_user_says_otherwise(
    clone, monkeypatch
):
    monkeypatch.delenv("MALLOC_MMAP_MAX_", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1000")
    variables = clone.module().environment()
    assert variables["MALLOC_MMAP_MAX_"] == "0" and variables["GOMP_SPINCOUNT"] == "10000"
    assert variables["MALLOC_TRIM_THRESHOLD_"] == "1000"


def record_commands(run, monkeypatch) -> list[list[str]]:
    """Have run.py note its long commands in place of running them."""
    commands: list[list[str]] = []

    def note(command: list[str]) -> int:
        commands.append(command)
        os.makedirs(run.ENV, exist_ok=True)  # where `install` leaves its stamp
        return 0

    monkeypatch.setattr(run, "wait_for", note)
    return commands


# ---------------------------------------------------------------------------- the commands


@POSIX_ONLY
def test_train_runs_where_the_user_stands(clone, tmp_path):
    done = clone.run("train", "my photo.jpg", "--max-size", "96", cwd=tmp_path, EXIT_CODE="7")
    folder, arguments = clone.calls()[-1]
    assert Path(folder) == tmp_path
    assert arguments == "-P -m singan_edu train my photo.jpg --max-size 96"
    assert done.returncode == 7


@POSIX_ONLY
def test_test_runs_style_types_tests_and_coverage_from_the_root_whatever_fails(clone, tmp_path):
    clone.make_environment()
    done = clone.run("test", cwd=tmp_path, EXIT_CODE="1")
    folders, commands = zip(*clone.calls()[-5:], strict=True)
    assert set(folders) == {str(clone.root)} and done.returncode == 1
    assert commands[:3] == ("-m ruff check", "-m ruff format --check", "-m mypy")
    assert re.match(r"-m pytest --nbval -n [1-8] --cov ", commands[3])
    assert commands[4].startswith("-m coverage report") and "--fail-under=95" in commands[4]


@POSIX_ONLY
def test_options_go_to_pytest_and_no_coverage_is_demanded_of_a_part(clone):
    done = clone.run("test", "-x", "-k", "noise")
    assert clone.calls()[-1][1].startswith("-m pytest --nbval -n ")
    assert clone.calls()[-1][1].endswith(" -x -k noise") and done.returncode == 0


@POSIX_ONLY
def test_where_tests_are_named_only_these_run(clone):
    (clone.root / "tests").mkdir()
    before = len(clone.calls())
    done = clone.run("test", "-x", "tests::test_one", EXIT_CODE="1")
    commands = [command for _, command in clone.calls()[before:] if "pip" not in command]
    assert commands == ["-m pytest --nbval -x tests::test_one"] and done.returncode == 1


@POSIX_ONLY
@pytest.mark.parametrize("user", [0, 1000])
def test_lab_opens_the_first_copy_with_the_whole_clone_in_view(clone, monkeypatch, user):
    clone.add_lesson("01-pyramid.ipynb")
    clone.add_lesson("00-start.ipynb")
    run = clone.module()
    launched = []
    monkeypatch.setattr(run, "launch", launched.append)
    monkeypatch.setattr(run, "is_installed", lambda: True)
    monkeypatch.setattr(run.os, "geteuid", lambda: user)
    monkeypatch.chdir(clone.root.parent)
    run.main(["lab", "--no-browser"])
    assert launched[0][:3] == [run.PYTHON, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={clone.root}" in launched[0]
    assert "--LabApp.default_url=/lab/tree/my_lessons/00-start.ipynb" in launched[0]
    assert ("--allow-root" in launched[0]) == (user == 0)
    assert launched[0][-1] == "--no-browser"
    assert Path.cwd() == clone.root


@POSIX_ONLY
def test_lab_without_lessons_opens_the_empty_folder(clone):
    clone.run("lab")
    assert "--LabApp.default_url=/lab/tree/my_lessons " in clone.calls()[-1][1] + " "
    assert (clone.root / "my_lessons").is_dir()


@POSIX_ONLY
def test_command_deals_with_its_interruption_itself(clone):
    clone.run("test")
    code, output, errors = clone.interrupt("train", everyone=False, TRAINING_WAITS="1")
    assert (code, output, errors) == (130, "saved\n", "")


def test_windows_waits_until_the_command_has_dealt_with_its_interruption(clone, monkeypatch):
    run = clone.module()

    class Child:
        answers = [KeyboardInterrupt, KeyboardInterrupt, 130]

        def wait(self):
            answer = self.answers.pop(0)
            if answer is KeyboardInterrupt:
                raise answer
            return answer

    monkeypatch.setattr(run.subprocess, "Popen", lambda command, env: Child())
    monkeypatch.setattr(run, "environment", dict)
    monkeypatch.setattr(run, "os", SimpleNamespace(name="nt"))
    assert run.launch(["python", "-m", "singan_edu"]) == 130


# ----------------------------------------------------------------------------- the lessons


def test_lessons_are_copied_once_and_never_overwritten(clone, capsys):
    run = clone.module()
    clone.add_lesson("00-start.ipynb")
    run.copy_lessons()
    mine = clone.root / "my_lessons" / "00-start.ipynb"
    assert mine.read_bytes() == (clone.root / "notebooks" / "00-start.ipynb").read_bytes()
    assert "00-start.ipynb" in capsys.readouterr().err

    mine.write_text("my own work")
    clone.add_lesson("01-pyramid.ipynb")
    run.copy_lessons()
    said = capsys.readouterr().err
    assert mine.read_text() == "my own work"
    assert "01-pyramid.ipynb" in said and "00-start.ipynb" not in said

    run.copy_lessons()
    assert capsys.readouterr().err == ""


def test_revised_lesson_is_pointed_out_and_not_copied(clone, capsys):
    run = clone.module()
    clone.add_lesson()
    run.copy_lessons()
    mine = clone.root / "my_lessons" / "00-start.ipynb"
    mine.write_text("my own work")
    revised = clone.add_lesson(text="revised")
    capsys.readouterr()
    run.copy_lessons()
    assert "notebooks/00-start.ipynb" in capsys.readouterr().err
    assert mine.read_text() == "my own work"

    mine.write_bytes(revised.read_bytes())  # taken over by hand
    run.copy_lessons()
    assert capsys.readouterr().err == ""

    mine.unlink()  # or asked for anew
    run.copy_lessons()
    assert mine.read_bytes() == revised.read_bytes()
    mine.write_text("my own work, again")
    capsys.readouterr()
    run.copy_lessons()
    assert capsys.readouterr().err == ""


def test_lesson_of_the_students_own_is_left_alone(clone, capsys):
    mine = clone.root / "my_lessons" / "00-start.ipynb"
    mine.parent.mkdir()
    mine.write_text("my own, of the same name")
    clone.add_lesson()
    clone.module().copy_lessons()
    assert mine.read_text() == "my own, of the same name"
    assert capsys.readouterr().err == ""


def test_copying_that_breaks_off_leaves_no_half_lesson(clone, monkeypatch):
    run = clone.module()
    lesson = clone.add_lesson()

    def disk_full(source, target, copy=shutil.copyfile):
        if Path(target).parent.name != "my_lessons":
            return copy(source, target)
        Path(target).write_text("half")
        raise OSError("No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(run.shutil, "copyfile", disk_full)
        run.copy_lessons()
    run.copy_lessons()
    assert (clone.root / "my_lessons" / lesson.name).read_bytes() == lesson.read_bytes()
