#!/usr/bin/env python3
"""singan-edu: a course on SinGAN. Everything starts here and needs nothing but Python.

  python3 run.py lab  [jupyter options]     the lessons, in JupyterLab
  python3 run.py train PHOTO [options]      trains a model on a photograph
  python3 run.py test [pytest options]      runs the tests and every lesson

The first use makes an environment in .venv, which takes a few minutes; afterwards each starts at
once. `python3 run.py train --help` explains the options of train, and so on.
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
STAMP = os.path.join(ENV, "installed-for")  # the fingerprint of a set-up that came to its end

# JupyterLab would ask whether it may fetch news; the course takes nothing from the network.
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
stays as it is; rename it to be given the new one."""
PIP_FAILED = """
The packages could not be installed; pip gives the reason above. Things to check:
  network   pip needs pypi.org, or the proxy or mirror in pip's settings. To do without a network,
            name a folder of wheels: PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER
  disk      about 2 GB must be free, more on Linux with the GPU libraries
  machine   PyTorch comes for 64-bit Windows and Linux and for Macs with Apple silicon
Run the same command again to go on. If that fails too, delete the folder .venv first."""


def main(arguments):
    """Runs one of COMMANDS, after setting up what it needs; returns the exit code."""
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
    """Tells the user something without mixing it into the output of the command."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def python_problem(version, arguments=()):
    """Returns a sentence on why a Python of this version will not do, or None if it will."""
    version = tuple(version[:3])
    if OLDEST_PYTHON <= version[:2] <= NEWEST_PYTHON:
        return None
    oldest, newest = dotted(OLDEST_PYTHON), dotted(NEWEST_PYTHON)
    too = "old" if version < OLDEST_PYTHON else "new"
    python = ("py -" if os.name == "nt" else "python") + oldest
    again = " ".join(arguments) or "lab"
    return WRONG_PYTHON.format(dotted(version), too, oldest, newest, oldest, python, again)


def dotted(version):
    """(3, 11) -> "3.11"."""
    return ".".join(str(number) for number in version)


def unknown_command(name):
    """Returns a sentence that names the unknown command and those there are."""
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = " - did you mean `{}`?".format(near[0]) if near else "."
    return "run.py has no command `{}`; there are lab, train and test{}".format(name, hint)


# ---------------------------------------------------------------------------- the environment


def set_up():
    """Makes .venv and installs into it, unless that was done for these very pins."""
    if is_installed():
        return
    if is_usable():
        say("Bringing .venv up to date; what is missing is downloaded.")
    else:
        make_environment()
    install()
    say("Ready.")


def is_installed():
    """True if the set-up came to its end and nothing it rests on has changed since."""
    try:
        return read(STAMP) == fingerprint() and os.path.isdir(base_python())
    except (OSError, AttributeError):
        return False


def read(path):
    """Returns the content of a file as bytes."""
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    """Writes bytes into a file, in a folder that is made if it is not there."""
    if not os.path.isdir(os.path.dirname(path)):
        os.makedirs(os.path.dirname(path))
    with open(path, "wb") as file:
        file.write(content)


def fingerprint():
    """Returns a digest of everything that calls for a new installation when it changes."""
    digest = hashlib.sha256(read(os.path.join(ROOT, "pyproject.toml")) + read(CONSTRAINTS))
    # A moved folder breaks .venv, and so does an upgrade of the Python that it links to.
    digest.update(os.fsencode(ROOT + os.path.realpath(PYTHON)))
    return digest.hexdigest().encode()


def base_python():
    """Returns the folder of the Python that .venv borrows its standard library from."""
    os.stat(PYTHON)  # a dangling link is as bad as a missing folder
    config = read(os.path.join(ENV, "pyvenv.cfg")).decode("utf-8")
    return re.search(r"^home\s*=\s*(.+?)\s*$", config, re.MULTILINE).group(1)


def is_usable():
    """True if .venv works, was made in this very place and by a Python that will do.

    Asks pip's start script, which breaks with all that can break: the Python is gone, the folder
    was moved or copied, the making was interrupted.
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
    """Makes an empty .venv, in place of one that cannot be used."""
    if not can_make_environments():
        sys.exit(NO_VENV.format(sys.executable))
    if os.path.lexists(ENV):
        say("What is in .venv cannot be used (moved, incomplete, Python gone): starting anew.")
    say(SETTING_UP.format(ENV))
    if wait_for([sys.executable, "-m", "venv", "--clear", ENV]):
        sys.exit("The environment could not be made in {}; see above for the reason.".format(ENV))


def can_make_environments():
    """True if this Python has what Debian packs apart, as python3-venv."""
    from importlib.util import find_spec  # not in Python 2

    return all(find_spec(module) for module in ("venv", "ensurepip"))


