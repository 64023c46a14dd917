"""How much device memory a run takes, known before it begins."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from xw2v.errors import OutOfMemoryError
from xw2v.sgns.batches import REFERENCE_BATCHES
from xw2v.sgns.config import RunShape, StepConfig
from xw2v_cupy.kernels import WARP_SIZE

MAX_CORPUS_SHARE = 1 / 8  # of the free memory: a larger corpus stays on the host
BATCH_BYTES_PER_TOKEN = 120  # of a chunk, at most: the stretch before, the next, what it is made of
MEASURES, ROW_SUMS = 4, 2  # of a composed word's change, and over the words of a row (ngrams.cu)
REFERENCE_PART = 128  # rows of CBOW's reference that a thread block sums (cbow.cu)
ROWS_PER_WORD = 40  # that compose it: more than the mean over the words of most languages
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
        words: what composes them of their n-grams, besides the composed table.
        batches: a chunk of the corpus on its way to batches, and the sampling tables.
        corpus: its ids and sentence starts; 0 where it is read from the host, a chunk at a time.
    """

    tables: int
    sums: int
    step: int
    words: int
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
    deterministic: bool = False,
    itemsize: int = 4,
) -> MemoryPlan:
    """The device memory that a run takes, with the step's kernels.

    Args:
        chunk_tokens: tokens made into batches at a time.
        free: bytes of device memory there are.
        fused: whether a step adds gradients up from shared memory.
        deterministic: whether it adds them up as fixed-point numbers, of 8 bytes.
        itemsize: bytes of a number of the tables.

    Raises:
        OutOfMemoryError: more than is free.
    """
    model, D = shape.model, shape.model.dim
    table_rows = model.table_rows(tied=config.tied)
    moved_rows = shape.composed_rows + model.output_rows if shape.composed_rows else table_rows
    plan = MemoryPlan(
        tables=(table_rows + shape.composed_rows) * D * itemsize,
        sums=moved_rows * (D * (8 if deterministic else itemsize) + 8 + 2 * 8),
        step=step_bytes(config, shape.batch_tokens, D, fused, itemsize),
        words=composer_bytes(config, shape, itemsize),
        batches=BATCH_BYTES_PER_TOKEN * min(chunk_tokens, shape.tokens) + 3 * 8 * model.output_rows,
        corpus=corpus_bytes(shape.tokens, shape.sentences, free),
    )
    if plan.total > free:
        raise OutOfMemoryError(f"training takes {plan}, and {in_gb(free)} GB are free; {SMALLER}")
    return plan


def step_bytes(config: StepConfig, T: int, D: int, fused: bool, itemsize: int) -> int:
    """Device memory of the arrays of one step."""
    w, groups = config.window, T // config.group
    negatives = groups * config.shared_negatives
    ids = T + 2 * w + negatives
    if config.cbow:
        parts = -(-REFERENCE_BATCHES * negatives // REFERENCE_PART)
        means = (parts + 1 + 3) * D * itemsize  # the reference's; no damping
        numbers = 0  # in shared memory
    else:
        spans = T // config.block * config.span
        means = (2 * groups + 3) * D * itemsize + 8 * groups * -(-D // WARP_SIZE)
        rows = 2 * T + ids + spans + negatives  # X, dX; R; dC; dN
        numbers = rows * D + T * (config.span + config.shared_negatives)
    return means + 8 * ids + 8 * T + (0 if fused else numbers * itemsize)


def composer_bytes(config: StepConfig, shape: RunShape, itemsize: int) -> int:
    """Device memory of a composer that sums by atomics, besides the composed table."""
    if not shape.composed_rows:
        return 0
    V, T, D = shape.composed_rows, shape.batch_tokens, shape.model.dim
    groups, tokens = T // config.group, T + (2 * config.window if config.cbow else 0)
    index = 8 * (V + 1) + 8 * ROWS_PER_WORD * V
    of_words = 3 * 8 * V + (D + MEASURES) * itemsize * tokens
    of_rows = ROW_SUMS * itemsize * shape.model.input_rows
    return index + of_words + of_rows + D * itemsize * (groups + 1) + 8 * groups


def out_of_memory(error: MemoryError) -> OutOfMemoryError:
    """CuPy's out-of-memory error as one of a line with what to do."""
    line = " ".join(str(error).split())
    return OutOfMemoryError(f"out of device memory ({line}); {SMALLER}")
