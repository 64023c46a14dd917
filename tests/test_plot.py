"""Maps of words: projection, groups, labels, the picture, the page, and the command."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import opened
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from wordvectors import some_vectors

from xw2v.cli.plot import command
from xw2v.errors import InputError, MissingDependencyError, UnknownWordError, UsageError
from xw2v.pictures.labels import Labels
from xw2v.pictures.projection import best_method, project
from xw2v.pictures.wordmap import WordMap, groups_of, word_map
from xw2v.pictures.wordmap_page import map_page
from xw2v.pictures.wordmap_png import HEIGHT, WIDTH, draw_png
from xw2v.vectors.keyedvectors import KeyedVectors

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<!--",
    "{{title}}",
    "&lt;b&gt;",
    "\"'",
    "$x^2$",
    "a\\b",
    "\u2028",
    "日本",
    "שלום",
    "\ud800",
    "new york",
    "x" * 300,
)


def planted(clusters: int = 6, each: int = 20, size: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (n, size) in clearly separate directions, and the cluster (n,) of each."""
    rng = np.random.default_rng(3)
    centres = np.linalg.qr(rng.standard_normal((size, clusters)))[0].T
    cluster = np.repeat(np.arange(clusters), each)
    vectors = centres[cluster] + 0.1 * rng.standard_normal((len(cluster), size))
    return vectors * rng.uniform(0.5, 3, (len(cluster), 1)), cluster


def hostile_vectors() -> KeyedVectors:
    usual = some_vectors(60)
    words = [*HOSTILE, *usual.index_to_key[len(HOSTILE) :]]
    return KeyedVectors(words, usual.vectors, usual.counts)


# --- points -------------------------------------------------------------------------------------------


def test_pca_is_the_projection_on_the_covariance_s_first_eigenvectors() -> None:
    vectors, _ = planted()
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    centred = unit - unit.mean(axis=0)
    values, directions = np.linalg.eigh(centred.T @ centred)
    expected = centred @ directions[:, np.argsort(-values)[:2]]
    assert_allclose(np.abs(project(vectors)), np.abs(expected), atol=1e-10)


def test_pca_does_not_change_with_lengths_and_turns_of_the_vectors() -> None:
    vectors, _ = planted()
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((10, 10)))[0]
    longer = vectors * np.linspace(1, 5, len(vectors))[:, None]
    assert_allclose(project(longer @ turn), project(vectors), atol=1e-10)


@pytest.mark.parametrize(("rows", "size"), [(2, 1), (2, 5), (9, 1), (3, 2)])
def test_pca_of_small_tables(rows: int, size: int) -> None:
    points = project(np.arange(1.0, rows * size + 1).reshape(rows, size) % 5 - 2)
    assert points.shape == (rows, 2)
    assert np.isfinite(points).all()


@pytest.mark.parametrize("method", ["tsne", pytest.param("umap", marks=pytest.mark.slow)])
def test_maps_keep_neighbours_together_and_repeat_with_a_seed(method: str) -> None:
    pytest.importorskip({"tsne": "sklearn", "umap": "umap"}[method])
    vectors, cluster = planted()
    points = project(vectors, method, seed=5)
    assert_allclose(points, project(vectors, method, seed=5))
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (cluster[apart.argmin(axis=1)] == cluster).mean() > 0.95


