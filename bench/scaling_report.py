"""What `bench.scaling` measured: tables, exponents, verdicts and a picture."""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import Any

import numpy as np

MOST_GROWTH = 1.1  # exponent that still counts as linear, with the noise of a shared machine
MOST_FOR_ROWS = 1.2  # times as long that a step may take in larger tables, with that noise
Point = dict[str, Any]


def values(point: Point, name: str) -> list[float]:
    """A figure of every slice of a point."""
    return [result[name] for result in point["slices"]]


def cost(point: Point) -> list[float]:
    """What grows: CPU seconds of an epoch against the tokens, CPU nanoseconds a token against
    anything else.
    """
    if point["variable"] != "tokens":
        return values(point, "ns")
    return [point["whole"]["cpu_seconds"]] if point["whole"] else []


def memory(point: Point, name: str = "peak_mb") -> float | None:
    """Memory of a point: of the whole epoch where there is one, else the median of the slices."""
    if point["whole"]:
        return float(point["whole"][name])
    found = (
        [] if point["variable"] == "tokens" else values(point, name)
    )  # a slice sees a part of the tokens
    return statistics.median(found) if found else None


def exponent(points: list[tuple[float, float]]) -> float:
    """Slope of log(cost) against log(size), by least squares; NaN for fewer than two points."""
    if len(points) < 2:
        return math.nan
    x, y = np.log(np.array(points, float)).T
    return float(np.polyfit(x, y, 1)[0])


def exponents(points: list[Point]) -> dict[str, float]:
    """Of time and memory, over all points and over the last two."""
    times = [(point["size"], statistics.median(cost(point))) for point in points if cost(point)]
    sizes = [(point["size"], found) for point in points if (found := memory(point)) is not None]
    return {
        "time": exponent(times),
        "time, last two": exponent(times[-2:]),
        "memory": exponent(sizes),
        "memory, last two": exponent(sizes[-2:]),
    }


def by_variable(points: list[Point]) -> dict[str, list[Point]]:
    names = dict.fromkeys(point["variable"] for point in points)
    return {name: [point for point in points if point["variable"] == name] for name in names}


def table(variable: str, points: list[Point]) -> str:
    """A Markdown table of one variable, a size a line."""
    whole = variable == "tokens"
    head = [variable.replace("_", " "), "ns a token, median (least - most), runs", "of the steps"]
    head += ["seconds of an epoch (CPU)"] if whole else []
    lines = ["| " + " | ".join([*head, "peak MB", "mapped MB", "tables MB"]) + " |"]
    lines.append("| --- " * (len(head) + 3) + "|")
    for point in points:
        cells, ns = [f"{point['size']:,}"], values(point, "ns")
        if ns:
            cells.append(
                f"{statistics.median(ns):,.0f} ({min(ns):,.0f} - {max(ns):,.0f}), {len(ns)}"
            )
            cells.append(f"{statistics.median(values(point, 'step_ns')):,.0f}")
        else:
            cells += ["not measured", ""]
        if whole:
            done = point["whole"]
            cells.append(
                f"{done['seconds']:,.1f} ({done['cpu_seconds']:,.1f})" if done else "not measured"
            )
        for name in ("peak_mb", "mapped_mb", "tables_mb"):
            found = memory(point, name)
            cells.append("" if found is None else f"{found:,.0f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def growth(points: list[Point]) -> tuple[str, bool]:
    """The exponents as a table and a verdict on them; whether all is well."""
    found = {variable: exponents(mine) for variable, mine in by_variable(points).items()}
    columns = list(next(iter(found.values())))
    lines = ["| exponent of | " + " | ".join(columns) + " |", "| --- " * (len(columns) + 1) + "|"]
    for variable, row in found.items():
        cells = [
            "" if math.isnan(row[name]) else f"{round(row[name], 2) + 0.0:.2f}" for name in columns
        ]  # not -0.00
        lines.append(f"| {variable.replace('_', ' ')} | " + " | ".join(cells) + " |")
    worst = [
        f"{name} against {variable.replace('_', ' ')} ({row[name]:.2f})"
        for variable, row in found.items()
        for name in ("time", "memory")
        if row[name] > MOST_GROWTH
    ]
    lines += [
        "",
        (
            "Grows faster than linearly: " + ", ".join(worst) + "."
            if worst
            else "No cost grows faster than linearly."
        ),
    ]
    return "\n".join(lines), not worst


def vocabulary_growth(points: list[Point], padded: Point) -> tuple[str, bool]:
    """The time a token at most words against that at fewest; whether steps do nothing for each word
    of the tables.

    More words in use miss the cache more often. Words that are in the tables alone do not: were the
    steps slower for them, some of their work would be in proportion to the vocabulary.
    """
    timed = [point for point in points if point["variable"] == "vocabulary" and point["slices"]]
    if len(timed) < 2 or not padded["slices"]:
        return "Vocabulary: not measured.", True
    few, many = timed[0], timed[-1]
    times, steps = (
        statistics.median(values(many, name)) / statistics.median(values(few, name))
        for name in ("ns", "step_ns")
    )
    rows = min(values(padded, "step_ns")) / min(values(few, "step_ns"))
    fine = rows < MOST_FOR_ROWS
    return (
        f"{many['size']:,} words against {few['size']:,} "
        f"({many['size'] / few['size']:.0f} times as many): "
        f"a token takes {times:.2f} times as long, of the steps {steps:.2f}. "
        f"The text of {few['size']:,} words with tables of {padded['size']:,}: "
        f"of the steps {rows:.2f} (the least of the runs), so "
        + ("nothing a step does grows" if fine else "SOMETHING A STEP DOES GROWS")
        + " with the vocabulary but cache misses."
    ), fine


def report(result: dict[str, Any]) -> tuple[str, bool]:
    """The result for people; whether all is well."""
    points, text = result["points"], result["text"]
    parts = [
        f"{text['description']}: {text['raw_words']:,} words, "
        f"{text['vocabulary']:,} in the vocabulary. "
        f"Base: {', '.join(f'{name} {value}' for name, value in result['base'].items())}. "
        f"{result['date']}, {result['versions']}."
    ]
    parts += [table(variable, mine) for variable, mine in by_variable(points).items()]
    (exponents_text, linear), (words_text, flat) = (
        growth(points),
        vocabulary_growth(points, result["padded"]),
    )
    return "\n\n".join([*parts, exponents_text, words_text]), linear and flat


def plot(path: Path, points: list[Point]) -> None:
    from bench.plots import plot_scaling

    series = {
        variable: [
            {
                "size": point["size"],
                "time": cost(point),
                "memory": memory(point),
                "tables": memory(point, "tables_mb"),
            }
            for point in mine
        ]
        for variable, mine in by_variable(points).items()
    }
    units = {
        variable: "CPU s an epoch" if variable == "tokens" else "CPU ns a token"
        for variable in series
    }
    plot_scaling(path, series, units)
