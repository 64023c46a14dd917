"""Each recipe of docs/recipes, run as it stands, and what it says of its results."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

RECIPES = Path(__file__).parent.parent / "docs" / "recipes"
BLOCK = re.compile(r"(?:<!-- needs: (\w+) -->\n)?```(sh|python)\n(.*?)```", re.DOTALL)


def blocks(name: str) -> Iterator[tuple[str, str]]:
    """(language, code) of the blocks whose packages are installed."""
    for package, language, code in BLOCK.findall((RECIPES / f"{name}.md").read_text("utf-8")):
        if not package or find_spec(package) is not None:
            yield language, code


def run_recipe(name: str, folder: Path) -> dict[str, Any]:
    """Run a recipe in a folder; the names that its Python code leaves."""
    names: dict[str, Any] = {"__name__": "recipe"}
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    before = os.getcwd()
    os.chdir(folder)
    try:
        for language, code in blocks(name):
            if language == "python":
                exec(compile(code, f"{name}.md", "exec"), names)
            else:
                subprocess.run(["sh", "-ec", code], check=True, env=environment, timeout=300)
    finally:
        os.chdir(before)
    return names


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the recipes are for sh")


@pytest.mark.slow
def test_own_texts(tmp_path: Path) -> None:
    run_recipe("own-texts", tmp_path)
    assert (tmp_path / "vectors" / "report.html").is_file()
    assert (tmp_path / "vectors-50" / "vectors.txt").is_file()


@pytest.mark.slow
def test_languages(tmp_path: Path) -> None:
    run_recipe("languages", tmp_path)
    from xw2v import KeyedVectors

    assert "königin" in KeyedVectors.load(tmp_path / "deutsch")
    assert "हिन्दी" in KeyedVectors.load(tmp_path / "hindi")
    finnish = KeyedVectors.load(tmp_path / "suomi")
    for form, stem in (("autoissakin", "auto"), ("kirjallekin", "kirja"), ("talojen", "talo")):
        assert finnish.is_composed(form)
        of_stem = [word for word in finnish.index_to_key if word.startswith(stem)][:5]
        assert finnish.most_similar(form, topn=1)[0][0] in of_stem
    if find_spec("jieba") is not None:
        assert "北京" in KeyedVectors.load(tmp_path / "chinese")
    if find_spec("janome") is not None:
        assert "東京" in KeyedVectors.load(tmp_path / "japanese")


def test_baskets(tmp_path: Path) -> None:
    vectors = run_recipe("baskets", tmp_path)["model"].wv
    neighbours = [name for name, _ in vectors.most_similar("TEA-7", topn=10)]
    assert all(name.startswith("TEA-") for name in neighbours)


def test_walks(tmp_path: Path) -> None:
    pytest.importorskip("networkx")
    neighbours = run_recipe("walks", tmp_path)["neighbours"]
    assert sum(int(name.removeprefix("node")) < 25 for name in neighbours) >= 8


def test_k_mers(tmp_path: Path) -> None:
    names = run_recipe("k-mers", tmp_path)
    assert names["mean"].shape == (32,)
    near = [kmer for kmer, _ in names["vectors"].most_similar("GATTAC", topn=5)]
    assert sum(kmer in names["motifs"][0] for kmer in near) >= 4


def test_periods(tmp_path: Path) -> None:
    assert run_recipe("periods", tmp_path)["moved"][0] == "mouse"


def test_new_text(tmp_path: Path) -> None:
    run_recipe("new-text", tmp_path)
    from xw2v import KeyedVectors

    words = set(KeyedVectors.load(tmp_path / "model-2").index_to_key)
    assert {"queen", "president", "king"} <= words


def test_other_libraries(tmp_path: Path) -> None:
    names = run_recipe("other-libraries", tmp_path)
    assert (tmp_path / "vectors.txt").is_file()
    if "cluster_of" in names:
        clusters = {(word.rstrip("0123456789"), n) for word, n in names["cluster_of"].items()}
        assert len(clusters) == 3
    if "found" in names:
        assert all(word.startswith("sea") for word in names["found"])


def test_the_list_of_recipes_is_complete() -> None:
    listed = re.findall(r"\]\(([\w-]+\.md)\)", (RECIPES / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(
        path.name for path in RECIPES.glob("*.md") if path.name != "README.md"
    )
