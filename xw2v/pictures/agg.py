"""Figures of matplotlib that look the same on every machine: drawn by Agg, in default settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100


@contextmanager
def agg_figure(
    width: int, height: int, layout: Literal["constrained"] | None = None
) -> Iterator[Figure]:
    """An empty figure to be drawn and saved in this context, where the user's matplotlibrc and
    backend have no effect.

    Args:
        width, height: in pixels at `DPI`.
        layout: "constrained" makes room for axis labels and legends.
    """
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with style.context("default"):
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, layout=layout)
        FigureCanvasAgg(figure)
        yield figure
