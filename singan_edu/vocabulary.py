"""The words of the course, each in one place: symbols, terms, and the floors of the library.

Lessons name a symbol by its key here (``"x_n"``) and get its row of the table; a test finds every
symbol that a lesson writes in that lesson's table, and every name of the library in the library.
"""

from __future__ import annotations

from typing import NamedTuple


class Symbol(NamedTuple):
    """One symbol of the paper and what it is here.

    Attributes:
        latex: as it stands between dollar signs.
        words: what it means.
        name: dotted name in the library, from the package on: ``"pyramid.plan_pyramid"``.
        source: the equation or section of the paper.
    """

    latex: str
    words: str
    name: str
    source: str


class Term(NamedTuple):
    """One entry of the glossary: what it means, and the lesson (``"01"``) that teaches it."""

    words: str
    lesson: str


SYMBOLS: dict[str, Symbol] = {
    "x": Symbol("x", "the photograph", "images.open_photo", "sec. 2"),
    "x_n": Symbol("x_n", "the photograph at scale $n$", "pyramid.image_pyramid", "sec. 2.1"),
    "N": Symbol(
        "N",
        "number of the coarsest scale; one less than there are levels",
        "pyramid.PyramidPlan.num_levels",
        "sec. 2.1",
    ),
    "n": Symbol("n", "scale, 0 for the finest", "pyramid.PyramidPlan.paper_scale", "sec. 2.1"),
    "r": Symbol(
        "r",
        "ratio of neighbouring sizes; the library keeps $1/r$",
        "pyramid.PyramidPlan.scale_factor",
        "sec. 2.1 and 2.3",
    ),
    "s": Symbol("s", "factor of an enlargement", "model.SinGAN.level_sizes", "sec. 4"),
    "up": Symbol("\\uparrow^r", "to the size of the next level", "images.resize", "eq. 3"),
    "z_n": Symbol("z_n", "noise of scale $n$", "model.SinGAN.draw_noise", "eq. 1-3"),
    "z_star": Symbol(
        "z^*",
        "the one fixed noise of the reconstruction",
        "model.SinGAN.reconstruction_noise",
        "sec. 2.3",
    ),
    "sigma_n": Symbol(
        "\\sigma_n", "standard deviation of the noise", "model.SinGAN.noise_stds", "sec. 2.3"
    ),
    "G_n": Symbol("G_n", "generator of scale $n$", "networks.Generator", "eq. 1-5"),
    "D_n": Symbol("D_n", "discriminator of scale $n$", "networks.Discriminator", "sec. 2.2"),
    "psi_n": Symbol("\\psi_n", "the five convolutions of $G_n$", "networks.conv_stack", "eq. 5"),
    "x_fake": Symbol("\\tilde x_n", "a sample at scale $n$", "model.SinGAN.sample", "eq. 1-3"),
    "x_rec": Symbol(
        "x^\\mathrm{rec}_n",
        "the reconstruction at scale $n$",
        "model.SinGAN.reconstruct",
        "sec. 2.3",
    ),
    "L_adv": Symbol(
        "\\mathcal L_\\mathrm{adv}",
        "Wasserstein loss with gradient penalty",
        "losses.adversarial_loss",
        "eq. 6",
    ),
    "L_rec": Symbol(
        "\\mathcal L_\\mathrm{rec}", "mean squared error", "losses.reconstruction_loss", "eq. 7-8"
    ),
    "alpha": Symbol(
        "\\alpha",
        "weight of the reconstruction loss",
        "config.TrainConfig.reconstruction_weight",
        "eq. 6",
    ),
    "lambda": Symbol(
        "\\lambda",
        "weight of the gradient penalty",
        "config.TrainConfig.gradient_penalty_weight",
        "supplement",
    ),
    "sqrt_s": Symbol(
        "\\sqrt[k]{s}",
        "ratio of each of the $k$ steps of an enlargement",
        "applications.super_resolution.trained_step",
        "sec. 4",
    ),
    "mask": Symbol(
        "M", "mask: 1 where something was pasted, 0 elsewhere", "masks.soft_mask", "sec. 4"
    ),
}

GLOSSARY: dict[str, Term] = {
    "aliasing": Term(
        "fine detail that passes for coarse detail, because too few samples are taken", "01"
    ),
    "antialiasing": Term(
        "averaging over what one new pixel stands for, before it is sampled", "01"
    ),
    "discriminator": Term(
        "the network that scores patches: high for real ones, low for fakes", "03"
    ),
    "generator": Term(
        "the network of a level that adds the detail which the level before lacks", "03"
    ),
    "gradient penalty": Term("keeps the slope of the discriminator's score near one", "05"),
    "level": Term(
        "one size of the photograph with its two networks; level 0 is the coarsest", "01"
    ),
    "noise std": Term("standard deviation of the noise that a level is given, σ", "04"),
    "patch": Term("a small square of a picture; here as large as the receptive field", "02"),
    "pyramid": Term("the photograph at several sizes, coarse to fine", "01"),
    "receptive field": Term(
        "the square of input pixels that one output pixel depends on: 11 × 11", "02"
    ),
    "reconstruction": Term(
        "what the pyramid gives back for its one fixed noise: the photograph", "04"
    ),
    "reconstruction noise": Term(
        "the fixed noise z* of level 0 from which the photograph is made", "04"
    ),
    "residual": Term("what a generator adds to the enlarged output of the level before", "03"),
    "scale": Term("the paper's word for a level, counted from the finest, n = 0", "01"),
    "scale factor": Term("size of a level relative to the next finer one, 1/r", "01"),
    "start level": Term("the first level that is given noise; coarser ones are kept", "07"),
    "back-projection": Term(
        "correcting an enlargement until, reduced again, it is the picture it was made from", "09"
    ),
    "distortion": Term("distance to the original, pixel by pixel: RMSE, PSNR, SSIM", "09"),
    "internal statistics": Term(
        "how often which patches occur within one picture, at all its sizes", "09"
    ),
    "NIQE": Term("distance of a picture from what natural pictures look like; low is good", "09"),
    "perceptual quality": Term("how natural a picture looks, whatever the original is", "09"),
    "super-resolution": Term("enlarging a picture with detail that it does not hold", "09"),
    "composite": Term("a picture with an object pasted into it", "11"),
    "dilation": Term("growing a mask by all pixels within a radius", "11"),
    "drift": Term("how far layout and colours moved from what was put in", "11"),
    "feathering": Term("blurring the edge of a mask, so that two pictures blend", "11"),
    "harmonization": Term("redrawing a pasted object in the manner of the picture", "11"),
    "mask": Term("which pixels of a result are shown; it never enters the networks", "11"),
    "strangeness": Term("how far patches are from the nearest of the photograph", "11"),
    "training plan": Term(
        "sizes, iterations, time and memory, known before a training begins", "06"
    ),
}

FLOORS: dict[int, tuple[str, ...]] = {
    1: ("files", "machine", "images", "movies", "masks", "receptive_field", "config"),
    2: ("pyramid", "networks", "tiles", "losses"),
    3: ("model", "pretrained", "patches", "metrics", "frechet", "controls", "evaluation", "study"),
    4: ("callbacks", "trainer", "cost", "checkpoints", "training"),
    5: ("applications",),
    6: ("plots", "answers", "vocabulary", "lesson", "widgets", "checks", "exercises", "main_job"),
}


def floor_of(module: str) -> int | None:
    """The floor on which a module (or package) of the library lives; None for any other.

    >>> floor_of("pyramid")
    2
    """
    return next((floor for floor, modules in FLOORS.items() if module in modules), None)
