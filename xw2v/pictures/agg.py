"""Figures of matplotlib that look the same on every machine: drawn by Agg, in default settings."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from xw2v.errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100
NEUTRAL = {"MPLBACKEND": "agg", "MATPLOTLIBRC": os.devnull}


@contextmanager
def default_style() -> Iterator[None]:
    """Draw and save a figure in this context, or in a function decorated with `@default_style()`:
    there the user's matplotlibrc has no effect.
    """
    _import_matplotlib()
    from matplotlib import style

    with style.context("default"):
        yield


def new_figure(width: float, height: float, layout: Literal["constrained"] | None = None) -> Figure:
    """An empty figure on an Agg canvas, whatever the user's backend is.

    Args:
        width, height: in pixels at `DPI`.
        layout: "constrained" makes room for axis labels and legends.
    """
    _import_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, layout=layout)
    FigureCanvasAgg(figure)
    return figure


def _import_modules() -> None:
    for module in ("matplotlib", "matplotlib.style", "matplotlib.backends.backend_agg"):
        importlib.import_module(module)


def _import_matplotlib() -> None:
    """Import matplotlib also where its settings do not let it, such as an MPLBACKEND of a notebook
    whose library is not installed here.

    Raises:
        MissingDependencyError: it is not installed, or the installation is broken.
    """
    try:
        _import_modules()
    except Exception:
        for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
            del sys.modules[name]  # what a failed import leaves behind
        before = {name: os.environ.get(name) for name in NEUTRAL}
        os.environ.update(NEUTRAL)
        try:
            _import_modules()
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise MissingDependencyError(
                f"pictures need matplotlib, which cannot be imported ({reason}): "
                "pip install --force-reinstall matplotlib"
            ) from None
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