@pytest.mark.parametrize("method", ["pca", "tsne", pytest.param("umap", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "vectors", [np.ones((8, 4)), np.zeros((8, 4)), np.eye(8)[:5], np.ones((6, 1))]
)
def test_maps_of_odd_tables_are_finite(method: str, vectors: np.ndarray) -> None:
    pytest.importorskip({"pca": "numpy", "tsne": "sklearn", "umap": "umap"}[method])
    points = project(vectors, method)
    assert points.shape == (len(vectors), 2)
    assert np.isfinite(points).all()


def test_a_missing_library_has_an_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xw2v.pictures.projection.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r'scikit-learn: pip install "xw2v\[tsne\]"'):
        project(planted()[0], "tsne")
    with pytest.raises(MissingDependencyError, match=r'umap-learn: pip install "xw2v\[umap\]"'):
        project(planted()[0], "umap")
    assert best_method(100) == "pca"


def test_bad_input_of_a_projection() -> None:
    with pytest.raises(UsageError, match="choose one of pca, tsne, umap"):
        project(planted()[0], "lda")
    with pytest.raises(UsageError, match="at least 2 words, not 1"):
        project(np.ones((1, 3)))
    with pytest.raises(UsageError, match="at least 5 words, not 4"):
        project(np.ones((4, 3)), "tsne")
    with pytest.raises(InputError, match="vector 1 of the map has a NaN"):
        project(np.array([[1.0, 2], [np.nan, 1], [3, 4]]))


def test_groups_are_the_planted_ones() -> None:
    vectors, cluster = planted(clusters=10, each=12, size=16)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    group = groups_of(unit)
    assert len({*zip(group.tolist(), cluster.tolist(), strict=True)}) == 10  # one to one
    assert (groups_of(unit) == group).all()


def test_a_map_of_chosen_and_of_frequent_words() -> None:
    vectors = some_vectors()
    frequent = word_map(vectors, 30)
    assert frequent.words == vectors.index_to_key[:30]
    assert frequent.counts is not None
    assert frequent.counts.tolist() == vectors.counts[:30].tolist()  # type: ignore[index]
    words = vectors.index_to_key[50:60]
    assert word_map(vectors, [*words, words[0]]).words == words
    with pytest.raises(UnknownWordError, match="not in the vocabulary"):
        word_map(vectors, ["kalomine", "nothing"])
    with pytest.raises(UsageError, match="at least 2 words, not 1"):
        word_map(vectors, [words[0]])


# --- the picture --------------------------------------------------------------------------------------


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
    assert draw_png(file, word_map(some_vectors(), 40), "some text") == 40
    picture = Image.open(file)
    assert picture.size == (WIDTH, HEIGHT)
    assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 50


def test_the_picture_takes_any_word() -> None:
    file = io.BytesIO()
    assert draw_png(file, word_map(hostile_vectors(), 60), HOSTILE[0]) > 50
    assert file.getvalue().startswith(b"\x89PNG")


# --- the page -----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text in them, as a browser splits
    them.
    """

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._inside = False
        self.feed(page.decode("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")
        self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[-1] += data

    def text_of(self, tag: str, **attributes: str) -> str:
        found = [
            text
            for (name, has), text in zip(self.elements, self.texts, strict=True)
            if name == tag
            and attributes.items() <= {key: value or "" for key, value in has.items()}.items()
        ]
        assert len(found) == 1
        return found[0]


def numbers(data: dict[str, Any], name: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(data[name]), kind)


def test_the_page_holds_the_words_and_their_directions() -> None:
    drawn = word_map(hostile_vectors(), 60)
    data = json.loads(Page(map_page(drawn, "text")).text_of("script", id="map-data"))
    assert data["words"] == drawn.words
    assert data["counts"] == list(map(int, drawn.counts))  # type: ignore[arg-type]
    assert numbers(data, "groups", "u1").tolist() == drawn.groups.tolist()
    vectors = numbers(data, "vectors", "i1").reshape(60, data["dimensions"]).astype(float)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert_allclose(vectors @ vectors.T, drawn.vectors @ drawn.vectors.T, atol=0.01)
    points = numbers(data, "points", "<u2").reshape(60, 2) / 65535
    span = np.ptp(drawn.points, axis=0)
    assert_allclose(
        points * [1, -1] * span,
        drawn.points - drawn.points[0] + (points * [1, -1] * span)[0],
        atol=1e-3,
    )


def test_words_and_titles_are_never_markup() -> None:
    plain = Page(map_page(word_map(some_vectors(60), 60), "text"))
    for title in HOSTILE:
        page = map_page(word_map(hostile_vectors(), 60), title)
        assert [tag for tag, _ in Page(page).elements] == [tag for tag, _ in plain.elements]
        assert page.count(b"<!--") == 0
        assert page.count(b"alert(1)</script>") == 0


def test_the_page_is_one_file_whose_policy_allows_its_script_alone() -> None:
    page = map_page(word_map(some_vectors(60), 60), "text")
    parsed = Page(page)
    assert not [
        tag for tag, _ in parsed.elements if tag in ("link", "img", "iframe", "base", "object")
    ]
    assert not [
        has for _, has in parsed.elements if {"src", "href", "onclick", "onload"} & has.keys()
    ]
    assert not re.search(rb"https?://|@import|url\(|fetch\(|XMLHttpRequest|innerHTML|eval\(", page)
    scripts = [
        text
        for (tag, has), text in zip(parsed.elements, parsed.texts, strict=True)
        if tag == "script" and not has
    ]
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = next(
        has["content"] for tag, has in parsed.elements if tag == "meta" and "http-equiv" in has
    )
    assert policy is not None
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}';")


# --- the command --------------------------------------------------------------------------------------

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command beside a model folder "output"."""
    monkeypatch.chdir(tmp_path)
    some_vectors(60).save("output")

    def call(*args: str) -> Result:
        return CliRunner().invoke(command, args)

    return call


def test_the_command_s_own_names(run: Run, tmp_path: Path) -> None:
    for _ in range(2):  # its own files it replaces
        result = run("--method", "pca", "--json")
        assert json.loads(result.stdout)["words"] == 60
        assert [each["path"] for each in json.loads(result.stdout)["files"]] == [
            "output/map.png",
            "output/map.html",
        ]
    some_vectors(60).save("vectors.txt", "word2vec")
    run("vectors.txt", "--method", "pca")
    assert {path.name for path in tmp_path.iterdir()} == {
        "output",
        "vectors.txt",
        "vectors.txt.map.png",
        "vectors.txt.map.html",
    }


def test_a_user_s_file_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("mine")
    result = run("-o", "mine.html", "--method", "pca")
    assert isinstance(result.exception, InputError)
    assert "there already; give another name, or --force" in str(result.exception)
    assert (tmp_path / "mine.html").read_text() == "mine"
    assert run("-o", "mine.html", "--method", "pca", "--force").exit_code == 0
    assert (tmp_path / "mine.html").read_bytes().startswith(b"<!doctype html>")


def test_words_to_show(run: Run, tmp_path: Path) -> None:
    words = some_vectors(60).index_to_key
    (tmp_path / "words.txt").write_text("\n".join([words[3], "nothing", "", words[4]]))
    result = run(
        "--word", words[1], words[2], "--words-file", "words.txt", "-o", "a.html", "--method", "pca"
    )
    assert result.exit_code == 0
    assert "1 of its words are not in the vocabulary: nothing" in result.stderr
    data = json.loads(Page((tmp_path / "a.html").read_bytes()).text_of("script", id="map-data"))
    assert data["words"] == words[1:5]


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (["--word", "nothing"], UnknownWordError, "'nothing' is not in the vocabulary"),
        (
            ["--word", "kakakaka", "--words", "9"],
            UsageError,
            "either it or --word and --words-file",
        ),
        (["-o", "map.pdf"], UsageError, "map.pdf: give a name that ends in .png or .html"),
        (["-o", "no/map.png"], InputError, "no/map.png: there is no folder no"),
        (["--words-file", "no.txt"], InputError, "no.txt: no such file"),
        (["nowhere"], InputError, "nowhere: there is no folder|nowhere: no such file or folder"),
    ],
)
def test_wrong_usage(run: Run, args: list[str], error: type[Exception], message: str) -> None:
    result = run(*args, "--method", "pca")
    assert isinstance(result.exception, error)
    assert re.search(message, str(result.exception))


