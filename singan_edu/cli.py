"""The main job: the training lesson, run on a photograph from the shell by papermill.

``python -m singan_edu train PHOTO --max-size 96`` executes ``notebooks/06_training.ipynb`` with
these parameters and leaves a folder with the executed notebook, the model, its history and its
pictures. The options are the notebook's own parameters, so there is one list of them.
"""

from __future__ import annotations

import argparse
import ast
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import papermill
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError

from .config import TrainConfig
from .images import open_photo
from .model import check_seed
from .training.run import run_folder

LESSON = Path(__file__).parents[1] / "notebooks" / "06_training.ipynb"
EXECUTED = "training.ipynb"
INTERRUPTED = 130  # what a shell expects after Ctrl-C


def main(arguments: Sequence[str]) -> int:
    """Run a command line; returns the exit code: 0, 1 (failed), 2 (misused), 130 (Ctrl-C)."""
    if not LESSON.is_file():
        return _fail(
            f"{LESSON} is missing. The main job runs a lesson, so it needs the course's "
            f"repository, not the package alone."
        )
    parameters = vars(_parser(_lesson_parameters()).parse_args(arguments))
    parameters.pop("command")
    try:
        parameters = _complete(parameters)
    except (ValueError, OSError) as error:
        return _fail(str(error))
    return _execute(parameters)


def _lesson_parameters() -> dict[str, dict[str, Any]]:
    """The lesson's parameters: name -> default, type and help, as papermill reads them."""
    return papermill.inspect_notebook(str(LESSON))


def _parser(lesson_parameters: dict[str, dict[str, Any]]) -> argparse.ArgumentParser:
    """A parser with one option for each parameter of the lesson; the photograph is positional."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="train")
    train = commands.add_parser(
        "train",
        help="train a SinGAN on a photograph",
        description="Train a SinGAN on a photograph, by running lesson 06 on it.",
    )
    train.add_argument(
        "photo", nargs="?", help="path of a photograph, or the name of one that ships"
    )
    for name, facts in lesson_parameters.items():
        if name != "photo":
            train.add_argument(
                f"--{name.replace('_', '-')}",
                dest=name,
                help=facts["help"],
                type=_READERS.get(facts["inferred_type_name"], _literal),
                metavar=facts["inferred_type_name"],
            )
    return parser


def _literal(text: str) -> Any:
    """A Python literal; ``1500,1000`` is a list."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a number nor a list such as 1500,1000,600"
        ) from error
    return list(value) if isinstance(value, tuple) else value


_READERS = {"int": int, "float": float, "str": str}


def _complete(given: dict[str, Any]) -> dict[str, Any]:
    """The parameters to run with: what was given, and the preset's own size and iterations.

    Reads the photograph and makes the config, so that bad input is refused before anything is
    written.

    Raises:
        ValueError, OSError: with a sentence that says what is wrong.
    """
    parameters = {name: value for name, value in given.items() if value is not None}
    preset = parameters.setdefault("preset", "lesson")
    changes = {name: parameters[name] for name in ("max_size", "iterations") if name in parameters}
    config = TrainConfig.preset(preset, **changes)
    parameters["max_size"] = config.max_size
    parameters["iterations"] = (
        config.iterations if isinstance(config.iterations, int) else list(config.iterations)
    )
    seed = check_seed(parameters.get("seed", 0))
    if parameters.get("samples", 1) < 1:
        raise ValueError(f"samples={parameters['samples']}: ask for at least one sample.")
    photo = parameters.setdefault("photo", _lesson_parameters()["photo"]["default"].strip("'\""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the lesson says it, once
        image = open_photo(photo)
        folder = run_folder(image, config, name=f"{Path(photo).stem}-{preset}", seed=seed)
    if Path(photo).exists():
        parameters["photo"] = str(Path(photo).resolve())
    parameters["out"] = str(Path(parameters.get("out") or folder).resolve())
    return parameters


def _execute(parameters: dict[str, Any]) -> int:
    """Run the lesson; its prints are passed on as they come."""
    out = Path(parameters["out"])
    out.mkdir(parents=True, exist_ok=True)
    try:
        papermill.execute_notebook(
            str(LESSON),
            str(out / EXECUTED),
            parameters=parameters,
            kernel_name="python3",
            cwd=str(LESSON.parent),
            progress_bar=False,
            stdout_file=sys.stdout,
            stderr_file=sys.stderr,
            kernel_manager_class=_InterruptibleKernel,
        )
    except papermill.PapermillExecutionError as error:
        if error.ename == "KeyboardInterrupt":
            return INTERRUPTED
        return _fail(f"{error.ename}: {error.evalue} (details: {out / EXECUTED})")
    except KeyboardInterrupt:
        return INTERRUPTED
    except DeadKernelError:
        return _fail(
            "the notebook's kernel died, most likely for want of memory. Try a smaller --max-size; "
            "what was trained until then is saved, the same command goes on from it."
        )
    except NoSuchKernel as error:
        return _fail(f"{error}. Install ipykernel into the environment that runs this.")
    print(f"Done. The executed lesson, the model and its pictures are in {out}")
    return 0


class _InterruptibleKernel(AsyncKernelManager):
    """A kernel that is told of the first Ctrl-C, so that the training in it can save its state.

    Papermill would shut it down at once. The second Ctrl-C does so.
    """

    async def _async_post_start_kernel(self, **options: Any) -> None:
        await super()._async_post_start_kernel(**options)
        if sys.platform != "win32":  # where a console's Ctrl-C reaches the kernel
            signal.signal(signal.SIGINT, self._pass_on)

    def _pass_on(self, *_: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.kill(self.provisioner.pid, signal.SIGINT)


def _fail(sentence: str) -> int:
    print(f"run.py train: {sentence}", file=sys.stderr)
    return 1
