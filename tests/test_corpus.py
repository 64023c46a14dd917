"""The corpus: one pass over text of any size gives what two plain passes would."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xw2v.text.encode
import xw2v.text.id_arrays
import xw2v.text.spool
from xw2v.errors import InputError
from xw2v.storage.filearray import FileArray
from xw2v.text.corpus import Corpus
from xw2v.text.encode import Encoder
from xw2v.text.tokens import PatternRule
from xw2v.text.vocabulary import Vocabulary, VocabularyLimits

SENTENCES = st.lists(
    st.lists(st.text("abcd", min_size=1, max_size=2), max_size=8), min_size=1, max_size=30
)


@settings(max_examples=200, deadline=None)
@given(sentences=SENTENCES, min_count=st.integers(1, 4), max_vocab=st.none() | st.integers(2, 6))
def test_equals_the_plain_two_passes(
    sentences: list[list[str]], min_count: int, max_vocab: int | None
) -> None:
    counts = Counter(word for sentence in sentences for word in sentence)
    if not counts or max(counts.values()) < min_count:
        with pytest.raises(InputError, match="no words"):
            Corpus.from_sentences(sentences, min_count, max_vocab)
        return
    vocabulary = Vocabulary.from_counts(
        counts, VocabularyLimits(min_count=min_count, max_vocab=max_vocab)
    )
    rows = [
        [vocabulary.index.get(word, vocabulary.unknown) for word in sentence]
        for sentence in sentences
    ]
    rows = [kept for sentence in rows if (kept := [row for row in sentence if row is not None])]
    corpus = Corpus.from_sentences(iter(sentences), min_count, max_vocab)
    assert corpus.vocabulary.words == vocabulary.words
    assert corpus.vocabulary.counts.tolist() == vocabulary.counts.tolist()
    assert [corpus.ids[a:b].tolist() for a, b in pairwise(corpus.offsets)] == rows
    assert corpus.raw_words == sum(map(len, sentences))
    assert (corpus.ids.dtype, corpus.offsets.dtype) == (np.int32, np.int64)


@settings(max_examples=50, deadline=None)
@given(sentences=SENTENCES.filter(lambda sentences: any(sentences)))
def test_folder_round_trip(
    sentences: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("corpus")
    saved = Corpus.from_sentences(sentences, min_count=1)
    saved.save(folder)
    opened = Corpus.open(folder)
    assert isinstance(opened.ids, FileArray)
    assert np.array_equal(opened.ids, saved.ids)
    assert np.array_equal(opened.offsets, saved.offsets)
    assert opened.vocabulary.words == saved.vocabulary.words
    assert (opened.fingerprint, opened.raw_words) == (saved.fingerprint, saved.raw_words)
    (folder / "corpus.json").unlink()  # a folder made elsewhere has none
    assert Corpus.open(folder).fingerprint == saved.fingerprint


def test_fingerprint_tells_texts_apart() -> None:
    texts = [[["a", "b"], ["c"]], [["a", "b", "c"]], [["b", "a"], ["c"]], [["a", "b"], ["d"]]]
    assert len({Corpus.from_sentences(text, min_count=1).fingerprint for text in texts}) == len(
        texts
    )


def test_a_generator_is_read_once() -> None:
    reads = []

    def sentences() -> Iterator[tuple[str, ...]]:
        reads.append(1)
        yield from [("a", "b"), ("a",)]

    corpus = Corpus.from_sentences(sentences(), min_count=1)
    assert reads == [1]
    assert corpus.ids.tolist() == [0, 1, 0]


def test_a_string_for_a_sentence_is_refused() -> None:
    with pytest.raises(InputError, match="sentence 0 is a string, not a list of tokens"):
        Corpus.from_sentences(["a b c"], min_count=1)
    with pytest.raises(InputError, match="sentence 0 is a string"):
        Corpus.from_sentences("text", min_count=1)


def test_in_a_given_vocabulary() -> None:
    vocabulary = Vocabulary(["b", "a", "<UNK>"], np.array([3, 2, 1]), unknown=2)
    assert Corpus.from_sentences([["a", "x"], ["b"]], vocabulary=vocabulary).ids.tolist() == [
        1,
        2,
        0,
    ]
    with pytest.raises(InputError, match="none of its 1 words is in the vocabulary"):
        Corpus.from_sentences([["x"]], vocabulary=Vocabulary(["a"], np.array([1])))


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 100 tokens and a kilobyte of memory, so that files take everything else."""
    monkeypatch.setattr(xw2v.text.spool, "CHUNK_TOKENS", 100)
    monkeypatch.setattr(xw2v.text.encode, "CHUNK_TOKENS", 30)
    monkeypatch.setattr(xw2v.text.encode, "CHECK_TOKENS", 64)
    monkeypatch.setattr(xw2v.text.id_arrays, "MEMORY_BYTES", 1000)


