"""What lesson 13 experiments with: small films."""

from __future__ import annotations

import torch

from singan_edu.course.labs import lesson_13 as lab


def test_a_film_is_reduced_to_its_longest_side_and_never_enlarged():
    film = torch.zeros(2, 3, 40, 100)
    assert lab.reduced(film, 50).shape == (2, 3, 20, 50)
    assert lab.reduced(film.mT, 50).shape == (2, 3, 50, 20)
    assert lab.reduced(film, 100) is film
