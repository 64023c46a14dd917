"""Sources read ahead by threads: decompressed and checked while earlier text is counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition

from xw2v.text.sources import TextChunk

AHEAD_BYTES = 1 << 21  # that wait, for each thread; one chunk may be larger


def read_ahead(
    sources: Sequence[Callable[[], Iterator[TextChunk]]], threads: int
) -> Generator[TextChunk, None, None]:
    """The chunks of sources in their order, of which up to `threads` are read at a time.

    Args:
        sources: each gives its chunks when it is called.
    """
    shelf = _Shelf(len(sources), AHEAD_BYTES * threads)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="xw2v-source")
    try:
        for number, source in enumerate(sources):
            pool.submit(shelf.fill, number, source)
        for number in range(len(sources)):
            yield from shelf.take(number)
    finally:
        shelf.stop()
        pool.shutdown(cancel_futures=True)


class _Shelf:
    """Chunks of several sources that wait to be taken, source by source.

    Args:
        max_bytes: of all that wait, but for one chunk of the source that is being taken.
    """

    def __init__(self, sources: int, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._waiting: list[deque[TextChunk]] = [deque() for _ in range(sources)]
        self._errors: list[BaseException | None] = [None] * sources
        self._is_read = [False] * sources
        self._bytes = 0
        self._taken = 0  # the source that is being taken
        self._is_stopped = False
        self._changed = Condition()

    def fill(self, number: int, source: Callable[[], Iterator[TextChunk]]) -> None:
        """Read a source."""
        try:
            for chunk in source():
                if not self._put(number, chunk):
                    break
        except BaseException as error:  # raised again where the chunks are taken
            self._errors[number] = error
        with self._changed:
            self._is_read[number] = True
            self._changed.notify_all()

    def _put(self, number: int, chunk: TextChunk) -> bool:
        """Wait until there is room; whether to go on."""

        def has_room() -> bool:
            is_wanted = number == self._taken and not self._waiting[number]
            return self._bytes < self._max_bytes or is_wanted or self._is_stopped

        with self._changed:
            self._changed.wait_for(has_room)
            self._waiting[number].append(chunk)
            self._bytes += _size(chunk)
            self._changed.notify_all()
            return not self._is_stopped

    def take(self, number: int) -> Iterator[TextChunk]:
        """What was read of a source, as it comes; raises what reading it raised."""
        waiting = self._waiting[number]
        self._taken = number
        while True:
            with self._changed:
                self._changed.notify_all()
                self._changed.wait_for(lambda: waiting or self._is_read[number])
                if not waiting:
                    break
                chunk = waiting.popleft()
                self._bytes -= _size(chunk)
            yield chunk
        if (error := self._errors[number]) is not None:
            raise error

    def stop(self) -> None:
        """End the reading."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()


def _size(chunk: TextChunk) -> int:
    return len(chunk) if isinstance(chunk, bytes) else 8 * len(chunk)
