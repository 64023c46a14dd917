"""What a run shows on its way: lines and bars."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xw2v.text.encode import Progress as ReadingProgress
    from xw2v.training.callbacks import Progress

TRAINING_BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} words [{elapsed}<{remaining}{postfix}]"

logger = logging.getLogger("xw2v")


class Console:
    """Where a run's lines and progress go; this one shows nothing."""

    def say(self, line: str) -> None:
        """Show a line."""

    def warn(self, line: str) -> None:
        """Show a line on what went wrong and did not end the run."""
        self.say(line)

    def reading(self) -> AbstractContextManager[ReadingProgress | None]:
        """While text is read: what to report progress to."""
        return nullcontext()

    def training(self, words: int) -> AbstractContextManager[Callable[[Progress], None] | None]:
        """While a run of so many raw words trains: what to report progress to."""
        return nullcontext()


class PythonConsole(Console):
    """Lines go to the log, at INFO, and what went wrong is a warning.

    Args:
        progress: whether lines are printed on standard error instead, and progress is shown as a
            bar there or, in a notebook, as a widget.
    """

    def __init__(self, progress: bool) -> None:
        self._progress = progress

    def say(self, line: str) -> None:
        if self._progress:
            print(line, file=sys.stderr)
        else:
            logger.info(line)

    def warn(self, line: str) -> None:
        warnings.warn(line, stacklevel=2)

    def reading(self) -> AbstractContextManager[ReadingProgress | None]:
        return reading_bar() if self._progress else nullcontext()

    def training(self, words: int) -> AbstractContextManager[Callable[[Progress], None] | None]:
        return training_bar(words) if self._progress else nullcontext()


@contextmanager
def reading_bar() -> Iterator[ReadingProgress]:
    """A bar on standard error or in a notebook while text is read; yields its callback."""
    from tqdm.auto import tqdm

    with tqdm(unit=" words", unit_scale=True, desc="reading", leave=False, file=sys.stderr) as bar:

        def report(words: int, share: float | None) -> None:
            if share:
                bar.total = int(words / share)
            bar.update(words - bar.n)

        yield report


@contextmanager
def training_bar(words: int) -> Iterator[Callable[[Progress], None]]:
    """A bar on standard error or in a notebook while a run of so many raw words trains; yields
    its callback.
    """
    from tqdm.auto import tqdm

    with tqdm(total=words, unit_scale=True, bar_format=TRAINING_BAR, file=sys.stderr) as bar:

        def report(progress: Progress) -> None:
            speed = f"{progress.words_per_second / 1e6:.2f} M words/s"
            bar.set_postfix_str(
                f"{speed}, loss {progress.loss:.4f}, alpha {progress.alpha:.4f}", refresh=False
            )
            bar.update(int(progress.done * words) - bar.n)

        yield report
        bar.update(words - bar.n)
