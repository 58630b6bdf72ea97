"""A whole training: repeatable, interrupted and resumed to the bit, stored and compared."""

from __future__ import annotations

import functools
import os
import re
import signal
import threading
import warnings

import pytest
import torch
from helpers import (
    At,
    Record,
    assert_same_model,
    files_in,
    picture,
    raiser,
    tiny_config,
    untrained_model,
)

import singan_edu as sg
from singan_edu.training import checkpoints
from singan_edu.training import run as training_run
from singan_edu.training.checkpoints import Checkpoints


class Boom(Exception):
    """Stands for whatever may end a process: a full disk, no memory, a flat battery."""


# --------------------------------------------------------------------------------------- repeatable
def test_same_seed_gives_the_same_pyramid_to_the_bit(photo, config, trained):
    torch.manual_seed(99)
    assert_same_model(sg.train(photo, config), trained)


def test_same_seed_gives_the_same_pyramid_on_several_threads(photo, monkeypatch):
    monkeypatch.setattr(training_run, "estimate_cost", lambda *_: "the plan")
    config = tiny_config(iterations=1, channels=16, max_channels=16, min_size=24)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert_same_model(sg.train(photo, config), sg.train(photo, config))
    finally:
        torch.set_num_threads(before)


def test_another_seed_gives_another_pyramid(photo, config, trained):
    other = sg.train(photo, config, seed=1)
    assert other.seed == 1 and not torch.equal(
        other.reconstruction_noise, trained.reconstruction_noise
    )
    assert not torch.equal(other.reconstruct(), trained.reconstruct())


def test_training_leaves_the_global_seed_and_the_photograph_alone(photo, config):
    image, before = photo.clone(), torch.get_rng_state()
    sg.train(image, config)
    assert torch.equal(torch.get_rng_state(), before) and torch.equal(image, photo)


def test_a_trained_pyramid_has_all_levels_frozen_and_the_photograph_inside(photo, trained, config):
    assert trained.is_complete and trained.plan.sizes == ((13, 17), (18, 24), (24, 32))
    assert torch.equal(trained.image, photo) and trained.config is config
    assert not any(
        p.requires_grad or g.training for g in trained.generators for p in g.parameters()
    )


# ------------------------------------------------------------------------- all kinds of photographs
@pytest.mark.parametrize(
    "shape, sizes",
    [
        ((24, 32, 1), ((13, 17), (18, 24), (24, 32))),  # grey
        ((23, 31, 3), ((13, 18), (17, 23), (23, 31))),  # odd
        ((17, 68, 3), ((13, 52), (17, 68))),  # 1:4
        ((68, 17, 3), ((52, 13), (68, 17))),
        ((13, 13, 3), ((13, 13),)),
    ],
)  # one level
def test_photographs_of_every_shape_are_trained_end_to_end(shape, sizes, tmp_path):
    height, width, channels = shape
    path = sg.save_image(picture(height, width, channels), tmp_path / "photo.png")
    model = sg.train(sg.load_image(path), tiny_config(max_size=68, iterations=2))
    assert model.plan.sizes == sizes and model.image.shape[1] == channels
    assert model.sample(2, seed=0).shape == (2, channels, height, width)
    assert model.sample(seed=0, start_level=model.trained_levels - 1, size=1.5).isfinite().all()
    assert_same_model(sg.SinGAN.load(model.save(tmp_path / "model")), model)


def test_a_transparent_photograph_is_trained_in_colour_over_white(tmp_path):
    rgba = sg.to_pil(picture(20, 20)).convert("RGBA")
    rgba.paste((0, 0, 0, 0), (0, 0, 10, 10))
    rgba.save(tmp_path / "photo.png")
    with pytest.warns(sg.ImageNotice, match="over white"):
        image = sg.load_image(tmp_path / "photo.png")
    model = sg.train(image, tiny_config(iterations=1))
    assert model.sample(seed=0).shape == (1, 3, 20, 20) and (model.image[..., :10, :10] == 1).all()