def test_lists_of_words_that_are_none(run: Run, tmp_path: Path) -> None:
    for content, message in (
        (b"", "no words in it"),
        (b"\xff\xfe", "byte 0 is not UTF-8"),
        (b"x\ny", "none of its 2"),
    ):
        (tmp_path / "words.txt").write_bytes(content)
        assert message in str(run("--words-file", "words.txt", "--method", "pca").exception)


@pytest.mark.skipif(find_spec("sklearn") is None, reason="needs scikit-learn")
def test_the_default_method_is_t_sne_where_it_is_installed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(run("--json").stdout)["method"] == "tsne"
    monkeypatch.setattr("xw2v.pictures.projection.find_spec", lambda name: None)
    result = run("--json")
    assert json.loads(result.stdout)["method"] == "pca"
    assert 'pip install "xw2v[tsne]"' in result.stderr
    monkeypatch.undo()
    assert best_method(4) == "pca"  # too few for t-SNE


# --- the page in a browser
# ----------------------------------------------------------------------------


def analogy_vectors() -> KeyedVectors:
    """Words whose analogy man : woman = king : queen holds exactly, among others."""
    rng = np.random.default_rng(1)
    male, female, royal, person = np.linalg.qr(rng.standard_normal((16, 4)))[0].T
    table = [person + male, person + female, person + male + royal, person + female + royal]
    others = rng.standard_normal((40, 16))
    words = [
        "man",
        "woman",
        "king",
        "queen",
        *HOSTILE,
        *some_vectors(40).index_to_key[: 40 - len(HOSTILE)],
    ]
    return KeyedVectors(
        words, np.concatenate([table, others]).astype(np.float32), np.arange(44, 0, -1) * 100
    )


