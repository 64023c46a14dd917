"""The memory that a run will take and that there is, compared before the run starts."""

from __future__ import annotations

import bisect
import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

from xw2v import tuning
from xw2v.errors import OutOfMemoryError
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.interface import SubwordIndex
from xw2v.storage.cgroups import own_groups
from xw2v.storage.cores import available_cores
from xw2v.storage.diskspace import shown_bytes
from xw2v.storage.machine import machine_memory

FLOAT_BYTES = 4
CHUNK_BYTES = (
    Backend.chunk_tokens * 8 * 24
)  # making batches: a chunk of ids in some two dozen int64 arrays
STEP_TABLES = 12  # (batch + negatives, D) arrays of the plain step; the compiled one has fewer
SPAN_TABLES = 3  # (blocks, span, D) arrays of the plain step
SPAN_SCORES = 10  # (batch, span) arrays of the plain step, float32 or as much
REPLICA_TABLES = 5  # as of the last combine, and rows on their way: sent, received, in between
PLACE_BYTES = 28 + 16 * 16  # of a place of a row in a step, beside its gradient
WORD_BYTES = 16 + 8 * 8  # beside the vectors: sampling tables, scratch of a step, and their making
SCRATCH_ROWS = 32  # of a thread, beside those of its group
WIDE_WINDOW = 100  # a smaller one is not what takes the memory
MARGIN_BYTES = 2**26  # for what is not counted here


def needed(
    settings: Settings,
    vocab_size: int,
    index: SubwordIndex | None = None,
    is_replica: bool = False,
    is_plain: bool = False,
) -> int:
    """Bytes that training and writing the vectors take at most, besides what is in memory when they
    start.

    Args:
        index: the rows that compose each word, where they are several; it is in memory already.
        is_replica: of one of several ranks, which combine their tables.
        is_plain: whether the step is the plain one, on the CPU.
    """
    shape = tuning.model_shape(settings, vocab_size)
    row = shape.dim * FLOAT_BYTES
    tables = shape.table_rows(tied=settings.tied) * row
    step = (_plain_step_bytes if is_plain else _compiled_step_bytes)(settings)
    writing = 2 * vocab_size * row  # the mean of the two tables, and their sum on the way there
    if index is not None:
        ngrams = min(len(index.buckets), settings.buckets) * row
        sums = index.input_rows * 2 * FLOAT_BYTES
        tables += vocab_size * row + ngrams + sums  # composed words
        writing += vocab_size * row  # words are composed anew
    combining = REPLICA_TABLES * tables if is_replica else 0
    making = max(CHUNK_BYTES, writing)
    best = tables if settings.patience is not None else 0
    return tables + best + combining + step + making + vocab_size * WORD_BYTES + MARGIN_BYTES


def _compiled_step_bytes(settings: Settings) -> int:
    """Bytes that the compiled step takes at most."""
    row = settings.vector_size * FLOAT_BYTES
    batch, shared = tuning.batch_tokens(settings), tuning.shared_negatives(settings)
    group = tuning.group_tokens(settings)
    groups = batch // group
    context = groups * (group + 2 * settings.window)  # places of the groups' context words
    # what each thread has for the rows and scores of a group, or each group where threads are many
    scratch = (4 * group + 2 * settings.window + 2 * shared + SCRATCH_ROWS) * row
    scratch += group * (shared + 2 * settings.window + SCRATCH_ROWS) * FLOAT_BYTES
    scratch *= max(settings.workers or available_cores(), groups)
    return _batch_bytes(settings) + context * (row + PLACE_BYTES) + scratch


