"""Ranks on MPI, by mpi4py. MPI is imported here alone, and only where a launcher started ranks.

All messages go from one rank to one other and do not block, so a rank that waits knows for whom,
and for how long it has waited.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xw2v.cluster.launcher import Launch
from xw2v.cluster.ranks import PATIENCE_SECONDS, Place, RankLostError, Ranks, room_for
from xw2v.cluster.sharing import shared_memory
from xw2v.errors import MissingDependencyError, UsageError

PIECE_BYTES = 1 << 30  # of a message; MPI counts in 32 bits
TIMEOUT_VARIABLE = "XW2V_RANK_TIMEOUT"
TAG = 7
SPINS = 200  # polls before the processor is offered to others
LONGEST_ABORT_SECONDS = 5.0
LONGEST_NAP_SECONDS = 0.001


class MpiRanks(Ranks):
    """The ranks of MPI's world.

    Args:
        communicator: of mpi4py.
        patience: seconds to wait for another rank in training.
    """

    def __init__(
        self,
        communicator: Any,
        patience: float = PATIENCE_SECONDS,
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        from mpi4py import MPI

        self._mpi = MPI
        self._communicator = communicator.Dup()
        self._patience = patience
        self._piece_bytes = piece_bytes
        self.rank, self.size = communicator.Get_rank(), communicator.Get_size()
        # Messages are received where those before the last were: fresh pages take longer than MPI.
        self._rooms = [np.zeros(0, np.uint8)] * self.size
        self._rooms_of_last = list(self._rooms)
        self.allows_threads = MPI.Query_thread() >= MPI.THREAD_SERIALIZED
        near = communicator.Split_type(MPI.COMM_TYPE_SHARED)
        self.local_rank, self.local_size = near.Get_rank(), near.Get_size()
        self.places: list[Place] = []
        self.places = [Place(*each) for each in self.gather(self._here(), None)]

    def _here(self) -> tuple[int, str, int]:
        return self.rank, self._mpi.Get_processor_name(), os.getpid()

    def exchange(
        self, outgoing: Sequence[np.ndarray], patience: float | None = PATIENCE_SECONDS
    ) -> list[np.ndarray]:
        lengths = [np.array([len(message)]).view(np.uint8) for message in outgoing]
        sizes = [np.zeros(8, np.uint8) for _ in outgoing]
        self._transfer(lengths, sizes, patience)
        incoming = [outgoing[self.rank]] * self.size
        for rank, room in enumerate(self._rooms):
            size = int(sizes[rank].view(np.int64)[0])
            if size > len(room):
                room = self._rooms[rank] = room_for(size)
            if rank != self.rank:
                incoming[rank] = room[:size]
        self._rooms, self._rooms_of_last = self._rooms_of_last, self._rooms
        self._transfer(outgoing, incoming, patience)
        return incoming

    def _transfer(
        self, outgoing: Sequence[np.ndarray], incoming: Sequence[np.ndarray], patience: float | None
    ) -> None:
        """Send and receive messages whose sizes are known, in pieces."""
        send, receive = self._communicator.Isend, self._communicator.Irecv
        requests, peers = [], []
        for distance in range(1, self.size):  # each begins with its next neighbour
            source = (self.rank - distance) % self.size
            target = (self.rank + distance) % self.size
            for post, peer, message in (
                (receive, source, incoming[source]),
                (send, target, outgoing[target]),
            ):
                for first in range(0, len(message), self._piece_bytes):
                    piece = [message[first : first + self._piece_bytes], self._mpi.BYTE]
                    requests.append(post(piece, peer, TAG))
                    peers.append(peer)
        self._complete(requests, peers, patience)

    def _complete(self, requests: list[Any], peers: list[int], patience: float | None) -> None:
        began, polls = time.monotonic(), 0
        limit = None if patience is None else patience * self._patience / PATIENCE_SECONDS
        while not self._mpi.Request.Testall(requests):
            polls += 1
            if polls > SPINS:
                time.sleep(min(1e-5 * (polls - SPINS), LONGEST_NAP_SECONDS))
            waited = time.monotonic() - began
            if limit is not None and waited > limit:
                pending = (not request.Test() for request in requests)
                late = {peer for peer, waits in zip(peers, pending, strict=True) if waits}
                names = ", ".join(str(self.places[peer]) for peer in sorted(late)[:5])
                raise RankLostError(
                    f"nothing from {names} for {waited:.0f} seconds: dead, stopped or cut off; "
                    f"`resume` goes on; where ranks may be that slow, set {TIMEOUT_VARIABLE}"
                )

    def share(self, size: int) -> list[np.ndarray] | None:
        return shared_memory(self, size) if self.local_size == self.size else None

    def abort(self, code: int) -> None:
        # MPI may wait for a launcher that it cannot reach any more.
        threading.Timer(LONGEST_ABORT_SECONDS, os._exit, [code or 1]).start()
        self._communicator.Abort(code)


def connect(launch: Launch, environment: Mapping[str, str]) -> MpiRanks:
    """The ranks that a launcher started.

    Raises:
        MissingDependencyError: there is no mpi4py, or no MPI that it could load.
        UsageError: MPI sees other ranks than the launcher started.
    """
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # RuntimeError: no library of MPI was found
        raise MissingDependencyError(
            f"{launch.variable} says that {launch.size} ranks were started, and there is no mpi4py "
            f"or no MPI that it could load ({' '.join(str(error).split())[:200]}): python -m pip "
            "install mpi4py mpich, and start with the mpiexec that comes with mpich"
        ) from None
    size = MPI.COMM_WORLD.Get_size()
    if size != launch.size:
        library = MPI.Get_library_version().split("\n")[0][:40].strip("\0 ")
        raise UsageError(
            f"{launch.variable} says that {launch.size} ranks were started, but {library} sees "
            f"{size}: this launcher is not the one of mpi4py's MPI. Start with its own mpiexec, or "
            "with srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH); srun --mpi=list shows which "
            "there are"
        )
    given = environment.get(TIMEOUT_VARIABLE, "")
    try:
        patience = float(given) if given else PATIENCE_SECONDS
    except ValueError:
        raise UsageError(f"{TIMEOUT_VARIABLE}={given!r:.40}: give seconds") from None
    return MpiRanks(MPI.COMM_WORLD, patience)