@pytest.mark.parametrize(
    "changes",
    [
        dict(padding="noise"),
        dict(padding="conv"),
        dict(quantize_resize=True),
        dict(pyramid_rule="official"),
        dict(generator_norm="instance", discriminator_norm="none"),
        dict(num_layers=3, kernel_size=5, min_size=13),
        dict(
            discriminator_steps=3,
            generator_steps=2,
            reconstruction_weight=100.0,
            resample_reconstruction_noise=True,
        ),
    ],
)
def test_every_switch_of_the_config_trains(changes, photo):
    model = sg.train(photo, tiny_config(**dict(iterations=2) | changes))
    assert model.is_complete and model.sample(seed=0).isfinite().all()


@pytest.mark.parametrize("name", ["lesson", "classroom", "paper"])
def test_every_preset_trains(name):
    model = sg.train(picture(26, 30), sg.TrainConfig.preset(name, iterations=1))
    assert model.is_complete


def test_a_large_photograph_is_trained_at_max_size_and_the_plan_says_so_first(capsys):
    model = sg.train(picture(60, 80), tiny_config(iterations=1))
    assert "of 60 x 80 pixels is reduced to 24 x 32 (max_size)" in capsys.readouterr().out
    assert model.image.shape == (1, 3, 24, 32) and model.plan.original_size == (60, 80)


def test_the_plan_is_printed_before_the_first_iteration(photo, config, capsys):
    printed = []
    sg.train(photo, config, callbacks=[At(0, 1, lambda _: printed.append(capsys.readouterr().out))])
    assert "level  paper n  height x width" in printed[0] and "estimate:" in printed[0]


# ---------------------------------------------------------------------------- what is no photograph
@pytest.mark.parametrize(
    "image, error, words",
    [
        ("photo.png", TypeError, "read it with load_image first"),
        (torch.zeros(3, 24, 32), ValueError, r"shape \(3, 24, 32\).* load_image makes it so"),
        (torch.zeros(2, 3, 24, 32), ValueError, "one picture is"),
        (torch.zeros(1, 4, 24, 32), ValueError, "C = 1"),
        (torch.full((1, 3, 24, 32), torch.nan), ValueError, "not finite"),
        (torch.full((1, 3, 24, 32), torch.inf), ValueError, "not finite"),
        (torch.zeros(1, 3, 24, 32, dtype=torch.uint8), ValueError, "load_image"),
        (torch.full((1, 3, 24, 32), 255.0), ValueError, r"runs from 255 to 255.*lies in \[-1, 1\]"),
        (torch.zeros(1, 3, 11, 40), ValueError, "below min_size=13"),
    ],
)
def test_what_is_no_photograph_is_refused_before_anything_is_written(
    image, error, words, config, tmp_path
):
    with pytest.raises(error, match=words):
        sg.train(image, config, checkpoint_dir=tmp_path / "model")
    with pytest.raises((error, FileNotFoundError)):
        sg.load_or_train(image, config, tmp_path / "model")
    assert files_in(tmp_path) == [] and not (tmp_path / "model").exists()


def test_a_negative_seed_which_sampling_refuses_is_refused_before_the_training(
    photo, config, tmp_path
):
    with pytest.raises(ValueError, match="seed=-1 must be a whole number from 0"):
        sg.train(photo, config, seed=-1, checkpoint_dir=tmp_path / "model")
    assert files_in(tmp_path) == []


# -------------------------------------------------------------------------- interrupted and resumed
PLACES = [(0, 1), (0, 3), (0, 4), (1, 1), (1, 2), (2, 4)]  # (level, iteration): first, middle, last


def interrupt_at(level, iteration, photo, config, folder, error=KeyboardInterrupt):
    """Train until ``error`` is raised at the end of the given iteration."""
    with pytest.raises(error):
        sg.train(
            photo, config, checkpoint_dir=folder, callbacks=[At(level, iteration, raiser(error))]
        )


@pytest.mark.parametrize("level, iteration", PLACES)
def test_a_resumed_training_equals_an_uninterrupted_one_to_the_bit(
    level, iteration, photo, config, trained, tmp_path
):
    interrupt_at(level, iteration, photo, config, tmp_path)
    seen = Record(lambda state: None)
    model = sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[seen])
    assert_same_model(model, trained)
    assert len(seen.seen) == 12 - (4 * level + iteration)  # nothing is done twice
    assert_same_model(sg.SinGAN.load(tmp_path), trained)


