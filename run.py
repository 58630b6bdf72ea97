#!/usr/bin/env python3
"""singan-edu: a course on SinGAN. Start here; only Python is needed.

  python3 run.py lab  [jupyter options]     open the lessons in JupyterLab
  python3 run.py train PHOTO [options]      train a model of a photograph
  python3 run.py test [pytest options]      run the tests and every lesson

The first use makes an environment in .venv, which takes a few minutes.
`python3 run.py train --help` explains the options of train.
"""

# Python 2.7 must be able to read every line of this file, so that it can say that it is too old.
from __future__ import print_function

import difflib
import filecmp
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 14)  # as `requires-python` in pyproject.toml
ROOT = os.path.dirname(os.path.realpath(__file__))
LESSONS, MY_LESSONS = os.path.join(ROOT, "notebooks"), os.path.join(ROOT, "my_lessons")
ORIGINALS = os.path.join(MY_LESSONS, ".originals")  # each lesson as it was when it was copied
CONSTRAINTS = os.path.join(ROOT, "constraints.txt")
ENV = os.path.join(ROOT, ".venv")
SCRIPTS = os.path.join(ENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(SCRIPTS, "python.exe" if os.name == "nt" else "python")
LAB_SETTINGS = os.path.join(ENV, "share", "jupyter", "lab", "settings", "overrides.json")
STAMP = os.path.join(ENV, "installed-for")  # the fingerprint of a complete set-up

# What `run.py test` runs beside pytest: each a module of .venv with its arguments.
CHECKS = [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]]
MOST_WORKERS = 8  # each takes up to a gigabyte of memory
COVERAGE = ["--cov", "--cov-report=term:skip-covered"]
COVERAGE_CHECK = ["coverage", "report", "--format=total", "--fail-under=95"]
COVERAGE_CHECK += ["--include=singan_edu/*.py,singan_edu/training/*.py"]  # core and training
COVERAGE_CHECK += ["--omit=singan_edu/cli.py,singan_edu/__main__.py"]

# JupyterLab would ask whether it may fetch news; the course needs no network.
NO_NEWS = """{"@jupyterlab/apputils-extension:notification": {
    "fetchNews": "false", "checkForUpdates": false}}
"""
WRONG_PYTHON = (
    "Python {} is too {} for singan-edu, which runs on {} to {}: "
    "install Python {} (https://www.python.org/downloads) and type `{} run.py {}`."
)
NO_VENV = """This Python ({}) has no `venv` and `ensurepip`, which make environments.
On Debian and Ubuntu:  sudo apt install python3-venv
Elsewhere, install Python from https://www.python.org/downloads. Then run this again."""
SETTING_UP = """Setting up singan-edu in {}; this takes a few minutes, once.
PyTorch and JupyterLab are downloaded: some hundred megabytes, and gigabytes on Linux, where PyTorch
brings its GPU libraries along."""
REVISED = """notebooks/{0} has changed since it was copied. my_lessons/{0} is yours and
stays as it is. To get the new version, rename your copy."""
PIP_FAILED = """
The packages could not be installed; pip gives the reason above. Things to check:
  network   pip needs pypi.org, or the proxy or mirror in pip's settings. To do without a network,
            name a folder of wheels: PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER
  disk      about 2 GB must be free, more on Linux with the GPU libraries
  machine   PyTorch comes for 64-bit Windows and Linux and for Macs with Apple silicon
Then run the same command again. If it fails again, delete the folder .venv first."""


def main(arguments):
    """Set up the environment, then run one of COMMANDS; returns the exit code."""
    problem = python_problem(sys.version_info, arguments)
    if problem:
        sys.exit(problem)
    name = arguments[0] if arguments else None
    if name in (None, "-h", "--help"):
        print(__doc__.strip())
        return 0 if name else 2
    if name not in COMMANDS:
        say(unknown_command(name))
        return 2
    set_up()
    return COMMANDS[name](arguments[1:])


