"""One level's training: who learns when, from what noise, how fast; where gradients stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers import Record, level_in_training, picture, same_tensors, tiny_config, weights
from torch import Tensor

import singan_edu as sg
from singan_edu.training import level as training_level
from singan_edu.training.level import (
    begin_level,
    draw_noise,
    finish_level,
    learning_rate_at,
    noise_std_for,
    sample_previous,
    train_iteration,
    update_discriminator,
    update_generator,
)
from singan_edu.training.precision import autocast, uses_bfloat16
from singan_edu.training.state import TrainState


def fake_of(state: TrainState) -> Tensor:
    return state.generator(draw_noise(state), sample_previous(state))


def gradients(network: torch.nn.Module) -> list[Tensor | None]:
    return [parameter.grad for parameter in network.parameters()]


def inputs_of(network: torch.nn.Module) -> list[tuple[Tensor, ...]]:
    """A list that fills with the inputs of every forward pass to come."""
    seen: list[tuple[Tensor, ...]] = []
    network.register_forward_pre_hook(
        lambda _, inputs: seen.append(tuple(x.detach().clone() for x in inputs))
    )
    return seen


# ------------------------------------------------------------------------------- where gradients go
@pytest.mark.parametrize("level", [0, 1])
def test_a_step_of_d_changes_d_alone(level):
    state = level_in_training(level, generator_norm="none")
    before, critic = weights(state.generator), weights(state.discriminator)
    update_discriminator(state, fake_of(state))
    assert gradients(state.generator) == [None] * len(gradients(state.generator))
    assert same_tensors(weights(state.generator), before)
    assert not same_tensors(weights(state.discriminator), critic)


@pytest.mark.parametrize("level", [0, 1])
def test_a_step_of_g_gives_d_no_gradient_and_changes_g_alone(level):
    state = level_in_training(level, discriminator_norm="none")
    before, critic = weights(state.generator), weights(state.discriminator)
    update_generator(state, fake_of(state))
    assert gradients(state.discriminator) == [None] * len(gradients(state.discriminator))
    assert same_tensors(weights(state.discriminator), critic)
    assert not same_tensors(weights(state.generator), before)
    assert all(parameter.requires_grad for parameter in state.discriminator.parameters())


def test_g_learns_from_both_of_its_losses():
    changes = []
    for without in ("adversarial_loss", "reconstruction_loss", None):
        with pytest.MonkeyPatch.context() as patch:
            if without:
                patch.setattr(training_level, without, lambda first, *_: 0 * first.mean())
            state = level_in_training(1)
            update_generator(state, fake_of(state))
            changes.append(torch.cat([grad.flatten() for grad in gradients(state.generator)]))
    assert all(
        not torch.allclose(changes[i], changes[j], atol=1e-7) for i, j in ((0, 1), (0, 2), (1, 2))
    )


def test_no_gradient_reaches_frozen_levels_and_their_statistics_stand_still():
    state = level_in_training(2)
    before = [weights(generator) for generator in state.model.generators]
    for _ in range(2):
        train_iteration(state)
    for generator, old in zip(state.model.generators, before, strict=True):
        assert gradients(generator) == [None] * len(gradients(generator))
        assert not any(parameter.requires_grad for parameter in generator.parameters())
        assert not generator.training and same_tensors(weights(generator), old)


def test_previous_pictures_carry_no_graph():
    state = level_in_training(1)
    assert (
        not sample_previous(state).requires_grad and not state.reconstructed_previous.requires_grad
    )


@pytest.mark.filterwarnings("ignore:Anomaly Detection")
@pytest.mark.parametrize("level", [0, 2])
def test_three_steps_of_g_run_under_anomaly_detection(level):
    state = level_in_training(level, generator_steps=3)
    with torch.autograd.set_detect_anomaly(True):
        train_iteration(state)
    assert all(loss.isfinite() for loss in state.losses.values())


def test_losses_of_an_iteration_are_four_plain_numbers():
    state = level_in_training(0)
    train_iteration(state)
    assert set(state.losses) == {
        "discriminator",
        "gradient_penalty",
        "adversarial",
        "reconstruction",
    }
    assert all(loss.dim() == 0 and not loss.requires_grad for loss in state.losses.values())


def test_d_minimises_the_wasserstein_loss_plus_lambda_times_the_penalty():
    state = level_in_training(1, gradient_penalty_weight=0.7, discriminator_norm="none")
    fake, rng_state = fake_of(state).detach(), state.rng.get_state()
    update_discriminator(state, fake)
    taken = [grad.clone() for grad in gradients(state.discriminator)]

    twin = level_in_training(1, gradient_penalty_weight=0.7, discriminator_norm="none")
    twin.rng.set_state(rng_state)
    share = torch.rand(1, generator=twin.rng)
    between = (share * twin.real + (1 - share) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(twin.discriminator(between).sum(), between, create_graph=True)
    penalty = ((slope.square().sum(1).sqrt() - 1) ** 2).mean()
    total = twin.discriminator(fake).mean() - twin.discriminator(twin.real).mean() + 0.7 * penalty
    wanted = torch.autograd.grad(total, list(twin.discriminator.parameters()), allow_unused=True)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(taken, wanted) if b is not None)


@pytest.mark.parametrize(
    "norm, passes", [("batch", [1, 1, 1, 1]), ("instance", [2, 1, 1]), ("none", [2, 1])]
)
def test_d_scores_photograph_and_fake_in_one_pass_unless_batch_statistics_would_mix(norm, passes):
    state = level_in_training(0, discriminator_norm=norm, discriminator_steps=1, generator_steps=1)
    seen = inputs_of(state.discriminator)
    train_iteration(state)
    assert [len(pictures) for (pictures,) in seen] == passes  # the penalty's between, G's last


# ------------------------------------------------------------------------- the algorithm as a whole
def plain_iteration(state: TrainState, optimizers: tuple[torch.optim.Adam, ...]) -> None:
    """An iteration as it stands in the paper: every pass on its own, nothing shared or saved."""
    real, config, d, g = state.real, state.config, state.discriminator, state.generator
    noise = draw_noise(state)
    for _ in range(config.discriminator_steps):
        previous = sample_previous(state)
        fake = g(noise, previous).detach()
        share = torch.rand(1, generator=state.rng)
        between = (share * real + (1 - share) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(d(between).sum(), between, create_graph=True)
        penalty = ((slope.square().sum(1).sqrt() - 1) ** 2).mean()
        loss = d(fake).mean() - d(real).mean() + config.gradient_penalty_weight * penalty
        descend(optimizers[0], d, loss)
    for _ in range(config.generator_steps):
        loss = -d(g(noise, previous)).mean()
        error = (training_level.reconstruct(state) - real).square().mean()
        descend(optimizers[1], g, loss + config.reconstruction_weight * error)


def descend(optimizer: torch.optim.Adam, network: torch.nn.Module, loss: Tensor) -> None:
    for parameter, gradient in zip(
        network.parameters(), torch.autograd.grad(loss, list(network.parameters()))
    ):
        parameter.grad = gradient
    optimizer.step()


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("d_steps, g_steps", [(1, 1), (2, 3)])
def test_an_iteration_computes_what_the_plain_algorithm_does(level, norm, d_steps, g_steps):
    """In float64, so that rounding is far below what a wrong sign would do."""
    changes = dict(
        discriminator_norm=norm,
        discriminator_steps=d_steps,
        generator_steps=g_steps,
        learning_rate=5e-3,
        gradient_penalty_weight=1.0,
    )
    state, twin = (level_in_training(level, dtype=torch.float64, **changes) for _ in range(2))
    optimizers = tuple(
        torch.optim.Adam(network.parameters(), lr=5e-3, betas=(0.5, 0.999))
        for network in (twin.discriminator, twin.generator)
    )
    start = weights(state.generator)
    for _ in range(3):
        train_iteration(state)
        plain_iteration(twin, optimizers)
    for mine, wanted in (
        (state.discriminator, twin.discriminator),
        (state.generator, twin.generator),
    ):
        for a, b in zip(mine.parameters(), wanted.parameters()):
            assert torch.allclose(a, b, rtol=1e-6, atol=1e-5)  # a step is 5e-3
    assert not same_tensors(weights(state.generator), start)
    assert torch.equal(state.rng.get_state(), twin.rng.get_state())


# ---------------------------------------------------------------------------------- steps and rates
@pytest.mark.parametrize("d_steps, g_steps", [(3, 3), (1, 1), (2, 5)])
def test_each_iteration_takes_the_configured_steps_of_d_and_g(d_steps, g_steps):
    state = level_in_training(0, discriminator_steps=d_steps, generator_steps=g_steps)
    order = []
    for name in ("discriminator", "generator"):
        optimizer = getattr(state, f"{name}_optimizer")
        optimizer.register_step_post_hook(lambda *_, name=name: order.append(name[0]))
    train_iteration(state)
    train_iteration(state)
    assert "".join(order) == ("d" * d_steps + "g" * g_steps) * 2


def test_learning_rate_drops_to_a_tenth_once_at_four_fifths_of_every_level(photo):
    rates = Record(
        lambda state: [
            group["lr"]
            for optimizer in (state.generator_optimizer, state.discriminator_optimizer)
            for group in optimizer.param_groups
        ]
    )
    sg.train(photo, tiny_config(iterations=(10, 5), learning_rate=1e-3), callbacks=[rates])
    first = [rates.seen[0, iteration] for iteration in range(1, 11)]
    second = [rates.seen[1, iteration] for iteration in range(1, 6)]
    assert first == [[1e-3, 1e-3]] * 8 + [[pytest.approx(1e-4)] * 2] * 2
    assert second == [[1e-3, 1e-3]] * 4 + [[pytest.approx(1e-4)] * 2]


def test_learning_rate_of_the_paper_drops_after_1600_of_2000_iterations():
    config = sg.TrainConfig.preset("paper")
    rates = [learning_rate_at(config, 5, iteration) for iteration in range(2000)]
    assert rates == [5e-4] * 1600 + [pytest.approx(5e-5)] * 400


def test_optimizers_are_adam_with_the_configured_betas_and_new_for_each_level():
    state = level_in_training(0, betas=(0.3, 0.9), learning_rate=2e-3)
    for optimizer in (state.generator_optimizer, state.discriminator_optimizer):
        assert isinstance(optimizer, torch.optim.Adam) and optimizer.defaults["betas"] == (0.3, 0.9)
        assert optimizer.defaults["weight_decay"] == 0 and not optimizer.state
    train_iteration(state)
    finish_level(state)
    assert not begin_level(state.model, state.rng, state).generator_optimizer.state


@pytest.mark.parametrize("betas", [(0, 0.9), (0.5, 0.999)])
def test_a_beta_of_zero_may_be_written_as_a_whole_number(betas):
    state = level_in_training(0, betas=betas)
    train_iteration(state)
    assert state.generator_optimizer.defaults["betas"] == betas


# ---------------------------------------------------------------------------------------- precision
def trained_for(iterations: int, **changes: Any) -> TrainState:
    state = level_in_training(1, discriminator_norm="none", **changes)
    for _ in range(iterations):
        train_iteration(state)
    return state


def test_bfloat16_is_where_convolutions_multiply_and_nowhere_else():
    state = level_in_training(1, discriminator_norm="none", precision="bfloat16")
    made = []
    for network in (state.generator, state.discriminator):
        network.stack[0].register_forward_hook(lambda _, __, output: made.append(output.dtype))
    train_iteration(state)
    assert set(made) == {torch.bfloat16}
    for network in (state.generator, state.discriminator):
        assert {value.dtype for value in gradients(network)} == {torch.float32}
        assert {value.dtype for value in network.parameters()} == {torch.float32}
    assert {name: loss.dtype for name, loss in state.losses.items()} == dict.fromkeys(
        ("discriminator", "gradient_penalty", "adversarial", "reconstruction"), torch.float32
    )
    finish_level(state)
    assert state.model.sample(seed=0).dtype == torch.float32  # and so it is after the training
    assert not torch.is_autocast_enabled("cpu")


def test_bfloat16_learns_what_float32_learns():
    full, half = trained_for(3), trained_for(3, precision="bfloat16")
    for name, value in full.losses.items():
        assert half.losses[name].item() == pytest.approx(value.item(), rel=0.1, abs=0.02), name
    start = level_in_training(1, discriminator_norm="none")
    moved = [
        torch.cat([(new - old).flatten() for new, old in zip(now.parameters(), then.parameters())])
        for now, then in ((full.generator, start.generator), (half.generator, start.generator))
    ]
    assert torch.cosine_similarity(*moved, dim=0) > 0.8


def test_bfloat16_keeps_no_converted_weights_from_one_step_to_the_next():
    state = level_in_training(0, discriminator_norm="none", precision="bfloat16")
    cached = []
    state.generator.register_forward_hook(
        lambda *_: cached.append(torch.is_autocast_cache_enabled())
    )
    train_iteration(state)
    assert set(cached) == {False}


@pytest.mark.parametrize(
    "precision, device, instructions, wanted",
    [
        ("float32", "cpu", "amx_bf16", False),
        ("bfloat16", "cpu", "avx2", True),
        ("auto", "cpu", "amx_bf16", True),
        ("auto", "cpu", "avx512_bf16", True),
        ("auto", "cpu", "avx2", False),
        ("auto", "cuda", "amx_bf16", False),
    ],
)
def test_auto_takes_bfloat16_where_the_processor_is_made_for_it(
    precision, device, instructions, wanted, monkeypatch
):
    found = dict(avx2=True, avx512_bf16=False, amx_bf16=False) | {instructions: True}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    assert uses_bfloat16(precision, torch.device(device)) is wanted


def test_auto_is_float32_at_small_levels_whatever_the_processor(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: dict(amx_bf16=True), raising=False)
    small, large = torch.zeros(1, 3, 56, 75), torch.zeros(1, 3, 73, 98)
    assert not is_autocast("auto", small) and is_autocast("auto", large)
    assert is_autocast("bfloat16", small) and not is_autocast("float32", large)


def is_autocast(precision: str, real: Tensor) -> bool:
    with autocast(precision, real):
        return torch.is_autocast_enabled("cpu")


def test_auto_is_float32_where_pytorch_does_not_know_the_processor(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)  # as in PyTorch 2.10
    assert not uses_bfloat16("auto", torch.device("cpu"))


# -------------------------------------------------------------------------------------------- noise
@pytest.mark.parametrize("level, channels", [(0, 1), (1, 3)])
def test_one_map_of_noise_at_the_coarsest_level_and_one_per_channel_above(level, channels):
    state = level_in_training(level)
    seen = inputs_of(state.generator)
    train_iteration(state)
    random = seen[0][0]
    assert random.shape == (1, channels, *state.model.plan.sizes[level])
    assert random.std().item() == pytest.approx(state.noise_std, rel=0.3)


def test_noise_is_shared_by_all_steps_of_an_iteration_and_new_in_the_next():
    state = level_in_training(1)
    seen = inputs_of(state.generator)
    train_iteration(state)
    train_iteration(state)
    noises = [noise for noise, _ in seen if noise.any()]  # reconstructions have none
    assert len(noises) == 2 * 5
    assert all(torch.equal(noise, noises[0]) for noise in noises[:5])
    assert not torch.equal(noises[0], noises[5])


def test_every_step_of_d_gets_a_new_sample_from_below_and_g_the_last_of_them():
    state = level_in_training(1)
    seen = inputs_of(state.generator)
    train_iteration(state)
    d1, d2, d3, *for_g = [previous for noise, previous in seen if noise.any()]
    assert not torch.equal(d1, d2) and not torch.equal(d2, d3)
    assert all(torch.equal(previous, d3) for previous in for_g)


@pytest.mark.parametrize("d_steps, g_steps", [(3, 3), (1, 1), (2, 5)])
def test_every_step_has_a_fake_of_its_own_but_for_the_last_of_d_and_the_first_of_g(
    d_steps, g_steps
):
    state = level_in_training(1, discriminator_steps=d_steps, generator_steps=g_steps)
    seen = inputs_of(state.generator)
    train_iteration(state)
    random = [bool(noise.any()) for noise, _ in seen]
    assert random == [True] * d_steps + [False] + [True, False] * (g_steps - 1)


def test_the_fake_of_every_step_of_g_is_made_by_the_weights_it_trains(monkeypatch):
    state, given = level_in_training(1, generator_norm="none"), []

    def update(state: TrainState, fake: Tensor) -> None:
        now = state.generator(noise[-1], previous[-1])
        given.append(fake.detach())
        assert torch.equal(fake, now)
        update_generator(state, fake)

    noise, previous = recorded(monkeypatch, "draw_noise"), recorded(monkeypatch, "sample_previous")
    monkeypatch.setattr(training_level, "update_generator", update)
    train_iteration(state)
    assert len(given) == 3
    assert not torch.equal(given[0], given[1]) and not torch.equal(given[1], given[2])


def recorded(monkeypatch: pytest.MonkeyPatch, name: str) -> list[Tensor]:
    """A list that fills with what the trainer's function of that name returns."""
    made: list[Tensor] = []
    function = getattr(training_level, name)

    def recording(state: TrainState) -> Tensor:
        made.append(function(state))
        return made[-1]

    monkeypatch.setattr(training_level, name, recording)
    return made


