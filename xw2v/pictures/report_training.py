"""The part of a report about training: the loss curves."""

from __future__ import annotations

from xw2v.pictures.charts import Series, line_chart
from xw2v.pictures.loss_curve import (
    MEANS_LABEL,
    VALIDATION_LABEL,
    X_LABEL,
    Y_LABEL,
    LossCurve,
)
from xw2v.pictures.report_parts import columns, figure, loss, paragraph, table


def training_section(curve: LossCurve) -> str:
    """The loss curves, and a table of the epochs."""
    if not curve.history:
        return paragraph("This run was too short to report a loss.")
    series = [Series(curve.history, "raw" if curve.means else "first", curve.interval_label)]
    if curve.means:
        series.append(Series(curve.means, "first", MEANS_LABEL, marked=True))
    if curve.validation:
        series.append(Series(curve.validation, "second", VALIDATION_LABEL, marked=True))
    chart = line_chart(series, X_LABEL, Y_LABEL, x_lines=curve.epoch_ends)
    return columns(figure(chart, "Loss"), _epochs(curve))


def _epochs(curve: LossCurve) -> str:
    if not curve.means:
        return ""
    head = ["", "training loss"]
    rows = [[f"epoch {i}", loss(mean)] for i, (_, mean) in enumerate(curve.means, 1)]
    if len(curve.validation) == len(curve.means):
        head.append("validation loss")
        rows = [[*row, loss(value)] for row, (_, value) in zip(rows, curve.validation, strict=True)]
    return table(head, rows) + paragraph(" ".join(remarks(curve)), small=True)


def remarks(curve: LossCurve) -> list[str]:
    """What the losses of this run show, in sentences; none where there is nothing to compare."""
    means = [mean for _, mean in curve.means]
    sentences = []
    if len(means) > 1:
        sentences.append(_training_remark(means))
        if _varies_within_epochs(curve):
            sentences.append(
                "Within an epoch the loss varies more than that, with the text: compare the means "
                "of the epochs, not the thin line."
            )
    if len(curve.validation) > 1:
        sentences.append(_validation_remark([value for _, value in curve.validation]))
    return sentences


def _training_remark(means: list[float]) -> str:
    rising = [epoch for epoch in range(2, len(means) + 1) if means[epoch - 1] > means[epoch - 2]]
    span = f"from {loss(means[0])} in the first epoch to {loss(means[-1])} in the last"
    if not rising:
        return f"The mean training loss falls with every epoch, {span}."
    epochs = ", ".join(map(str, rising))
    where = f"epoch {epochs}" if len(rising) == 1 else f"epochs {epochs}"
    if means[-1] < means[0]:
        return f"The mean training loss falls {span}, but rises in {where}."
    return (
        f"The mean training loss does not fall: {span}. A smaller learning rate (alpha) may help."
    )


def _varies_within_epochs(curve: LossCurve) -> bool:
    """Whether the losses within an epoch differ by more than the means of the epochs."""
    means = [mean for _, mean in curve.means]
    ranges = []
    for epoch in range(curve.epochs):
        start, end = (curve.steps * (epoch + i) / curve.epochs for i in (0, 1))
        losses = [value for steps, value in curve.history if start < steps <= end]
        ranges.append(max(losses) - min(losses) if losses else 0.0)
    return min(ranges) > max(means) - min(means)


def _validation_remark(losses: list[float]) -> str:
    best = min(range(len(losses)), key=losses.__getitem__)
    if best == len(losses) - 1:
        return "The validation loss is lowest after the last epoch."
    return (
        f"The validation loss is lowest after epoch {best + 1} ({loss(losses[best])}); "
        "later epochs did not improve it."
    )
