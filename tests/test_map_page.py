"""The map as a page: what it holds, that words are never markup, and how it works in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import PHONE, drag_fingers, opened
from maps import HOSTILE, Page, analogy_vectors, hostile_vectors
from numpy.testing import assert_allclose
from wordvectors import some_vectors

from xw2v.pictures.wordmap import WordMap, central_words, word_map
from xw2v.pictures.wordmap_page import map_page
from xw2v.vectors.keyedvectors import KeyedVectors


def numbers(data: dict[str, Any], name: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(data[name]), kind)


def test_the_page_holds_the_words_and_their_directions() -> None:
    drawn = word_map(hostile_vectors(), 60, "pca")
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
    plain = Page(map_page(word_map(some_vectors(60), 60, "pca"), "text"))
    for title in HOSTILE:
        page = map_page(word_map(hostile_vectors(), 60, "pca"), title)
        assert [tag for tag, _ in Page(page).elements] == [tag for tag, _ in plain.elements]
        assert page.count(b"<!--") == 0
        assert page.count(b"alert(1)</script>") == 0


def test_the_page_is_one_file_whose_policy_allows_its_script_alone() -> None:
    page = map_page(word_map(some_vectors(60), 60, "pca"), "text")
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


def check_search(page: Any, vectors: KeyedVectors) -> None:
    """Search, by key and by pointer, also for words made of markup."""
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


def check_analogies(page: Any) -> None:
    """An analogy, typed and by example."""
    for name, word in (("a", "man"), ("b", "Woman"), ("c", "king")):
        page.fill(f"form [name={name}]", word)
    page.press("form [name=c]", "Enter")
    assert page.locator(".analogy .answers button span").first.text_content() == "queen"
    assert page.text_content("form button") == "queen"  # in place of the question mark
    page.fill("form [name=c]", "<!-")
    page.press("form [name=c]", "Enter")
    assert page.text_content("form button") == "?"
    assert page.text_content(".result") == "not among the words of this map: <!-"
    page.locator(".examples button").first.click()
    assert page.locator(".analogy .answers button span").first.text_content() == "queen"


def check_pointer(page: Any, drawn: WordMap) -> None:
    """Pointing at a word, clicking it, zooming and panning."""
    page.keyboard.press("Escape")
    page.click("[data-zoom=all]")
    page.wait_for_timeout(600)
    row = drawn.words.index("man")
    box = page.locator("canvas").bounding_box()
    low, span = drawn.points.min(axis=0), np.ptp(drawn.points, axis=0)
    share = (drawn.points[row] - low) / span
    x = box["width"] / 2 + (share[0] - 0.5) * (box["width"] - 90)
    y = box["height"] / 2 - 12 + (0.5 - share[1]) * (box["height"] - 114)
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


@pytest.mark.slow
def test_the_page_in_chromium(tmp_path: Path) -> None:
    vectors = analogy_vectors()
    drawn = word_map(vectors, len(vectors), "pca")
    path = tmp_path / "map.html"
    path.write_bytes(map_page(drawn, HOSTILE[0]))
    with opened(path) as (page, _):
        assert page.text_content("h1") == HOSTILE[0]
        check_search(page, vectors)
        check_analogies(page)

        # a group, which is named by two of its words
        group = page.locator(".groups button").first
        assert group.text_content() == ", ".join(central_words(drawn, 2)[0])
        group.click()
        assert page.text_content(".near h2") == "Nearest words"

        check_pointer(page, drawn)

        dark = "getComputedStyle(document.body.parentElement).backgroundColor"
        before = page.evaluate(dark)
        page.click(".theme-button")
        assert page.evaluate(dark) != before


@pytest.mark.slow
def test_the_page_on_a_phone(tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    path.write_bytes(map_page(word_map(analogy_vectors(), 44, "pca"), "text"))
    with opened(path, **PHONE) as (page, _):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert "tap one on the map; pinch zooms, drag moves" in page.text_content(".near .note")
        assert "wheel" not in page.inner_text("body")
        page.locator(".examples button").first.tap()
        assert page.text_content("form button") == "queen"
        page.wait_for_function(
            """() => document.querySelector(".analogy .answers button")
                .getBoundingClientRect().bottom < innerHeight"""
        )  # the answer is brought into sight
        sides = page.evaluate(
            """[...document.querySelectorAll(".zoom button, .answers button, input")]
                .map((each) => each.getBoundingClientRect().height)"""
        )
        assert min(sides) >= 44
        picture = "document.querySelector('canvas').toDataURL()"
        page.wait_for_timeout(600)
        before = page.evaluate(picture)
        drag_fingers(page, (200, 200, 0, 100))
        page.wait_for_function(f"() => {picture} !== {json.dumps(before)}")