def test_nothing_stands_below_the_coarsest_level():
    state = level_in_training(0)
    assert state.noise_std == 1 and not state.reconstructed_previous.any()
    assert not sample_previous(state).any() and sample_previous(state).shape == state.real.shape


def test_noise_std_is_a_tenth_of_the_root_mean_square_error(trained, config):
    assert trained.noise_stds[0] == 1
    for level in (1, 2):
        size = trained.plan.sizes[level]
        real = F.interpolate(trained.image, size=size, mode="bicubic", antialias=True).numpy()
        below = F.interpolate(
            trained.reconstruct(level - 1), size=size, mode="bicubic", antialias=True
        )
        error = np.clip(real, -1, 1).astype(float) - np.clip(below.numpy(), -1, 1)
        wanted = 0.1 * np.sqrt((error**2).mean())
        assert trained.noise_stds[level] == pytest.approx(wanted, rel=1e-4)


def test_noise_std_by_hand():
    real, below = (
        torch.zeros(1, 1, 2, 2),
        torch.tensor([[0.3, -0.1], [0.1, 0.5]]).reshape(1, 1, 2, 2),
    )
    assert noise_std_for(real, below, 0.1) == pytest.approx(0.1 * 0.3)  # sqrt(0.36 / 4)
    assert noise_std_for(real, below, 0.5) == pytest.approx(0.5 * 0.3)
    assert noise_std_for(real, real, 0.1) == 0


