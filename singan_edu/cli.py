"""The command line: ``singan train PHOTO`` trains a model of a photograph.

With ``--lesson`` it executes lesson 06 on the photograph instead, which needs the course's
notebooks and the packages of the extra ``lessons``.
"""

from __future__ import annotations

import argparse
import difflib
import math
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from .arguments import check_seed
from .config import TrainConfig
from .files import package_version, user_folder
from .images import load_image, open_photo, sample_image_names, save_image, size_of, to_pil
from .model import SinGAN
from .training.callbacks import History, Progress
from .training.run import NotFiniteError, run_folder, train

DEFAULT_PHOTO = "mountain_meadow"
LESSON = "06_training.ipynb"
EXECUTED_LESSON = "training.ipynb"
FAILED, INTERRUPTED = 1, 130  # 130 is what a shell expects after Ctrl-C

OVERVIEW_COLUMNS, OVERVIEW_GAP, LABEL_HEIGHT = 5, 8, 20  # the last two in pixels


class UsageError(Exception):
    """A request that cannot be met; the message says what is wrong and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        arguments: the words after ``singan``; those of the process if None.

    Returns:
        The exit code: 0 (done), 1 (failed or refused) or 130 (stopped by Ctrl-C).

    Raises:
        SystemExit: with code 2 for an unknown command or option, with 0 after ``--help``.
    """
    options = _parser().parse_args(arguments)
    try:
        if options.lesson:
            return _run_lesson(_request(options))
        return _train(_request(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (UsageError, NotFiniteError, ValueError, OSError) as error:
        return _fail(str(error))
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        return _fail(
            "Memory ran out. Try a smaller --max-size. If the training had begun, its state is "
            "saved: the same command resumes it."
        )


# ------------------------------------------------------------------------------------- the options
def _parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="singan", description="Train SinGAN, a generative model of a single image."
    )
    parser.add_argument("--version", action="version", version=f"singan {package_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="train")
    command = commands.add_parser(
        "train",
        help="train a model of a photograph",
        description="Train a model of a photograph and draw samples from it.",
        epilog="Ctrl-C saves the state of the training; the same command resumes it.",
    )
    _add_train_options(command)
    return parser


def _add_train_options(command: argparse.ArgumentParser) -> None:
    """Add what ``train`` takes: the photograph, settings of the training, and where results go."""
    command.add_argument(
        "photo",
        nargs="?",
        default=DEFAULT_PHOTO,
        help="path of a photograph, or the name of a picture in the package: "
        f"{', '.join(sample_image_names())} (default: {DEFAULT_PHOTO})",
    )
    command.add_argument(
        "--preset",
        default="lesson",
        help="lesson, classroom or paper: the sizes and iterations of the training "
        "(default: lesson)",
    )
    command.add_argument(
        "--max-size",
        type=int,
        metavar="PIXELS",
        help="long side of the samples; a larger photograph is reduced (default: the preset's)",
    )
    command.add_argument(
        "--iterations",
        type=_iterations,
        metavar="N[,N...]",
        help="iterations of each level, from coarse to fine; the last number holds for all finer "
        "levels (default: the preset's)",
    )
    command.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of all randomness (default: 0)"
    )
    command.add_argument(
        "--samples",
        type=int,
        default=8,
        metavar="N",
        help="how many samples to draw after the training (default: 8)",
    )
    command.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="folder for the results (default: a folder in runs/ for this photograph, "
        "configuration and seed)",
    )
    command.add_argument(
        "--lesson",
        action="store_true",
        help="execute lesson 06 on the photograph; needs the notebooks and singan-edu[lessons]",
    )


def _iterations(text: str) -> int | list[int]:
    """Read ``"500"`` as a number, and ``"500,300"`` or ``"[500, 300]"`` as a list."""
    try:
        numbers = [int(part) for part in text.strip("[] ").rstrip(",").split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a whole number nor a list such as 1500,1000,600"
        ) from error
    return numbers[0] if len(numbers) == 1 else numbers


@dataclass(frozen=True)
class _Request:
    """A checked request to train."""

    photo: str  # as it was given
    image: Tensor  # (1, C, H, W) in [-1, 1]
    notices: list[str]  # what the owner of the photograph should know
    preset: str
    config: TrainConfig
    seed: int
    samples: int
    out: Path


def _request(options: argparse.Namespace) -> _Request:
    """Check everything that can be checked before a file is written.

    Raises:
        UsageError, ValueError, OSError: with a sentence that says what is wrong.
    """
    changes = {name: getattr(options, name) for name in ("max_size", "iterations")}
    given = {name: value for name, value in changes.items() if value is not None}
    config = TrainConfig.preset(options.preset, **given)
    seed = check_seed(options.seed)
    if options.samples < 1:
        raise UsageError(f"--samples {options.samples}: ask for at least one sample.")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        image = _open(options.photo)
        name = f"{Path(options.photo).stem}-{options.preset}"
        folder = run_folder(image, config, name=name, seed=seed)
    return _Request(
        photo=options.photo,
        image=image,
        notices=[str(notice.message) for notice in caught],
        preset=options.preset,
        config=config,
        seed=seed,
        samples=options.samples,
        out=(options.out or folder).resolve(),
    )


