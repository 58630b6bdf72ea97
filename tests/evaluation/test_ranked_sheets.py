"""The scorecard against the eye: sheets of samples, from good to ruined, ranked by looking."""

from pathlib import Path

import pytest

import singan_edu as sg

SHEETS = Path(__file__).parent / "sheets"
SIZE = (72, 96)


def ranked(picture):
    """The samples of each sheet by name, best to the eye first."""
    files = sorted(SHEETS.glob(f"{picture}-*.png"))
    return {
        file.stem: sg.load_image(file)
        .unflatten(3, (-1, SIZE[1]))[0]
        .transpose(0, 2)
        .transpose(1, 2)
        for file in files
    }


@pytest.mark.parametrize("picture", ["balloon_festival", "pagoda_lake"])
def test_fidelity_and_objects_rank_the_sheets_as_the_eye_does(picture):
    sheets = ranked(picture)
    assert len(sheets) >= 3 and all(len(samples) == 4 for samples in sheets.values())
    real = sg.resize(sg.sample_image(picture), SIZE)
    card = sg.scorecard(real, sheets, controls=())
    fidelity = [card[name].fidelity.value for name in sheets]
    assert fidelity == sorted(fidelity, reverse=True), str(card)
    assert fidelity[0] - fidelity[-1] > 0.1
    assert all(card[name].novelty.value > 0.9 for name in sheets)  # none is a copy
    objects = [card[name].objects.value for name in sheets]
    assert objects == sorted(objects, reverse=True), str(card)
    assert objects[0] - objects[-1] > 0.2