def test_noise_amplitude_scales_the_noise_of_all_levels_but_the_coarsest():
    low, high = (level_in_training(1, noise_amplitude=amplitude) for amplitude in (0.1, 0.3))
    assert high.noise_std == pytest.approx(3 * low.noise_std)
    assert level_in_training(0, noise_amplitude=0.3).noise_std == 1


def test_z_star_stays_the_same_through_the_training(photo, trained, config):
    noise = Record(lambda state: state.model.reconstruction_noise.clone())
    sg.train(photo, config, callbacks=[noise])
    assert len(noise.seen) == 12
    assert all(torch.equal(z, trained.reconstruction_noise) for z in noise.seen.values())
    assert trained.reconstruction_noise.shape == (1, 1, *trained.plan.sizes[0])
    assert trained.reconstruction_noise.std().item() == pytest.approx(1, abs=0.2)


def test_z_star_is_redrawn_in_every_iteration_of_the_coarsest_level_on_demand(photo):
    noise = Record(lambda state: state.model.reconstruction_noise.clone())
    model = sg.train(photo, tiny_config(resample_reconstruction_noise=True), callbacks=[noise])
    coarsest = [noise.seen[0, iteration] for iteration in range(1, 5)]
    assert all(not torch.equal(a, b) for a, b in zip(coarsest, coarsest[1:]))
    above = [z for (level, _), z in noise.seen.items() if level > 0]
    assert all(torch.equal(z, coarsest[-1]) for z in [*above, model.reconstruction_noise])