@pytest.mark.parametrize(
    "changes",
    [
        dict(generator_norm="none", discriminator_norm="none"),
        dict(resample_reconstruction_noise=True),
        dict(optimizer="muon", discriminator_norm="none"),
        dict(generator_norm="instance", discriminator_norm="batch", padding="noise"),
        dict(channels_double_every=1, quantize_resize=True),
    ],
)
@pytest.mark.parametrize("level, iteration", [(0, 2), (1, 3)])
def test_a_resumed_training_is_the_same_with_every_recipe(
    changes, level, iteration, photo, tmp_path
):
    config = tiny_config(**changes)
    interrupt_at(level, iteration, photo, config, tmp_path)
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path), sg.train(photo, config))


def test_a_training_interrupted_many_times_is_the_same(photo, config, trained, tmp_path):
    for level, iteration in ((0, 2), (0, 3), (1, 1), (2, 1), (2, 3)):
        interrupt_at(level, iteration, photo, config, tmp_path)
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path), trained)


@pytest.mark.parametrize("level, iteration", [(0, 3), (1, 1), (2, 3)])
def test_after_a_crash_training_goes_on_from_the_last_checkpoint_to_the_same_pyramid(
    level, iteration, photo, config, trained, tmp_path
):
    interrupt_at(level, iteration, photo, config, tmp_path, error=Boom)
    seen = Record(lambda state: None)
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[seen]), trained)
    assert min(seen.seen) == (level, 1)  # from the start of its level


def test_checkpoints_are_written_every_so_many_iterations(
    photo, config, trained, tmp_path, monkeypatch
):
    monkeypatch.setattr(training_run, "Checkpoints", functools.partial(Checkpoints, every=2))
    interrupt_at(1, 3, photo, config, tmp_path, error=Boom)
    seen = Record(lambda state: None)
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[seen]), trained)
    assert min(seen.seen) == (1, 3)  # from iteration 2


def test_checkpoints_are_written_every_so_many_seconds(photo, config, tmp_path, monkeypatch):
    monkeypatch.setattr(training_run, "Checkpoints", functools.partial(Checkpoints, seconds=0))
    interrupt_at(0, 3, photo, config, tmp_path, error=Boom)
    seen = Record(lambda state: None)
    sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[seen])
    assert min(seen.seen) == (0, 3)


def test_by_default_a_checkpoint_is_written_every_few_hundred_iterations(tmp_path):
    assert 100 <= Checkpoints(tmp_path).every <= 500


@pytest.mark.parametrize("write", ["write_tensors", "write_json"])
def test_a_crash_while_a_checkpoint_is_written_leaves_the_one_before(
    write, photo, config, trained, tmp_path, monkeypatch
):
    interrupt_at(1, 2, photo, config, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, write, lambda *_: (_ for _ in ()).throw(Boom()))
        with pytest.raises(Boom):
            sg.train(photo, config, checkpoint_dir=tmp_path)
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path), trained)


def test_a_crash_before_the_first_checkpoint_is_no_finished_training(
    photo, config, trained, tmp_path, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save_state", lambda *_: (_ for _ in ()).throw(Boom()))
        with pytest.raises(Boom):
            sg.train(photo, config, checkpoint_dir=tmp_path)
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path), trained)


def test_a_partial_model_without_its_training_state_is_not_called_finished(photo, config, tmp_path):
    interrupt_at(1, 2, photo, config, tmp_path)
    for file in tmp_path.glob("training*"):
        file.unlink()
    assert sg.train(photo, config, checkpoint_dir=tmp_path).is_complete


