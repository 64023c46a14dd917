"""How much device memory a run takes, known before it begins."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from xw2v.errors import OutOfMemoryError
from xw2v.sgns.config import RunShape, StepConfig

MAX_CORPUS_SHARE = 1 / 8  # of the free memory: a larger corpus stays on the host
BATCH_BYTES_PER_TOKEN = 200  # at most, while batches are made of a chunk of tokens
SMALLER = (
    "give a smaller `vector_size`, `max_vocab` or `batch_tokens`, or train on the CPU (`device`)"
)


@dataclass(frozen=True)
class MemoryPlan:
    """Bytes of device memory.

    Attributes:
        tables: the parameters.
        sums: of the gradients by table row, the rows' numbers of pairs and their stamps.
        step: the arrays of one step.
        batches: a chunk of the corpus on its way to batches, and the sampling tables.
        corpus: its ids and sentence starts; 0 where it is read from the host, a chunk at a time.
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
    return size if size <= free * MAX_CORPUS_SHARE else 0


def plan_memory(
    config: StepConfig,
    shape: RunShape,
    *,
    chunk_tokens: int,
    free: int,
    fused: bool,
    itemsize: int = 4,
) -> MemoryPlan:
    """The device memory that a skip-gram run takes.

    Args:
        chunk_tokens: tokens made into batches at a time.
        free: bytes of device memory there are.
        fused: whether a step keeps rows and scores in shared memory.
        itemsize: bytes of a number of the tables.

    Raises:
        OutOfMemoryError: more than is free.
    """
    model, T, w = shape.model, shape.batch_tokens, config.window
    D = model.dim
    groups = T // config.group
    negatives = groups * config.shared_negatives
    spans = T // config.block * config.span
    context_ids = T + 2 * w + negatives
    table_rows = model.table_rows(tied=config.tied)
    rows = 2 * T + context_ids + spans + negatives  # X, dX; R; dC; dN
    scores = T * (config.span + config.shared_negatives)
    means = (2 * groups + 3) * D * itemsize + 8 * groups + 8 * context_ids
    plan = MemoryPlan(
        tables=(table_rows + shape.composed_rows) * D * itemsize,
        sums=table_rows * (D * itemsize + 8 + 2 * 8),
        step=means + 8 * T + (0 if fused else (rows * D + scores) * itemsize),
        batches=BATCH_BYTES_PER_TOKEN * min(chunk_tokens, shape.tokens) + 3 * 8 * model.output_rows,
        corpus=corpus_bytes(shape.tokens, shape.sentences, free),
    )
    if plan.total > free:
        raise OutOfMemoryError(f"training takes {plan}, and {in_gb(free)} GB are free; {SMALLER}")
    return plan


def out_of_memory(error: MemoryError) -> OutOfMemoryError:
    """CuPy's out-of-memory error as one of a line with what to do."""
    line = " ".join(str(error).split())
    return OutOfMemoryError(f"out of device memory ({line}); {SMALLER}")
