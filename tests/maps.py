"""Maps for tests: vectors whose map is known, hostile words, and the elements of a page."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
from wordvectors import some_vectors

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


def hostile_vectors() -> KeyedVectors:
    usual = some_vectors(60)
    words = [*HOSTILE, *usual.index_to_key[len(HOSTILE) :]]
    return KeyedVectors(words, usual.vectors, usual.counts)


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
