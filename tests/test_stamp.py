"""Pictures say which vectors they show, so that those of earlier vectors can be told."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from wordvectors import some_vectors

from xw2v.pictures.stamp import fingerprint, outdated, stamp_of
from xw2v.pictures.wordmap import word_map
from xw2v.pictures.wordmap_page import map_page
from xw2v.pictures.wordmap_png import draw_png


def test_a_fingerprint_depends_on_every_word_and_value() -> None:
    vectors = some_vectors(40)
    words, table = vectors.index_to_key, vectors.vectors
    usual = fingerprint(words, table)
    assert usual == fingerprint(list(words), table.copy(order="F"))
    changed = table.copy()
    changed[-1, -1] = np.nextafter(changed[-1, -1], np.float32(9))
    assert len({usual, fingerprint(words, changed), fingerprint([*words[:-1], "x"], table)}) == 3


def test_map_and_page_have_the_stamp_of_all_vectors(tmp_path: Path) -> None:
    vectors = some_vectors(60)
    expected = fingerprint(vectors.index_to_key, vectors.vectors)
    drawn = word_map(vectors, 20)
    png, html = tmp_path / "map.png", tmp_path / "map.html"
    file = io.BytesIO()
    draw_png(file, drawn, 80 * "title")
    png.write_bytes(file.getvalue())
    html.write_bytes(map_page(drawn, 80 * "title"))
    assert stamp_of(png) == stamp_of(html) == expected
    other = tmp_path / "other.html"
    other.write_text("a page of somebody")
    paths = [png, html, other, tmp_path / "missing.png"]
    assert outdated(paths, expected) == []
    assert outdated(paths, "0" * 16) == [png, html]
