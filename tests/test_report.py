"""The report of a run: its figures are right, its charts true, its page safe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import PHONE, drag_fingers, opened
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from xw2v import KeyedVectors, Word2Vec
from xw2v.cli.report import command
from xw2v.errors import InputError, UnknownWordError, UsageError
from xw2v.pictures.charts import Axis, nice_step
from xw2v.pictures.loss_curve import LossCurve, epoch_means, history_points, validation_points
from xw2v.pictures.report_training import remarks
from xw2v.text.figures import sentence_lengths, subsampling

EVIL = "</script><img src=x onerror=alert(1)>"


# --- figures ---


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=300))
def test_sentence_lengths_agree_with_the_lengths(lengths: list[int]) -> None:
    summary = sentence_lengths(np.concatenate([[0], np.cumsum(lengths)]))
    assert summary["mean"] == pytest.approx(np.mean(lengths), abs=1e-3)
    assert summary["median"] == sorted(lengths)[(len(lengths) - 1) // 2]
    assert summary["longest"] == max(lengths)
    width, counts = summary["bin"], summary["counts"]
    assert sum(counts) == len(lengths)
    assert len(counts) <= 31
    for i, count in enumerate(counts[:-1]):
        assert count == sum(1 + i * width <= length <= (i + 1) * width for length in lengths)


def test_sentence_lengths_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    offsets = np.concatenate([[0], np.random.default_rng(0).integers(1, 90, 1000).cumsum()])
    whole = sentence_lengths(offsets)
    monkeypatch.setattr("xw2v.text.figures.CHUNK_SENTENCES", 7)
    assert sentence_lengths(offsets) == whole


def test_subsampling_is_mikolov_s_formula() -> None:
    counts = np.array([5000, 3000, 900, 90, 10])
    effect = subsampling(counts, 0.05)
    frequency = counts / counts.sum()
    kept = np.minimum(1, np.sqrt(0.05 / frequency) + 0.05 / frequency)
    assert_allclose(effect.kept, kept, atol=1e-9)
    assert effect.share == pytest.approx((kept * frequency).sum())
    assert effect.thinned == (kept < 1).sum() == 2
    assert subsampling(counts, 0).share == 1


def test_epoch_means_and_steps() -> None:
    losses = [4.0, 3, 2, 1] * 3
    history = history_points(losses, 118)
    assert [steps for steps, _ in history] == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 118]
    means = epoch_means(history, 118, 3)
    assert_allclose([loss for _, loss in means], [2.5] * 3)
    assert_allclose([steps for steps, _ in means], [118 / 6, 59, 118 * 5 / 6])
    assert epoch_means(history, 118, 4) == []  # three intervals tell no mean
    assert epoch_means([], 0, 5) == []
    assert validation_points([3.0, 2.0], 50) == [(25.0, 3.0), (50.0, 2.0)]


@pytest.mark.parametrize(
    ("epochs", "validation", "said"),
    [
        ([3.0, 2.5, 2.2], [], "falls with every epoch, from 3.0000 in the first epoch to 2.2000"),
        ([3.0, 2.5, 2.6], [], "falls from 3.0000 .* but rises in epoch 3."),
        (
            [2.0, 2.5, 2.2, 2.3],
            [],
            r"does not fall: from 2.0000 .* A smaller learning rate \(alpha\) may help",
        ),
        ([3.0, 2.5], [2.9, 2.4], "The validation loss is lowest after the last epoch."),
        ([3.0, 2.5, 2.2], [2.9, 2.4, 2.6], "lowest after epoch 2 .2.4000.; later epochs did not"),
        ([3.0], [], "^$"),
    ],
)
def test_remarks_depend_on_the_losses(
    epochs: list[float], validation: list[float], said: str
) -> None:
    steps = 10 * len(epochs)
    history = history_points([mean for mean in epochs for _ in range(5)], steps)
    curve = LossCurve.of(history, validation, steps, len(epochs))
    assert re.search(said, " ".join(remarks(curve)))
    assert "Within an epoch" not in " ".join(remarks(curve))  # where the loss is flat


def test_a_loss_that_varies_with_the_text_has_a_remark() -> None:
    history = history_points([4.0, 3, 2, 1, 3.9, 2.9, 1.9, 0.9], 80)
    assert "compare the means" in " ".join(remarks(LossCurve.of(history, [], 80, 2)))


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e7))
def test_ticks_are_round_and_inside(low: float, span: float) -> None:
    axis = Axis(low, low + span, 0, 100)
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 8
    assert all(low - 1e-6 * span <= tick <= low + 1.000001 * span for tick in ticks)
    assert nice_step(span) >= span * (1 - 1e-9)
    assert_allclose([axis.at(low), axis.at(low + span)], [0, 100], atol=1e-6)


def test_a_logarithmic_axis_has_powers_of_ten() -> None:
    axis = Axis(1, 30000, 0, 100, logarithmic=True)
    assert axis.ticks() == [1, 10, 100, 1000, 10000]
    assert axis.at(np.sqrt(30000)) == pytest.approx(50)


# --- the page ---


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a short run over 40 words, one of which is markup."""
    rng = np.random.default_rng(0)
    words = [EVIL, *(f"w{i}" for i in range(39))]
    share = 1 / np.arange(1, 41)
    sentences = [
        [words[i] for i in rng.choice(40, rng.integers(3, 30), p=share / share.sum())]
        for _ in range(400)
    ]
    place = tmp_path_factory.mktemp("run") / "output"
    model = Word2Vec(vector_size=8, min_count=1, epochs=3, batch_tokens=128, window=2)
    model.fit(sentences, validation=sentences[:40]).save(place)
    return place


