"""What goes into a training step, and what a step is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np

from xw2v.sgns.array import Array
from xw2v.sgns.draws import Purpose

A = TypeVar("A", bound=Array)


class Tables(NamedTuple, Generic[A]):
    """The parameters.

    Attributes:
        center: (V, D) input vectors, the result.
        context: (V, D) output vectors; the same array as center where the tables are tied.
    """

    center: A
    context: A


class Batch(NamedTuple, Generic[A]):
    """T center tokens with what surrounds them.

    Attributes:
        tokens: (T + 2w,) int64 ids of the tokens, with w neighbours of the stream at either side.
        left: (T,) int64, how many words to the left of center t are its context, in 0 .. w.
        right: (T,) int64, likewise to the right.
        negatives: (T/g, K) int64 ids.
        reference: (R,) int64 ids drawn as the negatives are, and more of them, for CBOW's control
            variate: the mean of their output rows stands for that of all that can be drawn. (0,)
            for none.
    """

    tokens: A
    left: A
    right: A
    negatives: A
    reference: A


class Stretch(NamedTuple, Generic[A]):
    """A stretch of the token stream after subsampling; arrays of one length, int64.

    Attributes:
        ids: rows of the vocabulary.
        sentence: number of each token's sentence; windows stop where it changes.
        size: each token's window size; 0 for padding, which is in no window of its own.
        position: index of each token in the corpus.
        left, right: how far each token's window reaches within the stretch and its sentence.
    """

    ids: A
    sentence: A
    size: A
    position: A
    left: A
    right: A


Purposes = tuple[Purpose, Purpose]  # the random streams that tokens and negatives are drawn from


class Sampler(Protocol):
    """Draws the tokens, windows and negatives of a corpus."""

    def extend(
        self, epoch: int, before: Stretch[Array], start: int, stop: int, padding: int
    ) -> Stretch[Array]:
        """`before`, followed by the tokens start .. stop that subsampling keeps, and by `padding`
        tokens with no sentence and no window.
        """

    def negatives(self, epoch: int, first: int, count: int) -> Array:
        """The negatives first .. first + count of an epoch: (count,) int64 ids."""


class SubwordIndex(NamedTuple):
    """Which rows of an input table compose the vector of each word: V rows of words' own, then one
    for each bucket of n-grams that a word of the vocabulary has one in.

    Attributes:
        offsets: (V + 1,) int64, where each word's rows begin in `rows`, and the end.
        rows: (N,) int32, word by word, its own row first; an n-gram that a word has twice is there
            twice.
        buckets: (B,) int64, all different: the bucket of row V + i.
    """

    offsets: np.ndarray
    rows: np.ndarray
    buckets: np.ndarray

    @property
    def vocab_size(self) -> int:
        """V."""
        return len(self.offsets) - 1

    @property
    def input_rows(self) -> int:
        """Rows of the input table, V + B."""
        return self.vocab_size + len(self.buckets)


class Composer(Protocol):
    """Composes the words of a batch of several rows each, before a step, and distributes what the
    step has changed in them, after it.

    Attributes:
        name: for run.json, such as "plain".
    """

    @property
    def name(self) -> str: ...

    def compose(self, tables: Tables[Array], batch: Batch[Array]) -> Array:
        """A table (V, D) in which the vectors of the batch's input words are right; the caller may
        change them.
        """

    def distribute(self, tables: Tables[Array], alpha: float) -> None:
        """Move the rows of `tables.center` by what was changed, at learning rate `alpha`, in the
        vectors that `compose` gave last.
        """


class Step(Protocol):
    """One step of stochastic gradient descent on the tables, in place.

    Attributes:
        name: for run.json, such as "plain".
    """

    @property
    def name(self) -> str: ...

    def __call__(
        self, tables: Tables[Array], batch: Batch[Array], alpha: float, *, measure: bool = False
    ) -> Array | float | None:
        """Update the tables from a batch at learning rate `alpha`.

        Returns:
            The loss before the update, summed over the batch's pairs (a 0-d float64 array or
            number), if `measure`; else None.
        """

    def loss(self, tables: Tables[Array], batch: Batch[Array]) -> Array | float:
        """The loss of a batch, summed over its pairs, with the tables left as they are."""


class PlannedStep(NamedTuple, Generic[A]):
    """What a step is called with, beside the tables."""

    batch: Batch[A]
    alpha: float
    measure: bool


@runtime_checkable
class StepRunner(Step, Protocol):
    """A step that can be taken several times a call, without the interpreter in between."""

    def run(
        self, tables: Tables[Array], steps: Sequence[PlannedStep[Array]]
    ) -> Sequence[Array | float | None]:
        """Take steps one after the other, on batches of one shape; what each of them returns."""
