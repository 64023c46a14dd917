"""The loss of a run over its update steps: means that can be read off it, and its picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from xw2v.training.run import Run

Point = tuple[float, float]  # (steps, loss)
LEAST = 4  # intervals in an epoch that make a mean worth showing


def epoch_means(history: Sequence[Point], steps: int, epochs: int) -> list[Point]:
    """The mean loss of each epoch, at its middle; nothing where epochs are too short to have one.

    A text is not the same all along, so the loss goes up and down in each epoch alike. From one
    epoch's mean to the next one's it tells the trend.

    Args:
        history: (steps at the end, mean loss) of every reporting interval.
        steps: of the whole run.
    """
    if not steps or len(history) < LEAST * epochs:
        return []
    sums: list[list[float]] = [[] for _ in range(epochs)]
    start = 0.0
    for end, loss in history:
        sums[min(int((start + end) / 2 / steps * epochs), epochs - 1)].append(loss)
        start = end
    return [
        ((epoch + 0.5) * steps / epochs, sum(losses) / len(losses))
        for epoch, losses in enumerate(sums)
        if losses
    ]


def validation_points(losses: Sequence[float], steps: int) -> list[Point]:
    """Validation losses at the ends of their epochs."""
    return [(steps * (epoch + 1) / len(losses), loss) for epoch, loss in enumerate(losses)]


def history_points(losses: Sequence[float], steps: int) -> list[Point]:
    """Losses of loss_history.txt with the steps at which their intervals ended: all are equally
    long but the last, which may be shorter.
    """
    interval = -(-steps // max(len(losses), 1))
    return [(min((i + 1) * interval, steps), loss) for i, loss in enumerate(losses)]


def plot_loss(path: Path, run: Run) -> None:
    """The loss (and the validation loss, where there is one) against update steps, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    steps, epochs = run.record["steps"], run.record["settings"]["epochs"]
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    means = epoch_means(run.loss_history, steps, epochs)
    if run.loss_history:
        x, y = zip(*run.loss_history, strict=True)
        label = "training" if not means else "training, over each reporting interval"
        axes.plot(
            x,
            y,
            color="#2f6db5",
            linewidth=1.0 if means else 1.5,
            alpha=0.45 if means else 1,
            label=label,
        )
    if means:
        x, y = zip(*means, strict=True)
        axes.plot(
            x,
            y,
            "o-",
            color="#2f6db5",
            linewidth=1.8,
            markersize=5,
            label="training, mean of each epoch",
        )
    if run.validation_history:
        x, y = zip(*validation_points(run.validation_history, steps), strict=True)
        axes.plot(
            x,
            y,
            "s-",
            color="#c4472f",
            linewidth=1.8,
            markersize=5,
            clip_on=False,  # the last is at the edge
            label="validation, after each epoch",
        )
    if 1 < epochs <= 40:
        for epoch in range(1, epochs):
            axes.axvline(
                steps * epoch / epochs, color="#1c2430", linewidth=0.6, alpha=0.15, zorder=0
            )
    if means or run.validation_history:
        axes.legend(frameon=False, fontsize=9)
    axes.set_xlim(0, max(steps, 1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel(
        "update steps" + ("; a line at the end of each epoch" if 1 < epochs <= 40 else "")
    )
    axes.set_ylabel("mean loss per positive pair")
    axes.grid(axis="y", alpha=0.25, linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, format="png", dpi=120)