Run = Callable[..., Result]


@pytest.fixture
def run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*args: str) -> Result:
        return CliRunner().invoke(command, [str(folder), "--method", "pca", *args])

    return call


def section(page: str, name: str) -> str:
    """The HTML of a section, without its tags."""
    found = re.search(rf'<h2 id="{name}">(.*?)(<h2 id|<footer)', page, re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]*>", " ", found[1])


def test_the_report_has_the_run_s_numbers(run: Run, folder: Path) -> None:
    result = run("--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["path"] == str(folder / "report.html")
    page = (folder / "report.html").read_text(encoding="utf-8")
    record = json.loads((folder / "run.json").read_text())
    corpus = record["corpus"]
    assert f"{corpus['raw_words']:,}" in page
    losses = (folder / "validation_history.txt").read_text().split()
    assert float(losses[-1]) == pytest.approx(record["validation_loss"], abs=1e-6)
    assert all(f"{float(loss):.4f}" in section(page, "training") for loss in losses)
    losses = (folder / "loss_history.txt").read_text().split()
    curve = LossCurve.of(
        history_points(list(map(float, losses)), record["steps"]), [], record["steps"], 3
    )
    assert f"{curve.means[-1][1]:.4f}" in page
    text = section(page, "corpus")
    assert f"mean {corpus['sentence_lengths']['mean']:.1f}" in text
    counts = KeyedVectors.load(folder).counts
    assert counts is not None
    dropped = 1 - subsampling(counts, record["settings"]["sample"]).share
    assert f"of the tokens and drops {dropped:.1%}" in text
    assert "epochs 3 (default 5)" in re.sub(r"\s+", " ", section(page, "settings"))
    assert 'id="evaluation"' not in page
    assert page.count("<svg") == 3  # loss, lengths of sentences, Zipf's law
    assert (
        "nan"
        not in re.findall(r'(?:points|cx|cy|x|y|width|height)="[^"]*"', page.lower()).__str__()
    )


def test_neighbours_are_those_of_the_vectors(run: Run, folder: Path, tmp_path: Path) -> None:
    assert run("-o", "r.html", "--word", "w3", "w7").exit_code == 0
    text = section((tmp_path / "r.html").read_text(encoding="utf-8"), "neighbours")
    for word in ("w3", "w7"):
        for other, cosine in KeyedVectors.load(folder).most_similar(word, topn=8):
            assert f"{cosine:.3f}" in text
            assert other == EVIL or other in text


def test_evaluation_shows_scores_beside_coverage(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("w1\tw2\t5\nw3\tw4\t2\nw5\tw6\t9\nw7\tunknown\t1\n")
    (tmp_path / "questions.txt").write_text(": some\nw1 w2 w3 w4\nw1 w2 w3 unknown\n")
    assert (
        run("-o", "r.html", "--pairs", "pairs.tsv", "--analogies", "questions.txt").exit_code == 0
    )
    text = re.sub(
        r"\s+", " ", section((tmp_path / "r.html").read_text(encoding="utf-8"), "evaluation")
    )
    assert "Among the 40 most frequent words" in text
    assert "3 of 4 75.0%" in text
    assert "1 of 2 (50.0%)" in text


def test_words_are_never_markup(run: Run, tmp_path: Path) -> None:
    run("-o", "r.html", "--word", EVIL)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert EVIL not in page
    assert "<img" not in page
    assert "&lt;/script&gt;&lt;img" in page


def test_errors(run: Run, folder: Path, tmp_path: Path) -> None:
    def fails(error: type[Exception], message: str, *args: str) -> None:
        result = CliRunner().invoke(command, [*args, "--method", "pca"])
        assert isinstance(result.exception, error)
        assert re.search(message, str(result.exception))

    (tmp_path / "empty").mkdir()
    (tmp_path / "there.html").write_text("mine")
    fails(InputError, "empty: no run.json in it", "empty")
    fails(InputError, "nowhere: no such folder", "nowhere")
    fails(UsageError, "is a model folder; name it before --pairs", "--pairs", str(folder))
    fails(UsageError, "ends in .html", str(folder), "-o", "r.pdf")
    fails(InputError, "exists already", str(folder), "-o", "there.html")
    fails(UnknownWordError, "'w99' is not in the vocabulary", str(folder), "--word", "w99")
    fails(InputError, "nothing.tsv", str(folder), "--pairs", "nothing.tsv")
    (tmp_path / "empty" / "run.json").write_text("[1")
    fails(InputError, "run.json: cannot be read as JSON", "empty")
    (tmp_path / "empty" / "run.json").write_text("[1]")
    fails(InputError, "run.json: is not the record of an xw2v run", "empty")


def test_a_damaged_loss_history_is_named(run: Run, folder: Path, tmp_path: Path) -> None:
    losses = (folder / "loss_history.txt").read_text()
    try:
        (folder / "loss_history.txt").write_text("3.5\nthree\n")
        result = run("-o", "r.html")
        assert re.search(r"loss_history.txt:2: 'three' is not a loss", str(result.exception))
        assert not (tmp_path / "r.html").exists()
    finally:
        (folder / "loss_history.txt").write_text(losses)


@pytest.mark.slow
def test_the_report_in_chromium(run: Run, tmp_path: Path) -> None:
    run("-o", "r.html", "--word", "w3", EVIL)
    with opened(tmp_path / "r.html") as (page, _):
        page.click("nav a:has-text('Map')")
        page.fill(".search", "w3")
        page.press(".search", "Enter")
        assert page.text_content(".near h2") == "Nearest to w3"
        assert page.locator("svg.chart").count() == 3
        position = page.evaluate("scrollY")
        page.hover("canvas")
        page.mouse.wheel(0, -300)  # the wheel alone scrolls the page
        page.wait_for_function(f"() => scrollY < {position}")
        paper = "getComputedStyle(document.documentElement).backgroundColor"
        before = page.evaluate(paper)
        page.click(".theme-button")
        assert page.evaluate(paper) != before


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 800, 1400])
def test_the_report_fits_any_screen(run: Run, tmp_path: Path, width: int) -> None:
    sections = [": gram6-nationality-adjective\nw1 w2 w3 w4\n" * 9]
    (tmp_path / "questions.txt").write_text("".join(sections))
    (tmp_path / "pairs.tsv").write_text("w1\tw2\t5\nw3\tw4\t2\nw5\tw6\t9\n")
    run("-o", "r.html", "--pairs", "pairs.tsv", "--analogies", "questions.txt")
    with opened(tmp_path / "r.html", viewport={"width": width, "height": 800}) as (page, _):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        tallest = page.evaluate(
            """Math.max(...[...document.querySelectorAll("td")].map((cell) => cell.clientHeight))"""
        )
        assert tallest < 90  # no column so narrow that its words break into letters
        scrolled = page.evaluate(
            """[...document.querySelectorAll(".scroll")]
                .filter((each) => each.scrollWidth > each.clientWidth).length"""
        )
        assert scrolled == 0


