"""Small charts as SVG within a page, whose style gives them their colours (`pages/report.css`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xw2v.pictures.webpage import escape

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 78, 14, 40, 52  # margins around the area of the data
BASE = HEIGHT - BOTTOM  # y of the horizontal axis
MAX_TICKS = 6  # about
TICK_FONT = 16  # about; report.css sets it
PADDING = 0.04  # of the range of y, above and below the data
MARKER_RADIUS = 4
MIN_BAR, BAR_GAP = 0.5, 1.5  # pixels

Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """A range of values laid out over a range of pixels, linearly or by logarithm."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Pixels of a value."""
        low, high = self.low, self.high
        if self.logarithmic:
            value = math.log10(max(value, low))
            low, high = math.log10(low), math.log10(high)
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values within the range."""
        if self.logarithmic:
            first = math.ceil(math.log10(self.low) - 1e-9)
            last = math.floor(math.log10(self.high) + 1e-9)
            stride = max(1, -(-(last - first) // MAX_TICKS))
            return [10.0**power for power in range(first, last + 1, stride)]
        step = nice_step((self.high - self.low) / MAX_TICKS)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [i * step for i in range(first, last + 1)]


def nice_step(minimum: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `minimum`."""
    if minimum <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(minimum))
    steps = (power * factor for factor in (1, 2, 2.5, 5, 10))
    return next(step for step in steps if step >= minimum * (1 - 1e-9))


def tick_labels(values: Sequence[float]) -> list[str]:
    """Values as an axis shows them, all with the same decimals."""
    small = [value for value in values if abs(value) < 1e6]
    decimals = max((len(f"{value:.10g}".partition(".")[2]) for value in small), default=0)
    return [_tick_label(value, decimals) for value in values]


def _tick_label(value: float, decimals: int) -> str:
    for scale, letter in ((1e9, "G"), (1e6, "M")):
        if value >= scale:
            return f"{value / scale:,.10g} {letter}"
    return f"{value:,.{decimals}f}"


@dataclass(frozen=True)
class Series:
    """Points joined by a line; `style` is a class of report.css, `marked` shows each point."""

    points: Sequence[Point]
    style: str
    label: str = ""
    marked: bool = False


def line_chart(
    series: Sequence[Series],
    x_label: str,
    y_label: str,
    *,
    logarithmic: bool = False,
    x_lines: Sequence[float] = (),
) -> str:
    """Lines over two axes.

    Args:
        logarithmic: both axes, for positive values.
        x_lines: values of x with a thin vertical line.
    """
    xs = [x for line in series for x, _ in line.points]
    ys = [y for line in series for _, y in line.points]
    pad = 0.0 if logarithmic else PADDING * ((max(ys) - min(ys)) or 1)
    x_axis = Axis(min(xs) if logarithmic else 0, max(xs), LEFT, WIDTH - RIGHT, logarithmic)
    y_axis = Axis(min(ys) - pad, max(ys) + pad, BASE, TOP, logarithmic)
    parts = [_frame(x_axis, y_axis, x_label, y_label)]
    for value in x_lines:
        x = x_axis.at(value)
        parts.append(f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{BASE}"/>')
    parts += [_line(line, x_axis, y_axis) for line in series]
    keys = [
        f'<span class="key {line.style}">{escape(line.label)}</span>'
        for line in series
        if line.label
    ]
    legend = f'<p class="legend">{"".join(keys)}</p>' if keys else ""
    return _svg(parts, f"{y_label} against {x_label}") + legend


def _line(line: Series, x_axis: Axis, y_axis: Axis) -> str:
    pixels = [(x_axis.at(x), y_axis.at(y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in pixels)
    parts = [f'<polyline class="{line.style}" points="{path}"/>']
    if line.marked:
        parts += [
            f'<circle class="{line.style}" cx="{px:.1f}" cy="{py:.1f}" r="{MARKER_RADIUS}">'
            f"<title>{escape(f'{x:,.0f}: {y:.4f}')}</title></circle>"
            for (px, py), (x, y) in zip(pixels, line.points, strict=True)
        ]
    return "".join(parts)


def histogram(
    counts: Sequence[int], labels: Sequence[str], edges: Sequence[float], x_label: str, y_label: str
) -> str:
    """Bars beside each other.

    Args:
        counts: n heights.
        labels: n names, shown when pointed at.
        edges: n + 1 values of x, the bars' limits.
    """
    x_axis = Axis(edges[0], edges[-1], LEFT, WIDTH - RIGHT)
    y_axis = Axis(0, max(max(counts), 1), BASE, TOP)
    parts = [_frame(x_axis, y_axis, x_label, y_label)]
    for count, label, left, right in zip(counts, labels, edges[:-1], edges[1:], strict=True):
        x, y = x_axis.at(left) + BAR_GAP / 2, y_axis.at(count)
        width = max(x_axis.at(right) - x_axis.at(left) - BAR_GAP, MIN_BAR)
        parts.append(
            f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
            f'height="{BASE - y:.1f}"><title>{escape(label)}: {count:,}</title></rect>'
        )
    return _svg(parts, f"{y_label} by {x_label}")


def _frame(x_axis: Axis, y_axis: Axis, x_label: str, y_label: str) -> str:
    """Axes with their ticks and names."""
    right = WIDTH - RIGHT
    parts = [f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{BASE}" y2="{BASE}"/>']
    for value, label in _labelled_ticks(y_axis):
        y = y_axis.at(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(LEFT - 8, y + 4, label, "end"))
    for value, label in _labelled_ticks(x_axis):
        x = x_axis.at(value)
        parts.append(_text(x, BASE + 20, label, "end" if x > right - 14 else "middle"))
    parts.append(_text(right, HEIGHT - 8, x_label, "end", 'class="name"'))
    parts.append(_text(0, TICK_FONT, y_label, "start", 'class="name"'))
    return "".join(parts)


def _labelled_ticks(axis: Axis) -> list[tuple[float, str]]:
    ticks = axis.ticks()
    return list(zip(ticks, tick_labels(ticks), strict=True))


def _text(x: float, y: float, text: str, anchor: str = "middle", extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{escape(text)}</text>'


def _svg(parts: Sequence[str], name: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)}">'
        f"{''.join(parts)}</svg>"
    )
