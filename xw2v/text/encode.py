"""Tokens to ids in one pass: number words as they appear, count them, and renumber at the end.

Memory is bounded by the distinct words, not by the text: provisional ids wait in a `Spool`. Where
there are more distinct words than `distinct_limit`, the rarest are dropped on the way, as in
word2vec.c: every so often all words met r times or fewer go, r growing by one each time. What is
dropped depends on the order of the tokens alone, not on the chunks in which they are read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import NamedTuple

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.native import NO_COMPILER
from xw2v.text.coverage import SAMPLE_WORDS, Coverage, spaceless_notice
from xw2v.text.renumber import renumber, renumbered
from xw2v.text.scan import Misses, Scanner, WordCache, is_fast, library
from xw2v.text.scan_team import ScannedChunk, ScanTeam
from xw2v.text.sentences import check_sentence, checked_tokens
from xw2v.text.sources import TextChunk
from xw2v.text.spool import Chunk, Spool, nonempty
from xw2v.text.tokenised import Documents
from xw2v.text.tokens import AsciiRule, Losses, PatternRule, TokenRule
from xw2v.text.vocabulary import DEFAULT_LIMITS, DISTINCT_LIMIT, Vocabulary, VocabularyLimits
from xw2v.text.word_index import WordIndex

# called now and then while text is read: words so far, and the share that is done (None: not known)
Progress = Callable[[int, float | None], None]

CHECK_TOKENS = 1 << 20  # between looks at the number of distinct words
CHUNK_TOKENS = 1 << 16  # of a Python iterable that are numbered at a time


class EncodedText(NamedTuple):
    """What an Encoder made of its text.

    Attributes:
        tokens: how many ids there are.
        chunks: those ids and the ends of their sentences, counted from the first id of all.
        vocabulary: whose rows the ids are.
    """

    tokens: int
    chunks: Iterator[Chunk]
    vocabulary: Vocabulary


class Encoder:
    """Takes text or tokens in any chunks; gives a vocabulary and the ids of the corpus at the end.

    Args:
        rule: finds the words of text.
        folder: where a temporary file may go, see `Spool`.
        distinct_limit: where there are more distinct words than this, rare ones are dropped.
        threads: that scan running text; what comes out does not depend on them. With more than
            one, `flush` or `close` has to follow the last `add`.
    """

    def __init__(
        self,
        rule: TokenRule | None = None,
        folder: str | os.PathLike[str] | None = None,
        distinct_limit: int = DISTINCT_LIMIT,
        threads: int = 1,
    ) -> None:
        self.rule = rule or AsciiRule()
        self.folder = folder
        self.distinct_limit = distinct_limit
        self.threads = threads
        self.raw_words = 0
        self.dropped_up_to = 0  # r of the module's docstring
        self._index = WordIndex()
        self._n_provisional = 0  # ids that were given, those of dropped words among them
        self._counts = np.zeros(1 << 16, np.int64)  # by provisional id
        self._spool = Spool(folder)
        self._documents = Documents(self.rule)
        self._scanner_is_missing = False
        self.coverage = Coverage()
        compiled = library() if is_fast(self.rule) else None
        self._scanner: Scanner | None = None
        self._team: ScanTeam | None = None
        if compiled is not None:
            self._cache = WordCache(compiled)
            self._scanner = Scanner(compiled, self.rule, self._cache)
            if threads > 1:
                self._team = ScanTeam(compiled, self.rule, self._cache, threads)

    def add(self, chunk: TextChunk) -> None:
        """Add running text, or the tokens of a document.

        Args:
            chunk: valid UTF-8 text, a sentence a line, cut at a line end or, with
                the rule's `splits_at_spaces`, at a space; or the tokens of a document, to which
                the rule and that of final punctuation apply.
        """
        if not isinstance(chunk, bytes):
            self.flush()
            self._add_document(chunk)
        elif self._team is not None and not self.dropped_up_to:
            for scanned in self._team.add(chunk):
                self._add_scanned(self._team, scanned)
        else:
            self.flush()
            self._add_text(chunk)

    def flush(self) -> None:
        """Wait for the text that was added."""
        if self._team is not None:
            for scanned in self._team.rest():
                self._add_scanned(self._team, scanned)
            self._take_counted(self._team)

    def close(self) -> None:
        """End the threads; text of which they have not told yet is lost without `flush`."""
        if self._team is not None:
            self._team.close()

    def _add_text(self, chunk: bytes) -> None:
        if self._scanner is not None:
            self._scan(self._scanner, chunk)
            return
        self._scanner_is_missing = is_fast(self.rule)
        rule = self.rule
        lines = [rule.prepare(line.decode()) for line in chunk.splitlines()]
        found: list[str] = []
        ends = []
        for line in lines:
            found += rule.find(line)
            ends.append(len(found))
        if chunk and chunk[-1] not in b"\r\n":
            ends.pop()
        self._add_tokens(list(map(rule.normalise, found)), np.array(ends, np.int64))
        if not rule.keeps_all_letters:
            losses = Losses.of(lines, found, sum(map(rule.cut_tokens, lines)))
            self.coverage.add_text(losses, len(found), rule, chunk)

    def _scan(self, scanner: Scanner, chunk: bytes) -> None:
        losses, raw_words = scanner.losses, self.raw_words
        scanner.open(chunk)
        while (found := scanner.next(self._room)) is not None:
            ids = None if found.misses is None else self._ids_of_new(found.misses)
            self._reserve(self._n_provisional)
            found.number(scanner.library, ids, self._counts)
            self._keep(found.ids, found.line_ends)
        if not self.rule.keeps_all_letters:
            lost = scanner.losses.since(losses)
            self.coverage.add_text(lost, self.raw_words - raw_words, self.rule, chunk)

    def _ids_of_new(self, misses: Misses) -> np.ndarray:
        ids = self._index.ids_of(misses.words)
        self._n_provisional = max(self._n_provisional, int(ids.max()) + 1)
        self._cache.insert(misses, ids)
        return ids

    def _add_scanned(self, team: ScanTeam, found: ScannedChunk) -> None:
        assert self._scanner is not None
        if self.dropped_up_to or len(self._index) + found.new_words > self.distinct_limit:
            # words may be dropped at any token: the counts have to be known there, and what was
            # found with ids of dropped words is of no use
            self._take_counted(team)
            self._scan(self._scanner, found.text)
            return
        ids = [part.misses and self._ids_of_new(part.misses) for part in found.parts]
        for chunk in team.count(found, ids, self._n_provisional):
            self._spool.append(*chunk)
        tokens = sum(part.ids.size for part in found.parts)
        self.raw_words += tokens
        if not self.rule.keeps_all_letters:
            self.coverage.add_text(found.losses, tokens, self.rule, found.text)

    def _take_counted(self, team: ScanTeam) -> None:
        for chunk in team.counted():
            self._spool.append(*chunk)
        for counts in team.take_counts():
            self._reserve(counts.size)
            self._counts[: counts.size] += counts

    def _add_document(self, tokens: Sequence[str]) -> None:
        found = self._documents.words(tokens)
        self._add_tokens(found.words, found.ends)
        if not self.rule.keeps_all_letters:
            self.coverage.add_document(found.losses, self.rule, tokens)

    def add_sentences(
        self, sentences: Iterable[Iterable[str]], progress: Progress | None = None
    ) -> None:
        """Add sentences whose tokens count as they are.

        Args:
            progress: called now and then.

        Raises:
            InputError: something else than token lists.
        """
        tokens: list[str] = []
        ends: list[int] = []
        number = -1
        total = len(sentences) if isinstance(sentences, Sized) else None
        for number, sentence in enumerate(sentences):
            check_sentence(sentence, number)
            tokens.extend(sentence)
            ends.append(len(tokens))
            if len(tokens) >= CHUNK_TOKENS:
                self._add_sentences(tokens, ends, number + 1 - len(ends))
                tokens, ends = [], []
                if progress is not None:
                    progress(self.raw_words, (number + 1) / total if total else None)
        self._add_sentences(tokens, ends, number + 1 - len(ends))

    def _add_sentences(self, tokens: list[str], ends: list[int], first_sentence: int) -> None:
        stops = np.array(ends, np.int64)
        self._add_tokens(checked_tokens(tokens, stops, first_sentence, self._index), stops)

    def _add_tokens(self, tokens: list[str], ends: np.ndarray) -> None:
        first = 0
        while first < len(tokens) or ends.size:
            last = min(len(tokens), first + self._room)
            ids = self._index.ids_of(tokens[first:last])
            within = int(np.searchsorted(ends, last, side="right"))
            self._add_ids(ids, ends[:within] - first)
            first, ends = last, ends[within:]

    @property
    def _room(self) -> int:
        """Tokens until the number of distinct words is looked at again."""
        return CHECK_TOKENS - self.raw_words % CHECK_TOKENS

    def _add_ids(self, ids: np.ndarray, ends: np.ndarray) -> None:
        """Count and keep at most `_room` provisional ids; `ends` count from the first of them."""
        if ids.size:
            self._n_provisional = max(self._n_provisional, int(ids.max()) + 1)
            self._reserve(self._n_provisional)
            np.add.at(self._counts, ids, 1)
        self._keep(ids, ends)

    def _keep(self, ids: np.ndarray, ends: np.ndarray) -> None:
        self.raw_words += ids.size
        at_check = ids.size > 0 and self.raw_words % CHECK_TOKENS == 0
        if at_check and len(self._index) > self.distinct_limit:
            self._drop_rare()
        self._spool.append(ids, nonempty(ends))

    def _reserve(self, words: int) -> None:
        """Room for the counts of so many words."""
        if words > self._counts.size:
            self._counts = np.append(self._counts, np.zeros(words, np.int64))

    def _drop_rare(self) -> None:
        kept = dict(self._index)
        counts = self._counts
        while len(kept) > self.distinct_limit * 3 // 4:
            self.dropped_up_to += 1
            kept = {word: i for word, i in kept.items() if counts[i] > self.dropped_up_to}
        self._index.clear()
        self._index.update(kept)
        if self._scanner is not None:
            self._cache.clear()

    @property
    def notices(self) -> list[str]:
        """Lines that a user should see about how the words were read and counted."""
        notices = []
        if self._scanner_is_missing:
            notices.append(
                "the compiled scanner is missing, so text is read eight times slower: "
                f"{NO_COMPILER}"
            )
        if self.dropped_up_to:
            notices.append(
                f"more than {self.distinct_limit:,} distinct words: on the way, those seen "
                f"{self.dropped_up_to} times or fewer by then were dropped"
            )
        notices += self.coverage.notices()
        if not isinstance(self.rule, PatternRule):
            words = islice(self._index.items(), SAMPLE_WORDS)
            counted = ((word, int(self._counts[i])) for word, i in words)
            if (notice := spaceless_notice(counted)) is not None:
                notices.append(notice)
        return notices

    def word_counts(self) -> dict[str, int]:
        """The words met so far, in order of first appearance, and how often each was met."""
        counts = self._counts.tolist()
        return {word: counts[i] for word, i in self._index.items()}

    def provisional(self) -> tuple[WordIndex, Spool]:
        """The index of words and the text in its provisional ids; no word may have been dropped."""
        assert not self.dropped_up_to
        return self._index, self._spool

    def join_words(
        self, words: Sequence[str], counts: np.ndarray, coverage: Coverage
    ) -> np.ndarray:
        """Count the text of another encoder as what follows the own.

        Args:
            words: by its provisional ids.
            counts: (n,) int64 of each.

        Returns:
            (n,) int32, their ids here, for `join_chunk`.
        """
        ids = self._index.ids_of(words)
        self._n_provisional = len(self._index)
        self._reserve(self._n_provisional)
        self._counts[ids] += counts
        self.raw_words += int(counts.sum())
        self.coverage.join(coverage)
        return ids

    def join_chunk(self, rows: np.ndarray, ids: np.ndarray, ends: np.ndarray) -> None:
        """Add a chunk of another encoder's spool, whose ids are `rows` here."""
        self._spool.append(*renumber(rows, ids, ends))

    def finish(self, vocabulary: Vocabulary | VocabularyLimits = DEFAULT_LIMITS) -> EncodedText:
        """The text in rows of a vocabulary: a given one, or that of the counted words.

        Words without a row are left out, and sentences without words.

        Raises:
            InputError: no word is left, or a token was not a string.
        """
        words = list(self._index)
        if set(map(type, words)) - {str}:
            other = next(word for word in words if type(word) is not str)
            raise InputError(
                f"a token is a {type(other).__name__} ({str(other)[:40]!r}), not a string"
            )
        provisional_ids = np.arange(len(words))
        if self.dropped_up_to:
            provisional_ids = np.fromiter(self._index.values(), np.int64, len(words))
        if isinstance(vocabulary, VocabularyLimits):
            counts = self._counts[provisional_ids]
            dropped_tokens = self.raw_words - int(counts.sum())
            vocabulary, found = Vocabulary.numbered(words, counts, vocabulary, dropped_tokens)
        else:
            found = vocabulary.rows_of(words)
        missing = -1 if vocabulary.unknown is None else vocabulary.unknown
        rows = np.full(self._n_provisional, missing, np.int32)  # by provisional id
        rows[provisional_ids] = found
        tokens = int(self._counts[: rows.size][rows >= 0].sum())
        return EncodedText(tokens, renumbered(rows, self._spool, self.threads), vocabulary)
