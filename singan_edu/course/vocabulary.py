"""The symbols and terms of the course, each defined once.

A lesson names a symbol by its key (``"x_n"``) and gets its row of the table. Tests make sure that
every symbol in a lesson's formulas is in that lesson's table, and that the library has every name.
"""

from __future__ import annotations

from typing import NamedTuple


class Symbol(NamedTuple):
    """One symbol of the paper and its name in the library.

    Attributes:
        latex: as written between dollar signs.
        words: what it means.
        name: dotted name in the library, without the package's: ``"pyramid.plan_pyramid"``.
        source: the equation or section of the paper.
    """

    latex: str
    words: str
    name: str
    source: str


class Term(NamedTuple):
    """One entry of the glossary.

    Attributes:
        words: what the term means.
        lesson: number of the lesson that teaches it, ``"01"``.
    """

    words: str
    lesson: str


SYMBOLS: dict[str, Symbol] = {
    "x": Symbol("x", "the training image", "images.open_photo", "sec. 2"),
    "x_n": Symbol("x_n", "the training image at scale $n$", "pyramid.image_pyramid", "sec. 2.1"),
    "N": Symbol(
        "N",
        "number of the coarsest scale; the number of levels minus one",
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
        "a random point on the line between fake and real",
        "losses.random_interpolate",
        "WGAN-GP, sec. 4",
    ),
    "W_1": Symbol(
        "W_1",
        "Wasserstein distance, which the difference of D's mean scores estimates",
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
        "mean of the features of $x$ over all positions",
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
        "how well people tell fakes from real images, in standard deviations",
        "evaluation.study.d_prime",
        "not in the paper",
    ),
    "x_in": Symbol("\\bar x", "the injected image", "applications.injection.inject", "sec. 4"),
    "down": Symbol(
        "\\downarrow_r", "to the size of the previous (coarser) level", "images.resize", "sec. 4"
    ),
    "layout": Symbol(
        "\\ell",
        "layout: correlation between a sample and the training image, both at 6 × 8 pixels",
        "applications.training_variants.layout_correlation",
        "this course",
    ),
    "reach": Symbol(
        "\\varrho",
        "radius of the border's influence, in pixels of the finest level",
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
        "noise of the reconstruction: $z^*$ at level 0, zeros at finer levels",
        "model.SinGAN.reconstruction_noise",
        "supplement",
    ),
    "walk_alpha": Symbol(
        "\\texttt{alpha}",
        "how strongly a walk is pulled back to the reconstruction (the supplement's α)",
        "applications.animation.animate",
        "supplement",
    ),
    "walk_beta": Symbol(
        "\\texttt{beta}",
        "how much of the previous step a walk keeps (β)",
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
        "mask: 1 where an image was changed, 0 elsewhere",
        "applications.masks.soft_mask",
        "sec. 4",
    ),
}

