"""A word map as a picture."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from xw2v.pictures.agg import default_style, new_figure
from xw2v.pictures.labels import Labels
from xw2v.pictures.stamp import NAME
from xw2v.pictures.wordmap import LIGHT, METHOD_NAMES, WordMap, central_words, unit_square

WIDTH, HEIGHT = 1600, 1200  # pixels
MARGIN, TITLE_HEIGHT = 36, 64  # pixels left free around the map and above it
MIN_FONT, MAX_FONT = 10.5, 19.0  # pixels, of the least and the most important label
POINTS_PER_PIXEL = 0.72  # at 100 dpi
LABEL_GAP = 2.0  # pixels left and right of a label, so that two do not read as one word
DOT = 4.5  # diameter in pixels beside the largest label
UNLABELLED_DOT = 3.5
FULL_MAP = 800  # words that fill a map at these sizes; fewer are drawn larger
CHOSEN_RINGS, FREQUENT_RINGS = 3, 2  # how far from its dot a label may be; see Labels.place
LINE_FROM = 6  # pixels between a dot and its label from which a line joins them
MAX_TITLE, MAX_SUBTITLE, MAX_LABEL = 80, 80, 40  # characters
GROUP_NAME_GAP = 14  # pixels
INK, FAINT, LINE = "#1c2430", "#707a88", "#b4bcc8"
# Searched in this order for the characters of a word; DejaVu Sans comes with matplotlib.
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


class PngSummary(NamedTuple):
    """What a picture shows of a map.

    Attributes:
        labelled: how many words have a label.
        without_font: labelled words with a character that no font here has; it is drawn as a box.
    """

    labelled: int
    without_font: list[str]


@default_style()
def draw_png(file: BinaryIO, drawn: WordMap, title: str, subtitle: str = "") -> PngSummary:
    """Write a map as PNG, as many words labelled as there is room for, the most important first.

    Words that somebody chose may be labelled further away from their dots, with a line to them.

    Args:
        file: opened for writing in binary mode.
        drawn: the map.
        title, subtitle: above it.
    """
    sheet = _Sheet(drawn)
    figure = new_figure(WIDTH, HEIGHT)
    figure.set_facecolor("white")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # drawn as a box
        labelled = _add_labels(figure, sheet)
        unlabelled = np.setdiff1d(np.arange(len(sheet.dots)), labelled)
        _add_dots(figure, sheet, unlabelled, UNLABELLED_DOT, opacity=0.35)
        _add_dots(figure, sheet, np.asarray(labelled, int), sheet.diameter, opacity=0.9)
        _add_title(figure, sheet, title, subtitle)
        canvas: Any = figure.canvas
        canvas.draw()
        _write_png(file, np.asarray(canvas.buffer_rgba()), drawn.stamp)
    words = [drawn.words[row] for row in labelled]
    return PngSummary(len(words), [word for word in words if not sheet.has_font(word)])


@dataclass(frozen=True)
class _Sheet:
    """A map laid out on the picture: where its dots lie, and how words look."""

    drawn: WordMap

    @cached_property
    def dots(self) -> np.ndarray:
        """(n, 2) pixels, y up: they fill the sheet, as the axes of a map have no unit to keep."""
        room = np.array([WIDTH - 2 * MARGIN, HEIGHT - TITLE_HEIGHT - 2 * MARGIN])
        return np.asarray(unit_square(self.drawn.points) * room + MARGIN)

    @cached_property
    def font_sizes(self) -> np.ndarray:
        """(n,) pixels: by the logarithm of the count, or of the rank where counts are unknown."""
        words, counts = len(self.drawn.words), self.drawn.counts
        if counts is not None and counts.max() > 0:
            weight = np.log(np.maximum(counts, 1))
        else:
            weight = -np.log(np.arange(words) + 10.0)
        span = float(np.ptp(weight))
        share = (weight - weight.min()) / span if span > 0 else np.full(words, 0.5)
        growth = min(max((FULL_MAP / words) ** 0.25, 1.0), 1.8)
        exact = growth * (MIN_FONT + (MAX_FONT - MIN_FONT) * share)
        return np.asarray(np.round(2 * exact) / 2)  # of few sizes matplotlib keeps the glyphs

    @cached_property
    def colours(self) -> list[str]:
        return [LIGHT[group % len(LIGHT)] for group in self.drawn.groups]

    @cached_property
    def fonts(self) -> list[str]:
        """The fonts of FONTS that this machine has."""
        from matplotlib import font_manager

        installed = {entry.name for entry in font_manager.fontManager.ttflist}
        return [name for name in FONTS if name in installed]

    @cached_property
    def characters(self) -> set[int]:
        """Code points that the fonts have."""
        from matplotlib import font_manager

        known: set[int] = set()
        for name in self.fonts:
            known.update(font_manager.get_font(font_manager.findfont(name)).get_charmap())
        return known

    def has_font(self, word: str) -> bool:
        return all(ord(c) in self.characters for c in printable(word, MAX_LABEL))

    @property
    def diameter(self) -> float:
        """Of the dot of a labelled word."""
        return DOT * float(self.font_sizes.max()) / MAX_FONT


def _add_labels(figure: Any, sheet: _Sheet) -> list[int]:
    """Label the words that there is room for; returns their rows."""
    from matplotlib.collections import LineCollection
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import IdentityTransform

    pixels, renderer = IdentityTransform(), figure.canvas.get_renderer()
    labels = Labels(WIDTH, HEIGHT - TITLE_HEIGHT, sheet.dots, sheet.diameter / 2)
    rings = CHOSEN_RINGS if sheet.drawn.chosen else FREQUENT_RINGS
    outline = [withStroke(linewidth=2.2, foreground="white", alpha=0.85)]
    labelled: list[int] = []
    lines = []
    for row, word in enumerate(sheet.drawn.words):
        dot = sheet.dots[row]
        text = figure.text(
            0,
            0,
            printable(word, MAX_LABEL),
            transform=pixels,
            family=sheet.fonts,
            size=POINTS_PER_PIXEL * sheet.font_sizes[row],
            color=sheet.colours[row],
            style="italic" if any(sheet.drawn.composed[row : row + 1]) else "normal",
            parse_math=False,
        )
        box = text.get_window_extent(renderer)
        size = np.array([box.width + 2 * LABEL_GAP, box.height])
        place = labels.place(dot, size, rings)
        if place is None:
            text.remove()
            continue
        corner = np.array(place)
        text.set_position(tuple(corner - (box.x0 - LABEL_GAP, box.y0)))
        text.set_path_effects(outline)
        labelled.append(row)
        nearest = np.clip(dot, corner, corner + size)
        if np.hypot(*(nearest - dot)) > sheet.diameter / 2 + LINE_FROM:
            lines.append([dot, nearest])
    figure.add_artist(LineCollection(lines, colors=LINE, linewidths=0.6, transform=pixels))
    return labelled


def _add_dots(
    figure: Any, sheet: _Sheet, rows: np.ndarray, diameter: float, opacity: float
) -> None:
    from matplotlib.collections import EllipseCollection
    from matplotlib.transforms import IdentityTransform

    pixels = IdentityTransform()
    dots = EllipseCollection(
        diameter,
        diameter,
        0,
        units="dots",
        offsets=sheet.dots[rows],
        offset_transform=pixels,
        transform=pixels,
        facecolors=[sheet.colours[row] for row in rows],
        alpha=opacity,
        linewidths=0,
    )
    figure.add_artist(dots)


def _add_title(figure: Any, sheet: _Sheet, title: str, subtitle: str) -> None:
    """What the map shows, and the groups' central words in their colours."""
    words, method = len(sheet.drawn.words), METHOD_NAMES[sheet.drawn.method]
    note = f"{words:,} words by {method}; a colour for each group of similar words"
    style: dict[str, Any] = {"va": "baseline", "family": sheet.fonts, "parse_math": False}
    left, right = MARGIN / WIDTH, 1 - MARGIN / WIDTH
    top, below = 1 - 38 / HEIGHT, 1 - 59 / HEIGHT
    figure.text(left, top, printable(title, MAX_TITLE), color=INK, size=15, weight="bold", **style)
    figure.text(right, top, note, color=FAINT, size=10, ha="right", **style)
    text = printable(subtitle, MAX_SUBTITLE)
    shown = figure.text(left, below, text, color=FAINT, size=10, **style)
    renderer = figure.canvas.get_renderer()
    names, ends = [], []
    end = shown.get_window_extent(renderer).x1
    for group, central in enumerate(central_words(sheet.drawn, 2)):
        name = printable(", ".join(central), MAX_LABEL)
        colour = LIGHT[group % len(LIGHT)]
        names.append(figure.text(0, below, name, color=colour, size=9, ha="right", **style))
        end += names[-1].get_window_extent(renderer).width + GROUP_NAME_GAP
        ends.append(end)
    room = WIDTH - MARGIN
    last = max([end for end in ends if end <= room], default=room)
    for name_text, end in zip(
        names, ends, strict=True
    ):  # the largest groups, up to the right margin
        name_text.set_x((end + room - last) / WIDTH)
        name_text.set_visible(end <= room)


def _write_png(file: BinaryIO, picture: np.ndarray, stamp: str) -> None:
    """Write (height, width, 4) pixels with a palette of 256 colours, a third of the size without
    it.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text(NAME, stamp)
    palette_image = Image.fromarray(picture[..., :3]).quantize(256, dither=Image.Dither.NONE)
    palette_image.save(file, "PNG", optimize=True, pnginfo=info)


def printable(text: str, longest: int) -> str:
    """Text as a label: on one line, printable, not too long."""
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
