"""The ranks of a run: messages from each to each, and what is agreed by them."""

from __future__ import annotations

import json
import os
import platform
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from xw2v.errors import TrainingError
from xw2v.storage.cores import available_cores

PATIENCE_SECONDS = 45.0  # that a rank waits for another in training
BUSY_SECONDS = 1800.0  # that it waits for rank 0, which may write a checkpoint or measure a loss


class RankLostError(TrainingError):
    """A rank that others wait for in vain."""


@dataclass(frozen=True)
class Place:
    """Where a rank runs."""

    rank: int
    host: str
    process: int

    def __str__(self) -> str:
        return f"rank {self.rank} (process {self.process} on {self.host})"


class Ranks(ABC):
    """The processes of one run.

    Attributes:
        rank: this one's number.
        size: how many there are.
        local_rank: this one's number among those on its machine.
        local_size: how many there are on its machine.
        allows_threads: whether another thread than the first may exchange messages, while the first
            does not.
    """

    rank: int
    size: int
    local_rank: int
    local_size: int
    allows_threads = True

    @abstractmethod
    def exchange(
        self, outgoing: Sequence[np.ndarray], patience: float | None = PATIENCE_SECONDS
    ) -> list[np.ndarray]:
        """Send a message to each rank, and receive one from each: (bytes,) uint8, in the order of
        ranks, which stay as they are until the next exchange but one. All ranks must call it.

        Args:
            patience: seconds to wait; None waits as long as it takes.

        Raises:
            RankLostError: a rank did not come within that time.
        """

    def share(self, size: int) -> list[np.ndarray] | None:
        """Memory that all ranks read and write: that of each, (its size,) uint8 of zeros, in the
        order of ranks; None where they share none. All ranks must call it. What a rank has written
        the others see after the next exchange.

        Args:
            size: bytes of this rank's.
        """
        return None

    @abstractmethod
    def abort(self, code: int) -> None:
        """End all ranks, this one included."""

    def gather(self, value: Any, patience: float | None = PATIENCE_SECONDS) -> list[Any]:
        """What each rank gives, at each rank; values of JSON."""
        return [decoded(part) for part in self.exchange([encoded(value)] * self.size, patience)]

    def broadcast(self, value: Any = None, patience: float | None = PATIENCE_SECONDS) -> Any:
        """What rank 0 gives, at each rank, where other values are ignored; a value of JSON."""
        message = encoded(value if self.rank == 0 else None)
        return decoded(self.exchange([message] * self.size, patience)[0])

    def broadcast_array(self, array: np.ndarray, patience: float | None = None) -> None:
        """Overwrite an array with that of rank 0, which all ranks have in one shape and dtype.

        It passes through all ranks: each receives a part from rank 0 and sends it to the others.
        """
        data = array.reshape(-1).view(np.uint8)
        bounds = [len(data) * r // self.size for r in range(self.size + 1)]
        parts = [data[first:last] for first, last in pairwise(bounds)]
        nothing = data[:0]
        dealt = self.exchange(parts if self.rank == 0 else [nothing] * self.size, patience)
        for part, received in zip(
            parts, self.exchange([dealt[0]] * self.size, patience), strict=True
        ):
            part[:] = received

    def wait(self) -> None:
        """Return when all ranks have come here; rank 0 may have had something to do before."""
        patience = PATIENCE_SECONDS if self.rank == 0 else BUSY_SECONDS
        self.exchange([np.zeros(0, np.uint8)] * self.size, patience)


def cores_of(ranks: Ranks) -> int:
    """This rank's share of the cores that it may run on; all ranks must call it."""
    own = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    there = ranks.gather([platform.node(), sorted(own)], None)
    return max(available_cores() // there.count(there[ranks.rank]), 1)


def room_for(size: int) -> np.ndarray:
    """Memory for messages of `size` bytes and somewhat more: (at least size,) uint8. What is kept
    for the next ones is not to be made anew for each that is a little longer, since fresh pages
    take longer than what is written to them.
    """
    return np.empty(size + size // 4, np.uint8)


def encoded(value: Any) -> np.ndarray:
    """A value of JSON as a message."""
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def decoded(message: np.ndarray) -> Any:
    return json.loads(message.tobytes())
