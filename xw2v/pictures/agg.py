"""Figures of matplotlib that look the same on every machine: drawn by Agg, in default settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100


@contextmanager
def default_style() -> Iterator[None]:
    """Draw and save a figure in this context, or in a function decorated with `@default_style()`:
    there the user's matplotlibrc has no effect.
    """
    from matplotlib import style

    with style.context("default"):
        yield


def new_figure(width: float, height: float, layout: Literal["constrained"] | None = None) -> Figure:
    """An empty figure on an Agg canvas, whatever the user's backend is.

    Args:
        width, height: in pixels at `DPI`.
        layout: "constrained" makes room for axis labels and legends.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, layout=layout)
    FigureCanvasAgg(figure)
    return figure
