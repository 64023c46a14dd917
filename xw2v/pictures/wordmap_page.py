"""A word map as a web page to explore, and as the part of another page.

The page computes neighbours and analogies itself, among the words shown, from vectors rounded to
8 bits per dimension: cosines are good to about 0.01.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.pictures.webpage import base64_of, escape, fill, joined, page, script_json
from xw2v.pictures.wordmap import DARK, LIGHT, METHOD_NAMES, WordMap, central_words, unit_square

STYLES = ("theme.css", "map.css")
SCRIPTS = (
    "theme.js",
    "vocabulary.js",
    "labels.js",
    "camera.js",
    "painter.js",
    "input.js",
    "mapview.js",
    "elements.js",
    "tip.js",
    "finder.js",
    "answers.js",
    "start.js",
)


def map_page(drawn: WordMap, title: str, subtitle: str = "") -> bytes:
    """A map as a page of its own, in UTF-8."""
    heading = (
        f'<header><div><h1>{escape(title)}</h1><p class="note">{escape(subtitle)}</p></div>'
        '<button type="button" class="theme-button" aria-label="Light or dark">◐</button></header>'
    )
    return page(
        "mappage.html",
        style=joined(*STYLES, "mappage.css"),
        script=joined(*SCRIPTS),
        stamp=drawn.stamp,
        title=escape(f"{title}: a map of words"),
        map=map_part(drawn, heading),
    )


def map_part(drawn: WordMap, heading: str = "", wheel: str = "") -> str:
    """The HTML of a map within a page that has the styles and scripts above.

    Args:
        heading: HTML at the top of the panel.
        wheel: "ctrl" where the wheel without that key, and one finger, must scroll the page.
    """
    which = "chosen" if drawn.chosen else "most frequent"
    note = (
        f"{len(drawn.words):,} {which} words by {METHOD_NAMES[drawn.method]}. Neighbours and "
        "analogies are among these words, from vectors rounded to 8 bits per dimension."
    )
    within_page = wheel == "ctrl"
    return fill(
        "map.html",
        wheel=escape(wheel),
        mouse=("Ctrl + wheel zooms" if within_page else "wheel zooms") + ", drag moves",
        touch="two fingers zoom and move" if within_page else "pinch zooms, drag moves",
        heading=heading,
        groups=group_buttons(drawn),
        note=escape(note),
        data=script_json(map_data(drawn)),
    )


def group_buttons(drawn: WordMap) -> str:
    """A button for each group, in its colour and named by its central words."""
    return "".join(
        f'<button type="button" data-group="{group}" '
        f'style="--light: {LIGHT[group % len(LIGHT)]}; --dark: {DARK[group % len(DARK)]}">'
        f"{escape(', '.join(words))}</button>"
        for group, words in enumerate(central_words(drawn, 2))
    )


def map_data(drawn: WordMap) -> dict[str, Any]:
    """What the page's script reads (MapData in vocabulary.js): words, and arrays as base64 of
    little-endian bytes.
    """
    points = unit_square(drawn.points)
    points[:, 1] = 1 - points[:, 1]  # a canvas's y grows downwards
    largest = np.abs(drawn.vectors).max(axis=1, keepdims=True)
    rounded = np.rint(127 * drawn.vectors / np.where(largest > 0, largest, 1))
    return {
        "words": drawn.words,
        "counts": None if drawn.counts is None else drawn.counts.tolist(),
        "composed": [row for row, composed in enumerate(drawn.composed) if composed],
        "ngrams": None
        if drawn.ngrams is None
        else [", ".join(f"{ngram} {share} %" for ngram, share in each) for each in drawn.ngrams],
        "points": base64_of(np.rint(65535 * points).astype("<u2").tobytes()),
        "groups": base64_of(drawn.groups.astype(np.uint8).tobytes()),
        "dimensions": drawn.vectors.shape[1],
        "vectors": base64_of(rounded.astype(np.int8).tobytes()),
        "palette": {"light": LIGHT, "dark": DARK},
    }
