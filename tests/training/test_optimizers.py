"""Adam as the paper has it; Muon against PyTorch's own, and what it promises."""

import copy
import math

import pytest
import torch
from helpers import tiny_config

from singan_edu.networks import build_discriminator, build_generator, hidden_weights
from singan_edu.training.optimizers import (
    NS_COEFFICIENTS,
    NS_STEPS,
    Muon,
    build_optimizer,
    newton_schulz,
)

WIDTH = 8


def random_weights(seed: int = 0) -> tuple[list[torch.nn.Parameter], torch.nn.Parameter]:
    rng = torch.Generator().manual_seed(seed)
    kernels = [torch.randn(WIDTH, WIDTH, 3, 3, generator=rng) for _ in range(2)]
    bias = torch.randn(WIDTH, generator=rng)
    return [torch.nn.Parameter(kernel) for kernel in kernels], torch.nn.Parameter(bias)


def give_gradients(weights: list[torch.nn.Parameter], seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    for weight in weights:
        weight.grad = torch.randn(weight.shape, generator=rng)


def muon(
    kernels: list[torch.nn.Parameter],
    bias: torch.nn.Parameter,
    *,
    lr: float = 0.01,
    momentum: float = 0.9,
) -> Muon:
    return Muon([*kernels, bias], kernels, lr=lr, betas=(0.5, 0.999), momentum=momentum)


# ------------------------------------------------------------------------------------ what is built
@pytest.mark.parametrize("build", [build_generator, build_discriminator])
def test_muon_moves_the_hidden_kernels_and_adam_all_else(build):
    config = tiny_config(optimizer="muon", learning_rate=2e-3, betas=(0, 0.9))
    network = build(config, 0, 3)
    optimizer = build_optimizer(network, config)
    kernels, others = (group["params"] for group in optimizer.param_groups)
    assert [id(kernel) for kernel in kernels] == [id(k) for k in hidden_weights(network)]
    assert {tuple(kernel.shape) for kernel in kernels} == {(config.channels, config.channels, 3, 3)}
    assert len(kernels) == config.num_layers - 2
    everything = {id(parameter) for parameter in network.parameters()}
    assert {id(p) for p in (*kernels, *others)} == everything
    assert len(kernels) + len(others) == len(everything)
    assert [group["lr"] for group in optimizer.param_groups] == [2e-3, 2e-3]
    assert optimizer.param_groups[0]["momentum"] == 0.9
    assert optimizer.param_groups[1]["betas"] == (0, 0.9)


@pytest.mark.parametrize("num_layers", [1, 2])
def test_networks_without_hidden_kernels_follow_adam(num_layers):
    config = tiny_config(optimizer="muon", num_layers=num_layers)
    network, twin = (build_generator(config, 0, 3) for _ in range(2))
    twin.load_state_dict(network.state_dict())
    mine, plain = build_optimizer(network, config), build_optimizer(twin, tiny_config())
    for net, optimizer in ((network, mine), (twin, plain)):
        give_gradients(list(net.parameters()), 1)
        optimizer.step()
    for a, b in zip(network.parameters(), twin.parameters()):
        assert torch.equal(a, b)


def test_the_paper_s_optimizer_is_adam():
    config = tiny_config()
    assert type(build_optimizer(build_generator(config, 0, 3), config)) is torch.optim.Adam


# ----------------------------------------------------------------------------------------- the step
def test_it_steps_as_pytorch_s_muon_and_adam_do():
    (kernels, bias), (others, twin) = random_weights(), random_weights()
    matrices = [torch.nn.Parameter(kernel.detach().flatten(1).clone()) for kernel in others]
    mine = muon(kernels, bias)
    theirs = torch.optim.Muon(
        matrices, lr=0.01, momentum=0.9, weight_decay=0, adjust_lr_fn="match_rms_adamw"
    )
    adam = torch.optim.Adam([twin], lr=0.01, betas=(0.5, 0.999))
    for seed in range(5):
        give_gradients([*kernels, bias], seed)
        for matrix, kernel in zip(matrices, kernels):
            matrix.grad = kernel.grad.flatten(1).clone()
        twin.grad = bias.grad.clone()
        for optimizer in (mine, theirs, adam):
            optimizer.step()
    for kernel, matrix in zip(kernels, matrices):  # theirs computes in bfloat16; a step is 2e-3
        assert torch.allclose(kernel.flatten(1), matrix, rtol=0, atol=5e-4)
    assert torch.allclose(bias, twin, rtol=0, atol=1e-7)


def test_a_step_is_as_long_as_the_rate_says_and_no_matter_how_large_the_gradient():
    moves = []
    for size in (1e-3, 1e3):
        kernels, bias = random_weights()
        before = kernels[0].detach().clone()
        give_gradients([*kernels, bias], 1)
        kernels[0].grad *= size
        muon(kernels, bias, lr=0.05).step()
        moves.append((kernels[0] - before).detach())
    assert torch.allclose(*moves, rtol=1e-3, atol=1e-6)
    assert moves[0].square().mean().sqrt().item() == pytest.approx(0.05 * 0.2, rel=0.2)


def test_the_mean_remembers_as_much_as_its_momentum_says():
    (kernels, bias), steps = random_weights(), []
    optimizer = muon(kernels, bias, momentum=0.0)
    for seed in (1, 2):
        before = kernels[0].detach().clone()
        give_gradients([*kernels, bias], seed)
        gradient = kernels[0].grad.flatten(1)
        optimizer.step()
        steps.append((before - kernels[0]).detach().flatten(1))
        u, _, vt = torch.linalg.svd(gradient, full_matrices=False)
        assert torch.cosine_similarity(steps[-1].flatten(), (u @ vt).flatten(), dim=0) > 0.98
    slow = muon(kernels, bias, momentum=0.99)
    for _ in range(50):
        give_gradients([*kernels, bias], 1)
        slow.step()
    before = kernels[0].detach().clone()
    give_gradients([*kernels, bias], 2)
    slow.step()
    after = (before - kernels[0]).detach().flatten()
    assert torch.cosine_similarity(after, steps[0].flatten(), dim=0) > 0.9  # of seed 1, still


def test_a_gradient_of_nothing_moves_nothing():
    kernels, bias = random_weights()
    before = [weight.detach().clone() for weight in (*kernels, bias)]
    for weight in (*kernels, bias):
        weight.grad = torch.zeros_like(weight)
    muon(kernels, bias).step()
    for now, then in zip((*kernels, bias), before):
        assert torch.equal(now, then)


def test_what_has_no_gradient_stays():
    kernels, bias = random_weights()
    before = kernels[1].detach().clone()
    give_gradients([kernels[0], bias], 1)
    muon(kernels, bias).step()
    assert torch.equal(kernels[1], before)


def test_a_closure_is_asked_for_the_loss():
    kernels, bias = random_weights()
    optimizer = muon(kernels, bias)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = sum(weight.square().sum() for weight in (*kernels, bias))
        loss.backward()
        return loss

    first = optimizer.step(closure).item()
    assert optimizer.step(closure).item() < first


def test_a_saved_state_goes_on_bit_by_bit():
    (kernels, bias), (copies, twin) = random_weights(), random_weights()
    first, second = muon(kernels, bias), muon(copies, twin)
    give_gradients([*kernels, bias], 1)
    first.step()
    for mine, other in zip((*copies, twin), (*kernels, bias)):
        mine.data.copy_(other)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for weights, optimizer in (([*kernels, bias], first), ([*copies, twin], second)):
        give_gradients(weights, 2)
        optimizer.step()
    for a, b in zip((*kernels, bias), (*copies, twin)):
        assert torch.equal(a, b)


# ---------------------------------------------------------------------------------- orthogonalised
@pytest.mark.parametrize("shape", [(3, 8, 72), (1, 32, 288), (2, 8, 8), (1, 1, 9)])
def test_singular_values_come_near_one_and_directions_stay(shape):
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    found = newton_schulz(matrices)
    values = torch.linalg.svdvals(found)
    assert 0.6 < values.min() and values.max() < 1.25
    u, _, vt = torch.linalg.svd(matrices, full_matrices=False)
    assert torch.cosine_similarity(found.flatten(), (u @ vt).flatten(), dim=0) > 0.98


def test_each_matrix_is_its_own():
    matrices = torch.randn(3, 4, 9, generator=torch.Generator().manual_seed(0))
    matrices[1] *= 1e4
    alone = torch.cat([newton_schulz(matrix[None]) for matrix in matrices])
    assert torch.allclose(newton_schulz(matrices), alone, rtol=1e-4, atol=1e-5)


def test_half_precision_around_it_does_not_reach_it():
    matrices = torch.randn(2, 8, 72, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        found = newton_schulz(matrices)
    assert found.dtype == torch.float32 and torch.equal(found, newton_schulz(matrices))


def test_a_copy_goes_on_with_the_same_momentum():
    kernels, bias = random_weights()
    optimizer = muon(kernels, bias, momentum=0.7)
    give_gradients([*kernels, bias], 1)
    optimizer.step()
    twin = copy.deepcopy(optimizer)
    assert twin.param_groups[0]["momentum"] == 0.7
    for one in (optimizer, twin):
        weights = [weight for group in one.param_groups for weight in group["params"]]
        give_gradients(weights, 2)
        one.step()
    for one, other in zip(optimizer.param_groups, twin.param_groups):
        for mine, theirs in zip(one["params"], other["params"]):
            assert mine is not theirs and torch.equal(mine, theirs)


def test_hooks_are_called_once_a_step():
    kernels, bias = random_weights()
    optimizer, calls = muon(kernels, bias), []
    optimizer.register_step_pre_hook(lambda *_: calls.append("before"))
    optimizer.register_step_post_hook(lambda *_: calls.append("after"))
    give_gradients([*kernels, bias], 1)
    optimizer.step()
    assert calls == ["before", "after"]


def test_a_weight_without_a_gradient_stays():
    kernels, bias = random_weights()
    before = [weight.detach().clone() for weight in (*kernels, bias)]
    give_gradients(kernels[:1], 1)
    muon(kernels, bias).step()
    moved = [not torch.equal(w, old) for w, old in zip((*kernels, bias), before)]
    assert moved == [True, False, False]


@pytest.mark.parametrize("smallest", [1.0, 1e-1, 1e-3])
def test_the_iteration_on_the_small_matrices_is_that_on_the_large_one(smallest):
    """Jordan's iteration, written out in float64 on X itself."""
    rng = torch.Generator().manual_seed(0)
    u = torch.linalg.qr(torch.randn(3, 16, 16, generator=rng))[0]
    v = torch.linalg.qr(torch.randn(3, 144, 16, generator=rng))[0]
    matrices = u @ torch.diag(torch.logspace(0, math.log10(smallest), 16)) @ v.mT
    x = matrices.double() / matrices.double().norm(dim=(1, 2), keepdim=True)
    a, b, c = NS_COEFFICIENTS
    for _ in range(sum(NS_STEPS)):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    assert torch.allclose(newton_schulz(matrices).double(), x, rtol=0, atol=1e-5)
