"""The sizes and constants of the mathematics: of a training step, of a model, of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class StepConfig:
    """The constants of a step.

    A batch of T tokens is cut into blocks of `block` centers, which share a span of block +
    2·window context columns, and into groups of `group` tokens, which share `shared_negatives`
    negatives.

    Attributes:
        window: largest distance w between a center and a context word.
        fixed_window: every window is w wide, instead of a width drawn from 1 .. w.
        negative: negatives each positive pair meets in expectation.
        shared_negatives: K, negatives drawn for a group.
        group: g, tokens of a group; a multiple of block.
        block: b, centers of a block.
        trust_ratio: τ, the share of its own norm that a row may move in one batch.
        trust_floor: ρ, added to that norm, so that rows near zero can move.
        curvature: κ, the curvature of a positive pair's loss along the mean of the other table's
            rows; with that of the negative pairs it sets the damping (skip-gram).
        convexity: CBOW: what negatives' score gradients add up to over that at their mean row, for
            σ is convex where most scores are; the coefficient of the control variate.
        weight_decay: λ, by which a touched row also shrinks: row ← row − αλ·row.
        cbow: predict the center from its context, instead of each context word from the center.
        cbow_mean: the hidden vector of CBOW is the mean of the context words' vectors; else their
            sum.
        cbow_gradient: what each of n context words receives of that hidden vector's gradient:
            "mean", 1/n of it, which is right for a mean; or "full", all of it, which is right for a
            sum. word2vec.c and gensim use "full" for a mean, and gensim "mean" for a sum.
        tied: one table serves as input and output.
        rounded_operands: of float32 tables, what products with negatives multiply is rounded to
            bfloat16; their sums are float32.
    """

    window: int = 5
    fixed_window: bool = False
    negative: float = 5
    shared_negatives: int = 32
    group: int = 64
    block: int = 8
    trust_ratio: float = 0.5
    trust_floor: float = 1.0
    curvature: float = 0.1
    convexity: float = 2.0
    weight_decay: float = 0.0
    cbow: bool = False
    cbow_mean: bool = True
    cbow_gradient: Literal["mean", "full"] = "mean"
    tied: bool = False
    rounded_operands: bool = False

    @property
    def span(self) -> int:
        """Context columns s = b + 2w of a block."""
        return self.block + 2 * self.window

    @property
    def shared_weight(self) -> float:
        """Weight of a center's pair with one shared negative, for each of its positive pairs:
        negative / K.
        """
        return self.negative / self.shared_negatives


@dataclass(frozen=True)
class ModelShape:
    """The sizes of a model's two tables.

    Attributes:
        input_rows: rows of the input table (V for a model of words).
        output_rows: rows of the output table (V).
        dim: D, dimensions of a row.
    """

    input_rows: int
    output_rows: int
    dim: int

    @classmethod
    def of_words(cls, vocab_size: int, dim: int) -> ModelShape:
        """A model with an input and an output vector for each word."""
        return cls(vocab_size, vocab_size, dim)

    def table_rows(self, *, tied: bool) -> int:
        """Rows of both tables together; those of one where they are tied."""
        return self.input_rows + (0 if tied else self.output_rows)


@dataclass(frozen=True)
class RunShape:
    """The sizes that the memory of a run depends on, besides the constants of its step.

    Attributes:
        model: sizes of the tables.
        batch_tokens: T, tokens of a batch.
        tokens: tokens of the corpus.
        sentences: sentences of the corpus.
        composed_rows: words whose input vectors are composed of several rows, in a table beside
            the two of the model; 0 where they are rows.
    """

    model: ModelShape
    batch_tokens: int
    tokens: int
    sentences: int
    composed_rows: int = 0


@dataclass(frozen=True)
class Shard:
    """The part of the text that one of several replicas trains on (`xw2v.sgns.shards`)."""

    rank: int = 0
    size: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.size:
            raise ValueError(f"rank {self.rank} of a shard must be in 0 .. {self.size - 1}")


SINGLE_PROCESS = Shard()
