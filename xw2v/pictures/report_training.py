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
    note = paragraph(
        "The text is not the same all along, so the curve goes up and down in each epoch alike; "
        "from epoch to epoch it shows the trend.",
        small=True,
    )
    return table(head, rows) + note
