"""Small charts as SVG within a page, whose style gives them their colours (`pages/report.css`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xw2v.pictures.webpage import escape

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 78, 14, 14, 48  # around the area of the data
TICKS = 6

Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """A range of numbers laid out over a range of pixels, linearly or by logarithm."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Pixels of a value."""
        low, high, here = self.low, self.high, value
        if self.logarithmic:
            low, high, here = math.log10(low), math.log10(high), math.log10(max(here, self.low))
        share = (here - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round numbers within the range."""
        if self.logarithmic:
            first, last = (
                math.ceil(math.log10(self.low) - 1e-9),
                math.floor(math.log10(self.high) + 1e-9),
            )
            return [
                10.0**power for power in range(first, last + 1, max(1, -(-(last - first) // TICKS)))
            ]
        step = nice_step((self.high - self.low) / TICKS)
        return [
            i * step
            for i in range(
                math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1
            )
        ]


def nice_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `least`."""
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= least * (1 - 1e-9))


def numbers(values: Sequence[float]) -> list[str]:
    """Numbers as an axis shows them, all with the same decimals."""
    decimals = max(
        (len(f"{value:.10g}".partition(".")[2]) for value in values if abs(value) < 1e6), default=0
    )
    return [
        f"{value / 1e9:,.10g} G"
        if value >= 1e9
        else f"{value / 1e6:,.10g} M"
        if value >= 1e6
        else f"{value:,.{decimals}f}"
        for value in values
    ]


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
    from_zero: bool = False,
    rules: Sequence[float] = (),
) -> str:
    """Lines over two axes.

    Args:
        logarithmic: both axes, for positive numbers.
        from_zero: let both axes start at 0.
        rules: values of x with a thin vertical line.
    """
    xs = [x for each in series for x, _ in each.points]
    ys = [y for each in series for _, y in each.points]
    pad = 0.0 if logarithmic or from_zero else 0.04 * ((max(ys) - min(ys)) or 1)
    x_axis = Axis(0 if not logarithmic else min(xs), max(xs), LEFT, WIDTH - RIGHT, logarithmic)
    low = 0.0 if from_zero else min(ys) - pad
    y_axis = Axis(low, max(ys) + pad, HEIGHT - BOTTOM, TOP, logarithmic)
    parts = [_frame(x_axis, y_axis, x_label, y_label)]
    parts += [
        f'<line class="rule" x1="{x_axis.at(x):.1f}" x2="{x_axis.at(x):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        for x in rules
    ]
    for each in series:
        places = [(x_axis.at(x), y_axis.at(y)) for x, y in each.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="{each.style}" points="{path}"/>')
        if each.marked:
            parts += [
                f'<circle class="{each.style}" cx="{px:.1f}" cy="{py:.1f}" r="4">'
                f"<title>{escape(f'{x:,.0f}: {y:.4f}')}</title></circle>"
                for (px, py), (x, y) in zip(places, each.points, strict=True)
            ]
    legend = "".join(
        f'<span class="key {each.style}">{escape(each.label)}</span>'
        for each in series
        if each.label
    )
    return _figure(parts, f"{y_label} against {x_label}") + (
        f'<p class="legend">{legend}</p>' if legend else ""
    )


def histogram(
    counts: Sequence[int], labels: Sequence[str], edges: Sequence[float], x_label: str, y_label: str
) -> str:
    """Bars beside each other.

    Args:
        counts: n heights.
        labels: n names, shown when pointed at.
        edges: n + 1 values of x between which the bars stand.
    """
    x_axis = Axis(edges[0], edges[-1], LEFT, WIDTH - RIGHT)
    y_axis = Axis(0, max(max(counts), 1), HEIGHT - BOTTOM, TOP)
    parts = [_frame(x_axis, y_axis, x_label, y_label)]
    for count, label, left, right in zip(counts, labels, edges[:-1], edges[1:], strict=True):
        x, width = x_axis.at(left) + 0.75, x_axis.at(right) - x_axis.at(left) - 1.5
        y = y_axis.at(count)
        parts.append(
            f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" '
            f'height="{HEIGHT - BOTTOM - y:.1f}"><title>{escape(label)}: {count:,}</title></rect>'
        )
    return _figure(parts, f"{y_label} by {x_label}")


def _frame(x_axis: Axis, y_axis: Axis, x_label: str, y_label: str) -> str:
    base = HEIGHT - BOTTOM
    parts = [f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>']
    for value, shown in _named(y_axis):
        y = y_axis.at(value)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{shown}</text>')
    for value, shown in _named(x_axis):
        x = x_axis.at(value)
        anchor = "end" if x > WIDTH - RIGHT - 14 else "middle"
        parts.append(f'<text x="{x:.1f}" y="{base + 17}" text-anchor="{anchor}">{shown}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text class="name" x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>'
    )
    turned = f'transform="rotate(-90 14 {(TOP + base) / 2})" text-anchor="middle"'
    parts.append(
        f'<text class="name" x="14" y="{(TOP + base) / 2}" {turned}>{escape(y_label)}</text>'
    )
    return "".join(parts)


def _named(axis: Axis) -> list[tuple[float, str]]:
    ticks = axis.ticks()
    return list(zip(ticks, numbers(ticks), strict=True))


def _figure(parts: Sequence[str], name: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)}">'
        f"{''.join(parts)}</svg>"
    )
