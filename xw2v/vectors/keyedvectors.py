"""KeyedVectors: questions to trained word vectors, under gensim's names and with its answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from xw2v.errors import InputError
from xw2v.sgns.array import safe_divisor
from xw2v.vectors.arguments import checks_arguments
from xw2v.vectors.arrays import cosine, unit
from xw2v.vectors.evaluation import Correlation, word_analogies, word_pairs
from xw2v.vectors.neighbours import cosine_similarities, top_k
from xw2v.vectors.query import (
    Indexer,
    Key,
    Neighbours,
    Term,
    as_terms,
    check_direction,
    check_ratio,
    plain,
    weighted_terms,
)
from xw2v.vectors.tablechecks import checked_vector
from xw2v.vectors.tablefiles import TableFiles
from xw2v.vectors.testsets import read_analogies, read_pairs


@checks_arguments()
class KeyedVectors(TableFiles):
    """Trained word vectors: nearest words, analogies, similarities, test sets, files.

    Answers are computed over the table itself, or where `to_device` put a copy.

    Examples:
        >>> wv = KeyedVectors(["a", "b", "c"], np.array([[1, 0], [1, 0.1], [0, 1]], np.float32))
        >>> wv.most_similar("a", topn=1)[0][0]
        'b'
    """

    # --- nearest words ---

    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Indexer | None = None,
    ) -> Any:
        """Words whose vectors point most nearly where the mean of the given ones does (3CosAdd).

        Args:
            positive: a word, row or vector (D,), or a list of them, each alone or in a tuple with
                a weight.
            negative: the same, subtracted.
            topn: how many; None gives the cosines (V,) of all rows instead of a list.
            clip_start, clip_end: answer from these rows only.
            restrict_vocab: answer from the first so many rows only (the most frequent words).
            indexer: an approximate index (`xw2v.vectors.ann.AnnIndex`, or any with gensim's
                `most_similar(vector, topn)`), asked instead of the whole table.

        Returns:
            (word, cosine) pairs, best first, without those asked about; cosines (V,) for topn None.

        Raises:
            UnknownWordError: a word that is not there, with the nearest spellings.
            InputError: nothing to start from, or a sum of 0.
        """
        if topn is not None and topn < 1:
            return []
        terms, weights = weighted_terms(positive, negative)
        if not terms:
            raise InputError("most_similar needs at least one word or vector")
        mean = self.get_mean_vector(terms, weights, post_normalize=True, ignore_missing=False)
        check_direction(mean)
        query_rows = self._rows_of(terms)
        if indexer is not None and topn is not None:
            answers = indexer.most_similar(mean, topn + len(query_rows))
            words = {self.index_to_key[row] for row in query_rows}
            return [(word, score) for word, score in answers if word not in words][:topn]
        start, end = (0, restrict_vocab) if restrict_vocab else (clip_start, clip_end or len(self))
        start, end, _ = slice(start, end).indices(len(self))
        if topn is None:
            return self.row_search().cosines(mean, start, end)
        excluded = sorted(row for row in query_rows if start <= row < end)
        topn = min(topn, end - start - len(excluded))
        if topn < 1:
            return []
        rows, scores = self.nearest_rows(mean[None, :], topn, np.asarray([excluded]), end, start)
        return self._neighbours(rows[0], scores[0])

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
        terms, other_terms = as_terms("positive", positive), as_terms("negative", negative)
        if not terms:
            raise InputError("3CosMul needs at least one positive word")
        check_ratio(terms, other_terms)
        _, end, _ = slice(restrict_vocab or None).indices(len(self))
        search = self.row_search()
        scores = search.shifted_cosines(map(self._unit_of, terms), end)
        scores /= search.shifted_cosines(map(self._unit_of, other_terms), end) + 1e-6
        if topn is None:
            return scores.astype(np.float32)
        excluded = [row for row in self._rows_of(terms + other_terms) if row < end]
        scores[excluded] = -np.inf
        topn = min(topn, end - len(excluded))
        if topn < 1:
            return []
        rows, best = top_k(scores[None, :], topn)
        return self._neighbours(np.asarray(rows)[0], np.asarray(best)[0])

    def _unit_of(self, term: Term) -> np.ndarray:
        if isinstance(term, np.ndarray):
            return unit(checked_vector(term, self.vector_size))
        return unit(self[term])

    def _rows_of(self, terms: Iterable[Term]) -> set[int]:
        """The rows of words; those that are composed of n-grams have none."""
        rows = {self.get_index(term, -1) for term in terms if not isinstance(term, np.ndarray)}
        return rows - {-1}

    def _neighbours(self, rows: np.ndarray, scores: np.ndarray) -> Neighbours:
        return [
            (self.index_to_key[row], float(score)) for row, score in zip(rows, scores, strict=True)
        ]

    def similar_by_word(
        self, word: Term, topn: int = 10, restrict_vocab: int | None = None
    ) -> Neighbours:
        """The words nearest to one word; see `most_similar`."""
        found: Neighbours = self.most_similar([word], None, topn, restrict_vocab=restrict_vocab)
        return found

    similar_by_key = similar_by_word

    def similar_by_vector(
        self, vector: np.ndarray, topn: int = 10, restrict_vocab: int | None = None
    ) -> Neighbours:
        """The words nearest to a vector (D,); see `most_similar`."""
        return self.similar_by_word(vector, topn, restrict_vocab)

    # --- distances ---

    def similarity(self, w1: Key, w2: Key) -> float:
        """Cosine of two words."""
        return cosine(self[w1], self[w2])

    def distance(self, w1: Key, w2: Key) -> float:
        """1 - cosine of two words."""
        return 1 - self.similarity(w1, w2)

    def euclidean_distance(self, w1: Key, w2: Key) -> float:
        """Norm of the difference of two words' vectors."""
        return float(np.linalg.norm(self[w1].astype(np.float64) - self[w2]))

    def distances(self, word_or_vector: Term, other_words: Sequence[Key] = ()) -> np.ndarray:
        """1 - cosine from a word or vector (D,) to each of `other_words`, or to every row (V,)."""
        direction = self._unit_of(word_or_vector)
        if len(other_words):
            return 1 - self.cosine_similarities(direction, self[list(other_words)])
        return 1 - self.row_search().cosines(direction, 0, len(self))

    cosine_similarities = staticmethod(cosine_similarities)

    def n_similarity(self, ws1: Sequence[Key], ws2: Sequence[Key]) -> float:
        """Cosine of the mean vectors of two lists of words; unknown words are left out."""
        if not (len(ws1) and len(ws2)):
            raise InputError("n_similarity needs at least one word in each list")
        return cosine(*(self.get_mean_vector(ws, pre_normalize=False) for ws in (ws1, ws2)))

    def closer_than(self, key1: Key, key2: Key) -> list[str]:
        """Words that are closer to `key1` than `key2` is."""
        distances = self.distances(key1)
        row1, row2 = self.get_index(key1, -1), self.get_index(key2, -1)
        limit = distances[row2] if row2 >= 0 else self.distance(key1, key2)
        closer = np.flatnonzero(distances < limit)
        return [self.index_to_key[row] for row in closer if row != row1]

    def rank(self, key1: Key, key2: Key) -> int:
        """Rank of `key2` among the words nearest to `key1`, the nearest being 1."""
        return len(self.closer_than(key1, key2)) + 1

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Key]) -> Key:
        """The one of `keys_list` most similar to `key1`."""
        if not keys_list:
            raise InputError("most_similar_to_given needs at least one word to choose from")
        return plain(keys_list[int(np.argmin(self.distances(key1, keys_list)))])

    def rank_by_centrality(
        self, words: Sequence[Key], use_norm: bool = True
    ) -> list[tuple[float, Key]]:
        """(cosine to the mean of all, word), the most central first; unknown words are left out."""
        known = [plain(word) for word in words if word in self]
        if not known:
            raise InputError("none of these words is in the vocabulary")
        vectors = np.stack([self.get_vector(word, norm=use_norm) for word in known])
        mean = self.get_mean_vector(list(vectors), post_normalize=True)
        check_direction(mean)
        return sorted(zip((vectors @ mean).tolist(), known, strict=True), reverse=True)

    def doesnt_match(self, words: Sequence[Key]) -> Key:
        """The word that is furthest from the mean of all; unknown words are left out."""
        return self.rank_by_centrality(words)[-1][1]

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> float:
        """Similarity of two words over the sum of the first's `topn` nearest (Leeuwenberg 2016)."""
        nearby = self.similar_by_word(wa, topn)
        if not nearby:
            raise InputError("relative_cosine_similarity needs topn of at least 1")
        total = sum(score for _, score in nearby)
        if total == 0:
            raise InputError(
                "the cosines of the nearest words sum to 0, so none is relative to them"
            )
        return float(self.similarity(wa, wb)) / total

    # --- test sets ---

    def evaluate_word_pairs(
        self,
        pairs: str | Path,
        delimiter: str | None = None,
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[Correlation, Correlation, float]:
        """((Pearson's r, p), (Spearman's ρ, p), per cent of pairs with unknown words) on a
        similarity set; `xw2v.vectors.evaluation.word_pairs` gives the numbers of pairs, too.
        """
        pair_set = read_pairs(Path(pairs), delimiter, encoding)
        result = word_pairs(self, pair_set, restrict_vocab, case_insensitive, dummy4unknown)
        if not (result.known or dummy4unknown):
            raise InputError("no pair with both words in the vocabulary", path=pairs)
        return result.pearson, result.spearman, result.unknown_percent

    def evaluate_word_analogies(
        self,
        analogies: str | Path,
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[float, list[dict[str, Any]]]:
        """(accuracy, sections) on an analogy set, each section with lists "correct" and
        "incorrect"; `xw2v.vectors.evaluation.word_analogies` gives coverage and totals, too.
        """
        analogy_set = read_analogies(Path(analogies))
        result = word_analogies(self, analogy_set, restrict_vocab, case_insensitive, dummy4unknown)
        return result.as_gensim()

    # --- other tables of the same words ---

    def get_normed_vectors(self) -> np.ndarray:
        """A copy of the table (V, D) with rows of norm 1 (rows of zeros stay zeros)."""
        return np.asarray(self.vectors / safe_divisor(self.norms)[:, None])

    def unit_normalize_all(self) -> None:
        """Scale every vector to norm 1, for good."""
        self._replace(self.index_to_key, self.get_normed_vectors())

    def sort_by_descending_frequency(self) -> None:
        """Put the most frequent words first; equals keep their order."""
        if self.counts is None:
            raise InputError("these vectors came without word counts to sort them by")
        order = np.argsort(-self.counts, kind="stable")
        self.attributes.reorder(order)
        self._replace([self.index_to_key[row] for row in order], self.vectors[order])

    def vectors_for_all(self, keys: Iterable[str]) -> Self:
        """A smaller table of those `keys` that have vectors, in their order."""
        words = [key for key in dict.fromkeys(keys) if isinstance(key, str) and key in self]
        counts = None
        if self.counts is not None:
            rows = [self.get_index(word, -1) for word in words]
            counts = np.asarray([self.counts[row] if row >= 0 else 0 for row in rows], np.int64)
        return type(self)(words, self[words], counts, self.subwords)