@pytest.mark.parametrize(
    "pattern, damage",
    [
        ("training-*.safetensors", lambda path: path.write_bytes(path.read_bytes()[:-50])),
        ("training-*.safetensors", lambda path: path.unlink()),
        ("training.json", lambda path: path.write_text("{")),
    ],
)
def test_a_damaged_training_state_is_named_with_what_to_do(
    pattern, damage, photo, config, tmp_path
):
    interrupt_at(1, 2, photo, config, tmp_path)
    file = next(tmp_path.glob(pattern))
    damage(file)
    with pytest.raises((ValueError, FileNotFoundError), match=f"{file.name}.*resume=False"):
        sg.train(photo, config, checkpoint_dir=tmp_path)


def test_a_checkpoint_folder_holds_json_and_safetensors_alone(photo, config, tmp_path):
    interrupt_at(1, 2, photo, config, tmp_path)
    stems = {re.sub("-[0-9a-f]{12}", "", name) for name in files_in(tmp_path)}
    assert stems == {"model.json", "training.json", "training.safetensors", "weights.safetensors"}
    assert len(files_in(tmp_path)) == 4
    sg.train(photo, config, checkpoint_dir=tmp_path)
    assert [name.split("-")[0] for name in files_in(tmp_path)] == ["model.json", "weights"]


def test_an_interrupt_leaves_a_model_that_can_be_sampled_and_says_how_to_go_on(
    photo, config, trained, tmp_path, capsys
):
    interrupt_at(1, 2, photo, config, tmp_path)
    told = capsys.readouterr().out
    assert "Stopped at level 1 (paper n=1), iteration 2 of 4" in told
    assert (
        "run the same again to go on" in told and str(tmp_path) in told and "2 of 3 levels" in told
    )
    partial = sg.SinGAN.load(tmp_path)
    assert partial.trained_levels == 2 and partial.sample(seed=0).shape == (1, 3, 18, 24)
    assert torch.equal(partial.reconstruct(0), trained.reconstruct(0))


def test_the_unfinished_level_of_an_interrupted_model_is_as_it_stood(photo, config, tmp_path):
    stood = []
    look = At(1, 2, lambda state: stood.append(state.unfinished_model()))
    with pytest.raises(KeyboardInterrupt):
        sg.train(
            photo,
            config,
            checkpoint_dir=tmp_path,
            callbacks=[look, At(1, 2, raiser(KeyboardInterrupt))],
        )
    assert_same_model(sg.SinGAN.load(tmp_path), stood[0])


def test_an_interrupt_without_a_folder_says_that_nothing_was_saved(photo, config, capsys):
    with pytest.raises(KeyboardInterrupt):
        sg.train(photo, config, callbacks=[At(0, 2, raiser(KeyboardInterrupt))])
    assert "Nothing was saved; pass checkpoint_dir" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------- Ctrl-C
def press_ctrl_c(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("level, iteration", [(0, 2), (1, 4), (2, 4)])
def test_ctrl_c_stops_after_the_iteration_and_the_rest_is_the_same(
    level, iteration, photo, config, trained, tmp_path, capsys
):
    before, seen = signal.getsignal(signal.SIGINT), Record(lambda state: None)
    with pytest.raises(KeyboardInterrupt):
        sg.train(
            photo,
            config,
            checkpoint_dir=tmp_path,
            callbacks=[seen, At(level, iteration, press_ctrl_c)],
        )
    assert max(seen.seen) == (level, iteration)
    assert "Stopping after the iteration in progress" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path), trained)


def test_ctrl_c_within_an_iteration_does_not_break_it_in_two(
    photo, config, trained, tmp_path, monkeypatch
):
    from singan_edu.training import level as training_level

    original, calls = training_level.update_generator, []

    def update(state, *ingredients):
        calls.append(state)
        if len(calls) == 2:  # the step of G of iteration 2
            press_ctrl_c()
        original(state, *ingredients)

    # The estimate tries iterations out, too; only the training's own are to be counted.
    start = At(0, 0, None)
    start.training_start = lambda *_: calls.clear()
    with monkeypatch.context() as patch:
        patch.setattr(training_level, "update_generator", update)
        patch.setattr(training_run, "estimate_cost", lambda *_: "the plan")
        with pytest.raises(KeyboardInterrupt):
            sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[start])
    assert len(calls) == 2
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path), trained)


