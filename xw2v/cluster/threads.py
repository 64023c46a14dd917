"""Ranks that are threads of one process: for simulations, and for tests without MPI."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from xw2v.cluster.ranks import PATIENCE_SECONDS, RankLostError, Ranks


class Hub:
    """What the threads share: a queue of messages from each to each.

    Args:
        shares_memory: whether they may share memory, too.
    """

    def __init__(self, size: int, shares_memory: bool = False) -> None:
        self.shares_memory = shares_memory
        self.memory: dict[int, np.ndarray] = {}
        pairs = [(source, target) for source in range(size) for target in range(size)]
        self.messages: dict[tuple[int, int], queue.Queue[np.ndarray]] = {
            pair: queue.Queue() for pair in pairs
        }
        self.failed = threading.Event()


class ThreadRanks(Ranks):
    """A rank that is a thread."""

    def __init__(self, rank: int, size: int, hub: Hub) -> None:
        self.rank = self.local_rank = rank
        self.size = self.local_size = size
        self._hub = hub

    def exchange(
        self, outgoing: Sequence[np.ndarray], patience: float | None = PATIENCE_SECONDS
    ) -> list[np.ndarray]:
        for target, message in enumerate(outgoing):
            # a copy, as MPI makes one: the sender may go on to change what it has sent
            self._hub.messages[self.rank, target].put(message.copy())
        return [self._receive(source) for source in range(self.size)]

    def _receive(self, source: int) -> np.ndarray:
        for _ in range(60_000):
            with suppress(queue.Empty):
                return self._hub.messages[source, self.rank].get(timeout=0.01)
            if self._hub.failed.is_set():
                raise RankLostError("another rank has failed")
        raise RankLostError("waited for ten minutes")

    def share(self, size: int) -> list[np.ndarray] | None:
        if not self._hub.shares_memory:
            return None
        self._hub.memory[self.rank] = np.zeros(size, np.uint8)
        self.wait()
        memory = [self._hub.memory[rank] for rank in range(self.size)]
        self.wait()
        return memory

    def abort(self, code: int) -> None:
        self._hub.failed.set()


def on_ranks(size: int, work: Callable[[Ranks], Any], shares_memory: bool = False) -> list[Any]:
    """What `work` returns at each rank, or the exception that it raised there."""
    hub, results = Hub(size, shares_memory), [None] * size

    def run(rank: int) -> None:
        ranks = ThreadRanks(rank, size, hub)
        try:
            results[rank] = work(ranks)
        except BaseException as error:
            results[rank] = error  # type: ignore[call-overload]
            ranks.abort(1)

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
