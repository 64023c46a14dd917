"""Text in columns: Arrow, Parquet, folders of Hugging Face, JSON Lines."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from texts import PACKERS, open_text, sentences

from xw2v.errors import InputError
from xw2v.text.inputs import files_of

# Arrow and Parquet


@pytest.fixture
def table() -> Any:
    pa = pytest.importorskip("pyarrow")
    return pa.table(
        {"id": [1, 2, 3, 4], "text": ["The War, the peace.\nthe", None, "war", ""], "n": [1.0] * 4}
    )


def write_stream(path: Path, table: Any, kind: str = "stream") -> None:
    pa = pytest.importorskip("pyarrow")
    make = pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file
    with make(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


@pytest.mark.parametrize("kind", ["stream", "file", "parquet"])
def test_arrow_and_parquet(kind: str, table: Any, tmp_path: Path) -> None:
    path = tmp_path / ("rows.parquet" if kind == "parquet" else "rows.arrow")
    if kind == "parquet":
        pytest.importorskip("pyarrow.parquet").write_table(table, path, row_group_size=2)
    else:
        write_stream(path, table, kind)
    expected = [["the", "war", "the", "peace"], ["the"], ["war"]]
    assert sentences(open_text([path], min_count=1)) == expected
    (tmp_path / "state.json").write_text(
        '{"beside": "the table"}'
    )  # as Hugging Face's datasets have it
    assert sentences(open_text([tmp_path], min_count=1)) == expected
    with pytest.raises(
        InputError, match=r"no column 'body'; choose with `text_column` among id, text, n"
    ):
        open_text([path], text_column="body")
    with pytest.raises(InputError, match="column 'n' holds double, not text"):
        open_text([path], text_column="n")


@pytest.mark.parametrize("name", ["rows.arrow", "rows.parquet"])
def test_what_is_no_table(name: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for content in (b"", b"PAR1 nonsense", b"ARROW1 nonsense", b"\xff\xff\xff\xff nonsense"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="damaged, or not an Arrow or Parquet file"):
            open_text([tmp_path / name])


@pytest.mark.parametrize("kind", ["stream", "file", "parquet"])
def test_columns_of_tokens(kind: str, tmp_path: Path) -> None:
    """A row is a document: its tokens are words or not, and its sentences end as in NLTK's."""
    pa = pytest.importorskip("pyarrow")
    tokens = [["The", "War", "."], None, ["It", "is", "over", "!", "a,b"], []]
    table = pa.table({"tokens": tokens, "parted": [[["a", "b"], ["c"]], None, [], [["d"]]]})
    path = tmp_path / ("rows.parquet" if kind == "parquet" else "rows.arrow")
    if kind == "parquet":
        pytest.importorskip("pyarrow.parquet").write_table(table, path)
    else:
        write_stream(path, table, kind)
    found = sentences(open_text([path], text_column="tokens", min_count=1))
    assert found == [["the", "war"], ["it", "is", "over"]]
    found = sentences(open_text([path], text_column="tokens", tokens="raw", min_count=1))
    assert found == [["The", "War", "."], ["It", "is", "over", "!"], ["a,b"]]
    found = sentences(open_text([path], text_column="parted", min_count=1))
    assert found == [["a", "b"], ["c"], ["d"]]


def test_folders_of_hugging_face(table: Any, tmp_path: Path) -> None:
    """What a dataset saved there holds counts, and nothing that lies beside or was cached."""
    train = tmp_path / "saved" / "train"
    train.mkdir(parents=True)
    for name in ("data-00000-of-00001.arrow", "stale.arrow", "cache-0123.arrow"):
        write_stream(train / name, table)
    listed = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
    (train / "state.json").write_text(json.dumps(listed))
    (tmp_path / "saved" / "dataset_dict.json").write_text('{"splits": ["train"]}')
    names = [os.path.relpath(path, tmp_path) for path in files_of(str(tmp_path / "saved"))]
    assert names == ["saved/train/data-00000-of-00001.arrow"]

    hub = tmp_path / "hub"  # as huggingface_hub caches: links to blobs without a suffix
    (hub / "blobs").mkdir(parents=True)
    (hub / "snapshots" / "0a1b" / "data").mkdir(parents=True)
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text("0a1b")
    pytest.importorskip("pyarrow.parquet").write_table(table, hub / "blobs" / "f00d")
    link = hub / "snapshots" / "0a1b" / "data" / "train-00000-of-00001.parquet"
    os.symlink(hub / "blobs" / "f00d", link)
    (hub / "snapshots" / "0a1b" / "README.md").write_text("a card")
    assert files_of(str(hub)) == [str(link)]
    assert sentences(open_text([hub], min_count=1))[1:] == [["the"], ["war"]]


# JSON Lines

ROWS = [
    '{"id": 1, "text": "The War,\\nthe peace", "tokens": ["The", "war", "."]}',
    "",
    '{"text": null, "tokens": [["a", "b"], ["c"]]}',
    '{"text": "caf\\u00e9", "tokens": []}',
]


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("suffix", [".jsonl", "", ".ndjson.gz"])
def test_json_lines(kind: str, suffix: str, tmp_path: Path) -> None:
    """By the name of the file or, where it is not compressed, by its first line."""
    if kind != "plain" and not suffix:
        return
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(PACKERS[kind]("\r\n".join(ROWS).encode()))
    assert sentences(open_text([path], min_count=1)) == [["the", "war"], ["the", "peace"], ["caf"]]
    found = sentences(open_text([path], text_column="tokens", min_count=1))
    assert found == [["the", "war"], ["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"body": "x", "n": 1}', r"rows.jsonl:3: no 'text' there; choose .* among body, n"),
        ("[1, 2]", r"rows.jsonl:3: no 'text' there"),
        ("{", r"rows.jsonl:3: not JSON"),
        ('{"text": 3}', r"rows.jsonl:3: 'text' holds neither a text nor a list of tokens"),
        ('{"text": ["a", 3]}', r"rows.jsonl:3: 'text' holds neither"),
    ],
)
def test_damaged_json_lines(row: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(f"{ROWS[0]}\n\n{row}\n{ROWS[0]}\n")
    with pytest.raises(InputError, match=message):
        open_text([tmp_path / "rows.jsonl"])


def test_text_that_looks_like_json_is_text(tmp_path: Path) -> None:
    (tmp_path / "text").write_text('{"body": "x"}\n{curly}\n')
    assert sentences(open_text([tmp_path / "text"], min_count=1)) == [["body", "x"], ["curly"]]