def test_ctrl_c_between_two_levels_is_honoured(photo, config, trained, tmp_path):
    class BetweenLevels(sg.Callback):
        def level_end(self, state):
            if state.level == 0:
                press_ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[BetweenLevels()])
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path), trained)


def test_ctrl_c_after_the_last_iteration_is_raised_and_the_pyramid_is_saved(
    photo, config, trained, tmp_path
):
    class AtTheEnd(sg.Callback):
        def training_end(self, model):
            press_ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[AtTheEnd()])
    assert_same_model(sg.SinGAN.load(tmp_path), trained)


def test_training_works_in_a_thread_where_there_are_no_signals(photo, trained, config):
    made = []
    thread = threading.Thread(target=lambda: made.append(sg.train(photo, config)))
    thread.start()
    thread.join()
    assert_same_model(made[0], trained)


# ----------------------------------------------------------------------------- finished, or another
def test_a_finished_training_is_not_repeated(photo, config, trained, tmp_path, capsys):
    sg.train(photo, config, checkpoint_dir=tmp_path)
    capsys.readouterr()
    seen = Record(lambda state: None)
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[seen]), trained)
    assert not seen.seen and "finished; nothing is left to do" in capsys.readouterr().out


def test_resume_false_trains_anew(photo, config, trained, tmp_path):
    interrupt_at(1, 2, photo, config, tmp_path)
    seen = Record(lambda state: None)
    model = sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[seen], resume=False)
    assert len(seen.seen) == 12
    assert_same_model(model, trained)


OTHERS = [
    (dict(image=picture(seed=1)), "another photograph"),
    (dict(image=picture(24, 31)), "another photograph"),
    (dict(config=tiny_config(channels=6)), "channels 4 instead of 6"),
    (dict(config=tiny_config(iterations=(4, 5))), "iterations 4 instead of (4, 5)"),
    (dict(seed=2), "seed 0 instead of 2"),
]


@pytest.mark.parametrize("change, reason", OTHERS)
@pytest.mark.parametrize("finished", [True, False])
def test_a_folder_with_another_training_is_refused_and_left_alone(
    change, reason, finished, photo, config, trained, tmp_path
):
    if finished:
        trained.save(tmp_path)
    else:
        interrupt_at(0, 2, photo, config, tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)}
    arguments = dict(image=photo, config=config, seed=0) | change
    with pytest.raises(
        ValueError, match="holds another training.*Choose another checkpoint_dir"
    ) as error:
        sg.train(**arguments, checkpoint_dir=tmp_path)
    assert reason in str(error.value)
    assert before == {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)}


@pytest.mark.parametrize("change, reason", OTHERS)
def test_load_or_train_keeps_another_training_aside_and_says_why(
    change, reason, photo, config, trained, tmp_path, capsys
):
    trained.save(tmp_path / "model")
    arguments = dict(image=photo, config=config, seed=0) | change
    image = arguments.pop("image")
    model = sg.load_or_train(image, folder=tmp_path / "model", **arguments)
    told = capsys.readouterr().out
    assert reason in told and "kept as model-before-1; training anew" in told
    assert_same_model(sg.SinGAN.load(tmp_path / "model-before-1"), trained)
    assert_same_model(sg.SinGAN.load(tmp_path / "model"), model)


def test_load_or_train_keeps_every_training_it_replaces(photo, config, tmp_path):
    for seed in range(3):
        sg.load_or_train(photo, config, tmp_path / "model", seed=seed)
    seeds = [
        sg.SinGAN.load(tmp_path / name).seed
        for name in ("model-before-1", "model-before-2", "model")
    ]
    assert seeds == [0, 1, 2]


def test_load_or_train_trains_then_goes_on_then_reuses_and_says_so(
    photo, config, trained, tmp_path, capsys
):
    with pytest.raises(KeyboardInterrupt):
        sg.load_or_train(photo, config, tmp_path, callbacks=[At(1, 2, raiser(KeyboardInterrupt))])
    assert "holds no pyramid yet; training one" in capsys.readouterr().out
    assert_same_model(sg.load_or_train(photo, config, tmp_path), trained)
    assert "Going on with the training in" in capsys.readouterr().out
    assert_same_model(sg.load_or_train(photo, config, tmp_path), trained)
    told = capsys.readouterr().out
    assert "Reusing the pyramid in" in told and "same photograph, same config, same seed" in told
    assert "estimate" not in told


