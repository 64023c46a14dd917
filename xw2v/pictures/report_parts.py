"""Pieces of HTML that a report is made of. What comes in is text or values; what goes out is
HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xw2v.pictures.webpage import escape

ABSENT = "–"


def bars(items: Sequence[tuple[str, str, float]], wide: bool = False) -> str:
    """A list of (name, value as shown, share of a full bar from 0 to 1)."""
    rows = "".join(
        f'<li style="--share:{100 * min(max(share, 0), 1):.1f}%"><span>{escape(name)}</span>'
        f"<span>{escape(value)}</span></li>"
        for name, value, share in items
    )
    return f'<ol class="{"bars wide" if wide else "bars"}">{rows}</ol>'


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    row_classes: Sequence[str] = (),
    bar: int | None = None,
    hints: Sequence[str] = (),
) -> str:
    """A table whose first column is text and whose others are numbers.

    Args:
        row_classes: for each row a class of report.css, or "".
        bar: a column of percentages that is followed by a bar.
        hints: for each row what is shown when pointed at, or "".
    """
    lines = []
    for i, row in enumerate(rows):
        mark = f' class="{row_classes[i]}"' if row_classes and row_classes[i] else ""
        hint = f' title="{escape(hints[i])}"' if hints and hints[i] else ""
        lines.append(f"<tr{mark}{hint}>{_cells(row, bar)}</tr>")
    body = "".join(lines)
    return f'<div class="scroll"><table><tr>{_head(head, bar)}</tr>{body}</table></div>'


def _head(names: Sequence[str], bar: int | None) -> str:
    cells = []
    for column, name in enumerate(names):
        cells.append(f"<th{_number_class(column)}>{escape(name)}</th>")
        if column == bar:
            cells.append('<th class="bar"></th>')
    return "".join(cells)


def _cells(row: Sequence[str], bar: int | None) -> str:
    cells = []
    for column, value in enumerate(row):
        cells.append(f"<td{_number_class(column)}>{escape(value)}</td>")
        if column == bar:
            share = float(value.rstrip("%")) if value.endswith("%") else 0.0
            cells.append(f'<td class="bar"><i style="--share:{share:.1f}%"></i></td>')
    return "".join(cells)


def _number_class(column: int) -> str:
    return ' class="n"' if column else ""


def tiles(items: Sequence[tuple[str, str]]) -> str:
    """Key figures: (name, value)."""
    inner = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in items
    )
    return f'<dl class="tiles">{inner}</dl>'


def figure(chart: str, heading: str, caption: str = "") -> str:
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure><h3>{escape(heading)}</h3>{chart}{below}</figure>"


def columns(*parts: str) -> str:
    inner = "".join(f"<div>{part}</div>" for part in parts if part)
    return f'<div class="columns">{inner}</div>'


def cards(parts: Sequence[tuple[str, str]], wide: bool = False) -> str:
    """Boxes with a heading (text) and HTML each."""
    inner = "".join(
        f"<section><h3>{escape(heading)}</h3>{part}</section>" for heading, part in parts
    )
    return f'<div class="{"cards wide" if wide else "cards"}">{inner}</div>'


def definitions(items: Sequence[tuple[str, str]]) -> str:
    """A list of names, each with a text about it."""
    inner = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in items
    )
    return f'<dl class="about">{inner}</dl>'


def paragraph(text: str, small: bool = False) -> str:
    kind = ' class="small"' if small else ""
    return f"<p{kind}>{escape(text)}</p>"


# --- values as text ---


def integer(value: Any) -> str:
    return f"{round(value):,}" if isinstance(value, (int, float)) else ABSENT


def loss(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, (int, float)) else ABSENT


def percent(part: float, total: float) -> str:
    return f"{100 * part / total:.1f}%" if total else ABSENT


def duration(seconds: Any) -> str:
    if not isinstance(seconds, (int, float)):
        return ABSENT
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def setting(value: Any) -> str:
    if value is None:
        return ABSENT
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
