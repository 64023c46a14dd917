"""Pieces of HTML that a report is made of. What comes in is text or numbers; what goes out is
HTML.
"""

from __future__ import annotations

from collections.abc import Sequence

from xw2v.pictures.webpage import escape


def bars(items: Sequence[tuple[str, str, float]], wide: bool = False) -> str:
    """A list of (name, value as shown, share of a full bar from 0 to 1)."""
    rows = "".join(
        f'<li style="--share:{100 * min(max(share, 0), 1):.1f}%"><span>{escape(name)}</span>'
        f"<span>{escape(value)}</span></li>"
        for name, value, share in items
    )
    kind = "bars wide" if wide else "bars"
    return f'<ol class="{kind}">{rows}</ol>'


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    marks: Sequence[str] = (),
    bar: int | None = None,
) -> str:
    """A table whose first column is text and whose others are numbers.

    Args:
        marks: for each row a class of report.css, or "".
        bar: a column of percentages that is followed by a bar.
    """
    cells = []
    for i, row in enumerate(rows):
        columns = []
        for j, value in enumerate(row):
            columns.append(f"<td{_numeric(j)}>{escape(value)}</td>")
            if j == bar:
                share = value.rstrip("%") if value.endswith("%") else "0"
                columns.append(f'<td class="bar"><i style="--share:{float(share):.1f}%"></i></td>')
        mark = f' class="{marks[i]}"' if marks and marks[i] else ""
        cells.append(f"<tr{mark}>{''.join(columns)}</tr>")
    names = []
    for j, name in enumerate(head):
        names.append(f"<th{_numeric(j)}>{escape(name)}</th>")
        if j == bar:
            names.append("<th></th>")
    body = "".join(cells)
    return f'<div class="scroll"><table><tr>{"".join(names)}</tr>{body}</table></div>'


def _numeric(column: int) -> str:
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


def cards(parts: Sequence[tuple[str, str]]) -> str:
    """Boxes with a heading (text) and HTML each."""
    inner = "".join(
        f"<section><h3>{escape(heading)}</h3>{part}</section>" for heading, part in parts
    )
    return f'<div class="cards">{inner}</div>'


def paragraph(text: str, small: bool = False) -> str:
    kind = ' class="small"' if small else ""
    return f"<p{kind}>{escape(text)}</p>"
