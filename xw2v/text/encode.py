"""Tokens to ids in one pass: number words as they appear, count them, and renumber when all is
read.

Memory is bounded by the distinct words, not by the text: ids wait in a `Spool`. Where there are
more distinct words than `distinct_limit`, the rarest are dropped on the way, as in word2vec.c:
every so often all words met r times or fewer go, r growing by one each time. What is dropped
depends on the order of the tokens alone, not on the pieces in which they are read.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, repeat

import numpy as np

from xw2v.errors import InputError
from xw2v.settings import Settings
from xw2v.storage.native import NO_COMPILER
from xw2v.text.scan import Scanner, library
from xw2v.text.spool import Spool
from xw2v.text.tokenised import Documents
from xw2v.text.tokens import Tokenizer
from xw2v.text.vocabulary import Vocabulary

DISTINCT_LIMIT = 20_000_000  # words; about 170 bytes each
CHECK = 1 << 20  # tokens between looks at the number of distinct words
GATHER = 1 << 16  # tokens of a Python iterable that are numbered at a time

Block = tuple[
    np.ndarray, np.ndarray
]  # ids (n,) int32; sentence ends (m,) int64, counted from the start


class WordIndex(defaultdict[str, int]):
    """Word to number; a word that is new gets the next number, in order of first appearance."""

    def __init__(self) -> None:
        super().__init__(count().__next__)


class Encoder:
    """Takes text or tokens in any pieces and gives, at the end, a vocabulary and the ids of the
    corpus.

    folder: where a temporary file may go, see `Spool`.
    """

    def __init__(
        self,
        tokenizer: Tokenizer | None = None,
        folder: str | os.PathLike[str] | None = None,
        distinct_limit: int = DISTINCT_LIMIT,
    ) -> None:
        self.tokenizer = tokenizer or Tokenizer()
        self.distinct_limit = distinct_limit
        self.raw_words = 0
        self.dropped_up_to = 0  # r of the module's docstring
        self._index = WordIndex()
        self._numbers = 0  # that were given to words, those of dropped words among them
        self._counts = np.zeros(1 << 16, np.int64)
        self.folder = folder
        self._spool = Spool(folder)
        self._documents = Documents(self.tokenizer)
        self._slow = False
        compiled = library() if self.splits_at_spaces else None
        self._scanner = compiled and Scanner(compiled, self.tokenizer, self._index.__getitem__)

    @property
    def splits_at_spaces(self) -> bool:
        """Whether blocks of text may be cut at blanks (else at line ends alone)."""
        return self.tokenizer.ascii_table is not None

    def add(self, piece: bytes | Sequence[str]) -> None:
        """Add a block of running text (`add_text`) or the tokens of a document (`add_document`)."""
        if isinstance(piece, bytes):
            self.add_text(piece)
        else:
            self.add_document(piece)

    def add_text(self, block: bytes) -> None:
        """Add valid UTF-8 text, cut at a line end or, with `splits_at_spaces`, at a blank. Each
        line is a sentence.
        """
        if self._scanner is not None:
            self._scanner.open(block)
            while (found := self._scanner.next(self._room)) is not None:
                self._add(*found)
            return
        self._slow = self.splits_at_spaces  # the other patterns know no faster way
        tokens: list[str] = []
        ends = []
        for line in block.splitlines():
            tokens += self.tokenizer.line(line.decode())
            ends.append(len(tokens))
        if block and block[-1] not in b"\r\n":
            ends.pop()
        self._add_tokens(tokens, np.array(ends, np.int64))

    def add_document(self, tokens: Sequence[str]) -> None:
        """Add a document that comes as tokens; the tokenizer's pattern and final punctuation
        apply.
        """
        self._add_tokens(*self._documents.words(tokens))

    def add_sentences(self, sentences: Iterable[Iterable[str]]) -> None:
        """Add sentences whose tokens count as they are. Raises InputError for anything but
        tokens.
        """
        tokens: list[str] = []
        ends: list[int] = []
        for number, sentence in enumerate(sentences):
            check_sentence(sentence, number)
            tokens.extend(sentence)
            ends.append(len(tokens))
            if len(tokens) >= GATHER:
                self._add_tokens(tokens, np.array(ends, np.int64))
                tokens, ends = [], []
        self._add_tokens(tokens, np.array(ends, np.int64))

    def _add_tokens(self, tokens: list[str], ends: np.ndarray) -> None:
        first = 0
        while first < len(tokens) or ends.size:
            last = min(len(tokens), first + self._room)
            ids = np.fromiter(
                map(self._index.__getitem__, tokens[first:last]), np.int32, last - first
            )
            within = int(np.searchsorted(ends, last, side="right"))
            self._add(ids, ends[:within] - first)
            first, ends = last, ends[within:]

    @property
    def _room(self) -> int:
        """Tokens until distinct words are looked at again."""
        return CHECK - self.raw_words % CHECK

    def _add(self, ids: np.ndarray, ends: np.ndarray) -> None:
        """Count and keep at most `_room` tokens that have numbers; `ends` count from the first of
        them.
        """
        if ids.size:
            self._numbers = max(self._numbers, int(ids.max()) + 1)
            if self._numbers > self._counts.size:
                self._counts = np.append(self._counts, np.zeros(self._numbers, np.int64))
            np.add.at(self._counts, ids, 1)
            self.raw_words += ids.size
            if self.raw_words % CHECK == 0 and len(self._index) > self.distinct_limit:
                self._drop_rare()
        self._spool.append(
            ids, ends[np.diff(ends, prepend=-1) > 0]
        )  # empty lines have no limit to their number

    def _drop_rare(self) -> None:
        kept = dict(self._index)
        while len(kept) > self.distinct_limit * 3 // 4:
            self.dropped_up_to += 1
            counts, least = self._counts, self.dropped_up_to
            kept = {word: number for word, number in kept.items() if counts[number] > least}
        self._index.clear()
        self._index.update(kept)
        if self._scanner is not None:
            self._scanner.cache_clear()

    @property
    def notices(self) -> list[str]:
        """What a user should know of how the words were read and counted."""
        notices = []
        if self._slow:
            notices.append(
                f"the compiled scanner is missing, so text is read eight times slower: {NO_COMPILER}"
            )
        if self.dropped_up_to:
            notices.append(
                f"more than {self.distinct_limit:,} distinct words: on the way, those met {self.dropped_up_to} times "
                "or fewer by then were dropped"
            )
        return notices

    def numbered(self) -> tuple[list[str], WordIndex, Spool]:
        """Words by number, the index that numbers them, and the numbered text; no word may have
        been dropped.
        """
        assert not self.dropped_up_to
        return list(self._index), self._index, self._spool

    def finish(
        self,
        min_count: int = Settings.min_count,
        max_vocab: int | None = Settings.max_vocab,
        vocabulary: Vocabulary | None = None,
    ) -> tuple[int, Iterator[Block], Vocabulary]:
        """How many ids there are, those ids in blocks, and the vocabulary: of the words counted, or
        as given.

        Words without a row are left out, and sentences without words.
        Raises InputError when no word is left, or a token was no string.
        """
        words = list(self._index)
        stranger = next((word for word in words if not isinstance(word, str)), None)
        if stranger is not None:
            raise InputError(
                f"a token is a {type(stranger).__name__} ({str(stranger)[:40]!r}), not a string"
            )
        numbers = np.fromiter(self._index.values(), np.int64, len(words))
        counts = self._counts[numbers]
        if vocabulary is None:
            lost = self.raw_words - int(counts.sum())
            vocabulary = Vocabulary.from_words(words, counts, min_count, max_vocab, lost)
        none = -1 if vocabulary.unknown is None else vocabulary.unknown
        row_of = vocabulary.index
        rows = np.full(self._numbers, none, np.int32)
        rows[numbers] = np.fromiter(map(row_of.get, words, repeat(none)), np.int32, len(words))
        tokens = int(self._counts[: rows.size][rows >= 0].sum())
        return tokens, self._renumbered(rows), vocabulary

    def _renumbered(self, rows: np.ndarray) -> Iterator[Block]:
        total, last_end = 0, 0
        for numbers, ends in self._spool:
            ids = rows.take(numbers)
            kept = ids >= 0
            without = np.flatnonzero(~kept)
            ends = total + ends - np.searchsorted(without, ends)
            ends = ends[np.diff(ends, prepend=last_end) > 0]
            last_end = int(ends[-1]) if ends.size else last_end
            total += ids.size - without.size
            yield ids[kept], ends
        if total > last_end:  # the last sentence was left open
            yield np.empty(0, np.int32), np.array([total])


def check_sentence(sentence: object, number: int) -> None:
    """Raise InputError if `sentence` is a string (text where tokens are wanted) or no iterable at
    all.
    """
    if isinstance(sentence, (str, bytes)):
        raise InputError(
            f"sentence {number} is a string, not a list of tokens: split it first, as in sentence.split(), "
            "or give the path of a file"
        )
    if not isinstance(sentence, Iterable):
        raise InputError(f"sentence {number} is a {type(sentence).__name__}, not a list of tokens")
