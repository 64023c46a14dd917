"""The compiled scanner where its sizes end: more words than its cache or one call holds, blocks of
every size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xw2v.text.encode
import xw2v.text.scan as scan
from xw2v.storage.native import NO_COMPILER
from xw2v.text.corpus import Corpus
from xw2v.text.encode import Encoder
from xw2v.text.textfiles import TextBytes
from xw2v.text.tokens import PatternRule
from xw2v.text.vocabulary import VocabularyLimits
from xw2v.text.word_index import WordIndex

compiled = pytest.mark.skipif(
    scan.library() is None, reason="this installation has no compiled loops"
)


def sentences_of(encoder: Encoder) -> list[list[str]]:
    corpus = Corpus.from_encoder(encoder, VocabularyLimits(min_count=1))
    return [corpus.sentence(s) for s in range(len(corpus))]


class NumberingScanner:
    """A scanner with a cache of its own, and ids for what that does not hold."""

    def __init__(self, provisional_id: Callable[[str], int], pattern: str) -> None:
        library = scan.library()
        assert library is not None
        self.cache = scan.WordCache(library)
        self._scanner = scan.Scanner(library, PatternRule(pattern), self.cache)
        self._provisional_id = provisional_id
        self.open = self._scanner.open

    def next(self, max_tokens: int) -> tuple[np.ndarray, np.ndarray] | None:
        found = self._scanner.next(max_tokens)
        if found is None:
            return None
        if found.misses is not None:
            words = found.misses.words
            ids = np.fromiter(map(self._provisional_id, words), np.int32, len(words))
            found.number(self._scanner.library, ids)
            self.cache.insert(found.misses, ids)
        assert found.ids.size == 0 or found.ids.min() >= 0
        return found.ids, found.line_ends


def new_scanner(provisional_id: Callable[[str], int], pattern: str = "[a-z']+") -> NumberingScanner:
    return NumberingScanner(provisional_id, pattern)


def scanned(
    scanner: NumberingScanner, chunk: bytes, max_tokens: int = 1 << 20
) -> tuple[list[int], list[int]]:
    """All provisional ids of a chunk, and its words before each line end."""
    ids: list[int] = []
    ends: list[int] = []
    scanner.open(chunk)
    while (found := scanner.next(max_tokens)) is not None:
        assert found[0].size <= max_tokens
        ends += (found[1] + len(ids)).tolist()
        ids += found[0].tolist()
    return ids, ends


@compiled
def test_more_words_than_the_cache_holds() -> None:
    """700,000 of 1 to 17 letters, half with the same first eight, each met twice: numbered as by a
    dictionary.
    """
    rng = np.random.default_rng(0)
    letters = rng.integers(ord("a"), ord("z") + 1, (700_000, 17), np.uint8)
    letters[::2, :8] = ord("a")
    words = [
        row.tobytes()[:n].decode()
        for row, n in zip(letters, rng.integers(1, 18, len(letters)), strict=True)
    ]
    words += [words[i] for i in rng.permutation(len(words)).tolist()]
    index, expected = WordIndex(), WordIndex()
    ids, _ = scanned(new_scanner(index.__getitem__), " ".join(words).encode())
    assert ids == [expected[word] for word in words]
    assert index == expected


@compiled
def test_more_words_and_lines_than_one_call_finds() -> None:
    lines = scan.MAX_SCAN_TOKENS + 7
    scanner, ends = new_scanner(WordIndex().__getitem__), list(range(2, 2 * lines + 1, 2))
    assert scanned(scanner, b"\n" * lines) == ([], [0] * lines)
    assert scanned(scanner, b"a b\n" * lines) == ([0, 1] * lines, ends)


@compiled
@pytest.mark.parametrize("max_tokens", [1, 2, 5])
def test_the_words_of_a_block_do_not_depend_on_how_many_are_asked_for(max_tokens: int) -> None:
    block = b"\none two\n\nthree one four\ntwo two five\r\n six one"
    index = WordIndex()
    assert scanned(new_scanner(index.__getitem__), block, max_tokens) == (
        [0, 1, 2, 0, 3, 1, 1, 4, 5, 0],
        [0, 2, 2, 5, 8, 8],
    )


@compiled
def test_a_word_is_a_miss_until_the_cache_holds_it_and_after_it_is_cleared() -> None:
    misses: list[str] = []

    def provisional_id(word: str) -> int:
        misses.append(word)
        return len(word)

    short, long = "x" * 16, "x" * 56
    text = f"one {short} {long} {long}x one".encode()
    scanner = new_scanner(provisional_id)
    assert scanned(scanner, text)[0] == [3, 16, 56, 57, 3]
    assert scanned(scanner, text)[0] == [3, 16, 56, 57, 3]
    scanner.cache.clear()
    scanned(scanner, b"one " + long.encode())
    first = ["one", short, long, f"{long}x"]
    assert misses == [*first, f"{long}x", "one", long]


@compiled
@pytest.mark.parametrize("first_miss", [0, (1 << 31) - 130])
def test_misses_are_numbered_once_each_until_their_numbers_end(first_miss: int) -> None:
    """More than their tables hold, and those that no table holds, may come more often."""
    library = scan.library()
    assert library is not None
    scanner = scan.Scanner(library, PatternRule("[a-z']+"), scan.WordCache(library))
    words = ["one", "x" * 16, "y" * 17, "two", "z" * 56]
    for _ in range(30):
        scanner.open(" ".join(words + words[::-1]).encode())
        scanner._state.first_miss = max(scanner._state.first_miss, first_miss)
        found = scanner.next(100)
        assert found is not None
        assert found.misses is not None
        assert found.misses.words == words
        assert found.ids.tolist() == [-1, -2, -3, -4, -5, -5, -4, -3, -2, -1]
    long = "z" * 57
    scanner.open(f"{long} {long}".encode())
    found = scanner.next(100)
    assert found is not None
    assert found.misses is not None
    assert (found.ids.tolist(), found.misses.words) == ([-1, -2], [long, long])


@compiled
@pytest.mark.parametrize("length", [*range(1, 20), 40])
def test_a_word_at_the_end_of_a_block(length: int) -> None:
    """Nothing after the block counts, whatever a longer block before left in the scanner's
    arrays.
    """
    index = WordIndex()
    new, used = (new_scanner(index.__getitem__) for _ in range(2))
    scanned(used, b"z" * 100 + b" y" * 100)
    for scanner, block in (
        (new, "a" * length),
        (used, "some " + "b" * length),
        (used, "c" * length),
    ):
        scanned(scanner, block.encode())
        assert list(index)[-1] == block.removeprefix("some ")


@compiled
@given(
    st.lists(
        st.one_of(
            st.text(max_size=9).map(str.encode),
            st.binary(max_size=4),
            st.sampled_from(
                [
                    b"\xed\x9f\xbf",
                    b"\xed\xa0\x80",
                    b"\xf4\x8f\xbf\xbf",
                    b"\xf4\x90\x80\x80",
                    b"\xe0\x9f\xbf",
                    b"\xf0\x8f\xbf\xbf",
                    b"\xc1\xbf",
                    b"eight..\n",
                ]
            ),
        ),
        max_size=9,
    ).map(b"".join)
)
def test_what_is_utf_8_and_its_newlines_are_those_of_python(text: bytes) -> None:
    library = scan.library()
    assert library is not None
    try:
        expected = text.decode().count("\n")
    except UnicodeDecodeError:
        expected = -1
    assert library.xw2v_newlines(text, len(text)) == expected


@compiled
def test_a_chunk_without_a_token_or_a_line() -> None:
    encoder = Encoder(threads=2)
    for chunk in (b"one two\n", b"", b"one"):
        encoder.add(chunk)
    encoder.flush()
    encoder.close()
    assert sentences_of(encoder) == [["one", "two"], ["one"]]


def test_empty_lines_take_no_memory() -> None:
    encoder = Encoder()
    for _ in range(3):
        encoder.add(b"one\n" + b"\n" * 200_000 + b"two\n" * 2)
    kept = [ends for _, ends in encoder.provisional()[1]]
    assert sum(ends.size for ends in kept) < 50
    assert sentences_of(encoder) == [["one"], ["two"], ["two"]] * 3


def test_without_a_compiler_text_is_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines longer than a block among it, which are cut at blanks."""
    monkeypatch.setattr("xw2v.text.textchunks.CHUNK_BYTES", 64)
    text = "Kelvin \u212a one two, three's " * 20 + "\nshort\n\n" + "four five " * 30
    made = []
    for plain in (False, True):
        if plain:
            monkeypatch.setattr(xw2v.text.encode, "library", lambda: None)
        encoder = Encoder()
        for block in TextBytes(text.encode(), "text").chunks(encoder.rule.splits_at_spaces):
            encoder.add(block)
        made.append(Corpus.from_encoder(encoder, VocabularyLimits(min_count=1)))
    assert len(made[0]) == 3
    assert made[0].fingerprint == made[1].fingerprint
    assert made[1].notices == (
        f"the compiled scanner is missing, so text is read eight times slower: {NO_COMPILER}",
    )
