"""Train, score and store the pyramids that ship with the package.

    python benchmarks/make_pretrained.py [NAME ...]        all of RECIPES below if none is named
    python benchmarks/make_pretrained.py --variants        the small ones that lesson 08 compares
    python benchmarks/make_pretrained.py --score-again     score anew what ships, without training

Each is trained, or taken from ``runs/`` if it was before, and saved in half precision to
``singan_edu/pretrained_models/NAME``. What lies there is then read again and scored:
``scorecard.json`` beside the model says how good it is and how it was made, and
``figures/pretrained_NAME.jpg`` shows the photograph, the reconstruction and samples, seeds not
chosen. Look at that before you commit; how good a number is, is for the eye to say.

    python benchmarks/make_pretrained.py gravel --set max_size=64        a change, tried

The record names the command with its changes. The same processor, number of threads and versions
give the same weights; others give other weights of the same quality.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from quality import environment, parse_changes
from torch import Tensor

import singan_edu as sg
from singan_edu import pretrained
from singan_edu.applications.super_resolution import (
    super_resolution_config,
    super_resolution_report,
    super_resolve,
)
from singan_edu.applications.training_variants import Variant, number_of_scales, padding_variants
from singan_edu.config import LOCAL_GENERATOR
from singan_edu.course import plots
from singan_edu.evaluation.scorecard import AXES, Scorecard
from singan_edu.files import write_json
from singan_edu.images import fitted_size, size_of
from singan_edu.training.callbacks import reconstruction_error

ROOT = Path(__file__).parents[1]
MODELS = Path(sg.__file__).parent / pretrained.FOLDER
FIGURES = ROOT / "figures"
RECORD_FILE = "scorecard.json"
SAMPLES, SEED, SHOWN = 16, 1, 6
QUICK_SAMPLES, QUICK_SIDE = 4, 64  # what a test repeats


@dataclass(frozen=True)
class Recipe:
    """How a pyramid is trained: bundled picture, preset, changes of it, seed.

    With a ``factor`` it is one for super-resolution: what it enlarges is the picture, reduced to
    the ``max_size`` of the changes.
    """

    picture: str
    preset: str = "lesson"
    changes: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    factor: float | None = None

    @property
    def config(self) -> sg.TrainConfig:
        """The preset with the changes."""
        if self.factor is None:
            return sg.TrainConfig.preset(self.preset, **self.changes)
        image = sg.sample_image(self.picture)
        return super_resolution_config(image, self.factor, self.preset, **self.changes)

    def with_changes(self, more: dict[str, Any]) -> Recipe:
        """The same with more changes."""
        return replace(self, changes=self.changes | more)


# Photographs have the preset classroom as it is, at 250 pixels. Drawn scenes have half as many
# iterations at the size of lesson: two minutes of training, quick samples.
# Local generators, because lessons 02 to 13 look at which pixels influence which.
_ITERATIONS = (2000, 1500, 1000, 700, 500, 400, 300, 250)
_SHIPPED = ("classroom", dict(max_size=128, iterations=_ITERATIONS) | LOCAL_GENERATOR)
# With the paper's one z*: lesson 04 is about it; the studies of scales and borders are the paper's;
# and lessons 10 to 13 put pictures in at level 1, which with z* redrawn has seen blurred ones only.
_ONE_Z_STAR = dict(resample_reconstruction_noise=False)
# The two studies of lesson 08 are the paper's, so their small trainings take its optimizer, too.
_ADAM = dict(optimizer="adam") | LOCAL_GENERATOR
_INJECTED = ("classroom", _ONE_Z_STAR)  # photographs that lessons inject images into
# By name: one picture may have several pyramids, for different applications.
RECIPES = {
    "autumn_wood": Recipe("autumn_wood", *_SHIPPED).with_changes(_ONE_Z_STAR),
    "balloon_festival": Recipe("balloon_festival", *_SHIPPED),
    "birds_at_dusk": Recipe("birds_at_dusk", *_SHIPPED).with_changes(_ONE_Z_STAR),
    "deep_field": Recipe("deep_field", *_SHIPPED),
    "desert_arch": Recipe("desert_arch", *_SHIPPED).with_changes(_ONE_Z_STAR),
    "painted_coast": Recipe("painted_coast", *_SHIPPED).with_changes(_ONE_Z_STAR),
    "colosseum_arches": Recipe("colosseum_arches", "classroom"),
    "pink_tulips": Recipe("pink_tulips", "classroom"),
    "canyon_river": Recipe("canyon_river", *_INJECTED),
    "great_wall_hills": Recipe("great_wall_hills", *_INJECTED),
    "jupiter_clouds": Recipe("jupiter_clouds", *_INJECTED),
    "mountain_meadow": Recipe("mountain_meadow", *_INJECTED),
    "palace_windows": Recipe("palace_windows", *_INJECTED),
    "deep_field-super_resolution": Recipe("deep_field", changes=dict(max_size=125), factor=2),
}
VARIED, VARIED_SIDE, SCALES = "balloon_festival", 64, (1, 2, 3, 4, 5)
PADDINGS = ("conv", "noise")  # "zero" is the preset's own: the variant of as many scales as it has


def variant_recipes() -> dict[str, Recipe]:
    """The arms of lesson 08's two studies, by name: PICTURE-LABEL.

    Not all of them are good, which is what they are for; so they are no part of RECIPES.
    """
    base = Recipe(VARIED, changes=dict(max_size=VARIED_SIDE) | _ONE_Z_STAR | _ADAM)
    image = sg.sample_image(VARIED)
    arms = [
        *number_of_scales(image, base.config, SCALES),
        *padding_variants(base.config, PADDINGS),
    ]
    return {f"{VARIED}-{arm.label}": base.with_changes(differences(arm, base)) for arm in arms}


def differences(variant: Variant, base: Recipe) -> dict[str, Any]:
    """The fields of a variant's config that are not the base's."""
    own, common = variant.config.to_dict(), base.config.to_dict()
    return {name: value for name, value in own.items() if value != common[name]}


VARIANTS = variant_recipes()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line; make what it names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--variants", action="store_true", help="all of lesson 08's")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="FIELD=VALUE", help="of TrainConfig, to try it"
    )
    parser.add_argument(
        "--score-again", action="store_true", help="do not train; score what ships anew"
    )
    options = parser.parse_args(arguments)
    known = RECIPES | VARIANTS
    names = options.names or list(VARIANTS if options.variants else RECIPES)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(
            f"make_pretrained.py: the table has no {unknown[0]!r}; it has {', '.join(known)}."
        )
    made = environment("cpu")  # before this very run changes files
    for name in names:
        if options.score_again:
            print(score_again(name, known[name]), flush=True)
            continue
        recipe = known[name].with_changes(parse_changes(options.set))
        command = shlex.join(
            ["python", "benchmarks/make_pretrained.py", name]
            + (["--set", *options.set] if options.set else [])
        )
        print(make(name, recipe, dict(command=command) | made), flush=True)


def make(name: str, recipe: Recipe, made: dict[str, Any]) -> Path:
    """Train, save, read again, score and draw one pyramid; returns its folder."""
    trained, seconds = train(recipe)
    folder = trained.save(MODELS / name, half=True)
    facts = dict(
        picture=recipe.picture,
        preset=recipe.preset,
        changes=recipe.changes,
        seed=recipe.seed,
        training_seconds=seconds,
        weights=next(folder.glob("*.safetensors")).name,
    )
    return judge(name, recipe, facts, made)


def score_again(name: str, recipe: Recipe) -> Path:
    """Score a pyramid that ships anew, after the scorecard has changed; returns its folder."""
    record = json.loads((MODELS / name / RECORD_FILE).read_text(encoding="utf-8"))
    kept = ("picture", "preset", "seed", "training_seconds", "weights")
    facts = {key: record[key] for key in kept} | dict(changes=recipe.changes)
    return judge(name, recipe, facts, record["made"])


def judge(name: str, recipe: Recipe, facts: dict[str, Any], made: dict[str, Any]) -> Path:
    """Score what ships, write its record and draw it; returns its folder."""
    folder = MODELS / name
    model = sg.SinGAN.load(folder)
    samples = model.sample(SAMPLES, seed=SEED)
    card = sg.scorecard(model.image, samples, controls=())
    print(card, flush=True)
    facts = facts | dict(
        reconstruction=round(reconstruction_error(model), 3),
        samples_seed=SEED,
        verdict=card.verdict("samples"),
        scores=scores(card),
        quick_scores=quick_scores(model),
        made=made,
    )
    if recipe.factor is not None:
        facts |= dict(factor=recipe.factor) | judge_enlargements(
            model, recipe.picture, recipe.factor
        )
    write_json(folder / RECORD_FILE, facts)
    if name not in VARIANTS:  # of which figures/make_number_of_scales.py, make_padding.py draw all
        draw(name, model, samples)
    return folder


def train(recipe: Recipe) -> tuple[sg.SinGAN, float | None]:
    """The pyramid and its seconds of training, unknown if another tool trained it."""
    image, config = sg.sample_image(recipe.picture), recipe.config
    folder = sg.run_folder(
        image, config, name=f"{recipe.picture}-{recipe.preset}", seed=recipe.seed
    )
    history = sg.History(folder / "history.json")
    model = sg.load_or_train(
        image,
        config,
        folder / "model",
        seed=recipe.seed,
        callbacks=[sg.Progress(seconds=60), history],
    )
    levels = history.load().levels if history.path and history.path.is_file() else []
    return model, round(sum(level["seconds"] for level in levels), 1) if levels else None


def scores(card: Scorecard) -> dict[str, Any]:
    """The score of the samples as JSON-ready values: each axis with its interval, and the raw."""
    score = card["samples"]
    axes = {axis: getattr(score, axis) for axis in AXES}
    return dict(
        samples=score.samples,
        **{axis: [round(x, 4) for x in (e.value, e.low, e.high)] for axis, e in axes.items()},
        raw={name: round(value, 4) for name, value in score.raw.items()},
    )


def quick_scores(model: sg.SinGAN) -> dict[str, Any]:
    """The score of a few of the samples, reduced so that it takes about a second.

    It says whether the model still does what it did, not how good that is.
    """
    samples = model.sample(QUICK_SAMPLES, seed=SEED)
    height, width = size_of(samples)
    size = fitted_size(height, width, QUICK_SIDE)
    return scores(sg.scorecard(sg.resize(model.image, size), sg.resize(samples, size), controls=()))


def judge_enlargements(model: sg.SinGAN, photo: str, factor: float) -> dict[str, Any]:
    """What counts for super-resolution: enlargements beside bicubic, against the bundled picture.

    They pass if the finest octave is nearer to the original's than that of bicubic, and reduced
    again they are nearer to what was given.
    """
    made = {
        f"noise {noise}, back-projections {rounds}": super_resolve(
            model.image,
            factor,
            model=model,
            noise_scale=noise,
            seed=SEED,
            back_projections=rounds,
        )
        for noise in (0, 1)
        for rounds in (0, 3)
    }
    original = sg.resize(sg.sample_image(photo), size_of(next(iter(made.values()))))
    reports = {
        name: super_resolution_report(picture, model.image, original=original).scores
        for name, picture in made.items()
    }
    rows = {name: scores["model"] for name, scores in reports.items()}
    rows["bicubic"] = next(iter(reports.values()))["bicubic"]
    pictures = made | {"bicubic": sg.resize(model.image, size_of(original))}
    for name, picture in pictures.items():
        rows[name] |= dict(band_swd=sg.patch_swd(original, picture, band=True, levels=1))
    best, plain = rows["noise 0, back-projections 3"], rows["bicubic"]
    better = all(best[key] < plain[key] for key in ("band_swd", "consistency"))
    rounded = {name: {key: round(x, 3) for key, x in row.items()} for name, row in rows.items()}
    return dict(enlargements=rounded, verdict="passes" if better else "fails")


def draw(name: str, model: sg.SinGAN, samples: Tensor) -> Path:
    """Photograph, reconstruction and the first samples, to be looked at."""
    pictures = [model.image, model.reconstruct(), *samples[:SHOWN]]
    titles = ["training image", "reconstruction", *[f"sample {index}" for index in range(SHOWN)]]
    figure = plots.image_grid(pictures, titles, columns=4, width=9.0)
    return plots.save(figure, FIGURES / f"pretrained_{name}.jpg")


if __name__ == "__main__":
    main(sys.argv[1:])
