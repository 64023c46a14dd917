"""One step of word2vec, small enough to be worked out with a pencil. Read this test first.

The text is "cat purrs": one pair, of the center *cat* and the context word *purrs*. The one
negative that was drawn is *rocket*. Vectors have two dimensions; learning rate α = ½.

    input row   cat     x = (2, 0)
    output row  purrs   c = (0, 1)        label 1
    output row  rocket  n = (0, 2)        label 0

**Scores and loss.** Both scores are 0: s⁺ = x·c = 0 and s⁻ = x·n = 0. The model gives each label
the probability σ(0) = ½, so the loss is −log σ(s⁺) − log σ(−s⁻) = 2 log 2 ≈ 1.3863.

**Gradients.** That of a score is σ(score) − label: −½ for the pair, +½ for the negative. Hence

    dx = −½ c + ½ n = (0, −½ + 1) = (0, ½)
    dc = −½ x       = (−1, 0)
    dn = +½ x       = (1, 0)

Plain SGD would now move x by −α dx = (0, −¼), c by (½, 0) and n by (−½, 0). The cat turns towards
*purrs* and away from *rocket*. Where a batch has a row in hundreds of pairs, such sums overshoot;
xw2v damps each row's sum along ū, the mean of the rows that it met as negatives, and bounds it.

**Damping.** The change along ū shrinks by φ(z) = (1 − e⁻ᶻ)/z with z = α‖ū‖² · curvature. With κ =
¼, a positive pair has the curvature κ = ¼, and a negative one σ(s)(1 − σ(s)) = ¼ at s = 0:

    row     ū           curvature   z                   φ(z)
    x       n = (0, 2)  ¼ + ¼       ½ · 4 · ½ = 1       1 − e⁻¹ ≈ 0.6321
    c       x = (2, 0)  ¼           ½ · 4 · ¼ = ½       2 (1 − e^−½) ≈ 0.7869
    n       x = (2, 0)  ¼           ½ · 4 · ¼ = ½       2 (1 − e^−½) ≈ 0.7869

All three changes point along their ū, so each is multiplied by its φ:

    x → (2, −¼ · 0.6321) = (2, −0.1580)
    c → (½ · 0.7869, 1)  = (0.3935, 1)
    n → (−½ · 0.7869, 2) = (−0.3935, 2)

**Bound.** No row moves further than τ times its own norm (plus ρ, here 0). τ = ½ allows 1 for x,
½ for c and 1 for n, so nothing is cut. With τ = 0.1 it allows 0.2, 0.1 and 0.2: x is still free,
while c stops at (0.1, 1) and n at (−0.2, 2).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import PlainStep

CAT, PURRS, ROCKET = 0, 1, 2


def one_step(trust_ratio: float) -> tuple[float, Tables]:
    """The loss before, and the tables after, one step on the example."""
    config = StepConfig(
        window=1,
        negative=1,
        shared_negatives=1,
        group=1,
        block=1,
        trust_ratio=trust_ratio,
        trust_floor=0,
        curvature=0.25,
    )
    tables = Tables(
        center=np.array([[2.0, 0.0], [9.0, 9.0], [9.0, 9.0]]),  # only the cat is a center
        context=np.array([[9.0, 9.0], [0.0, 1.0], [0.0, 2.0]]),
    )
    batch = Batch(
        tokens=np.array([ROCKET, CAT, PURRS]),  # one center with a neighbour on either side
        left=np.array([0]),  # the word on its left belongs to another sentence
        right=np.array([1]),
        negatives=np.array([[ROCKET]]),
        reference=np.empty(0, np.int64),  # for CBOW
    )
    loss = PlainStep(load_backend("numpy"), config)(tables, batch, alpha=0.5, measure=True)
    assert loss is not None
    return float(loss), tables


def test_one_pair_and_one_negative() -> None:
    loss, tables = one_step(trust_ratio=0.5)

    assert loss == pytest.approx(2 * math.log(2))
    assert tables.center[CAT] == pytest.approx([2, -0.1580], abs=5e-5)
    assert tables.context[PURRS] == pytest.approx([0.3935, 1], abs=5e-5)
    assert tables.context[ROCKET] == pytest.approx([-0.3935, 2], abs=5e-5)


def test_the_bound_stops_what_would_move_too_far() -> None:
    _, tables = one_step(trust_ratio=0.1)

    assert tables.center[CAT] == pytest.approx([2, -0.1580], abs=5e-5)
    assert tables.context[PURRS] == pytest.approx([0.1, 1])
    assert tables.context[ROCKET] == pytest.approx([-0.2, 2])


def test_rows_of_other_words_stay_as_they_were() -> None:
    _, tables = one_step(trust_ratio=0.5)

    assert tables.center[[PURRS, ROCKET]].tolist() == [[9, 9], [9, 9]]
    assert tables.context[CAT].tolist() == [9, 9]