def say(text):
    """Print to stderr, so that the output of the command stays its own."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def python_problem(version, arguments=()):
    """Return why a Python of this version cannot run the course, or None if it can."""
    version = tuple(version[:3])
    if OLDEST_PYTHON <= version[:2] <= NEWEST_PYTHON:
        return None
    oldest, newest = dotted(OLDEST_PYTHON), dotted(NEWEST_PYTHON)
    too = "old" if version < OLDEST_PYTHON else "new"
    python = ("py -" if os.name == "nt" else "python") + oldest
    again = " ".join(arguments) or "lab"
    return WRONG_PYTHON.format(dotted(version), too, oldest, newest, oldest, python, again)


def dotted(version):
    """Join the numbers of a version: (3, 11) -> "3.11"."""
    return ".".join(str(number) for number in version)


def unknown_command(name):
    """Return a sentence with the unknown command and the known ones."""
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = " - did you mean `{}`?".format(near[0]) if near else "."
    return "run.py has no command `{}`; there are lab, train and test{}".format(name, hint)


# ---------------------------------------------------------------------------- the environment


def set_up():
    """Make .venv and install into it, unless that was done for the present pins."""
    if is_installed():
        return
    if is_usable():
        say("Updating .venv; missing packages are downloaded.")
    else:
        make_environment()
    install()
    say("Ready.")


def is_installed():
    """Return whether the set-up is complete and nothing that it depends on has changed."""
    try:
        return read(STAMP) == fingerprint() and os.path.isdir(base_python())
    except (OSError, AttributeError):
        return False


def read(path):
    """Return the content of a file as bytes."""
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    """Write bytes into a file; a missing folder is made."""
    if not os.path.isdir(os.path.dirname(path)):
        os.makedirs(os.path.dirname(path))
    with open(path, "wb") as file:
        file.write(content)


def fingerprint():
    """Return a digest of everything whose change requires a new installation."""
    digest = hashlib.sha256(read(os.path.join(ROOT, "pyproject.toml")) + read(CONSTRAINTS))
    # .venv breaks when its folder is moved or the Python that it links to is upgraded.
    digest.update(os.fsencode(ROOT + os.path.realpath(PYTHON)))
    return digest.hexdigest().encode()


def base_python():
    """Return the folder of the Python whose standard library .venv uses."""
    os.stat(PYTHON)  # a dangling link is as bad as a missing folder
    config = read(os.path.join(ENV, "pyvenv.cfg")).decode("utf-8")
    return re.search(r"^home\s*=\s*(.+?)\s*$", config, re.MULTILINE).group(1)


def is_usable():
    """Return whether .venv works, was made in this folder, and by a Python of a known version.

    pip's start script tells: it fails if the Python is gone, if the folder was moved or copied, and
    if the environment is incomplete.
    """
    pip = [os.path.join(SCRIPTS, "pip"), "--version"]
    try:
        report = subprocess.check_output(pip, stderr=subprocess.DEVNULL, universal_newlines=True)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False
    version = re.search(r"\(python (\d+)\.(\d+)\)", report)  # pip 23.2 from PLACE (python 3.11)
    is_here = os.path.normcase(ENV + os.sep) in os.path.normcase(report)
    return is_here and bool(version) and not python_problem([int(n) for n in version.groups()])


def make_environment():
    """Make an empty .venv in place of one that cannot be used."""
    if not can_make_environments():
        sys.exit(NO_VENV.format(sys.executable))
    if os.path.lexists(ENV):
        say("The present .venv cannot be used (moved, incomplete, Python gone); making a new one.")
    say(SETTING_UP.format(ENV))
    if wait_for([sys.executable, "-m", "venv", "--clear", ENV]):
        sys.exit("The environment could not be made in {}; see above for the reason.".format(ENV))


def can_make_environments():
    """Return whether this Python can make environments; Debian has that in python3-venv."""
    from importlib.util import find_spec  # not in Python 2

    return all(find_spec(module) for module in ("venv", "ensurepip"))


def install():
    """Install the course and its pinned packages into .venv, then write the stamp."""
    if os.path.exists(STAMP):
        os.remove(STAMP)  # an interrupted installation must not count as complete
    # Absolute paths and no cwd: a relative PIP_FIND_LINKS counts from the user's folder.
    packages = ["-e", ROOT + "[lessons,canvas,test]", "-c", CONSTRAINTS]
    if wait_for([PYTHON, "-m", "pip", "install", "-qq"] + packages):
        sys.exit(PIP_FAILED)
    write(LAB_SETTINGS, NO_NEWS.encode())
    write(STAMP, fingerprint())


def wait_for(command):
    """Run a long command and return its exit code; print a sign of life every 30 s."""
    child = subprocess.Popen(command, env=environment())
    while True:
        try:
            return child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            say("  still working ...")
        except KeyboardInterrupt:
            stop(child)
            raise


def stop(child):
    """Let a child that received the same Ctrl-C finish; end it otherwise."""
    try:
        child.wait(timeout=3)
    except subprocess.TimeoutExpired:
        child.kill()


def environment():
    """Return the variables of an activated .venv, so that a lesson's `!pip` is the course's."""
    path = SCRIPTS + os.pathsep + os.environ.get("PATH", os.defpath)
    # PIP_USER: in an environment, pip refuses `user = true` from the user's pip.conf.
    variables = dict(os.environ, VIRTUAL_ENV=ENV, PATH=path, PIP_USER="0")
    # PyTorch's threads wait for each other in a busy loop, which is slow when other programs use
    # the cores. The loop is made short (libgomp's default is 30 times longer).
    variables.setdefault("GOMP_SPINCOUNT", "10000")
    # Linux clears new memory for every large tensor, which takes most of the time of a large image.
    # Up to 4 GiB of freed memory is kept for the next tensor (benchmarks/allocation.py).
    variables.setdefault("MALLOC_MMAP_MAX_", "0")
    variables.setdefault("MALLOC_TRIM_THRESHOLD_", str(4 * 2**30))
    # Results, answers and lessons lie in this folder, wherever a notebook or a command runs.
    variables.setdefault("SINGAN_EDU_RUNS", os.path.join(ROOT, "runs"))
    variables.setdefault("SINGAN_EDU_ANSWERS", os.path.join(ROOT, "my_answers"))
    variables.setdefault("SINGAN_EDU_NOTEBOOKS", LESSONS)
    variables.pop("PYTHONHOME", None)  # it names the library of another Python
    return variables


# ------------------------------------------------------------------------------- the commands


def train(arguments):
    """Train on a photograph, in the user's folder, so that a relative PHOTO is found."""
    # -P: Python must not import a math.py that lies beside the photograph.
    return launch([PYTHON, "-P", "-m", "singan_edu", "train"] + arguments)


