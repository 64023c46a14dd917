"""The loss of a run over its update steps: means that can be read off it, and its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xw2v.pictures.agg import default_style, new_figure
from xw2v.training.run import Run

Point = tuple[float, float]  # (steps, loss)

MIN_INTERVALS = 4  # in an epoch, for its mean to be worth showing
MAX_EPOCH_LINES = 40  # epochs whose ends are shown
TRAINING, VALIDATION, INK = "#2f6db5", "#c4472f", "#1c2430"
SAVED_DPI = 120
MEANS_LABEL = "training, mean of each epoch"
VALIDATION_LABEL = "validation, after each epoch"
X_LABEL, Y_LABEL = "update steps", "mean loss per positive pair"


@dataclass(frozen=True)
class LossCurve:
    """The losses of a run at the steps where they belong.

    Attributes:
        history: (steps at its end, mean loss) of every reporting interval.
        means: (steps at its middle, mean loss) of every epoch; empty where epochs are too short to
            have a mean.
        validation: (steps at its end, validation loss) of every epoch; empty without one.
        steps, epochs: of the complete run.
    """

    history: Sequence[Point]
    means: Sequence[Point]
    validation: Sequence[Point]
    steps: int
    epochs: int

    @classmethod
    def of(
        cls, history: Sequence[Point], validation: Sequence[float], steps: int, epochs: int
    ) -> LossCurve:
        """From the history and the validation losses of a run."""
        means = epoch_means(history, steps, epochs)
        return cls(history, means, validation_points(validation, steps), steps, epochs)

    @property
    def epoch_ends(self) -> list[float]:
        """Steps at which an epoch ends and another begins; none where they are too many to show."""
        if self.epochs > MAX_EPOCH_LINES:
            return []
        return [self.steps * epoch / self.epochs for epoch in range(1, self.epochs)]

    @property
    def interval_label(self) -> str:
        return "training, over each reporting interval" if self.means else "training"


def epoch_means(history: Sequence[Point], steps: int, epochs: int) -> list[Point]:
    """The mean loss of each epoch, at its middle; nothing where epochs are too short to have one.

    A text is rarely uniform, so the loss goes up and down within each epoch alike. The means show
    the trend from epoch to epoch.

    Args:
        history: (steps at the end, mean loss) of every reporting interval.
        steps: of the complete run.
    """
    if not steps or len(history) < MIN_INTERVALS * epochs:
        return []
    losses: list[list[float]] = [[] for _ in range(epochs)]
    start = 0.0
    for end, loss in history:
        epoch = int((start + end) / 2 / steps * epochs)
        losses[min(epoch, epochs - 1)].append(loss)
        start = end
    return [
        ((epoch + 0.5) * steps / epochs, sum(of_epoch) / len(of_epoch))
        for epoch, of_epoch in enumerate(losses)
        if of_epoch
    ]


def validation_points(losses: Sequence[float], steps: int) -> list[Point]:
    """Validation losses at the ends of their epochs."""
    return [(steps * (epoch + 1) / len(losses), loss) for epoch, loss in enumerate(losses)]


@default_style()
def plot_loss(path: Path, run: Run) -> None:
    """The loss (and the validation loss, where there is one) against update steps, as a PNG."""
    steps, epochs = run.record["steps"], run.record["epochs_trained"]
    curve = LossCurve.of(run.loss_history, run.validation_history, steps, epochs)
    figure = new_figure(800, 450, layout="constrained")
    axes = figure.add_subplot()
    _draw_losses(axes, curve)
    _draw_axes(axes, curve)
    figure.savefig(path, format="png", dpi=SAVED_DPI)


def _draw_losses(axes: Any, curve: LossCurve) -> None:
    thin = {"linewidth": 1.0, "alpha": 0.45} if curve.means else {"linewidth": 1.5}
    marked = {"linewidth": 1.8, "markersize": 5}
    if curve.history:
        x, y = zip(*curve.history, strict=True)
        axes.plot(x, y, color=TRAINING, label=curve.interval_label, **thin)
    if curve.means:
        x, y = zip(*curve.means, strict=True)
        axes.plot(x, y, "o-", color=TRAINING, label=MEANS_LABEL, **marked)
    if curve.validation:
        x, y = zip(*curve.validation, strict=True)
        label = VALIDATION_LABEL
        axes.plot(x, y, "s-", color=VALIDATION, label=label, clip_on=False, **marked)
    for end in curve.epoch_ends:
        axes.axvline(end, color=INK, linewidth=0.6, alpha=0.15, zorder=0)
    if curve.means or curve.validation:
        axes.legend(frameon=False, fontsize=9)


def _draw_axes(axes: Any, curve: LossCurve) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(0, max(curve.steps, 1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel(X_LABEL + ("; a line at the end of each epoch" if curve.epoch_ends else ""))
    axes.set_ylabel(Y_LABEL)
    axes.grid(axis="y", alpha=0.25, linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