def _open(photo: str) -> Tensor:
    """Open a photograph; where there is none, suggest names that look like the given one."""
    try:
        return open_photo(photo)
    except FileNotFoundError as error:
        path = Path(photo)
        known = {name: name for name in sample_image_names()}
        if path.parent.is_dir():
            known |= {file.name: str(file) for file in path.parent.iterdir() if file.is_file()}
        near = difflib.get_close_matches(path.name, known, n=1)
        hint = f" Did you mean {known[near[0]]}?" if near else ""
        raise UsageError(f"{error}{hint}") from error


# ------------------------------------------------------------------------------------ the training
def _train(request: _Request) -> int:
    """Train, or resume, and leave the model, its history and pictures in the folder."""
    out = request.out
    for notice in request.notices:
        _note(notice)
    with warnings.catch_warnings():
        warnings.showwarning = _note  # a user needs no file and line of the library
        model = train(
            request.image,
            request.config,
            seed=request.seed,
            checkpoint_dir=out / "model",
            callbacks=[History(out / "history.json"), Progress()],
        )
    samples = model.sample(request.samples, seed=request.seed + 1)  # (n, C, h, w)
    _save_pictures(model, samples, out)
    print(
        f"Done: model, history and pictures are in {out}. More samples in Python: "
        f"singan_edu.SinGAN.load({str(out / 'model')!r}).sample(4)"
    )
    return 0


def _note(message: object, *_: object, **__: object) -> None:
    """Print something that the user should know, though nothing is wrong."""
    print(f"Note: {message}", flush=True)


def _save_pictures(model: SinGAN, samples: Tensor, out: Path) -> None:
    """Write the reconstruction, every sample with its size in the name, and a labelled overview."""
    reconstruction = model.reconstruct()
    save_image(reconstruction, out / "reconstruction.png")
    height, width = size_of(samples)
    for index, sample in enumerate(samples):
        save_image(sample, out / "samples" / f"{index:02d}_{height}x{width}.png")
    size = f"{height} x {width} pixels"
    labels = [f"image, {size}", "reconstruction", *(f"sample {i}" for i in range(len(samples)))]
    sheet = _overview([model.image, reconstruction, *(sample[None] for sample in samples)], labels)
    save_image(load_image(sheet), out / "overview.png")


def _overview(images: Sequence[Tensor], labels: Sequence[str]) -> Image.Image:
    """Draw images of one size in rows, each with its label above it."""
    font = ImageFont.load_default()
    height, width = size_of(images[0])
    cell = max(width, *(math.ceil(font.getlength(label)) for label in labels)) + OVERVIEW_GAP
    row = LABEL_HEIGHT + height + OVERVIEW_GAP
    columns = min(OVERVIEW_COLUMNS, len(images))
    rows = math.ceil(len(images) / columns)
    sheet = Image.new("RGB", (OVERVIEW_GAP + columns * cell, rows * row), "white")
    draw = ImageDraw.Draw(sheet)
    for index, (image, label) in enumerate(zip(images, labels)):
        left, top = OVERVIEW_GAP + index % columns * cell, index // columns * row
        draw.text((left, top + 4), label, fill="black", font=font)
        sheet.paste(to_pil(image), (left, top + LABEL_HEIGHT))
    return sheet


# -------------------------------------------------------------------------------------- the lesson
def _run_lesson(request: _Request) -> int:
    """Execute lesson 06 with the request as its parameters."""
    lesson = user_folder("notebooks", "SINGAN_EDU_NOTEBOOKS") / LESSON
    if not lesson.is_file():
        raise UsageError(
            f"There is no lesson {lesson}. Start singan in the course's repository, or let "
            f"SINGAN_EDU_NOTEBOOKS name the folder of its notebooks. Without --lesson, training "
            f"needs no notebook."
        )
    try:
        from .course.run_lesson import LessonError, run_lesson  # Jupyter is optional
    except ModuleNotFoundError as error:
        raise UsageError(
            f"Lessons need the package {error.name}: pip install 'singan-edu[lessons]'. Without "
            f"--lesson, training does not need it."
        ) from error
    request.out.mkdir(parents=True, exist_ok=True)
    try:
        run_lesson(lesson.resolve(), request.out / EXECUTED_LESSON, _lesson_parameters(request))
    except LessonError as error:
        return _fail(str(error))
    print(f"Done: the executed lesson, the model and its pictures are in {request.out}")
    return 0


def _lesson_parameters(request: _Request) -> dict[str, object]:
    """The parameters of lesson 06; the lesson's own defaults are too short for a result."""
    iterations, photo = request.config.iterations, Path(request.photo)
    return dict(
        photo=str(photo.resolve()) if photo.exists() else request.photo,
        max_size=request.config.max_size,
        preset=request.preset,
        iterations=iterations if isinstance(iterations, int) else list(iterations),
        seed=request.seed,
        samples=request.samples,
        out=str(request.out),
    )


# -------------------------------------------------------------------------------------- the errors
def _is_out_of_memory(error: RuntimeError) -> bool:
    """Whether PyTorch could not get memory; on a CPU it says so in the message alone."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _fail(sentence: str) -> int:
    """Print what went wrong to stderr."""
    print(f"singan: {sentence}", file=sys.stderr)
    return FAILED
