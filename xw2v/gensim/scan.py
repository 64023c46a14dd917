"""A text read once: its words counted for a vocabulary, and kept to be trained on."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, cast

from xw2v.errors import InputError
from xw2v.gensim.lines import add_lines, encoder_of_lines, is_scannable, line_chunks
from xw2v.gensim.sentences import LineSentence, TokenLists
from xw2v.gensim.utils import TrimRule, prune
from xw2v.text.corpus import Corpus
from xw2v.text.encode import Encoder
from xw2v.text.vocabulary import Vocabulary

logger = logging.getLogger(__name__)

PROGRESS = "PROGRESS: at sentence #%i, processed %i words"


def sentences_of(corpus_iterable: Any, corpus_file: Any) -> Iterable[Any]:
    """The sentences of either argument.

    Raises:
        InputError: both or neither are given, or a path where sentences should be.
    """
    if (corpus_iterable is None) == (corpus_file is None):
        raise InputError("give either sentences, as lists of tokens, or `corpus_file`")
    if corpus_file is not None:
        if not isinstance(corpus_file, (str, os.PathLike)):
            kind = type(corpus_file).__name__
            raise InputError(f"give the path of a file, not a {kind}", setting="corpus_file")
        return LineSentence(corpus_file)
    if isinstance(corpus_iterable, (str, bytes, os.PathLike)):
        raise InputError(
            "give lists of tokens; the path of a file is given as `corpus_file`, or as "
            "LineSentence(path)",
            setting="sentences",
            value=corpus_iterable,
        )
    if not isinstance(corpus_iterable, Iterable):
        kind = type(corpus_iterable).__name__
        raise InputError(f"give lists of tokens, not a {kind}", setting="sentences")
    return corpus_iterable


class Scan:
    """A text that was read once.

    Args:
        sentences: token lists.
        progress_per: sentences between lines in the log.
        max_vocab_size: where there are more distinct words than this, rare ones are dropped from
            `counts` on the way.
        trim_rule: which words that spares.

    Attributes:
        counts: the words, in order of first appearance, and how often each occurs.
        sentences, words: how many there were.
    """

    def __init__(
        self,
        sentences: Iterable[Any],
        progress_per: int = 10_000,
        max_vocab_size: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> None:
        self._progress_per = max(progress_per, 1)
        self._max_vocab_size = max_vocab_size
        self._trim_rule = trim_rule
        self._pruned: Counter[str] = Counter()
        if is_scannable(sentences) and not max_vocab_size:
            self._encoder = encoder_of_lines()
            self.sentences, self.words = self._scan_lines(cast(LineSentence, sentences))
        else:
            self._encoder = Encoder()
            self._lists = TokenLists(sentences)
            self._encoder.add_sentences(self._watched())
            self.sentences, self.words = self._lists.sentences, self._lists.words
        self.counts = dict(self._pruned) if max_vocab_size else self._encoder.word_counts()
        logger.info(
            "collected %i word types from a corpus of %i raw words and %i sentences",
            len(self.counts),
            self.words,
            self.sentences,
        )

    def _scan_lines(self, source: LineSentence) -> tuple[int, int]:
        """Take the lines of a file; returns how many sentences and words they have."""
        lines = sentences = 0
        for chunk in line_chunks(source):
            more = lines + chunk.count(b"\n")
            if lines == 0 or lines // self._progress_per < more // self._progress_per:
                logger.info(PROGRESS, sentences, self._encoder.raw_words)
            sentences += add_lines(self._encoder, chunk, source, lines)
            lines = more
        return sentences, self._encoder.raw_words

    def _watched(self) -> Iterator[list[str]]:
        """The token lists, with progress in the log, counted here where the counts are limited."""
        lists, min_reduce = self._lists, 1
        for tokens in lists:
            if (lists.sentences - 1) % self._progress_per == 0:
                logger.info(PROGRESS, lists.sentences - 1, lists.words - len(tokens))
            if self._max_vocab_size:
                self._pruned.update(tokens)
                if len(self._pruned) > self._max_vocab_size:
                    prune(self._pruned, min_reduce, self._trim_rule)
                    min_reduce += 1
            yield tokens

    def corpus(self, vocabulary: Vocabulary) -> Corpus | None:
        """The text in rows of a vocabulary; None where no sentence has two of its words."""
        if not any(word in vocabulary.index for word in self._encoder.word_counts()):
            return None
        corpus = Corpus.from_encoder(self._encoder, vocabulary, "token lists")
        return corpus if len(corpus.ids) >= len(corpus.offsets) else None
