"""Pictures say which vectors they show, so that those of earlier vectors can be told."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from wordvectors import some_vectors

from xw2v.cli import cli
from xw2v.pictures.stamp import outdated, stamp_for, stamp_of
from xw2v.pictures.wordmap import word_map
from xw2v.pictures.wordmap_page import map_page
from xw2v.pictures.wordmap_png import draw_png


def test_a_stamp_depends_on_every_word_and_value() -> None:
    vectors = some_vectors(40)
    words, table = vectors.index_to_key, vectors.vectors
    usual = stamp_for(words, table)
    assert usual == stamp_for(list(words), table.copy(order="F"))
    changed = table.copy()
    changed[-1, -1] = np.nextafter(changed[-1, -1], np.float32(9))
    assert len({usual, stamp_for(words, changed), stamp_for([*words[:-1], "x"], table)}) == 3


def test_map_and_page_have_the_stamp_of_all_vectors(tmp_path: Path) -> None:
    vectors = some_vectors(60)
    expected = stamp_for(vectors.index_to_key, vectors.vectors)
    drawn = word_map(vectors, 20, "pca")
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


def test_training_anew_names_the_pictures_it_outdates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(
        " ".join(f"{'abcdefg'[i % 7]} {'hijkl'[i % 5]}" for i in range(900))
    )

    def run(*args: str) -> str:
        result = CliRunner().invoke(cli, args)
        assert result.exit_code == 0
        return result.stderr

    train = ("train", "text.txt", "--min-count", "1", "--epochs", "1", "--vector-size", "4")
    run(*train)
    run("plot", "--method", "pca")
    run("report", "--method", "pca")
    assert "earlier vectors" not in run(*train)  # the same vectors again
    said = run(*train, "--seed", "2")
    assert "output/map.png and output/map.html show earlier vectors" in said
    assert "output/report.html shows earlier vectors; make new: xw2v report output" in said
    assert "earlier vectors" in run("plot", "--method", "pca")  # the report still does
    assert "earlier vectors" not in run("report", "--method", "pca")
