"""Phrases: frequent collocations joined into one word (Mikolov et al. 2013b, section 4).

Two words a, b that follow each other score, with n = count(a b) and V distinct words and pairs,

    default   (n - min_count) / (count(a) · count(b)) · V
    npmi      ln(p(a b) / (p(a) · p(b))) / -ln p(a b), for n of min_count or more (Bouma 2009)

as in gensim. Pairs above the threshold are joined from left to right, and a further pass over the
result joins longer phrases. Connector words, such as "of" in "bank of america", are counted in no
pair: they join the words around them, and begin and end no phrase.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from xw2v.errors import UsageError
from xw2v.text.encode import Encoder
from xw2v.text.paircounts import PairCounts
from xw2v.text.spool import Chunk, Spool

SCORINGS = {"default": 10.0, "npmi": 0.5}  # and their usual thresholds
# articles, prepositions and conjunctions within English names and terms, as gensim has them
ENGLISH_CONNECTOR_WORDS = (
    *("a", "an", "the", "and", "or"),
    *("for", "of", "with", "without", "at", "from", "to", "in", "on", "by"),
)
FIRST_LINKED = 1 << 31  # numbers of words with connectors before them; words have smaller ones

Phrase = tuple[str, ...]  # its words, connectors among them


class Candidates(NamedTuple):
    """Pairs of words in a chunk that may be phrases, connectors between them left out.

    Attributes:
        keys: (n,) int64, first << 32 | second; second is a word, or one linked by connectors.
        starts, stops: (n,) where in the chunk the first and the second word are.
    """

    keys: np.ndarray
    starts: np.ndarray
    stops: np.ndarray


class PhraseText:
    """A text in which phrases are joined pass by pass.

    Args:
        encoder: what the text was added to; it must not have dropped words.
        delimiter: what joins the words of a phrase.
        connector_words: words that join others.
    """

    def __init__(
        self, encoder: Encoder, delimiter: str = "_", connector_words: Iterable[str] = ()
    ) -> None:
        self.delimiter = delimiter
        self.notices: list[str] = []  # lines that a user should see
        self._index, self._spool = encoder.provisional()
        self._words = list(self._index)
        self._folder = encoder.folder
        connectors = [word for word in dict.fromkeys(connector_words) if word in self._index]
        self._connectors = np.array([self._index[word] for word in connectors], np.int64)
        self._linked: dict[tuple[int, ...], int] = {}  # connectors and a word: their number

    def join(
        self, min_count: int, threshold: float, scoring: str = "default"
    ) -> dict[Phrase, float]:
        """Join the pairs that score above `threshold`; returns these phrases and their scores.

        Args:
            min_count: of the score, 1 or more.
            scoring: one of SCORINGS.

        Raises:
            UsageError: an option out of range.
        """
        phrases = self.find(min_count, threshold, scoring)
        self.apply(phrases)
        return phrases

    def find(
        self, min_count: int, threshold: float, scoring: str = "default"
    ) -> dict[Phrase, float]:
        """The phrases that `join` would join, and their scores."""
        check_options(min_count, threshold, scoring)
        counts = np.zeros(len(self._words), np.int64)
        pairs = PairCounts()
        for ids, ends in _complete_sentences(self._spool):
            np.add.at(counts, ids, 1)
            pairs.add(self._candidates(ids, ends).keys)
        keys, together = pairs.totals()  # (P,), (P,)
        if pairs.dropped_up_to:
            self.notices.append(
                f"more than {pairs.limit:,} distinct pairs of words: on the way, those seen "
                f"{pairs.dropped_up_to} times or fewer by then were dropped"
            )
        first, second = keys >> 32, self._last_words(keys & 0xFFFFFFFF)
        products = counts[first] * counts[second]
        if scoring == "npmi":
            scores = _npmi(together, products, int(counts.sum()), min_count)
        else:
            counts[self._connectors] = 0
            distinct = int(np.count_nonzero(counts)) + pairs.distinct
            scores = (together - min_count) / products * distinct
        chosen = scores > threshold
        return dict(zip(self._phrases(keys[chosen]), scores[chosen].tolist(), strict=True))

    def apply(self, phrases: Iterable[Phrase]) -> None:
        """Join phrases, wherever they come from; later words of a joined one begin no other."""
        keys, joined = self._numbered(phrases)
        self._words = list(self._index)
        spool = Spool(self._folder)
        for ids, ends in _complete_sentences(self._spool):
            spool.append(*_joined(ids, ends, self._candidates(ids, ends), keys, joined))
        self._spool = spool

    def lines(self) -> Iterator[bytes]:
        """The text as UTF-8, a sentence a line, in chunks of many lines."""
        for ids, ends in _complete_sentences(self._spool):
            after = np.zeros(ids.size, np.int8)
            after[ends[ends > 0] - 1] = 1
            words = self._words
            chunk = "".join(
                words[i] + ("\n" if end else " ")
                for i, end in zip(ids.tolist(), after.tolist(), strict=True)
            )
            yield chunk.encode("utf-8", "surrogatepass")

    def _candidates(self, ids: np.ndarray, ends: np.ndarray) -> Candidates:
        at = np.flatnonzero(~np.isin(ids, self._connectors))
        sentence = np.searchsorted(ends, at, side="right")
        same = sentence[1:] == sentence[:-1]
        starts, stops = at[:-1][same], at[1:][same]
        second = ids[stops].astype(np.int64)
        spans = stops - starts
        for span in np.unique(spans[spans > 1]).tolist():
            of_span = np.flatnonzero(spans == span)
            links = ids[starts[of_span][:, None] + np.arange(1, span + 1)]  # (n, span)
            distinct, inverse = np.unique(links, axis=0, return_inverse=True)
            numbers = [self._link(tuple(link)) for link in distinct.tolist()]
            second[of_span] = np.array(numbers, np.int64)[inverse.reshape(-1)]
        return Candidates(ids[starts].astype(np.int64) << 32 | second, starts, stops)

    def _link(self, link: tuple[int, ...]) -> int:
        """The number of connectors and the word after them."""
        return self._linked.setdefault(link, FIRST_LINKED + len(self._linked))

    def _last_words(self, second: np.ndarray) -> np.ndarray:
        """The words of numbers that may be of linked words."""
        last = np.array([link[-1] for link in self._linked], np.int64)
        words = second.copy()
        is_linked = second >= FIRST_LINKED
        words[is_linked] = last[second[is_linked] - FIRST_LINKED]
        return words

    def _phrases(self, keys: np.ndarray) -> Iterator[Phrase]:
        links = list(self._linked)
        for first, second in zip((keys >> 32).tolist(), (keys & 0xFFFFFFFF).tolist(), strict=True):
            rest = links[second - FIRST_LINKED] if second >= FIRST_LINKED else (second,)
            yield tuple(self._words[i] for i in (first, *rest))

    def _numbered(self, phrases: Iterable[Phrase]) -> tuple[np.ndarray, np.ndarray]:
        """The keys of phrases whose words are in the text, sorted, and the ids of the joined."""
        found = {}
        for phrase in phrases:
            if all(word in self._index for word in phrase):
                first, *rest = (self._index[word] for word in phrase)
                second = self._link(tuple(rest)) if len(rest) > 1 else rest[0]
                found[first << 32 | second] = self.delimiter.join(phrase)
        keys = np.array(sorted(found), np.int64)
        names = (found[key] for key in keys.tolist())
        return keys, np.fromiter((self._index[name] for name in names), np.int32, len(found))


def check_options(min_count: int, threshold: float, scoring: str) -> None:
    """Raise UsageError for options of a score that are out of range."""
    if scoring not in SCORINGS:
        raise UsageError(f"choose {' or '.join(SCORINGS)}", setting="scoring", value=scoring)
    if min_count < 1:
        raise UsageError("must be 1 or more", setting="min_count", value=min_count)
    if scoring == "npmi" and not -1 <= threshold <= 1:
        raise UsageError("npmi is from -1 to 1", setting="threshold", value=threshold)
    if scoring == "default" and not threshold >= 0:
        raise UsageError("must be 0 or more", setting="threshold", value=threshold)


def _npmi(together: np.ndarray, products: np.ndarray, total: int, min_count: int) -> np.ndarray:
    """Normalised pointwise mutual information, -inf for pairs that occur too rarely."""
    p_pair = together / total
    with np.errstate(divide="ignore"):  # a text of one pair alone
        scores = np.log(p_pair / (products / total**2)) / -np.log(p_pair)
    return np.where(together >= min_count, scores, -np.inf)


def _complete_sentences(spool: Spool) -> Iterator[Chunk]:
    """The chunks of a spool, cut anew so that each ends with a sentence."""
    rest = np.empty(0, np.int32)
    for ids, ends in spool:
        ids, ends = np.concatenate([rest, ids]), ends + rest.size
        last = int(ends[-1]) if ends.size else 0
        if last:
            yield ids[:last], ends
        rest = ids[last:]
    if rest.size:
        yield rest, np.array([rest.size])


def _joined(
    ids: np.ndarray,
    ends: np.ndarray,
    candidates: Candidates,
    keys: np.ndarray,
    joined: np.ndarray,
) -> Chunk:
    """The chunk with the pairs `keys` (sorted) replaced by the words `joined`, left to right."""
    if not keys.size or not candidates.keys.size:
        return ids, ends
    found = np.minimum(np.searchsorted(keys, candidates.keys), keys.size - 1)
    hit = np.flatnonzero(keys[found] == candidates.keys)
    starts, stops = candidates.starts[hit], candidates.stops[hit]
    overlaps = np.zeros(hit.size, bool)  # with the hit before
    overlaps[1:] = starts[1:] == stops[:-1]
    run_starts = np.flatnonzero(~overlaps)
    place_in_run = np.arange(hit.size) - np.repeat(run_starts, np.diff(run_starts, append=hit.size))
    taken = place_in_run % 2 == 0  # a pair that begins with the end of a joined one is left
    starts, stops = starts[taken], stops[taken]
    result = ids.copy()
    result[starts] = joined[found[hit[taken]]]
    removed = np.zeros(ids.size + 2, np.int8)  # as differences
    removed[starts + 1] += 1
    removed[stops + 1] -= 1
    kept = np.cumsum(removed)[: ids.size] == 0
    before = np.zeros(ids.size + 1, np.int64)
    np.cumsum(kept, out=before[1:])
    return result[kept], before[ends]
