"""The words of the course, each in one place: symbols and terms.

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
    "x_hat": Symbol(
        "\\hat x",
        "a point on the way from fake to real",
        "losses.random_interpolate",
        "WGAN-GP, sec. 4",
    ),
    "W_1": Symbol(
        "W_1",
        "Wasserstein distance; what D's difference of scores estimates",
        "losses.discriminator_loss",
        "WGAN, eq. 2",
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
    "mu_x": Symbol(
        "\\mu_x",
        "mean of the features of $x$ over all places",
        "evaluation.sifid.sifid_values",
        "sec. 3",
    ),
    "Sigma_x": Symbol(
        "\\Sigma_x",
        "covariance of these features",
        "evaluation.sifid.frechet_distance",
        "sec. 3",
    ),
    "d_prime": Symbol(
        "d'",
        "how far apart fakes and reals look, in standard deviations",
        "evaluation.study.d_prime",
        "not there",
    ),
    "x_in": Symbol(
        "\\bar x", "the picture that is put in", "applications.injection.inject", "sec. 4"
    ),
    "down": Symbol("\\downarrow_r", "to the size of the level before", "images.resize", "sec. 4"),
    "layout": Symbol(
        "\\ell",
        "layout: correlation of a sample with the photograph, both at 6 × 8 pixels",
        "applications.training_variants.layout_correlation",
        "this course",
    ),
    "reach": Symbol(
        "\\varrho",
        "reach of the frame, in pixels of the finest level",
        "applications.training_variants.border_influence_radius",
        "this course",
    ),
    "field": Symbol(
        "R", "side of the receptive field, in pixels", "receptive_field.receptive_field", "sec. 2.2"
    ),
    "layers": Symbol(
        "L", "convolutions in each network", "config.TrainConfig.num_layers", "sec. 2.2"
    ),
    "kernel": Symbol("K", "side of a kernel", "config.TrainConfig.kernel_size", "sec. 2.2"),
    "z_t": Symbol(
        "z_t", "noise of frame $t$", "applications.animation.animation_frames", "supplement"
    ),
    "u_t": Symbol("u_t", "fresh noise of frame $t$", "model.SinGAN.draw_noise", "supplement"),
    "z_rec": Symbol(
        "z^\\mathrm{rec}",
        "noise of the photograph: $z^*$ at level 0, nothing above",
        "model.SinGAN.reconstruction_noise",
        "supplement",
    ),
    "walk_alpha": Symbol(
        "\\texttt{alpha}",
        "the pull of a walk back to the photograph (the supplement's α)",
        "applications.animation.animate",
        "supplement",
    ),
    "walk_beta": Symbol(
        "\\texttt{beta}",
        "how much of a walk's step is the last one (β)",
        "applications.animation.animate",
        "supplement",
    ),
    "sqrt_s": Symbol(
        "\\sqrt[k]{s}",
        "ratio of each of the $k$ steps of an enlargement",
        "applications.super_resolution.trained_step",
        "sec. 4",
    ),
    "mask": Symbol(
        "M",
        "mask: 1 where a picture was changed, 0 elsewhere",
        "applications.masks.soft_mask",
        "sec. 4",
    ),
}

GLOSSARY: dict[str, Term] = {
    "aliasing": Term(
        "fine detail that passes for coarse detail, because too few samples are taken", "01"
    ),
    "antialiasing": Term(
        "averaging over what one new pixel stands for, before it is sampled", "01"
    ),
    "critic": Term(
        "a discriminator whose scores are heights of a landscape, not probabilities", "05"
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
    "Lipschitz": Term("1-Lipschitz: nowhere steeper than one up for one along", "05"),
    "noise scale": Term(
        "a factor on the noise of every level, when a trained pyramid is sampled", "07"
    ),
    "noise std": Term("standard deviation of the noise that a level is given, σ", "04"),
    "patch": Term("a small square of a picture; here as large as the receptive field", "02"),
    "pyramid": Term("the photograph at several sizes, coarse to fine", "01"),
    "effective receptive field": Term(
        "the part of the receptive field that has most of the influence: its middle", "02"
    ),
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
    "random walk": Term(
        "noise that moves a little from frame to frame, with momentum and a pull home", "13"
    ),
    "retargeting": Term("another aspect without squeezing what is in the picture", "13"),
    "seamless": Term("of a picture whose ends meet: it can be laid side by side", "13"),
    "start level": Term("the first level that is given noise; coarser ones are kept", "07"),
    "saturation": Term("a loss that is flat where it should pull, because it is sure", "05"),
    "diversity": Term(
        "how much a pixel differs from sample to sample, relative to the photograph's contrast",
        "08",
    ),
    "frame": Term("the zeros around a picture, by which a generator can tell where it is", "08"),
    "layout": Term("what stands where in a picture, whatever it looks like in detail", "08"),
    "noise padding": Term("noise that runs on beyond the border, in place of zeros", "08"),
    "texture": Term("the right small pieces, anywhere", "08"),
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
    "drift": Term("how far layout and colours moved from what was put in", "10"),
    "feathering": Term("blurring the edge of a mask, so that two pictures blend", "11"),
    "harmonization": Term("redrawing a pasted object in the manner of the picture", "11"),
    "mask": Term("which pixels of a result are shown; it never enters the networks", "11"),
    "training plan": Term(
        "sizes, iterations, time and memory, known before a training begins", "06"
    ),
    "Wasserstein distance": Term(
        "the shortest way, on average, by which one cloud of points becomes another", "05"
    ),
    "weight clipping": Term("every weight of a critic is kept between two bounds", "05"),
    "confusion": Term(
        "share of answers that take the fake for the photograph; guessing gives one half", "14"
    ),
    "control": Term("a generator of which the verdict is known, to try a metric on", "14"),
    "noise floor": Term("how far apart two scores are that mean the same", "14"),
    "nearest-neighbour field": Term(
        "for each patch of a picture, which patch of another is most like it", "14"
    ),
    "scorecard": Term(
        "fidelity, coverage, novelty and diversity of samples, beside those of controls", "14"
    ),
    "SIFID": Term(
        "Fréchet distance between the features of one fake and those of the photograph", "14"
    ),
    "injection": Term(
        "putting a picture in where a level takes the output of the one before", "10"
    ),
    "k-means": Term(
        "finds k points that stand for many: each takes the nearest, and moves to their mean", "10"
    ),
    "palette": Term("a few colours that stand best for all of a picture", "10"),
    "inpainting": Term("filling a hole with what could be there", "12"),
    "seam energy": Term(
        "how much steeper the rim of a region is than the rest of the picture", "12"
    ),
    "patch_distance": Term("how far a picture's patches are from the photograph's", "10"),
    "ledger": Term(
        "the table of what paper, codes and this library do differently, and its effect", "15"
    ),
    "p-value": Term("how often chance alone, with no effect, would do as much as was found", "15"),
    "permutation test": Term(
        "a p-value by dealing the measured values out to the two sides in every way", "15"
    ),
}