def zipf_sentences(tokens: int, seed: int = 1) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    words = [f"w{n}" for n in rng.zipf(1.3, tokens)]
    cuts = np.unique(np.append(rng.integers(0, tokens, tokens // 12), [0, tokens]))
    return [words[a:b] for a, b in pairwise(cuts.tolist())]


def test_what_does_not_fit_into_memory_is_the_same(
    little_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences = zipf_sentences(20_000)
    monkeypatch.setattr(xw2v.text.spool.Spool.__init__, "__defaults__", (None, 1000))
    large = Corpus.from_sentences(sentences)
    monkeypatch.undo()
    small = Corpus.from_sentences(sentences)
    assert isinstance(large.ids, FileArray)
    assert large.fingerprint == small.fingerprint
    assert np.array_equal(large.ids, small.ids)
    assert np.array_equal(large.offsets, small.offsets)


def test_rare_words_are_dropped_where_there_are_too_many(little_memory: None) -> None:
    text = "\n".join(" ".join(sentence) for sentence in zipf_sentences(20_000)).encode()
    letters = bytes.maketrans(b"0123456789", b"abcdefghij")
    text = text.translate(letters)
    full, limited, pieces = Encoder(), Encoder(distinct_limit=500), Encoder(distinct_limit=500)
    plain = Encoder(PatternRule("(?:[a-z']+)"), distinct_limit=500)
    plain.add(text)
    full.add(text)
    limited.add(text)
    for line in text.splitlines(keepends=True):
        pieces.add(line)
    whole = Corpus.from_encoder(full, VocabularyLimits(min_count=20))
    few, *others = (
        Corpus.from_encoder(encoder, VocabularyLimits(min_count=20))
        for encoder in (limited, pieces, plain)
    )
    assert {other.fingerprint for other in others} == {few.fingerprint}
    assert set(few.vocabulary.words) <= set(whole.vocabulary.words)
    assert few.vocabulary.words[:20] == whole.vocabulary.words[:20]
    assert few.raw_words == whole.raw_words
    assert "more than 500 distinct words" in few.notices[0]
    assert not whole.notices
    unknown = Corpus.from_encoder(limited, VocabularyLimits(min_count=20, max_vocab=100))
    assert unknown.vocabulary.counts.sum() == unknown.raw_words == len(unknown.ids)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.bin", b"\0\0\0\0", "ends at 3, corpus.bin at 1"),
        ("corpus.bin", b"", "damaged"),
        ("corpus.bin", np.array([0, 1, 9], "<i4").tobytes(), "rows beyond the 2 words"),
        ("offsets.npy", b"nonsense", "damaged"),
        ("offsets.npy", npy(np.array([0, 2, 2, 3])), "does not rise"),
        (
            "offsets.npy",
            npy(np.array([0, 7 << 60, -(1 << 63), 3])),
            "does not rise",
        ),  # differences overflow
        ("offsets.npy", npy(np.array([0, 3]).astype(np.int32)), "holds no offsets"),
        ("offsets.npy", npy(np.array([[0, 3]])), "holds no offsets"),
        ("offsets.npy", npy(np.array([0, 2, 3]))[:-1], "header says"),
        (
            "offsets.npy",
            npy(np.array([0, 3])).replace(b"(2,), }", b"(%d,)}" % 2**70)[:200],
            "header says",
        ),
        ("vocab.json", b"{}", "not a vocabulary"),
        ("corpus.json", b"{}", "damaged"),
        ("corpus.json", b'{"format": "xw2v corpus 9"}', "this version reads"),
    ],
)
def test_damaged_folders(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    Corpus.from_sentences([["a", "b"], ["a"]], min_count=1).save(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        Corpus.open(tmp_path)


def test_no_such_folder_and_no_corpus_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no corpus\.bin there"):
        Corpus.open(tmp_path)
    with pytest.raises(InputError, match=r"no corpus\.bin there"):
        Corpus.open(tmp_path / "none")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        Corpus.from_sentences([["a"]], min_count=1).save(tmp_path / "file" / "corpus")


def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Corpus.from_sentences([["a"]], min_count=1).save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(json, "dumps", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Corpus.from_sentences([["b"]], min_count=1).save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
