"""Starting from vectors that are there already, and keeping their words.

A word of the text that the file has starts with its vector (and, where the file is the output of an
earlier run, with its context vector); the others start as usual. So a vocabulary grows with new
text. Words of the file that the text lacks are dropped, or kept as they were after the others in
the result.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xw2v import tuning
from xw2v.errors import UsageError
from xw2v.settings import Settings
from xw2v.sgns.interface import SubwordIndex, Tables
from xw2v.sgns.tables import initial_centers, initial_contexts
from xw2v.text.ngrams import ngram_rule
from xw2v.text.vocabulary import Vocabulary
from xw2v.training.run import Run
from xw2v.training.run_folder import read_context
from xw2v.vectors.keyedvectors import KeyedVectors


@dataclass(frozen=True)
class WarmStart:
    """Vectors to start from.

    Attributes:
        name: what the user called them.
        vectors: words and center vectors.
        context: (V, D) float32 context vectors of the same words, or None.
        keep: whether words that the text lacks are kept.
    """

    name: str
    vectors: KeyedVectors
    context: np.ndarray | None
    keep: bool

    @classmethod
    def of_run(cls, run: Run, keep: bool) -> WarmStart:
        """Start from what a run has trained."""
        vectors = run.keyed_vectors()
        vectors.fill_norms()
        return cls("an earlier run", vectors, run.parameters.context, keep)

    @classmethod
    def load(cls, name: str, keep: bool) -> WarmStart:
        """Read a file of vectors in any format, or the output folder of a run; InputError where
        that cannot be done.
        """
        vectors = KeyedVectors.load(name)
        vectors.fill_norms()  # which finds non-finite values
        path = Path(name) / "context.npy"
        context = read_context(path, vectors.vectors.shape) if path.is_file() else None
        return cls(name, vectors, context, keep)

    def check(self, settings: Settings) -> None:
        """Raise UsageError where settings do not go with these vectors."""
        size = self.vectors.vector_size
        if size != settings.vector_size:
            raise UsageError(
                f"its vectors have {size} dimensions, not {settings.vector_size}; "
                f"give `vector_size` {size}",
                setting="init",
                value=self.name,
            )
        if settings.subword is not None:
            self._check_subwords(settings)
        if self.keep and settings.max_vocab is not None:
            raise UsageError(
                "words beyond `max_vocab` are <UNK>, so none can be kept; leave one out",
                setting="init_keep",
            )

    def _check_subwords(self, settings: Settings) -> None:
        subwords, rule = self.vectors.subwords, ngram_rule(settings)
        if self.keep:
            raise UsageError(
                "with `subword` no words can be kept; leave it out", setting="init_keep"
            )
        if subwords is None:
            raise UsageError(
                "its words have no n-grams; leave out `subword`, or start from a model with them",
                setting="init",
                value=self.name,
            )
        if subwords.rule != rule:
            there = subwords.rule
            raise UsageError(
                f"its n-grams are others; give `subword` {there.min_n}-{there.max_n} and `buckets` "
                f"{there.buckets}",
                setting="init",
                value=self.name,
            )

    @property
    def fingerprint(self) -> str:
        """SHA-256 over words and vectors, by which a resumed run knows them."""
        digest = hashlib.sha256(
            "\n".join(self.vectors.index_to_key).encode("utf-8", "surrogatepass")
        )
        subwords = self.vectors.subwords
        of_ngrams = () if subwords is None else (subwords.rows, subwords.buckets)
        for table in (self.vectors.vectors, self.context, *of_ngrams):
            if table is not None:
                digest.update(np.ascontiguousarray(table).data)
        return digest.hexdigest() + (" keep" if self.keep else "")

    def tables(
        self, vocabulary: Vocabulary, settings: Settings, index: SubwordIndex | None = None
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """Center and context tables to start from, and how many words had vectors in the file.

        Args:
            index: the rows that compose each word, where they are several.
        """
        V = len(vocabulary)
        shape = tuning.model_shape(settings, V, index)
        center = initial_centers(shape, settings.seed, tuning.start_radius(settings))
        context = initial_contexts(shape)
        rows_there = self.vectors.key_to_index
        known = [row for row, word in enumerate(vocabulary.words) if word in rows_there]
        there = [rows_there[vocabulary.words[row]] for row in known]
        vectors, subwords = self.vectors.vectors, self.vectors.subwords
        if index is not None and subwords is not None:
            mine, theirs = np.intersect1d(
                index.buckets, subwords.buckets, assume_unique=True, return_indices=True
            )[1:]
            center[V + mine] = subwords.rows[theirs]
            words = [vocabulary.words[row] for row in known]
            center[known] = subwords.own_rows(words, vectors[there])
        else:
            center[known] = vectors[there]
        if self.context is not None:
            context[known] = self.context[there]
        return center, context, len(known)

    def keep_words(self, run: Run) -> Run:
        """`run` with the words that its text lacked after its own, with a count of 0 and vectors as
        they were.
        """
        words_there = self.vectors.index_to_key
        lacking = [row for row, word in enumerate(words_there) if word not in run.vocabulary.index]
        if not self.keep or not lacking:
            return run
        center, context = run.parameters
        more = self.vectors.vectors[lacking]
        context_more = np.zeros_like(more) if self.context is None else self.context[lacking]
        kept_center = np.concatenate((center, more))
        kept_context = kept_center if context is center else np.concatenate((context, context_more))
        words = [*run.vocabulary.words, *(words_there[row] for row in lacking)]
        counts = np.concatenate((run.vocabulary.counts, np.zeros(len(lacking), np.int64)))
        return dataclasses.replace(
            run,
            vocabulary=Vocabulary(words, counts),
            parameters=Tables(kept_center, kept_context),
            record=run.record | {"words_kept": len(lacking)},
        )