def test_reconstruction_in_training_uses_z_star_at_the_coarsest_level():
    state = level_in_training(0)
    seen = inputs_of(state.generator)
    train_iteration(state)
    reconstructions = [
        noise for noise, _ in seen if torch.equal(noise, state.model.reconstruction_noise)
    ]
    assert len(reconstructions) == 3


def test_reconstruction_in_training_uses_no_noise_above_it():
    state = level_in_training(1)
    seen = inputs_of(state.generator)
    train_iteration(state)
    below = sg.resize(state.model.reconstruct(0), state.model.plan.sizes[1])
    reconstructions = [previous for noise, previous in seen if not noise.any()]
    assert len(reconstructions) == 3
    assert all(torch.equal(previous, below) for previous in reconstructions)


@pytest.mark.parametrize("level", [0, 1])
def test_noise_padding_draws_maps_that_run_on_beyond_the_border(level):
    state = level_in_training(level, padding="noise")
    height, width = state.model.plan.sizes[level]
    assert draw_noise(state).shape[-2:] == (height + 10, width + 10)
    assert state.model.reconstruction_noise.shape[-2:] == tuple(
        s + 10 for s in state.model.plan.sizes[0]
    )
    train_iteration(state)


# ------------------------------------------------------------------------------ from level to level
def finished(level: int, **changes: Any) -> TrainState:
    state = level_in_training(level, **changes)
    train_iteration(state)
    finish_level(state)
    return state


