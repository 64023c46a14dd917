"""README.md and docs/ say what is so: their commands and snippets run, their names exist.

Blocks of a page run one after the other in a folder of their own, beside a small corpus, small test
sets and a trained model. What they print is not compared: it depends on the text.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doc_blocks import PAGES, ROOT, RUN, SHOWN, Block, blocks_of

TOPICS = (  # words of the pages, so that their questions have answers
    "king queen prince palace crown emma paris france rome italy berlin germany",
    "june july april march august friday monday five four six ten eight three",
    "wheat corn barley oil trade market bank price ship whale sea captain",
    "man woman mother father brother sister daughter son husband wife girl boy",
    "know think say see saw went go come better good worse bad bigger big",
    "breakfast lunch dinner cereal bread coffee tea milk new york city new_york",
)
FUNCTION_WORDS = ("the", "of", "and", "to", "in", "a", "is", "was")
SMALLER = {  # what would read all of a text that comes with an installation
    "xw2v train": "xw2v train corpus.txt",
    "xw2v train --corpus docs": "xw2v train corpus.txt",
}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the pages name: texts, test sets, a model in output/."""
    folder = tmp_path_factory.mktemp("docs")
    rng = random.Random(1)

    def text(lines: int) -> str:
        drawn = []
        for _ in range(lines):
            topic = rng.choice(TOPICS).split()
            words = [rng.choice(topic if rng.random() < 0.7 else FUNCTION_WORDS) for _ in range(14)]
            drawn.append(" ".join(words).capitalize() + ".\n")
        return "".join(drawn)

    for name in ("corpus.txt", "text.txt", "new.txt", "other.txt", "held-out.txt"):
        (folder / name).write_text(text(800))
    for name in ("more.txt.gz", "english-mixed.txt.gz"):
        (folder / name).write_bytes(gzip.compress(text(300).encode()))
    (folder / "folder").mkdir()
    (folder / "folder" / "a.txt").write_text(text(200))
    (folder / "animals.txt").write_text("whale\nking\nqueen\nwheat\ncorn\noil\n")
    (folder / "odd.csv").write_text("king,0.5,1\nqueen,0.25,1\nno row\nman,1,0\nwoman,1,0.5\n")
    (folder / "eval").mkdir()
    (folder / "bats3" / "E01").mkdir(parents=True)
    (folder / "bats3" / "E01" / "E01 [country - capital].txt").write_text(
        "france\tparis\nitaly\trome\ngermany\tberlin\n"
    )
    pairs = "king\tqueen\t9\nman\twoman\t8\nwheat\tking\t1\nfriday\tmonday\t7\n"
    for name in ("wordsim353", "men3k", "simlex999"):
        for place in (folder, folder / "eval"):
            (place / f"{name}.tsv").write_text(pairs)
    questions = ": capital\nparis france rome italy\n: gram1\ngood better bad worse\n"
    for place in (folder, folder / "eval"):
        (place / "questions-words.txt").write_text(questions)
    run_shell("xw2v train corpus.txt --quiet --epochs 2", folder)
    shutil.copy(folder / "output" / "vectors.txt", folder)
    return folder


def run_shell(commands: str, folder: Path) -> None:
    """Run lines in a shell where `xw2v` and `python` are those of the tests."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "OPENBLAS_NUM_THREADS": "1",
    }
    done = subprocess.run(
        ["bash", "-euc", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout[-500:]}{done.stderr[-1500:]}"


def run_block(block: Block, folder: Path, names: dict[str, object]) -> None:
    if block.language == "python":
        code = compile("\n" * (block.line - 1) + block.code, block.page.name, "exec")
        exec(code, names)
        return
    lines = [SMALLER.get(line, line) for line in block.commands().splitlines()]
    run_shell("\n".join(lines), folder)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_blocks_of_a_page_run(
    page: Path, workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = blocks_of(page)
    if not any(block.runs for block in blocks):
        return
    folder = tmp_path / "here"
    shutil.copytree(workshop, folder)
    monkeypatch.chdir(folder)
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks:
        if block.file is not None:
            (folder / block.file).write_text(block.code)
        elif block.runs:
            run_block(block, folder, names)


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    notebook = json.loads((ROOT / "docs" / "first-steps.ipynb").read_text())
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "saved without outputs"
            exec("".join(cell["source"]).replace("plt.show()", "plt.close()"), names)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_names_its_language(page: Path) -> None:
    for block in blocks_of(page):
        assert block.language in (*RUN, *SHOWN), str(block)
        assert block.not_run is None or block.not_run.strip(), f"{block}: say why it is not run"
    outside = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    indented = re.findall(r"(?<=\n\n)    (?! )(?!\d|- ).*", outside)
    assert not indented, "a block that is indented, not fenced, is not run"


def test_links_lead_somewhere() -> None:
    for page in (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"):
        for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
            path, _, anchor = target.partition("#")
            file = (page.parent / path) if path else page
            assert file.exists(), f"{page.name}: {target}"
            if anchor and file.suffix == ".md":
                assert anchor in anchors_of(file), f"{page.name}: {target}"


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    source = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", source, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_a_page_names_exist(page: Path) -> None:
    source = page.read_text()
    named = re.findall(r"`((?:xw2v|backends|tests|bench)/[\w/.]+\.\w+)`", source)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_glossary_names_what_the_code_has() -> None:
    for line in (ROOT / "docs" / "glossary.md").read_text().splitlines():
        found = re.fullmatch(r"\| \*\*.*\| (.*) in `(.*)` \|", line)
        if found is None:
            continue
        source = (ROOT / found[2]).read_text()
        for name in re.findall(r"`(\w+)`", found[1]):
            assert re.search(rf"\b{name}\b", source), f"{name} is not in {found[2]}"


def test_the_architecture_names_what_the_code_has() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    sources = "".join(
        path.read_text()
        for folder in ("xw2v", "backends")
        for path in (ROOT / folder).rglob("*.py")
    )
    steps = page[page.index("## The way of a word") :]
    names = {
        part
        for name in re.findall(r"`([A-Za-z_.]+)`", steps)
        if "/" not in name and not re.search(r"\.(py|md|c|txt|json|toml)$", name)
        for part in name.split(".")
    }
    missing = {name for name in names if not re.search(rf"\b{name}\b", sources)}
    assert missing <= {"cat", "the", "sat", "pathos"}
