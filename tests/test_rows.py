"""Rows of text: JSON Lines and CSV by name or content, from files and pipes; what is refused."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_sources_tables import ROWS
from texts import PACKERS, open_text, sentences

from xw2v.errors import FileFormatError, InputError
from xw2v.text.inputs import files_of

FOUND = [["the", "war"], ["the", "peace"], ["caf"]]
LINES = "\n".join(ROWS) + "\n"


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("name", ["rows", "rows.json", "rows.txt.gz"])
def test_json_lines_are_told_by_their_first_lines(kind: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(PACKERS[kind](b"\xef\xbb\xbf" + LINES.encode()))
    assert sentences(open_text([tmp_path / name], min_count=1)) == FOUND
    with pytest.raises(FileFormatError, match=r":1: no 'body' there; choose .* among id, text, to"):
        open_text([tmp_path / name], text_column="body")


@pytest.mark.parametrize("packed", [False, True])
def test_json_lines_through_a_pipe(packed: bool) -> None:
    data = gzip.compress(LINES.encode()) if packed else LINES.encode()
    command = [sys.executable, "-m", "xw2v", "info", "-", "--min-count", "1", "--json"]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    assert json.loads(done.stdout)["raw_words"] == 5


def test_a_first_row_longer_than_a_chunk(tmp_path: Path) -> None:
    row = json.dumps({"text": "word " * 100_000})
    (tmp_path / "rows").write_text(f"{row}\n{row}\n")
    assert open_text([tmp_path / "rows"], min_count=1).offsets.tolist() == [0, 100_000, 200_000]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a", '[{"text": "a b"}, {"text": "c"}]', "is a JSON array; write it as JSON Lines"),
        ("a.json", "[1, 2]", "is a JSON array"),
        ("a.json.gz", '[\n  {\n "text": "a b"}\n]', "is a JSON array"),
        ("a", '["one text", "another"]\n', "is a JSON array"),
        ("a", '{\n  "text": "a b"\n}\n', "is JSON that is not an object a line"),
        ("a.json", "{}{}\n{}", "is JSON that is not an object a line"),
        ("v.txt", "2 3\nking 0.1 0.2 0.3\nqueen 0.2 0.2 0.3\n", "is a file of vectors, not text"),
        ("v.txt", f"a{' 0.5' * 9}\nb{' 0.25' * 9}\nc{' 1' * 9}", "is a file of vectors, not text"),
        ("v.csv", "a,b\n1,2\n", r"no column 'text' in its first row; choose .* among a, b"),
        ("v.csv", 'text\n"a', r"v.csv:.: not CSV"),
        ("v.tsv", "id\ttext\n1\ta b\n2\n", r"v.tsv:3: has 1 columns, too few for 'text'"),
    ],
)
def test_what_is_no_text_is_refused(name: str, content: str, message: str, tmp_path: Path) -> None:
    data = gzip.compress(content.encode()) if name.endswith(".gz") else content.encode()
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileFormatError, match=message):
        open_text([tmp_path / name], min_count=1)


@pytest.mark.parametrize(
    "content",
    [
        "[Chapter 1]\n",
        '["Hello," he said]\n',
        "{curly} text\n",
        '{"a": 1} and so on\nx\n',
        "12 17\n1 2 3\n4 5\n",
        "1 2 3 4 5 6 7 8 9 10\n2 3 4 5 6 7 8 9 10 11\n3\n",
        "3 2\nab 1 2\ncd 3 4\n",
    ],
)
def test_text_that_looks_alike_is_text(content: str, tmp_path: Path) -> None:
    (tmp_path / "text").write_text(content)
    assert open_text([tmp_path / "text"], tokens="raw", min_count=1).raw_words > 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a \ud800", "has a lone surrogate"),
        (["a", "\ud800"], r"token 1 is no word: .* cannot be written as UTF-8"),
        (["a", ""], "token 1 is no word: an empty string"),
        (["a", "b\nc"], "token 1 is no word: .* has a line break"),
        ([["a"], ["b", None]], "neither a text nor a list of tokens: token 1 is None"),
        ([["a"], "b"], "holds both tokens and lists of tokens"),
        ([[["a"]]], "holds lists within lists of lists"),
        ({"a": 1}, "holds neither a text nor a list of tokens"),
    ],
)
def test_rows_that_are_no_text_are_refused_by_their_number(
    value: Any, message: str, tmp_path: Path
) -> None:
    rows = [{"text": "a b"}, {"text": None}, {"text": value}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(FileFormatError, match=f"rows.jsonl:3: 'text' .*{message}"):
        open_text([tmp_path / "rows.jsonl"], min_count=1)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [(["a", None], "token 1 is None"), ([""], "token 0 is no word: an empty string")],
)
def test_rows_of_tables_likewise(tokens: list[Any], message: str, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pa.table({"text": [["a"]] * 1030 + [tokens]})
    parquet.write_table(table, tmp_path / "rows.parquet")
    with pytest.raises(FileFormatError, match=f"rows.parquet: row 1031: 'text' .*{message}"):
        open_text([tmp_path / "rows.parquet"], min_count=1)
    parquet.write_table(pa.table({"text": [[[["a"]]]]}), tmp_path / "deep.parquet")
    with pytest.raises(InputError, match=r"column 'text' holds list.*, not text"):
        open_text([tmp_path / "deep.parquet"], min_count=1)


@pytest.mark.parametrize("kind", ["plain", "gz"])
def test_csv(kind: str, tmp_path: Path) -> None:
    content = 'id,text,n\r\n1,"The War,\nthe ""peace""",x\r\n\r\n2,,y\r\n3,café,"z\n"\r\n'
    path = tmp_path / f"rows.csv{'' if kind == 'plain' else '.gz'}"
    path.write_bytes(PACKERS[kind](b"\xef\xbb\xbf" + content.encode()))
    assert sentences(open_text([path], min_count=1)) == FOUND
    assert sentences(open_text([path], text_column="n", min_count=1)) == [["x"], ["y"], ["z"]]
    (tmp_path / "rows.tsv").write_text("text\tn\nthe war\t1\n" + "long word " * 20_000 + "\t2\n")
    assert len(open_text([tmp_path / "rows.tsv"], min_count=1)) == 2


def test_what_describes_rows_is_left_out(tmp_path: Path) -> None:
    for name in ("README.md", "LICENSE", "license.txt", "dataset_infos.json", "notes.txt"):
        (tmp_path / name).write_text("a card\n")
    assert len(files_of(str(tmp_path))) == 5
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.jsonl.gz").write_bytes(gzip.compress(LINES.encode()))
    names = [Path(path).name for path in files_of(str(tmp_path))]
    assert names == ["train.jsonl.gz", "notes.txt"]


@pytest.mark.parametrize("names", [("center.npy", "vocab.json"), ("vectors.tsv", "metadata.tsv")])
def test_folders_of_vectors_are_refused(names: tuple[str, ...], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match=r"holds vectors \(a model\), not text"):
        open_text([tmp_path])