def test(arguments):
    """Check style and types, then run the tests of the package and every lesson.

    Each check runs, even if one before it fails. Where `arguments` name tests, only these run.
    """
    os.chdir(ROOT)
    pytest = [PYTHON, "-m", "pytest", "--nbval"]
    if any(os.path.exists(argument.split("::")[0]) for argument in arguments):
        return launch(pytest + arguments)
    workers = ["-n", str(min(core_count(), MOST_WORKERS))]
    codes = [check_with(tool) for tool in CHECKS]
    codes.append(wait_through_interrupts(pytest + workers + COVERAGE + arguments))
    if not arguments:  # with arguments, such as -x or -k, not every test may have run
        codes.append(check_with(COVERAGE_CHECK))
    return next((code for code in codes if code), 0)


def check_with(tool):
    """Run a tool of .venv, given as a list of its name and arguments; return the exit code."""
    say("$ " + " ".join(tool))
    return wait_through_interrupts([PYTHON, "-m"] + tool)


def core_count():
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lab(arguments):
    """Open the student's copies of the lessons in JupyterLab."""
    copy_lessons()
    os.chdir(ROOT)
    options = ["--ServerApp.root_dir=" + ROOT, "--LabApp.default_url=/lab/tree/" + start_page()]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # as in a container; Jupyter refuses root otherwise
    return launch([PYTHON, "-m", "jupyterlab"] + options + arguments)


def launch(command):
    """Replace this process by `command`, which then handles Ctrl-C and gives the exit code."""
    if os.name != "nt":
        os.execve(command[0], command, environment())
    return wait_through_interrupts(command)  # Windows cannot replace a process


def wait_through_interrupts(command):
    """Run `command`, which handles Ctrl-C itself, and return its exit code."""
    child = subprocess.Popen(command, env=environment())
    interrupted = False
    while True:
        try:
            code = child.wait()
            break
        except KeyboardInterrupt:
            interrupted = True
    if interrupted and os.name != "nt":
        raise KeyboardInterrupt
    return code


COMMANDS = {"lab": lab, "train": train, "test": test}


# -------------------------------------------------------------------------------- the lessons


def copy_lessons():
    """Copy each lesson that the student does not have yet; never overwrite a copy."""
    if not os.path.isdir(ORIGINALS):
        os.makedirs(ORIGINALS)
    names = lessons_in(LESSONS)
    new = [name for name in names if not os.path.exists(os.path.join(MY_LESSONS, name))]
    revised = [name for name in names if name not in new and is_revised(name)]
    for name in new:
        for folder in (ORIGINALS, MY_LESSONS):
            copy_whole(os.path.join(LESSONS, name), os.path.join(folder, name))
    if new:
        say("Copied into my_lessons, for you to work in: " + ", ".join(new))
    for name in revised:
        say(REVISED.format(name))


def lessons_in(folder):
    """Return the file names of the lessons in a folder, in reading order."""
    return sorted(os.path.basename(path) for path in glob.glob(os.path.join(folder, "*.ipynb")))


def is_revised(name):
    """Return whether the course has changed a lesson since it was copied."""
    lesson = os.path.join(LESSONS, name)
    copies = [os.path.join(folder, name) for folder in (ORIGINALS, MY_LESSONS)]
    if not os.path.exists(copies[0]):
        return False  # not copied by us
    return not any(filecmp.cmp(lesson, copy, shallow=False) for copy in copies)


def copy_whole(source, target):
    """Copy a file completely or not at all: half a lesson would never be copied again."""
    shutil.copyfile(source, target + ".part")
    os.replace(target + ".part", target)


def start_page():
    """Return the address of the first lesson, or of the folder if there is none."""
    from urllib.parse import quote  # not in Python 2

    return quote("/".join(["my_lessons"] + lessons_in(MY_LESSONS)[:1]))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        say("\nStopped. The same command continues from here.")
        sys.exit(130)