def _plain_step_bytes(settings: Settings) -> int:
    """Bytes that the plain step takes at most: it has each block's span as rows of its own."""
    batch = tuning.batch_tokens(settings)
    span = tuning.BLOCK_CENTERS + 2 * settings.window
    rows = SPAN_TABLES * (batch // tuning.BLOCK_CENTERS) * span * settings.vector_size
    return _batch_bytes(settings) + (rows + SPAN_SCORES * batch * span) * FLOAT_BYTES


def _batch_bytes(settings: Settings) -> int:
    """Bytes that a batch's tokens and negatives take in any step."""
    batch, shared = tuning.batch_tokens(settings), tuning.shared_negatives(settings)
    rows = batch + 2 * settings.window + batch // tuning.group_tokens(settings) * shared
    return FLOAT_BYTES * (STEP_TABLES * rows * settings.vector_size + 4 * batch * (shared + 64))


def available() -> tuple[int, str] | None:
    """Bytes that this process may still take, and what sets the limit; None where that is
    unknown.
    """
    sources = (machine_memory(), *_of_group(), _of_process())
    limits = [limit for limit in sources if limit is not None]
    return min(limits) if limits else None


def check_memory(
    settings: Settings,
    vocab_size: int,
    index: SubwordIndex | None = None,
    runs: int = 1,
    is_replica: bool = False,
    is_plain: bool = False,
) -> None:
    """Raise OutOfMemoryError if a run of so many words does not fit, with what would.

    Args:
        index, is_replica, is_plain: see `needed`.
        runs: that begin at the same time and share the memory.
    """
    limit = available()

    def total(settings: Settings, vocab_size: int) -> int:
        return runs * needed(settings, vocab_size, index, is_replica, is_plain)

    need = total(settings, vocab_size)
    if limit is None or need <= limit[0]:
        return

    def fits(changed: Settings, vocab_size: int = vocab_size) -> bool:
        return total(changed, vocab_size) <= limit[0]

    size, fitting = settings.vector_size, []
    if settings.window > WIDE_WINDOW and (
        narrower := _largest(
            settings.window, lambda window: fits(dataclasses.replace(settings, window=window))
        )
    ):
        fitting.append(f"`window` {narrower}")
    if smaller := _largest(
        size, lambda size: fits(dataclasses.replace(settings, vector_size=size))
    ):
        fitting.append(f"`vector_size` {smaller}")
    if fewer := _largest(vocab_size, lambda size: fits(settings, size)):
        fitting.append(f"`max_vocab` {fewer}")
    if index is not None and (
        smaller := _largest(
            len(index.buckets), lambda size: fits(dataclasses.replace(settings, buckets=size))
        )
    ):
        fitting.append(f"`buckets` {smaller}")
    hint = (
        f"{' or '.join(fitting)} would fit" if fitting else "nothing smaller would fit; free some"
    )
    ngrams = "" if index is None else f" and {len(index.buckets):,} buckets of n-grams"
    at = f" at {runs} ranks" if runs > 1 else ""
    raise OutOfMemoryError(
        f"{vocab_size:,} words{ngrams} of {size} dimensions{at} need {shown_bytes(need)} of memory"
        f", and {shown_bytes(limit[0])} are left ({limit[1]}): {hint}"
    )


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number below `most` that fits and is worth reporting, or 0."""
    number = bisect.bisect_left(range(1, most), True, key=lambda n: not fits(n))
    return number if number >= 10 else 0


def _of_group() -> list[tuple[int, str]]:
    """What the control groups of this process leave, such as a container's."""
    found = []
    for limit, used in _group_files():
        try:
            most, now = int(limit.read_text()), int(used.read_text())
        except (OSError, ValueError):  # "max": no limit
            continue
        if most < 1 << 60:  # version 1 writes "no limit" as a huge number
            found.append(
                (max(most - now + _cached(limit.parent), 0), "the limit of its control group")
            )
    return found


def _group_files() -> list[tuple[Path, Path]]:
    """(limit, usage) files of the control groups of this process."""
    names = {
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        2: ("memory.max", "memory.current"),
    }
    return [
        (folder / names[version][0], folder / names[version][1])
        for folder, version in own_groups("memory")
    ]


def _cached(folder: Path) -> int:
    """Bytes of a group's usage that are file pages the system drops when memory is asked for."""
    try:
        for line in (folder / "memory.stat").read_text().splitlines():
            name, _, value = line.partition(" ")
            if name in ("inactive_file", "total_inactive_file"):
                return int(value)
    except (OSError, ValueError):
        pass
    return 0


def _of_process() -> tuple[int, str] | None:
    """What RLIMIT_AS (ulimit -v) leaves of the address space."""
    try:
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most == resource.RLIM_INFINITY:
            return None
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return max(most - pages * os.sysconf("SC_PAGE_SIZE"), 0), "ulimit -v"
    except (ImportError, OSError, ValueError):
        return None