@pytest.mark.slow
def test_one_finger_scrolls_the_report_and_two_move_its_map(run: Run, tmp_path: Path) -> None:
    run("-o", "r.html")
    with opened(tmp_path / "r.html", **PHONE) as (page, _):
        assert "two fingers zoom and move" in page.text_content(".near .note")
        page.locator("canvas").scroll_into_view_if_needed()
        box = page.locator("canvas").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        picture = "document.querySelector('canvas').toDataURL()"
        position, before = page.evaluate("scrollY"), page.evaluate(picture)
        drag_fingers(page, (x - 40, y, -40, 0), (x + 40, y, 40, 0))
        page.wait_for_function(f"() => {picture} !== {json.dumps(before)}")
        assert page.evaluate("scrollY") == position
        drag_fingers(page, (x, y, 0, 200))
        page.wait_for_function(f"() => scrollY < {position} - 100")


def test_the_report_says_what_is_in_no_word() -> None:
    from xw2v.pictures.report_corpus import corpus_section

    vectors = KeyedVectors(["a", "b"], np.eye(2, dtype=np.float32), np.array([3, 2]))
    record: dict[str, Any] = {"settings": {}, "corpus": {"raw_words": 5}}
    assert "in no word" not in corpus_section(record, vectors)
    record["corpus"]["coverage"] = {"letters": 200, "outside_tokens": 3, "example": "caf\u00e9<"}
    expected = "1.5% of its letters and digits are in no word, as in &#x27;caf\u00e9&lt;&#x27;."
    assert expected in corpus_section(record, vectors)
    record["corpus"]["coverage"] = ["damaged"]
    assert "in no word" not in corpus_section(record, vectors)
