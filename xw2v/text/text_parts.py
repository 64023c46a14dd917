"""Parts of a text, for several processes that read one each.

A part is a stretch of the bytes of all sources in their order. A chunk belongs to the part in which
it begins, so that the parts together are the text, chunk by chunk, in its order. Of a source that
does not know its size one part takes all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from xw2v.text.sources import Source, TextChunk

Bounds = tuple[float, float]  # of the bytes of a source that belong to a part


class TextPart(NamedTuple):
    """One of several parts of about the same size.

    Attributes:
        number: which, from 0.
        parts: how many there are.
    """

    number: int
    parts: int

    def bounds(self, sources: Sequence[Source]) -> list[Bounds]:
        """Of each source the bytes from first to last that belong to this part; the last is
        infinite where those at its end do.
        """
        sizes = [max(source.total, 1) for source in sources]
        first, last = (sum(sizes) * end // self.parts for end in (self.number, self.number + 1))
        found: list[Bounds] = []
        start = 0
        for size in sizes:
            stop = last - start
            found.append((first - start, math.inf if 0 < size <= stop else stop))
            start += size
        return found


COMPLETE = TextPart(0, 1)


def chunks_between(source: Source, bounds: Bounds, splits_at_spaces: bool) -> Iterator[TextChunk]:
    """The chunks of a source that begin within bounds of its bytes."""
    first, last = bounds
    if last <= 0 or first >= max(source.total, 1):
        source.done = source.total
        return
    begin = 0
    for chunk in source.chunks(splits_at_spaces):
        if begin >= last:
            return
        if begin >= first:
            yield chunk
        begin = source.done
