"""The pictures of benchmarks."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.results import Groups, scores_of
from xw2v.pictures.agg import default_style, new_figure

PANELS = ("MEN", "WS-353", "analogies")
MARKS = "osD^vP*X"
COLOURS = ("#2f6db5", "#c4472f", "#3d8b4f", "#8a5bb0", "#b8860b", "#1c8a8f", "#a8446f", "#6b7280")
INK = "#1c2430"

# Workers, and how many times as fast as one, of gensim's corpus_file mode (CBOW, d 300), as
# published with it.
GENSIMS_SPEEDUP = {1: 1.0, 4: 3.75, 8: 7.1, 16: 12.2, 32: 20.0}

LEGEND_CHARACTERS = 160  # of a line
MAX_LABELLED_RATIO = 60  # of a horizontal log axis's ends: beyond it only powers of ten get labels


@default_style()
def plot_comparison(path: Path, groups: Groups) -> None:
    """Speed against quality, a panel for each test set, a mark for each label with the spread over
    its runs.

    What has no quality (the per-pair loop) is left out. Raises SystemExit where nothing has.
    """
    sets = [each for each in PANELS if any(scores_of(runs, each) for runs in groups.values())]
    if not sets:
        raise SystemExit(
            f"{path}: not drawn, for no result has a score of {', '.join(PANELS)}; give --eval"
        )
    figure = new_figure(420 * len(sets), 480, layout="constrained")
    panels = figure.subplots(1, len(sets), squeeze=False)[0]
    contenders = list(dict.fromkeys(runs[0]["contender"] for runs in groups.values()))
    for axes, each in zip(panels, sets, strict=True):
        for number, (label, runs) in enumerate(groups.items()):
            scores = scores_of(runs, each)
            if not scores:
                continue
            axes.errorbar(
                [statistics.median(run["words_per_second"] for run in runs)],
                [statistics.mean(scores)],
                xerr=spread(statistics.median, [run["words_per_second"] for run in runs]),
                yerr=spread(statistics.mean, scores),
                fmt=MARKS[contenders.index(runs[0]["contender"]) % len(MARKS)],
                color=COLOURS[number % len(COLOURS)],
                label=label,
                capsize=3,
                markersize=7,
                linewidth=1.2,
            )
        axes.set_xscale("log")
        axes.set(
            title=each,
            xlabel="words/s",
            ylabel="accuracy" if each == "analogies" else "Spearman's ρ",
        )
        tidy(axes)
    marks = {
        label: mark
        for axes in panels
        for mark, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    widest = max(map(len, marks), default=1)
    columns = min(max(LEGEND_CHARACTERS // widest, 1), 3)  # as many as are not cut off
    drawn, labels = list(marks.values()), list(marks)
    figure.legend(
        drawn, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=8
    )
    figure.savefig(path, format="png", dpi=120)


def spread(middle: Any, values: Sequence[float]) -> list[list[float]]:
    """Distances from the middle down to the least and up to the most, as an error bar takes
    them.
    """
    return [[middle(values) - min(values)], [max(values) - middle(values)]]


@default_style()
def plot_scaling(
    path: Path, series: dict[str, list[dict[str, Any]]], units: dict[str, str]
) -> None:
    """Time (above) and memory (below) against each variable, log axes; dotted: in proportion.

    Args:
        series: variable to points {"size", "time": [runs], "memory": MB, "tables": MB}, time and
            memory None where they were not measured.
        units: variable to what its time is.
    """
    figure = new_figure(300 * len(series), 620, layout="constrained")
    panels = figure.subplots(2, len(series), squeeze=False, sharex="col")
    first: dict[str, Any] = {}
    for column, (variable, points) in enumerate(series.items()):
        above, below = panels[:, column]
        timed = [point for point in points if point["time"]]
        for axes, unit in ((above, units[variable]), (below, "MB")):  # one scale for one unit
            axes.set_ylabel(unit)
            if first.setdefault(unit, axes) is not axes:
                axes.sharey(first[unit])
        times = [statistics.median(point["time"]) for point in timed]
        sizes = [point["size"] for point in timed]
        bars = [spread(statistics.median, point["time"]) for point in timed]
        yerr = [[bar[side][0] for bar in bars] for side in (0, 1)]
        above.errorbar(
            sizes,
            times,
            yerr=yerr,
            fmt="o-",
            color=COLOURS[0],
            markersize=4,
            capsize=3,
            linewidth=1.4,
        )
        if timed:
            above.plot(
                sizes,
                [times[0] * size / sizes[0] for size in sizes],
                ":",
                color=INK,
                linewidth=0.9,
                label="in proportion",
            )
        above.set_title(variable.replace("_", " "))
        measured = [point for point in points if point["memory"]]
        sizes = [point["size"] for point in measured]
        for name, colour, label in (
            ("memory", COLOURS[1], "peak"),
            ("tables", COLOURS[2], "the two tables"),
        ):
            below.plot(
                sizes,
                [point[name] for point in measured],
                "o-",
                color=colour,
                markersize=4,
                linewidth=1.4,
                label=label,
            )
        below.set_xlabel(variable.replace("_", " "))
        for axes in (above, below):
            axes.set_xscale("log")
            axes.set_yscale("log")
            tidy(axes)
    for axes in panels[:, 0]:
        if axes.get_legend_handles_labels()[1]:
            axes.legend(frameon=False, fontsize=9)
    figure.savefig(path, format="png", dpi=120)


def log_ticks(axis: Any) -> None:
    """Name the powers of ten, and where there is room 2 and 5 times them, of a logarithmic axis, as
    numbers.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    crowded = axis.axis_name == "x" and high > MAX_LABELLED_RATIO * low
    axis.set_major_locator(LogLocator(subs=(1,) if crowded else (1, 2, 5), numticks=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axis.set_minor_formatter(NullFormatter())


def short(value: float) -> str:
    """A number in few letters: 200k, 1M."""
    for scale, letter in ((1e6, "M"), (1e3, "k")):
        if value >= scale:
            return f"{value / scale:g}{letter}"
    return f"{value:g}"


def tidy(axes: Any) -> None:
    axes.grid(alpha=0.25, linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            log_ticks(axis)


@default_style()
def plot_replicas(path: Path, results: Sequence[dict[str, Any]]) -> None:
    """Scores of replicas, as a share of one replica's, against their number and against the bytes
    that each sends for a token; means over seeds, a mark for each test set.

    Raises SystemExit where the results of one replica are missing.
    """
    groups: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for each in results:
        if "quality" in each and each["rule"] == "curvature":
            groups.setdefault((each["ranks"], each["interval"]), []).append(each)
    alone = next((group for (ranks, _), group in groups.items() if ranks == 1), None)
    if alone is None:
        raise SystemExit(f"{path}: not drawn, for there is no result of one replica")
    figure = new_figure(900, 420, layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, variable in zip(panels, ("ranks", "bytes_per_token"), strict=True):
        for number, name in enumerate(PANELS):
            of_one = statistics.mean(each["quality"][name] for each in alone)
            points = sorted(
                (group[0][variable], statistics.mean(e["quality"][name] for e in group) / of_one)
                for group in groups.values()
                if group[0][variable] > 0
            )
            axes.plot(
                *zip(*points, strict=True),
                MARKS[number] + ":",
                color=COLOURS[number],
                label=name,
            )
        axes.axhline(1, color=INK, linewidth=0.8)
        axes.set_xscale("log", base=2 if variable == "ranks" else 10)
        axes.xaxis.set_minor_formatter("")
    panels[0].set_xlabel("replicas")
    panels[1].set_xlabel("bytes sent by each for a token that it keeps")
    panels[0].set_ylabel("score, as a share of one replica's")
    panels[0].legend(loc="lower left")
    figure.savefig(path)


@default_style()
def plot_cores(path: Path, results: Sequence[dict[str, Any]]) -> None:
    """Speed by threads as `bench.cores` models it, for each vector size of the step alone and with
    what is between steps; what was measured; and gensim's published curve.
    """
    figure = new_figure(620, 440, layout="constrained")
    axes = figure.subplots()
    threads = [int(n) for n in results[0]["efficiency"]]
    axes.plot(threads, threads, "--", color=INK, linewidth=0.8, label="as many times as threads")
    for number, result in enumerate(results):
        for kind, line in (("efficiency", "-"), ("efficiency_of_training", ":")):
            speeds = [n * share for n, share in zip(threads, result[kind].values(), strict=True)]
            what = "the step" if kind == "efficiency" else "all of training"
            axes.plot(
                threads,
                speeds,
                MARKS[number] + line,
                color=COLOURS[number],
                label=f"d {result['vector_size']}: {what}, modelled",
            )
        one = result["step_us"][1]
        measured = {n: one / us for n, us in result["step_us"].items() if n > 1}
        axes.plot(
            list(measured),
            list(measured.values()),
            "x",
            color=COLOURS[number],
            markersize=10,
            label=f"d {result['vector_size']}: the step, measured",
        )
    axes.plot(
        list(GENSIMS_SPEEDUP),
        list(GENSIMS_SPEEDUP.values()),
        "^-",
        color=COLOURS[4],
        label="gensim, corpus_file (published)",
    )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xlabel("threads")
    axes.set_ylabel("times the speed of one")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(threads, [str(n) for n in threads], minor=False)
    axes.legend(fontsize="small")
    axes.grid(alpha=0.25, linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)