def install():
    """Installs the course and its pinned packages into .venv, and notes it when done."""
    if os.path.exists(STAMP):
        os.remove(STAMP)  # an interrupted installation must not pass for the one before it
    # Absolute paths and no cwd, since a relative PIP_FIND_LINKS counts from where the user stands.
    packages = ["-e", ROOT + "[lessons,canvas,test]", "-c", CONSTRAINTS]
    if wait_for([PYTHON, "-m", "pip", "install", "-qq"] + packages):
        sys.exit(PIP_FAILED)
    write(LAB_SETTINGS, NO_NEWS.encode())
    write(STAMP, fingerprint())


def wait_for(command):
    """Runs a long command and returns its exit code; says now and then that it is alive."""
    child = subprocess.Popen(command, env=environment())
    while True:
        try:
            return child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            say("  still at it ...")
        except KeyboardInterrupt:
            stop(child)
            raise


def stop(child):
    """Lets a child that got the same Ctrl-C tidy up; ends it if it did not get it."""
    try:
        child.wait(timeout=3)
    except subprocess.TimeoutExpired:
        child.kill()


def environment():
    """Returns the variables of an activated .venv: `!pip` in a lesson is then the course's pip."""
    path = SCRIPTS + os.pathsep + os.environ.get("PATH", os.defpath)
    # PIP_USER: in an environment, pip refuses a `user = true` from the user's pip.conf.
    variables = dict(os.environ, VIRTUAL_ENV=ENV, PATH=path, PIP_USER="0")
    # PyTorch's threads wait for each other in a busy loop. With anything else running on the cores
    # that costs them dearly, so the loop is kept short (libgomp's default is 30 times longer).
    variables.setdefault("GOMP_SPINCOUNT", "10000")
    # Linux clears a large tensor's memory for every tensor anew, which costs a large picture most
    # of its time. Up to 4 GiB of what was freed is kept for the next (benchmarks/allocation.py).
    variables.setdefault("MALLOC_MMAP_MAX_", "0")
    variables.setdefault("MALLOC_TRIM_THRESHOLD_", str(4 * 2**30))
    # Results, answers and lessons lie in this folder, wherever a notebook or a command runs.
    variables.setdefault("SINGAN_EDU_RUNS", os.path.join(ROOT, "runs"))
    variables.setdefault("SINGAN_EDU_ANSWERS", os.path.join(ROOT, "my_answers"))
    variables.setdefault("SINGAN_EDU_NOTEBOOKS", LESSONS)
    variables.pop("PYTHONHOME", None)  # names the library of another Python
    return variables


# ------------------------------------------------------------------------------- the commands


def train(arguments):
    """Trains on a photograph, from where the user stands, so that a relative PHOTO is found."""
    # -P: a math.py that lies beside the photograph must not pass for Python's own.
    return launch([PYTHON, "-P", "-m", "singan_edu", "train"] + arguments)


def test(arguments):
    """Runs the tests of the package and every lesson."""
    os.chdir(ROOT)
    return launch([PYTHON, "-m", "pytest", "--nbval"] + arguments)


def lab(arguments):
    """Opens the student's copies of the lessons in JupyterLab."""
    copy_lessons()
    os.chdir(ROOT)
    options = ["--ServerApp.root_dir=" + ROOT, "--LabApp.default_url=/lab/tree/" + start_page()]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # as in a container; Jupyter refuses root otherwise
    return launch([PYTHON, "-m", "jupyterlab"] + options + arguments)


def launch(command):
    """Hands over to `command`: Ctrl-C, other signals and the exit code are its own business."""
    if os.name != "nt":
        os.execve(command[0], command, environment())
    child = subprocess.Popen(command, env=environment())
    while True:  # Windows cannot hand over, so wait until the child has dealt with its Ctrl-C
        try:
            return child.wait()
        except KeyboardInterrupt:
            pass


COMMANDS = {"lab": lab, "train": train, "test": test}


# -------------------------------------------------------------------------------- the lessons


def copy_lessons():
    """Gives the student a copy of each lesson they lack; what they have is theirs to keep."""
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
    """Returns the file names of the lessons in a folder, in the order they are read."""
    return sorted(os.path.basename(path) for path in glob.glob(os.path.join(folder, "*.ipynb")))


def is_revised(name):
    """True if the course has changed a lesson since it was copied, and the copy lacks that."""
    lesson = os.path.join(LESSONS, name)
    copies = [os.path.join(folder, name) for folder in (ORIGINALS, MY_LESSONS)]
    if not os.path.exists(copies[0]):
        return False  # not copied by us
    return not any(filecmp.cmp(lesson, copy, shallow=False) for copy in copies)


def copy_whole(source, target):
    """Copies a file all or not at all: half a lesson would never be copied again."""
    shutil.copyfile(source, target + ".part")
    os.replace(target + ".part", target)


def start_page():
    """Returns the address of the first lesson, or of the folder while there is none."""
    from urllib.parse import quote  # not in Python 2

    return quote("/".join(["my_lessons"] + lessons_in(MY_LESSONS)[:1]))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        say("\nStopped. The next run goes on from here.")
        sys.exit(130)