def test_a_level_starts_from_the_weights_and_statistics_of_the_level_before_if_as_wide():
    before = finished(0)
    state = begin_level(before.model, before.rng, before)
    assert same_tensors(weights(state.generator), weights(before.generator))
    assert same_tensors(weights(state.discriminator), weights(before.discriminator))
    assert any(name.endswith("running_mean") for name in weights(state.generator))
    assert state.generator is not before.generator
    assert state.generator.training and state.discriminator.training


def test_a_level_of_another_width_starts_anew():
    before = finished(0, channels_double_every=1)
    state = begin_level(before.model, before.rng, before)
    assert state.generator.stack[0][0].out_channels == 2 * before.generator.stack[0][0].out_channels
    assert state.generator.stack[1][0].weight.std().item() == pytest.approx(0.02, rel=0.2)
    assert not same_tensors(weights(state.generator), weights(before.generator))


def test_training_a_level_leaves_the_one_it_started_from_alone():
    before = finished(0)
    old = weights(before.model.generators[0])
    train_iteration(begin_level(before.model, before.rng, before))
    assert same_tensors(weights(before.model.generators[0]), old)


def test_a_finished_level_is_frozen_and_in_eval_mode():
    generator = finished(0).model.generators[0]
    assert not generator.training and not any(p.requires_grad for p in generator.parameters())


