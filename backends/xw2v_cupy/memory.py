"""How much device memory a run takes, known before it begins."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from xw2v.errors import InputError
from xw2v.sgns.interface import StepConfig

CORPUS_SHARE = (
    8  # a corpus stays on the device where it takes at most this fraction of what is free
)
BATCH_BYTES = (
    200  # device memory at most that a token of a piece takes while batches are made of it
)


@dataclass(frozen=True)
class Plan:
    """Bytes of device memory.

    Attributes:
        tables: the parameters.
        sums: of the gradients by table row, the rows' counts of pairs and their stamps.
        step: the arrays of one step.
        batches: a piece of the corpus on its way to batches, and the sampling tables.
        corpus: its ids and sentence starts; 0 where it is read from the host, a piece at a time.
    """

    tables: int
    sums: int
    step: int
    batches: int
    corpus: int

    @property
    def total(self) -> int:
        return sum(asdict(self).values())

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {in_gb(size)}" for name, size in asdict(self).items() if size)
        return f"{in_gb(self.total)} GB of device memory ({parts})"


def in_gb(size: int) -> str:
    return f"{size / 1e9:.2f}"


def corpus_bytes(tokens: int, sentences: int, free: int) -> int:
    """What a corpus takes on the device, or 0 if it is too large to stay there."""
    size = 4 * tokens + 8 * (sentences + 1)
    return size if size <= free // CORPUS_SHARE else 0


def plan_memory(
    config: StepConfig,
    *,
    words: int,
    vector_size: int,
    batch_tokens: int,
    tokens: int,
    sentences: int,
    piece: int,
    free: int,
    fused: bool,
    itemsize: int = 4,
) -> Plan:
    """The device memory that a skip-gram run takes.

    Args:
        words, vector_size: shape of a table.
        batch_tokens: T.
        tokens, sentences: of the corpus.
        piece: tokens made into batches at a time.
        free: bytes of device memory there are.
        fused: whether a step keeps rows and scores in shared memory.
        itemsize: of a number of the tables.

    Raises:
        InputError: more than is free.
    """
    T, D, w = batch_tokens, vector_size, config.window
    groups = T // config.group
    drawn = groups * config.shared
    spans = T // config.block * config.span
    tables = 1 if config.tied else 2
    rows = 2 * T + (T + 2 * w + drawn) + spans + drawn  # X, dX; R; dC; dN
    scores = T * (config.span + config.shared)
    means = (2 * groups + 3) * D * itemsize + 8 * groups
    plan = Plan(
        tables=tables * words * D * itemsize,
        sums=tables * words * (D * itemsize + 8 + 2 * 8),
        step=means + 8 * T + (0 if fused else (rows * D + scores) * itemsize),
        batches=BATCH_BYTES * min(piece, tokens) + 3 * 8 * words,
        corpus=corpus_bytes(tokens, sentences, free),
    )
    if plan.total > free:
        raise InputError(
            f"--device cuda: training takes {plan}, and {in_gb(free)} GB are free; "
            "give a smaller --vector-size, --max-vocab or --batch-tokens, or --device cpu"
        )
    return plan
