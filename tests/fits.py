"""Small texts, models and callbacks that the tests of `Word2Vec.fit` share."""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v import Word2Vec

TINY: dict[str, Any] = {
    "vector_size": 8,
    "min_count": 1,
    "epochs": 3,
    "batch_tokens": 64,
    "sample": 0.0,
}
WORDS = [f"w{i}" for i in range(40)]


def text(lines: int = 300, seed: int = 1, words: list[str] = WORDS) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    return [rng.choice(words, 6).tolist() for _ in range(lines)]


TEXT, HELD_OUT = text(), text(40, seed=2)


def assert_equal(model: Word2Vec, other: Word2Vec) -> None:
    assert model.wv.index_to_key == other.wv.index_to_key
    np.testing.assert_array_equal(model.wv.vectors, other.wv.vectors)
    np.testing.assert_array_equal(model.context_vectors, other.context_vectors)
    assert model.run.loss_history == other.run.loss_history
    assert model.validation_history == other.validation_history


class Fail(Exception):
    pass


class At:
    """Does something after the step of a number."""

    def __init__(self, step: int, what: Any) -> None:
        self.left = step
        self.what = what

    def on_step(self, model: Word2Vec) -> None:
        self.left -= 1
        if self.left == 0:
            self.what(model)


def fail(model: Word2Vec) -> None:
    raise Fail