def test_load_or_train_compares_the_photograph_not_its_name(config, tmp_path, capsys):
    one = sg.save_image(picture(seed=1), tmp_path / "a" / "photo.png")
    same = sg.save_image(picture(seed=1), tmp_path / "renamed.png")
    other = sg.save_image(picture(seed=2), tmp_path / "b" / "photo.png")
    sg.load_or_train(one, config, tmp_path / "model")
    sg.load_or_train(same, config, tmp_path / "model")
    assert "Reusing" in capsys.readouterr().out
    sg.load_or_train(other, config, tmp_path / "model")
    assert "another photograph" in capsys.readouterr().out


def test_a_pyramid_that_was_saved_unfinished_by_hand_is_not_reused_as_finished(
    photo, config, tmp_path
):
    partial = untrained_model(config, photo, levels=1)
    partial.save(tmp_path / "model")
    assert sg.load_or_train(photo, config, tmp_path / "model").is_complete


# --------------------------------------------------------------------------------------- run_folder
def test_run_folder_differs_for_two_photographs_of_one_name_two_presets_and_two_seeds(
    photo, tmp_path
):
    config = tiny_config()
    folders = {
        sg.run_folder(image, recipe, name="holiday", seed=seed, root=tmp_path)
        for image in (photo, picture(seed=1), picture(32, 24), picture(channels=1))
        for recipe in (config, config.replace(channels=6))
        for seed in (0, 1)
    }
    assert len(folders) == 16 and all(folder.name.startswith("holiday-") for folder in folders)
    assert files_in(tmp_path) == []


def test_run_folder_is_the_same_for_the_same_three_whatever_the_source(photo, config, tmp_path):
    path = sg.save_image(photo, tmp_path / "photo.png")
    assert sg.run_folder(path, config, name="a") == sg.run_folder(
        sg.load_image(path), config, name="a"
    )


@pytest.mark.parametrize(
    "name, front",
    [
        ("../../etc/passwd", "etc_passwd"),
        ("Ferien am See (2)", "Ferien_am_See_2"),
        ("日本", "photo"),
        ("...", "photo"),
        ("", "photo"),
    ],
)
def test_run_folder_makes_a_plain_file_name_of_any_name(name, front, photo, config, tmp_path):
    folder = sg.run_folder(photo, config, name=name, root=tmp_path)
    assert folder.parent == tmp_path and folder.name[:-9] == front


def test_run_folder_lies_where_the_environment_says(photo, config, tmp_path, monkeypatch):
    monkeypatch.setenv("SINGAN_EDU_RUNS", str(tmp_path / "elsewhere"))
    assert sg.run_folder(photo, config, name="a").parent == tmp_path / "elsewhere"


# --------------------------------------------------------------------------------------- not finite
def poison(state) -> None:
    with torch.no_grad():
        state.generator.stack[0][0].weight[0, 0, 0, 0] = torch.nan


@pytest.mark.parametrize("level", [0, 1])
def test_a_training_that_diverges_names_loss_and_level_and_keeps_the_last_good_state(
    level, photo, config, trained, tmp_path, monkeypatch
):
    monkeypatch.setattr(training_run, "Checkpoints", functools.partial(Checkpoints, every=1))
    with pytest.raises(sg.NotFiniteError) as error:
        sg.train(
            photo, config, checkpoint_dir=tmp_path, callbacks=[sg.History(), At(level, 2, poison)]
        )
    told = str(error.value)
    assert "reconstruction" in told and "adversarial" in told and "loss is no longer finite" in told
    assert f"level {level} (paper n={2 - level}), iteration 3" in told and "learning_rate" in told


