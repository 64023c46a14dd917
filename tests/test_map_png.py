"""The map and the loss curve as pictures: labels that never overlap, any word, any matplotlibrc."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import HOSTILE, hostile_vectors
from wordvectors import some_vectors

from xw2v.pictures.labels import Labels
from xw2v.pictures.loss_curve import plot_loss
from xw2v.pictures.wordmap import word_map
from xw2v.pictures.wordmap_png import HEIGHT, WIDTH, draw_png
from xw2v.sgns.interface import Tables
from xw2v.text.vocabulary import Vocabulary
from xw2v.training.run import Run


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 120), st.floats(5, 200))
def test_labels_never_overlap_and_stay_on_the_sheet(seed: int, count: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    points = np.clip(rng.normal([300, 200], spread, (count, 2)), 0, [600, 400])
    labels = Labels(600, 400, points)
    boxes: list[tuple[float, float, float, float]] = []
    for point in points:
        width, height = rng.uniform(10, 90), rng.uniform(8, 20)
        corner = labels.place(point, np.array([width, height]), rings=3)
        if corner is not None:
            boxes.append((corner[0], corner[1], corner[0] + width, corner[1] + height))
    assert boxes
    for i, (left, bottom, right, top) in enumerate(boxes):
        assert left >= 0 and bottom >= 0 and right <= 600 and top <= 400  # noqa: PT018
        for other in boxes[:i]:
            assert left >= other[2] or other[0] >= right or bottom >= other[3] or other[1] >= top


def test_the_picture_labels_every_word_of_a_small_map() -> None:
    from PIL import Image

    file = io.BytesIO()
    assert draw_png(file, word_map(some_vectors(), 40, "pca"), "some text") == (40, [])
    picture = Image.open(file)
    assert picture.size == (WIDTH, HEIGHT)
    assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 50


def test_the_picture_takes_any_word() -> None:
    file = io.BytesIO()
    summary = draw_png(file, word_map(hostile_vectors(), 60, "pca"), HOSTILE[0])
    assert summary.labelled > 50
    assert set(summary.without_font) <= set(HOSTILE)
    assert file.getvalue().startswith(b"\x89PNG")


def test_words_without_a_font_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xw2v.pictures.wordmap_png.FONTS", ("DejaVu Sans",))
    summary = draw_png(io.BytesIO(), word_map(hostile_vectors(), 60, "pca"), "text")
    assert summary.without_font == ["日本"]  # DejaVu Sans has Hebrew


def test_pictures_do_not_depend_on_the_user_s_matplotlib_settings(tmp_path: Path) -> None:
    import matplotlib

    run = Run(
        Vocabulary(["a", "b"], np.array([2, 1])),
        Tables(np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32)),
        [(step, 3 - step / 20) for step in range(1, 21)],
        [2.5, 2.2],
        {"steps": 20, "epochs_trained": 2, "settings": {"epochs": 2}},
    )

    def pictures() -> tuple[bytes, bytes]:
        plot_loss(tmp_path / "loss.png", run)
        file = io.BytesIO()
        draw_png(file, word_map(some_vectors(), 40, "pca"), "some text")
        return (tmp_path / "loss.png").read_bytes(), file.getvalue()

    own = {
        "backend": "svg",
        "figure.facecolor": "red",
        "axes.facecolor": "black",
        "font.size": 20,
        "lines.linewidth": 9,
        "savefig.dpi": 30,
        "savefig.bbox": "tight",
        "axes.linewidth": 5,
        "text.antialiased": False,
    }
    usual = pictures()
    with matplotlib.rc_context(own):
        assert pictures() == usual
        assert matplotlib.rcParams["lines.linewidth"] == 9
