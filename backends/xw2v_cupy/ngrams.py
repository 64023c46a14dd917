"""Words composed of several rows, on CUDA (`ngrams.cu`).

`xw2v.sgns.subwords.PlainComposer` is its oracle in the tests. As those of the step, its launches
depend on the sizes of the batch alone, and nothing is copied back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from xw2v.sgns.array import Array
from xw2v.sgns.composition import center_ids
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, SubwordIndex, Tables
from xw2v_cupy.kernels import NULL, WARP_SIZE, Kernels
from xw2v_cupy.memory import MEASURES, ROW_SUMS, out_of_memory


class CupyComposer:
    """See `xw2v.sgns.interface.Composer`.

    Args:
        config: of the step.
        index: the rows of each word.
        kernels: of a dtype.
        deterministic: rows sum over their words in a fixed order, instead of by atomics.

    Raises:
        OutOfMemoryError: the device has too little memory.
    """

    name = "CUDA"

    def __init__(
        self,
        config: StepConfig,
        index: SubwordIndex,
        kernels: Callable[[Any], Kernels],
        *,
        deterministic: bool = False,
    ) -> None:
        self.config = config
        self.deterministic = deterministic
        self._kernels_of = kernels
        self._index = index
        self._steps = 0
        self._composed_only = False
        self._prepared: tuple[Any, ...] | None = None

    def compose(self, tables: Tables[Array], batch: Batch[Array]) -> Array:
        config = self.config
        tokens: Any = batch.tokens if config.cbow else center_ids(config, batch)
        try:
            self._prepare(tables, tokens.shape[0], batch.negatives.shape[0])
        except MemoryError as error:
            raise out_of_memory(error) from None
        self._steps += 1
        if self._composed_only:  # a batch whose loss alone was wanted: its pairs are still counted
            self._pairs.fill(0)
        self._composed_only = True
        self._tokens = {"tokens": tokens, "n_tokens": tokens.shape[0]}
        self._kernels.launch(
            "compose_words",
            tokens.shape[0],
            D=self._dim,
            step=self._steps,
            **self._tokens,
            left=NULL if config.cbow else batch.left,
            right=NULL if config.cbow else batch.right,
            **self._entries,
            table=tables.center,
            stamps=self._stamps,
            owners=self._owners,
            pairs=self._pairs,
            composed=self._composed,
            before=self._change,
        )
        if not config.cbow:
            self._find_direction(tables, batch)
        composed: Array = self._composed
        return composed

    def distribute(self, tables: Tables[Array], alpha: float) -> None:
        config, kernels, n_tokens = self.config, self._kernels, self._tokens["n_tokens"]
        self._composed_only = False
        words = {"D": self._dim, **self._tokens, **self._entries, "owners": self._owners}
        direction = NULL if config.cbow else self._direction
        kernels.launch(
            "measure_changes",
            n_tokens,
            **words,
            alpha=float(alpha),
            negative=float(config.negative),
            curvature=float(config.curvature),
            composed=self._composed,
            direction=direction,
            pairs=self._pairs,
            change=self._change,
            measures=self._measures,
            row_sums=NULL if self.deterministic else self._row_sums,
        )
        if self.deterministic:
            self._launch_by_row("sum_by_row", measures=self._measures, row_sums=self._row_sums)
        kernels.launch(
            "damp_changes",
            n_tokens,
            **words,
            trust_ratio=float(config.trust_ratio),
            trust_floor=float(config.trust_floor),
            direction=direction,
            measures=self._measures,
            row_sums=self._row_sums,
            pairs=self._pairs,
            change=self._change,
        )
        if self.deterministic:
            self._launch_by_row("add_by_row", D=self._dim, change=self._change, table=tables.center)
        else:
            kernels.launch(
                "add_changes",
                n_tokens,
                **words,
                change=self._change,
                row_sums=self._row_sums,
                table=tables.center,
            )

    def _find_direction(self, tables: Tables[Array], batch: Batch[Array]) -> None:
        """The direction of damping, the mean of the negatives' rows over the batch's pairs."""
        groups, K = batch.negatives.shape
        sizes = {"D": self._dim, "groups": groups, "K": K}
        self._kernels.launch(
            "negative_sums",
            groups * -(-self._dim // WARP_SIZE),
            **sizes,
            g=self.config.group,
            left=batch.left,
            right=batch.right,
            negatives=batch.negatives,
            context=tables.context,
            sums=self._negative_sums,
            group_pairs=self._group_pairs,
        )
        self._kernels.launch(
            "mean_negative",
            self._dim,
            **sizes,
            group_pairs=self._group_pairs,
            sums=self._negative_sums,
            direction=self._direction,
        )

    def _launch_by_row(self, name: str, **arguments: Any) -> None:
        self._kernels.launch(
            name,
            self._index.input_rows,
            R=self._index.input_rows,
            step=self._steps,
            **self._words,
            stamps=self._stamps,
            owners=self._owners,
            **arguments,
        )

    def _prepare(self, tables: Tables[Any], n_tokens: int, groups: int) -> None:
        """Allocate what batches of one shape need, and at first the index."""
        dtype, D = tables.center.dtype, tables.center.shape[1]
        needed = dtype, D, n_tokens, groups
        if needed == self._prepared:
            return
        index, self._kernels, self._dim = self._index, self._kernels_of(dtype), D
        xp: Any = self._kernels.library
        if self._prepared is None:
            V = index.vocab_size
            self._entries = {
                "offsets": xp.asarray(np.asarray(index.offsets, np.int64)),
                "rows": xp.asarray(index.rows.astype(np.int64)),
            }
            self._words = words_of_rows(xp, index) if self.deterministic else {}
            self._stamps, self._owners, self._pairs = (xp.zeros(V, xp.int64) for _ in range(3))
        if self._prepared is None or self._prepared[:2] != needed[:2]:
            self._composed = xp.zeros((index.vocab_size, D), dtype)
            self._row_sums = xp.zeros((index.input_rows, ROW_SUMS), dtype)
            self._direction = xp.zeros(D, dtype)
        self._change = xp.empty((n_tokens, D), dtype)
        self._measures = xp.empty((n_tokens, MEASURES), dtype)
        self._negative_sums = xp.empty((groups, D), dtype)
        self._group_pairs = xp.empty(groups, xp.int64)
        self._prepared = needed


def words_of_rows(xp: Any, index: SubwordIndex) -> dict[str, Any]:
    """The words of each row, on the device: `row_words`, and in `row_offsets` where each row's
    begin. A word that has a row twice is there twice.
    """
    order = np.argsort(index.rows, kind="stable")
    word = np.repeat(np.arange(index.vocab_size), np.diff(index.offsets))
    counts = np.bincount(index.rows, minlength=index.input_rows)
    row_offsets = np.concatenate([[0], np.cumsum(counts)])
    return {"row_offsets": xp.asarray(row_offsets), "row_words": xp.asarray(word[order])}