def shown_map() -> tuple[KeyedVectors, WordMap]:
    vectors = analogy_vectors()
    return vectors, word_map(vectors, len(vectors))


@pytest.mark.slow
def test_the_page_in_chromium(tmp_path: Path) -> None:
    vectors, drawn = shown_map()
    path = tmp_path / "map.html"
    path.write_bytes(map_page(drawn, HOSTILE[0]))
    with opened(path) as (page, _):
        assert page.text_content("h1") == HOSTILE[0]

        # search, by key and by pointer, also for words made of markup
        page.keyboard.press("/")
        page.keyboard.type("KIN")
        page.keyboard.press("Enter")
        assert page.text_content(".near h2") == "Nearest to king"
        answers = page.locator(".near .answers button")
        shown = [answers.nth(i).locator("span").all_text_contents() for i in range(answers.count())]
        assert len(shown) == 12
        assert [word for word, _ in shown[:2]] == [
            word for word, _ in vectors.most_similar("king", topn=2)
        ]
        for word, cosine in shown:
            known = word.replace("\ufffd", "\ud800")  # what a browser shows for half a character
            assert float(cosine) == pytest.approx(vectors.similarity("king", known), abs=0.01)
        page.fill(".search", "<img")
        page.locator(".found li").first.click()
        assert page.text_content(".near h2 em") == HOSTILE[1]
        page.fill(".search", "nothing like it")
        assert "not among the words" in page.text_content(".found")
        page.press(".search", "Escape")

        # an analogy, typed and by example
        for name, word in (("a", "man"), ("b", "Woman"), ("c", "king")):
            page.fill(f"form [name={name}]", word)
        page.press("form [name=c]", "Enter")
        assert page.locator(".analogy .answers button span").first.text_content() == "queen"
        page.fill("form [name=c]", "<!-")
        page.press("form [name=c]", "Enter")
        assert page.text_content(".result") == "not among the words of this map: <!-"
        page.locator(".examples button").first.click()
        assert page.locator(".analogy .answers button span").first.text_content() == "queen"

        # pointing at a word, clicking it, zooming and panning
        page.keyboard.press("Escape")
        page.click("[data-zoom=all]")
        page.wait_for_timeout(600)
        row = drawn.words.index("man")
        box = page.locator("canvas").bounding_box()
        low, span = drawn.points.min(axis=0), np.ptp(drawn.points, axis=0)
        share = (drawn.points[row] - low) / span
        x = box["width"] / 2 + (share[0] - 0.5) * (box["width"] - 90)
        y = box["height"] / 2 + (0.5 - share[1]) * (box["height"] - 90)
        page.mouse.move(x, y)
        page.wait_for_selector(".tip:not([hidden])")
        assert page.text_content(".tip b") == "man"
        assert "4,400 times in the text" in page.text_content(".tip")
        page.mouse.wheel(0, -400)  # the word under the pointer stays there
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(200)
        page.mouse.click(x, y)
        assert page.text_content(".near h2") == "Nearest to man"
        page.mouse.down()
        page.mouse.move(x + 80, y + 50, steps=4)
        page.mouse.up()
        page.mouse.click(x + 80, y + 50)
        assert page.text_content(".near h2") == "Nearest to man"

        dark = "getComputedStyle(document.body.parentElement).backgroundColor"
        before = page.evaluate(dark)
        page.click(".theme-button")
        assert page.evaluate(dark) != before