def test_the_checkpoint_of_a_training_that_diverged_is_finite_and_can_be_resumed(
    photo, config, trained, tmp_path
):
    with pytest.raises(sg.NotFiniteError):
        sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[At(1, 2, poison)])
    stored = sg.SinGAN.load(tmp_path)
    assert all(
        value.isfinite().all() for g in stored.generators for value in g.state_dict().values()
    )
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path), trained)


def test_a_real_divergence_ends_with_a_sentence(photo):
    config = tiny_config(
        learning_rate=1e18, generator_norm="none", discriminator_norm="none", iterations=30
    )
    with pytest.raises(sg.NotFiniteError, match="loss is no longer finite at level 0"):
        sg.train(photo, config)


def test_a_second_interrupt_stops_at_once_and_keeps_what_was_saved_last(
    photo, config, tmp_path, capsys
):
    class Impatient(sg.Callback):
        def iteration_end(self, state):
            if (state.level, state.iteration) == (1, 2):
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[Impatient()])
    assert "Stopped at once" in capsys.readouterr().out
    assert_same_model(sg.train(photo, config, checkpoint_dir=tmp_path), sg.train(photo, config))


def test_training_anew_leaves_no_state_of_the_old_training(photo, config, tmp_path, monkeypatch):
    interrupt_at(1, 2, photo, config, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save_state", lambda *_: (_ for _ in ()).throw(Boom()))
        with pytest.raises(Boom):
            sg.train(photo, config, seed=5, checkpoint_dir=tmp_path, resume=False)
    again = sg.train(photo, config, seed=5, checkpoint_dir=tmp_path)
    assert_same_model(again, sg.train(photo, config, seed=5))


# ---------------------------------------------------------------------------- what decides a result
@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_the_same_seed_on_the_same_machine_gives_the_same_model_bit_for_bit(optimizer):
    config = tiny_config(optimizer=optimizer, iterations=6)
    once, again = (sg.train(picture(), config, seed=3, verbose=False) for _ in range(2))
    assert_same_model(once, again)
    assert once.environments == again.environments


def interrupted_training(folder, config):
    """A training that was stopped in the middle of level 1 and saved."""
    stop = At(1, 2, raiser(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        sg.train(picture(), config, callbacks=[stop], checkpoint_dir=folder, verbose=False)


def test_a_resume_with_other_threads_says_so_and_records_both(tmp_path, monkeypatch, config):
    interrupted_training(tmp_path, config)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    with pytest.warns(training_run.MixedEnvironmentWarning, match="threads 1, now 7"):
        model = sg.train(picture(), config, checkpoint_dir=tmp_path, verbose=False)
    assert [environment.threads for environment in model.environments] == [1, 7]
    assert sg.SinGAN.load(tmp_path).environments == model.environments


def test_a_resume_in_the_same_environment_warns_of_nothing(tmp_path, config):
    interrupted_training(tmp_path, config)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = sg.train(picture(), config, checkpoint_dir=tmp_path, verbose=False)
    assert len(model.environments) == 1
    assert_same_model(model, sg.train(picture(), config, verbose=False))


def test_a_state_of_another_version_is_refused_and_says_what_to_do(tmp_path, config):
    interrupted_training(tmp_path, config)
    file = tmp_path / checkpoints.STATE_FILE
    file.write_text(file.read_text().replace('"format": 2', '"format": 1'))
    with pytest.raises(ValueError, match="another version.*resume=False"):
        sg.train(picture(), config, checkpoint_dir=tmp_path, verbose=False)


def test_a_training_that_is_not_verbose_prints_nothing(tmp_path, config, capsys):
    for _ in range(2):  # the second time there is nothing left to do
        sg.train(picture(), config, checkpoint_dir=tmp_path / "a", verbose=False)
        sg.load_or_train(picture(), config, tmp_path / "b", callbacks=[], verbose=False)
    assert capsys.readouterr() == ("", "")


def test_the_pyramid_is_planned_once_in_a_training(monkeypatch, config):
    plans = []
    plan_for = training_run.plan_for
    monkeypatch.setattr(
        training_run, "plan_for", lambda *arguments: plans.append(plan_for(*arguments)) or plans[-1]
    )
    sg.train(picture(), config, verbose=False)
    assert len(plans) == 1
