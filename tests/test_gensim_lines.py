"""Lines of a file by the compiled scanner are those of `LineSentence`."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xw2v.errors import InputError
from xw2v.gensim import LineSentence, Word2Vec
from xw2v.gensim import lines as gensim_lines
from xw2v.gensim.scan import Scan

pytestmark = pytest.mark.skipif(
    not gensim_lines.is_scannable(LineSentence("a")), reason="there is no compiled scanner here"
)

SPACES = " \t\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2003\u2028\u3000"
TEXTS = st.lists(
    st.text(st.sampled_from("abcÄé王\u0301'-_\0\ufeff" + SPACES), max_size=30)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    max_size=12,
)


def scanned(source: LineSentence) -> tuple[object, ...]:
    scan = Scan(source)
    words = list(scan.counts)
    index, spool = scan._encoder.provisional()
    word_of = {i: word for word, i in index.items()}
    tokens = [word_of[i] for ids, _ in spool for i in ids.tolist()]
    return words, scan.counts, scan.sentences, scan.words, tokens


def listed(source: LineSentence) -> tuple[object, ...]:
    """The same from the token lists."""
    sentences = list(source)
    scan = Scan(sentences)
    tokens = [token for sentence in sentences for token in sentence]
    return list(scan.counts), scan.counts, scan.sentences, scan.words, tokens


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    TEXTS,
    st.sampled_from(["\n", "\r\n", "\r", "\n\r", "\n \n"]),
    st.integers(1, 40),
    st.sampled_from([3, 10_000]),
)
def test_equal_to_the_token_lists(
    tmp_path: Path, lines: list[str], end: str, chunk_bytes: int, longest: int
) -> None:
    path = tmp_path / "text"
    path.write_bytes(end.join(lines).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gensim_lines, "CHUNK_BYTES", chunk_bytes)
        source = LineSentence(path, max_sentence_length=longest)
        assert scanned(source) == listed(source)


def test_a_script_has_the_same_vectors_either_way(tmp_path: Path) -> None:
    path = tmp_path / "text.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(f"w{i % 7} w{i % 5} Ä{i % 3} the end\n" for i in range(400))
    options = {"vector_size": 8, "min_count": 1, "seed": 3, "workers": 1}
    one = Word2Vec(LineSentence(path), **options)
    other = Word2Vec(list(LineSentence(path)), **options)
    assert one.wv.index_to_key == other.wv.index_to_key
    assert (one.wv.vectors == other.wv.vectors).all()
    assert (one.corpus_count, one.corpus_total_words) == (400, 2000)


def test_what_is_not_utf8_is_named_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gensim_lines, "CHUNK_BYTES", 8)
    path = tmp_path / "text"
    path.write_bytes(b"one two\nthree\n\nfo\xffur\n")
    with pytest.raises(InputError, match="not UTF-8") as caught:
        Scan(LineSentence(path))
    assert (caught.value.path, caught.value.line) == (path, 4)


def test_progress_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "text"
    path.write_text("a b\n" * 10)
    with caplog.at_level(logging.INFO, "xw2v.gensim"):
        Scan(LineSentence(path))
    assert "PROGRESS: at sentence #0, processed 0 words" in caplog.text
    assert "3 word types" not in caplog.text
    assert "2 word types from a corpus of 20 raw words and 10 sentences" in caplog.text
