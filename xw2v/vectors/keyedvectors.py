"""KeyedVectors: what one asks of trained word vectors, under gensim's names and with its
answers.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import InputError
from xw2v.vectors.neighbours import cosines, divisors, nearest, row_norms, top_k
from xw2v.vectors.savedtable import SavedTable
from xw2v.vectors.wordtable import Key, as_items, unit

Neighbours = list[tuple[str, float]]


class KeyedVectors(SavedTable):
    """Trained word vectors: nearest words, analogies, similarities, test sets, files.

    Answers are computed in blocks over the table itself, on the CPU or where `to_device` put a
    copy.

    >>> import numpy as np
    >>> wv = KeyedVectors(["a", "b", "c"], np.array([[1, 0], [1, 0.1], [0, 1]], dtype=np.float32))
    >>> wv.most_similar("a", topn=1)[0][0]
    'b'
    """

    # --- nearest words ---------------------------------------------------------------------------------

    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
    ) -> Any:
        """Words whose vectors point most nearly where the mean of the given ones does (3CosAdd).

        Args:
            positive: a word, row, vector (D,), or a list of them, each alone or with a weight as a
                tuple.
            negative: the same, subtracted.
            topn: how many; None gives the cosines (V,) of all rows instead of a list.
            clip_start, clip_end: answer from these rows only.
            restrict_vocab: answer from the first so many rows only (the most frequent words).
            indexer: an approximate index (`xw2v.vectors.ann.AnnIndex`, or any with gensim's
                `most_similar(vector, topn)`), asked instead of the whole table.

        Returns:
            (word, cosine) pairs, best first, without the words asked about; with topn None cosines
            (V,).

        Raises:
            UnknownWordError: a word that is not there, with the nearest spellings.
            InputError: nothing to start from.
        """
        if topn is not None and topn < 1:
            return []
        keys, weights = _weighted(as_items(positive), as_items(negative))
        mean = self.get_mean_vector(keys, weights, post_normalize=True, ignore_missing=False)
        asked = {self.get_index(key) for key in keys if not isinstance(key, np.ndarray)}
        if indexer is not None and topn is not None:
            answers = indexer.most_similar(mean, topn + len(asked))
            words = {self.index_to_key[row] for row in asked}
            return [(word, score) for word, score in answers if word not in words][:topn]
        start, end = (0, restrict_vocab) if restrict_vocab else (clip_start, clip_end or len(self))
        start, end, _ = slice(start, end).indices(len(self))
        if topn is None:
            return self._cosines(mean, start, end)
        return self._nearest(mean, topn, start, end, asked)

    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Any:
        """Words by Levy and Goldberg's (2014) 3CosMul: the product of cosines, shifted to 0..1,
        over that of the negatives'. Arguments and answers as of `most_similar`, without weights.
        """
        if topn is not None and topn < 1:
            return []
        liked: list[Any] = as_items(positive)
        disliked: list[Any] = as_items(negative)
        if not liked:
            raise InputError("3CosMul needs at least one positive word")
        end = min(restrict_vocab or len(self), len(self))
        scores = np.ones(end)
        for key in liked:
            scores *= (1 + self._cosines(self._unit_of(key), 0, end)) / 2
        below = np.ones(end)
        for key in disliked:
            below *= (1 + self._cosines(self._unit_of(key), 0, end)) / 2
        scores /= below + 1e-6
        if topn is None:
            return scores.astype(np.float32)
        asked = {self.get_index(key) for key in liked + disliked if not isinstance(key, np.ndarray)}
        inside = [row for row in asked if row < end]
        scores[inside] = -np.inf
        top = min(topn, end - len(inside))
        if top < 1:
            return []
        rows, best = top_k(scores[None, :], top)
        return [
            (self.index_to_key[row], float(score))
            for row, score in zip(rows[0], best[0], strict=True)
        ]

    def _unit_of(self, key: Any) -> np.ndarray:
        return (
            self._check_vector(key)
            if isinstance(key, np.ndarray)
            else self.get_vector(key, norm=True)
        )

    def similar_by_word(
        self, word: Key, topn: int = 10, restrict_vocab: int | None = None
    ) -> Neighbours:
        neighbours: Neighbours = self.most_similar([word], topn=topn, restrict_vocab=restrict_vocab)
        return neighbours

    similar_by_key = similar_by_word

    def similar_by_vector(
        self, vector: np.ndarray, topn: int = 10, restrict_vocab: int | None = None
    ) -> Neighbours:
        found: Neighbours = self.most_similar(
            [np.asarray(vector)], topn=topn, restrict_vocab=restrict_vocab
        )
        return found

    def _cosines(self, direction: np.ndarray, start: int, end: int) -> np.ndarray:
        """Dot products (end - start,) of `direction` (D,) with rows start..end scaled to length
        1.
        """
        table, lengths = self._table()
        query = self._to_device(direction.astype(np.float32)[None, :])
        return self._to_host(cosines(table[start:end, :], lengths[start:end], query))[0]

    def _nearest(
        self, direction: np.ndarray, topn: int, start: int, end: int, asked: set[int]
    ) -> Neighbours:
        inside = sorted(row for row in asked if start <= row < end)
        top = min(topn, end - start - len(inside))
        if top < 1:
            return []
        rows, scores = self.nearest_rows(direction[None, :], top, np.asarray([inside]), end, start)
        return [
            (self.index_to_key[row], float(score))
            for row, score in zip(rows[0], scores[0], strict=True)
        ]

    def nearest_rows(
        self,
        queries: np.ndarray,
        k: int,
        exclude: np.ndarray,
        end: int | None = None,
        start: int = 0,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Many questions at once: the k rows (Q, k) nearest to each query, best first, and cosines
        (Q, k).

        Args:
            queries: (Q, D), of unit length.
            k: how many.
            exclude: (Q, E) rows between start and end not to be answered; where fewer than k others
                are left, these come last, with a cosine of minus infinity.
            start, end: answer from these rows only.
        """
        table, lengths = self._table()
        start, end, _ = slice(start, end).indices(len(self))
        without = self._to_device(exclude.astype(np.int64) - start) if exclude.size else None
        query = self._to_device(np.ascontiguousarray(queries, dtype=np.float32))
        rows, scores = nearest(table[start:end, :], lengths[start:end], query, k, without)
        return self._to_host(rows) + start, self._to_host(scores)

    # --- distances -------------------------------------------------------------------------------------

    def similarity(self, w1: Key, w2: Key) -> float:
        """Cosine of two words."""
        return float(unit(self[w1]) @ unit(self[w2]))

    def distance(self, w1: Key, w2: Key) -> float:
        """1 - cosine of two words."""
        return 1 - self.similarity(w1, w2)

    def euclidean_distance(self, w1: Key, w2: Key) -> float:
        """Length of the difference of two words' vectors."""
        return float(np.linalg.norm(self[w1].astype(np.float64) - self[w2]))

    def distances(
        self, word_or_vector: Key | np.ndarray, other_words: Sequence[Key] = ()
    ) -> np.ndarray:
        """1 - cosine from a word or vector (D,) to each of `other_words`, or to every row (V,)."""
        if isinstance(word_or_vector, np.ndarray):
            vector = self._check_vector(word_or_vector)
        else:
            vector = self.get_vector(word_or_vector)
        if len(other_words):
            return 1 - self.cosine_similarities(vector, self[list(other_words)])
        return 1 - self._cosines(unit(vector), 0, len(self))

    @staticmethod
    def cosine_similarities(vector_1: np.ndarray, vectors_all: np.ndarray) -> np.ndarray:
        """Cosines (n,) of a vector (D,) with each of vectors (n, D); 0 where one of the two is
        zeros.
        """
        return cosines(vectors_all, divisors(row_norms(vectors_all)), unit(vector_1)[None, :])[0]

    def n_similarity(self, ws1: Sequence[Key], ws2: Sequence[Key]) -> float:
        """Cosine of the mean vectors of two lists of words; unknown words are left out."""
        if not (len(ws1) and len(ws2)):
            raise InputError("n_similarity needs at least one word in each list")
        mean1 = self.get_mean_vector(ws1, pre_normalize=False)
        mean2 = self.get_mean_vector(ws2, pre_normalize=False)
        return float(unit(mean1) @ unit(mean2))

    def closer_than(self, key1: Key, key2: Key) -> list[str]:
        """Words that are closer to `key1` than `key2` is."""
        row1, row2 = self.get_index(key1), self.get_index(key2)
        distances = self.distances(key1)
        closer = np.flatnonzero(distances < distances[row2])
        return [self.index_to_key[row] for row in closer if row != row1]

    def rank(self, key1: Key, key2: Key) -> int:
        """Place of `key2` among the words nearest to `key1`, the nearest being 1."""
        return len(self.closer_than(key1, key2)) + 1

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Key]) -> Key:
        """The one of `keys_list` most similar to `key1`."""
        return keys_list[int(np.argmin(self.distances(key1, keys_list)))]

    def rank_by_centrality(
        self, words: Sequence[Key], use_norm: bool = True
    ) -> list[tuple[float, Key]]:
        """(cosine to the mean of all, word), the most central first; unknown words are left out."""
        known = [word for word in words if word in self]
        if not known:
            raise InputError("none of these words is in the vocabulary")
        vectors = np.stack([self.get_vector(word, norm=use_norm) for word in known])
        mean = self.get_mean_vector(list(vectors), post_normalize=True)
        return sorted(zip((vectors @ mean).tolist(), known, strict=True), reverse=True)

    def doesnt_match(self, words: Sequence[Key]) -> Key:
        """The word that is furthest from the mean of all; unknown words are left out."""
        return self.rank_by_centrality(words)[-1][1]

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> float:
        """Similarity of two words over the sum of the first's `topn` nearest (Leeuwenberg et al.
        2016).
        """
        nearby = self.similar_by_word(wa, topn)
        if not nearby:
            raise InputError("relative_cosine_similarity needs topn of at least 1")
        return self.similarity(wa, wb) / sum(score for _, score in nearby)

    # --- test sets -------------------------------------------------------------------------------------

    def evaluate_word_pairs(
        self,
        pairs: str | Path,
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[tuple[float, float], tuple[float, float], float]:
        """((Pearson's r, p), (Spearman's ρ, p), per cent of pairs with unknown words) on a
        similarity set.

        `xw2v.vectors.evaluation.word_pairs` answers the same with the numbers of pairs.
        """
        from xw2v.vectors.evaluation import word_pairs
        from xw2v.vectors.testsets import read_pairs

        given = read_pairs(Path(pairs), delimiter, encoding)
        result = word_pairs(self, given, restrict_vocab, case_insensitive, dummy4unknown)
        if not (result.known or dummy4unknown):
            raise InputError(f"{pairs}: no pair with both words in the vocabulary")
        return result.pearson, result.spearman, result.unknown_percent

    def evaluate_word_analogies(
        self,
        analogies: str | Path,
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[float, list[dict[str, Any]]]:
        """(accuracy, sections) on an analogy set, each section with lists "correct" and
        "incorrect".

        `xw2v.vectors.evaluation.word_analogies` answers the same with coverage and totals.
        """
        from xw2v.vectors.evaluation import word_analogies
        from xw2v.vectors.testsets import read_analogies

        result = word_analogies(
            self, read_analogies(Path(analogies)), restrict_vocab, case_insensitive, dummy4unknown
        )
        return result.as_gensim()


def _weighted(
    positive: Sequence[Any], negative: Sequence[Any]
) -> tuple[list[Key | np.ndarray], list[float]]:
    """Keys with their weights: 1 and -1 where none is given."""
    keys: list[Key | np.ndarray] = []
    weights: list[float] = []
    for items, usual in ((positive, 1.0), (negative, -1.0)):
        for item in items:
            key, weight = item if isinstance(item, tuple) else (item, usual)
            keys.append(key)
            weights.append(float(weight))
    return keys, weights
