"""singan_edu: learn, teach and use SinGAN, a generative model of one photograph.

>>> import singan_edu as sg
>>> sg.plan_pyramid(188, 250).num_levels
8
"""

import warnings
from typing import Any

from .applications.animation import animate, animation_frames
from .applications.editing import edit, editing_mask
from .applications.harmonization import harmonization_mask, harmonize
from .applications.injection import over_levels, suggest_level
from .applications.inpainting import inpaint, outpaint
from .applications.masks import blend, brush_mask, difference_mask, polygon_mask, soft_mask
from .applications.movies import animation_html, save_animation
from .applications.paint_to_image import (
    apply_palette,
    colour_palette,
    paint_to_image,
    quantize_colours,
    retrain_level,
)
from .applications.random_generation import mix_scales, sample_mirrored
from .applications.regions import copy_region, delete_region, move_region, seam_energy
from .applications.retargeting import retarget
from .applications.seamless import sample_seamless
from .applications.super_resolution import (
    back_project,
    super_resolution_config,
    super_resolution_report,
    super_resolve,
)
from .applications.training_variants import number_of_scales, padding_variants, train_variants
from .config import TrainConfig
from .environment import MixedEnvironmentWarning
from .evaluation.metrics import (
    coherence,
    completeness,
    copy_map,
    coverage,
    nnf_diversity,
    patch_swd,
    pixel_diversity,
    psnr,
    rmse,
    ssim,
    swd_noise_floor,
)
from .evaluation.objects import object_similarity
from .evaluation.scorecard import scorecard
from .evaluation.sifid import download_inception_weights, random_feature_fid, sifid
from .files import package_version
from .images import (
    ImageNotice,
    load_image,
    load_mask,
    open_photo,
    paste,
    resize,
    sample_image,
    sample_image_names,
    sample_mask,
    save_image,
    to_pil,
)
from .losses import adversarial_loss, discriminator_loss, gradient_penalty, reconstruction_loss
from .model import SinGAN
from .networks import ConvBlock, Discriminator, Generator
from .pretrained import load_pretrained, pretrained_names
from .pyramid import PyramidPlan, image_pyramid, plan_pyramid
from .receptive_field import receptive_field, receptive_field_share
from .training.callbacks import History, Progress, SampleSnapshots
from .training.cost import plan_training
from .training.plan import TrainingPlan
from .training.run import (
    NotFiniteError,
    load_or_train,
    run_folder,
    train,
)
from .training.state import Callback

__version__ = package_version()


def __getattr__(name: str) -> Any:
    """Import what belongs to the course, and may need Jupyter, when it is first asked for."""
    if name == "check":
        from .course.checks import check

        return check
    if name == "machine_report":
        from .course.machine import machine_report

        return machine_report
    if name == "Film":
        warnings.warn("Film is now SampleSnapshots.", DeprecationWarning, stacklevel=2)
        return SampleSnapshots
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Callback",
    "ConvBlock",
    "Discriminator",
    "SampleSnapshots",
    "Generator",
    "History",
    "ImageNotice",
    "MixedEnvironmentWarning",
    "NotFiniteError",
    "Progress",
    "PyramidPlan",
    "SinGAN",
    "TrainConfig",
    "TrainingPlan",
    "adversarial_loss",
    "animate",
    "animation_frames",
    "animation_html",
    "apply_palette",
    "back_project",
    "blend",
    "brush_mask",
    "check",
    "coherence",
    "colour_palette",
    "completeness",
    "copy_map",
    "copy_region",
    "coverage",
    "delete_region",
    "difference_mask",
    "discriminator_loss",
    "download_inception_weights",
    "edit",
    "editing_mask",
    "gradient_penalty",
    "harmonization_mask",
    "harmonize",
    "image_pyramid",
    "inpaint",
    "load_image",
    "load_mask",
    "load_or_train",
    "load_pretrained",
    "machine_report",
    "mix_scales",
    "move_region",
    "nnf_diversity",
    "number_of_scales",
    "object_similarity",
    "open_photo",
    "outpaint",
    "over_levels",
    "padding_variants",
    "paint_to_image",
    "paste",
    "patch_swd",
    "pixel_diversity",
    "plan_pyramid",
    "plan_training",
    "polygon_mask",
    "pretrained_names",
    "psnr",
    "quantize_colours",
    "random_feature_fid",
    "receptive_field",
    "receptive_field_share",
    "reconstruction_loss",
    "resize",
    "retarget",
    "retrain_level",
    "rmse",
    "run_folder",
    "sample_image",
    "sample_image_names",
    "sample_mask",
    "sample_mirrored",
    "sample_seamless",
    "save_animation",
    "save_image",
    "scorecard",
    "seam_energy",
    "sifid",
    "soft_mask",
    "ssim",
    "suggest_level",
    "super_resolution_config",
    "super_resolution_report",
    "super_resolve",
    "swd_noise_floor",
    "to_pil",
    "train",
    "train_variants",
]
