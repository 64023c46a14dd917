"""What a command shows on its way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xw2v.text.reading import Progress as ReadingProgress
    from xw2v.training.callbacks import Progress


class Console:
    """Where a command's lines and progress go; this one shows nothing."""

    def say(self, line: str) -> None:
        """Show a line."""

    def reading(self) -> AbstractContextManager[ReadingProgress | None]:
        """While text is read: what to report progress to."""
        return nullcontext()

    def training(self, words: int) -> AbstractContextManager[Callable[[Progress], None] | None]:
        """While a run of so many raw words trains: what to report progress to."""
        return nullcontext()