GLOSSARY: dict[str, Term] = {
    "aliasing": Term(
        "fine detail that appears as coarse detail, because there are too few samples", "01"
    ),
    "antialiasing": Term("averaging over the area of each new pixel before sampling", "01"),
    "critic": Term("a discriminator whose scores are unbounded numbers, not probabilities", "05"),
    "discriminator": Term(
        "the network that scores patches: high for real ones, low for fakes", "03"
    ),
    "generator": Term(
        "the network of a level that adds the detail missing from the coarser level", "03"
    ),
    "gradient penalty": Term("keeps the norm of the discriminator's gradient near one", "05"),
    "level": Term(
        "one size of the training image with its two networks; level 0 is the coarsest", "01"
    ),
    "Lipschitz": Term("1-Lipschitz: outputs differ by at most as much as the inputs", "05"),
    "noise scale": Term(
        "a factor on the noise of every level when a trained model is sampled", "07"
    ),
    "noise std": Term("standard deviation σ of the noise that enters a level", "04"),
    "patch": Term("a small square of an image; here as large as the receptive field", "02"),
    "pyramid": Term("the training image at several sizes, coarse to fine", "01"),
    "effective receptive field": Term(
        "the middle of the receptive field, which has most of the influence", "02"
    ),
    "receptive field": Term(
        "the square of input pixels that one output pixel depends on: 11 × 11", "02"
    ),
    "reconstruction": Term(
        "the model's output for its one fixed noise; training makes it the training image", "04"
    ),
    "reconstruction noise": Term(
        "the fixed noise z* of level 0 that reproduces the training image", "04"
    ),
    "residual": Term("what a generator adds to the upsampled output of the previous level", "03"),
    "scale": Term("the paper's word for a level, counted from the finest, n = 0", "01"),
    "scale factor": Term("size of a level relative to the next finer one, 1/r", "01"),
    "random walk": Term(
        "noise that changes a little per frame, with momentum, and pulled back to z*", "13"
    ),
    "retargeting": Term("changing an image's aspect ratio without distorting its objects", "13"),
    "seamless": Term("of an image whose opposite edges match, so that it can be tiled", "13"),
    "start level": Term(
        "the first level that is sampled; coarser levels stay as in the start image", "07"
    ),
    "saturation": Term("a loss with almost no gradient, because D is certain", "05"),
    "diversity": Term(
        "how much a pixel differs from sample to sample, relative to the training image's contrast",
        "08",
    ),
    "zero padding": Term("zeros around an image, which tell a generator its position", "08"),
    "layout": Term("where things are in an image, whatever their detail looks like", "08"),
    "noise padding": Term("noise beyond the border of an image, in place of zeros", "08"),
    "texture": Term("the right small patches, in any arrangement", "08"),
    "back-projection": Term(
        "correcting an enlargement until reducing it gives the original again", "09"
    ),
    "distortion": Term("pixel-wise difference from the original: RMSE, PSNR, SSIM", "09"),
    "internal statistics": Term("how often patches recur within one image, at all its sizes", "09"),
    "NIQE": Term("how far an image is from the statistics of natural images; low is good", "09"),
    "perceptual quality": Term("how natural an image looks, whatever the original is", "09"),
    "super-resolution": Term("enlarging an image and adding plausible detail", "09"),
    "composite": Term("an image with a pasted object", "11"),
    "dilation": Term("enlarging a mask by all pixels within a radius", "11"),
    "drift": Term("how far layout and colours move from the injected image", "10"),
    "feathering": Term("blurring the edge of a mask, so that two images blend", "11"),
    "harmonization": Term("redrawing a pasted object in the style of the image", "11"),
    "mask": Term("selects which pixels of a result are shown; it never enters the networks", "11"),
    "training plan": Term("sizes, iterations, time and memory, estimated before training", "06"),
    "Wasserstein distance": Term(
        "mean distance by which the best transport plan moves one distribution to another", "05"
    ),
    "weight clipping": Term("limiting every weight of a critic to an interval", "05"),
    "confusion": Term(
        "proportion of answers that take the fake for real; guessing gives one half", "14"
    ),
    "control": Term("a simple generator of known quality, to test a metric on", "14"),
    "noise floor": Term("how much equally good results differ by chance", "14"),
    "nearest-neighbour field": Term(
        "for each patch of an image, the most similar patch of another", "14"
    ),
    "scorecard": Term(
        "fidelity, coverage, novelty and diversity of samples, compared with controls", "14"
    ),
    "SIFID": Term(
        "Fréchet distance between the features of one fake and those of the training image", "14"
    ),
    "injection": Term("giving a level an image in place of the previous level's output", "10"),
    "k-means": Term(
        "finds k centres: each point joins the nearest, each centre moves to their mean", "10"
    ),
    "palette": Term("the few colours that represent an image best", "10"),
    "inpainting": Term("filling a hole with plausible content", "12"),
    "seam energy": Term(
        "gradients across the border of a region, relative to the rest of the image", "12"
    ),
    "patch distance": Term("how far an image's patches are from the training image's", "10"),
    "ledger": Term(
        "the table of what paper, codes and this library do differently, with effects", "15"
    ),
    "p-value": Term(
        "probability of a result at least as large by chance, without any effect", "15"
    ),
    "permutation test": Term(
        "a p-value from all assignments of the measured values to the two sides", "15"
    ),
}
