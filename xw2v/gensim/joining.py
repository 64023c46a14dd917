"""Joining the phrases of a sentence, and the files that phrases are kept in."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, BinaryIO, Self

from xw2v.errors import FileFormatError
from xw2v.gensim.lifecycle import Lifecycle, plain_events
from xw2v.gensim.phrasetable import PhraseTable, analyzed
from xw2v.gensim.scorers import Scorer, name_of, scorer_named, scorer_of
from xw2v.storage.files import atomic_write, open_binary

FORMAT = "xw2v gensim phrases 1"


class PhraseJoiner(Lifecycle):
    """What `Phrases` and `FrozenPhrases` share: joining, finding, files.

    Attributes:
        min_count, threshold: see `Phrases`.
        delimiter: what joins the words of a phrase.
        scoring: the function that scores.
        connector_words: stay between the words of a phrase, and never begin or end one.
    """

    min_count: float
    threshold: float
    delimiter: str
    scoring: Scorer
    connector_words: frozenset[str]

    def score_candidate(
        self, word_a: str, word_b: str, in_between: Sequence[str]
    ) -> tuple[str | None, float | None]:
        """The phrase of these words and its score; None and None where they are none."""
        raise NotImplementedError

    def analyze_sentence(self, sentence: Iterable[str]) -> Iterator[tuple[str, float | None]]:
        """The tokens of a sentence, phrases joined, each with its score: None for a plain word."""
        return analyzed(sentence, self.connector_words, self.score_candidate)

    def known_phrases(self) -> PhraseTable | None:
        """All phrases; None where each candidate must be scored by itself."""
        return None

    def joined(self, sentence: Iterable[str]) -> list[str]:
        """A sentence with its phrases joined."""
        table = self.known_phrases()
        if table is None:
            return [token for token, _ in self.analyze_sentence(sentence)]
        return table.join(sentence)

    def _joined(self, sentences: Iterable[Iterable[str]]) -> Iterator[list[str]]:
        table = self.known_phrases()
        yield from map(self.joined if table is None else table.join, sentences)

    def __getitem__(self, sentence: Iterable[Any]) -> Any:
        """A sentence with its phrases joined; or, of many sentences, an iterable of them."""
        tokens = iter(sentence)
        first = next(tokens, None)
        if tokens is sentence:  # an iterator, whose first is taken from it
            sentence = chain([first] if first is not None else [], tokens)
        if first is None or isinstance(first, str):
            return self.joined(sentence)
        return JoinedSentences(self, sentence)

    def find_phrases(self, sentences: Iterable[Sequence[str]]) -> dict[str, float]:
        """The phrases in a text, and their scores."""
        table = self.known_phrases()
        if table is None:
            found = chain.from_iterable(map(self.analyze_sentence, sentences))
            return {token: score for token, score in found if score is not None}
        return dict(chain.from_iterable(map(table.find, sentences)))

    # --- files ---

    def _content(self) -> dict[str, Any]:
        return {
            "min_count": self.min_count,
            "threshold": self.threshold,
            "delimiter": self.delimiter,
            "scoring": name_of(self.scoring),
            "connector_words": sorted(self.connector_words),
            "events": plain_events(self.lifecycle_events),
        }

    def save(self, fname_or_handle: str | os.PathLike[str] | BinaryIO, **unused: Any) -> None:
        """Save as JSON. Of an own scorer the name is kept: `load` needs its module imported."""
        self.add_lifecycle_event("saving", fname_or_handle=str(fname_or_handle))
        content = {"format": FORMAT, "class": type(self).__name__, **self._content()}
        data = json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if isinstance(fname_or_handle, (str, os.PathLike)):
            with atomic_write(fname_or_handle) as file:
                file.write(data)
        else:
            fname_or_handle.write(data)

    @classmethod
    def load(
        cls, fname: str | os.PathLike[str], scoring: Scorer | None = None, **unused: Any
    ) -> Self:
        """Load what `save` wrote.

        Args:
            scoring: an own scorer, in place of the one that the file names.

        Raises:
            FileFormatError: the file is something else, such as a pickle of gensim's.
            UsageError: its scorer is not imported here.
        """
        with open_binary(fname) as file:
            data = file.read()
        try:
            content = json.loads(data.decode("utf-8", "surrogatepass"))
            if (content["format"], content["class"]) != (FORMAT, cls.__name__):
                raise ValueError
            loaded = cls.__new__(cls)
            loaded._restore(content)
        except (ValueError, KeyError, TypeError):
            raise FileFormatError(
                f"is not a file that {cls.__name__}.save of xw2v.gensim wrote; pickles of gensim's "
                "are not opened for safety: learn the phrases again, or export_phrases() there",
                path=fname,
            ) from None
        loaded.scoring = scorer_of(scoring) if scoring else scorer_named(content["scoring"])
        loaded.add_lifecycle_event("loaded", fname=str(fname))
        return loaded

    def _restore(self, content: Mapping[str, Any]) -> None:
        self.min_count, self.threshold = content["min_count"], content["threshold"]
        self.delimiter = content["delimiter"]
        self.connector_words = frozenset(content["connector_words"])
        self.lifecycle_events = content.get("events", [])


class JoinedSentences:
    """Sentences with their phrases joined, each time they are iterated over."""

    def __init__(self, joiner: PhraseJoiner, sentences: Iterable[Sequence[str]]) -> None:
        self._joiner = joiner
        self._sentences = sentences

    def __iter__(self) -> Iterator[list[str]]:
        return self._joiner._joined(self._sentences)
