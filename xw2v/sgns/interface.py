"""What one training step optimises: the sizes and constants of the mathematics, and its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

Array = Any


@dataclass(frozen=True)
class StepConfig:
    """The constants of a step.

    A batch of T tokens is cut into blocks of `block` centers, which share a span of block +
    2·window context columns, and into groups of `group` tokens, which share `shared` negatives.

    Attributes:
        window: largest distance w between a center and a context word.
        negative: negatives each positive pair meets in expectation.
        shared: K, distinct negative draws a group shares.
        group: g, tokens of a group; a multiple of block.
        block: b, centers of a block.
        bound: τ, the share of its own length that a row may move in one batch.
        floor: ρ, added to that length, so that rows near zero can move.
        curvature: κ, of a positive pair's loss, by which, with that of the negatives, a batch's
            summed change is damped along the mean of the other table (skip-gram).
        weight_decay: λ, by which a touched row also shrinks: row ← row − αλ·row.
        cbow: predict the center from the mean of its context, instead of each context word from the
            center.
        tied: one table serves as input and output.
    """

    window: int = 5
    negative: float = 5
    shared: int = 32
    group: int = 64
    block: int = 8
    bound: float = 0.5
    floor: float = 1.0
    curvature: float = 0.1
    weight_decay: float = 0.0
    cbow: bool = False
    tied: bool = False

    @property
    def span(self) -> int:
        """Context columns s = b + 2w of a block."""
        return self.block + 2 * self.window


class Tables(NamedTuple):
    """The parameters.

    Attributes:
        center: (V, D) input vectors, the result.
        context: (V, D) output vectors; the same array as center where the tables are tied.
    """

    center: Array
    context: Array


class Batch(NamedTuple):
    """T center tokens with what surrounds them.

    Attributes:
        tokens: (T + 2w,) int64 ids of the tokens, with w neighbours of the stream at either side.
        left: (T,) int64, how many words to the left of center t are its context, in 0 .. w.
        right: (T,) int64, likewise to the right.
        negatives: (T/g, K) int64 ids.
    """

    tokens: Array
    left: Array
    right: Array
    negatives: Array


class Step(Protocol):
    """One step of stochastic gradient descent on the tables, in place. One that is not the plain
    step has a `name`.
    """

    def __call__(
        self, tables: Tables, batch: Batch, alpha: float, *, measure: bool = False
    ) -> Array | None:
        """Update the tables from a batch at learning rate `alpha`.

        Returns:
            The loss before the update, summed over the batch's pairs (a 0-d float64 array or
            number), if `measure`; else None.
        """
