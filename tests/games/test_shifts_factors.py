"""Sprites on backgrounds: a shift that is made, so that its truth is known."""

import numpy as np
import pytest

import whence as wh
from whence.games.shifts import FactorGame

N = 200


def scenes(seed=0):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, N)
    before = {"background": label.copy(), "place": rng.integers(0, 8, N), "shape": label}
    after = {
        "background": lambda many: rng.integers(0, 2, many),
        "place": rng.integers(0, 8, N),
        "shape": label,
    }
    return label, before, after


def sprites(factors):
    """16 x 16: a texture behind, and a bar that lies or stands in front, somewhere."""
    rows = len(factors["shape"])
    image = np.zeros((rows, 16, 16))
    image[:, ::2] += 0.5 * (factors["background"] == 1)[:, None, None]
    for row, (shape, place) in enumerate(zip(factors["shape"], factors["place"], strict=True)):
        if shape:
            image[row, place : place + 8, place + 4] += 2
        else:
            image[row, place + 4, place : place + 8] += 2
    return image


def by_texture(image):
    return image[:, ::2].min(axis=(1, 2)) > 0


def by_shape(image):
    bright = image >= 2
    return bright.any(axis=2).sum(axis=1) > bright.any(axis=1).sum(axis=1)


def game(model, seed=0):
    label, before, after = scenes(seed)
    return FactorGame(
        before, after, compose=sprites, measure=lambda things, which: model(things) == label[which]
    )


def test_a_model_that_looks_behind_is_told_from_one_that_looks_in_front():
    behind, front = (wh.attribute(game(model)) for model in (by_texture, by_shape))
    assert behind["background"].value == pytest.approx(-0.5, abs=0.12)  # a coin is right half of it
    assert behind["place"].value == behind["shape"].value == 0
    assert np.abs(front.values).max() == 0
    assert behind.empty[0, 0] == front.full[0, 0] == 1
    assert behind.parts["data"][0, 0, 0] > 0


def test_the_value_is_exactly_the_change():
    label, before, after = scenes(3)
    drawn = after["background"](N)
    after["background"] = drawn
    made = FactorGame(
        before,
        after,
        compose=sprites,
        measure=lambda things, which: by_texture(things) == label[which],
    )
    att = wh.attribute(made)
    assert att["background"].value == pytest.approx((drawn == label).mean() - 1)


def test_slips_are_told():
    label, before, after = scenes()
    with pytest.raises(wh.WhenceError, match="the same factors"):
        FactorGame(before, {"place": [1]}, compose=sprites, measure=lambda t, w: t)
    with pytest.raises(wh.WhenceError, match="needs 200 entries"):
        FactorGame(before, after | {"place": [1]}, compose=sprites, measure=lambda t, w: t)
    wrong = FactorGame(before, after, compose=sprites, measure=lambda things, which: label[:3])
    with pytest.raises(wh.WhenceError, match="measure answered shape"):
        wh.attribute(wrong)