def test_the_unfinished_model_is_a_frozen_copy_that_leaves_the_training_alone():
    state = level_in_training(1)
    before = weights(state.generator)
    model = state.unfinished_model()
    model.sample(seed=0)
    assert model.trained_levels == 2 and state.model.trained_levels == 1
    assert same_tensors(weights(state.generator), before) and state.generator.training
    assert all(parameter.requires_grad for parameter in state.generator.parameters())
    train_iteration(state)
    assert same_tensors(weights(model.generators[1]), before)


def test_the_photograph_of_each_level_is_reduced_from_the_finest():
    state = level_in_training(1)
    assert torch.equal(state.real, sg.resize(picture(), state.model.plan.sizes[1]))
    assert level_in_training(1, quantize_resize=True).real.mean() < state.real.mean()


def test_training_brings_the_reconstruction_nearer_to_the_photograph(photo):
    errors = Record(lambda state: state.losses["reconstruction"].item())
    sg.train(photo, tiny_config(iterations=(60, 1), learning_rate=3e-3), callbacks=[errors])
    assert errors.seen[0, 60] < errors.seen[0, 1] / 2


def test_measured_statistics_are_the_means_over_all_passes():
    state = level_in_training(0, precise_bn_passes=7)
    seen = []
    first = state.generator.stack[0][0]
    first.register_forward_hook(lambda _, __, out: seen.append(out.mean(dim=(0, 2, 3))))
    finish_level(state)
    assert len(seen) == 2 * 7
    norm = state.generator.stack[0][1]
    assert torch.allclose(norm.running_mean, torch.stack(seen).mean(dim=0), atol=1e-6)
    assert norm.momentum == torch.nn.BatchNorm2d(1).momentum


def test_without_statistics_passes_the_running_statistics_stay():
    state = level_in_training(0)
    train_iteration(state)
    before = state.generator.stack[0][1].running_mean.clone()
    finish_level(state)
    assert torch.equal(state.generator.stack[0][1].running_mean, before)


def test_without_batch_normalisation_no_pass_is_run_and_no_random_number_drawn():
    state = level_in_training(1, generator_norm="none", precise_bn_passes=3)
    before = state.rng.get_state()
    finish_level(state)
    assert torch.equal(state.rng.get_state(), before)
