"""A word map as a picture."""

from __future__ import annotations

import warnings
from typing import Any, BinaryIO

import numpy as np

from xw2v.pictures.labels import Labels
from xw2v.pictures.wordmap import LIGHT, METHOD_NAMES, WordMap

WIDTH, HEIGHT = 1600, 1200  # pixels
MARGIN, HEAD = 36, 64  # left free around the map and above it
SMALL, LARGE = 10.5, 19.0  # font sizes of the least and the most important label, in pixels
GAP = 2.0  # pixels left and right of a label, so that two do not read as one word
DOT = 4.5  # diameter beside the largest label
FULL = 800  # words that fill a map at these sizes
INK, FAINT = "#1c2430", "#707a88"
# Asked in this order for the characters of a word; DejaVu Sans comes with matplotlib.
FONTS = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "WenQuanYi Zen Hei",
    "IPAGothic",
    "Hiragino Sans",
    "PingFang SC",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Noto Sans Devanagari",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "Noto Emoji",
    "Segoe UI Symbol",
)


def draw_png(file: BinaryIO, drawn: WordMap, title: str) -> int:
    """Write a map as PNG, as many words labelled as there is room for, the most important first.

    Words that somebody chose may be labelled further away from their dots, with a line to them.

    Returns:
        How many words have a label.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    dots = _on_sheet(drawn.points)  # (n, 2), y up
    sizes = _font_sizes(drawn)
    colours = [LIGHT[group % len(LIGHT)] for group in drawn.groups]
    fonts = _fonts()
    diameter = DOT * sizes.max() / LARGE
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Glyph .* missing from font"
        )  # it is drawn as a box
        placed = _add_labels(figure, drawn, dots, sizes, colours, fonts, diameter)
        _add_dots(
            figure,
            dots,
            colours,
            np.setdiff1d(np.arange(len(dots)), placed),
            alpha=0.35,
            diameter=3.5,
        )
        _add_dots(figure, dots, colours, np.asarray(placed, int), alpha=0.9, diameter=diameter)
        note = f"{len(drawn.words):,} words by {METHOD_NAMES[drawn.method]}; a colour for each group of similar words"
        head: dict[str, Any] = {
            "y": 1 - 24 / HEIGHT,
            "va": "top",
            "family": fonts,
            "parse_math": False,
        }
        figure.text(MARGIN / WIDTH, s=_shown(title, 80), color=INK, size=15, weight="bold", **head)
        figure.text(1 - MARGIN / WIDTH, s=note, color=FAINT, size=10, ha="right", **head)
        canvas.draw()
    _write_png(file, np.asarray(canvas.buffer_rgba()))
    return len(placed)


def _add_labels(
    figure: Any,
    drawn: WordMap,
    dots: np.ndarray,
    sizes: np.ndarray,
    colours: list[str],
    fonts: list[str],
    diameter: float,
) -> list[int]:
    """Label the words that have room, and tell which."""
    from matplotlib.collections import LineCollection
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import IdentityTransform

    pixels, renderer = IdentityTransform(), figure.canvas.get_renderer()
    labels = Labels(WIDTH, HEIGHT - HEAD, dots, diameter / 2)
    placed: list[int] = []
    lines = []
    for row, word in enumerate(drawn.words):
        font = {
            "family": fonts,
            "size": 0.72 * sizes[row],
            "color": colours[row],
            "parse_math": False,
        }
        text = figure.text(0, 0, _shown(word), transform=pixels, **font)
        box = text.get_window_extent(renderer)
        size = np.array([box.width + 2 * GAP, box.height])
        place = labels.place(dots[row], size, rings=3 if drawn.chosen else 2)
        if place is None:
            text.remove()
            continue
        corner = np.array(place)
        text.set_position(tuple(corner - (box.x0 - GAP, box.y0)))
        text.set_path_effects([withStroke(linewidth=2.2, foreground="white", alpha=0.85)])
        placed.append(row)
        nearest = np.clip(dots[row], corner, corner + size)
        if np.hypot(*(nearest - dots[row])) > diameter / 2 + 6:
            lines.append([dots[row], nearest])
    figure.add_artist(LineCollection(lines, colors="#b4bcc8", linewidths=0.6, transform=pixels))
    return placed


def _add_dots(
    figure: Any,
    dots: np.ndarray,
    colours: list[str],
    rows: np.ndarray,
    alpha: float,
    diameter: float,
) -> None:
    from matplotlib.collections import EllipseCollection
    from matplotlib.transforms import IdentityTransform

    pixels = IdentityTransform()
    shape = {
        "units": "dots",
        "offsets": dots[rows],
        "offset_transform": pixels,
        "transform": pixels,
    }
    faces = [colours[row] for row in rows]
    figure.add_artist(
        EllipseCollection(
            diameter, diameter, 0, facecolors=faces, alpha=alpha, linewidths=0, **shape
        )
    )


def _on_sheet(points: np.ndarray) -> np.ndarray:
    """Points (n, 2) in pixels, filling the sheet: the axes of a map have no unit to keep."""
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    unit = np.where(span > 0, (points - low) / np.where(span > 0, span, 1), 0.5)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - HEAD - 2 * MARGIN])
    return unit * room + MARGIN


def _font_sizes(drawn: WordMap) -> np.ndarray:
    """(n,) pixels: by the logarithm of the count, or of the place where counts are not known."""
    counts = drawn.counts if drawn.counts is not None and drawn.counts.min() > 0 else None
    weight = -np.log(np.arange(len(drawn.words)) + 10.0) if counts is None else np.log(counts)
    span = float(np.ptp(weight))
    share = (weight - weight.min()) / span if span > 0 else np.full(len(weight), 0.5)
    grown = min(max((FULL / len(weight)) ** 0.25, 1.0), 1.8)  # few words leave room
    return (
        np.round(2 * grown * (SMALL + (LARGE - SMALL) * share)) / 2
    )  # of few sizes the fonts are kept


def _fonts() -> list[str]:
    """The fonts of FONTS that this machine has."""
    from matplotlib import font_manager

    there = {entry.name for entry in font_manager.fontManager.ttflist}
    return [name for name in FONTS if name in there]


def _write_png(file: BinaryIO, picture: np.ndarray) -> None:
    """Write (height, width, 4) pixels with a palette of 256 colours, a third of the size without
    it.
    """
    from PIL import Image

    Image.fromarray(picture[..., :3]).quantize(256, dither=Image.Dither.NONE).save(
        file, "PNG", optimize=True
    )


def _shown(word: str, longest: int = 40) -> str:
    """A word as a label: on one line, printable, not too long."""
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in word)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
