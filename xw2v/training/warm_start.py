"""Starting from vectors that are there already (--init), and keeping their words.

A word of the text that the file has starts with its vector (and, where the file is the output of an
earlier run, with its context vector); the others start as usual. So a vocabulary grows with new
text. Words of the file that the text lacks are dropped, or with --init-keep stand after the others
in the result, as they were.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings
from xw2v.sgns.config import ModelShape
from xw2v.sgns.tables import initial_centers
from xw2v.text.vocabulary import Vocabulary
from xw2v.training.run import Run
from xw2v.vectors.keyedvectors import KeyedVectors


@dataclass(frozen=True)
class WarmStart:
    """Vectors to start from.

    name: what the user called them. vectors: words and center vectors. context: (V, D) context
    vectors of the same words, or None. keep: whether words that the text lacks are kept.
    """

    name: str
    vectors: KeyedVectors
    context: np.ndarray | None
    keep: bool

    @classmethod
    def load(cls, name: str, keep: bool) -> WarmStart:
        """Read a file of vectors in any format, or the output folder of a run; raises
        InputError.
        """
        vectors = KeyedVectors.load(name)
        vectors.fill_norms()  # which finds numbers that are not finite
        context, path = None, Path(name) / "context.npy"
        if path.is_file():
            try:
                context = np.load(path, mmap_mode="r", allow_pickle=False)
            except (
                Exception
            ) as error:  # NumPy's parser of headers lets those of ast and tokenize through
                raise InputError(f"{path}: not a whole .npy file: {str(error)[:200]}") from None
            if context.shape != vectors.vectors.shape or context.dtype != np.float32:
                raise InputError(
                    f"{path}: {context.dtype} of shape {context.shape}, unlike the vectors beside it"
                )
            if not np.isfinite(context).all():
                raise InputError(
                    f"{path}: holds numbers that are not finite; did its training diverge?"
                )
        return cls(name, vectors, context, keep)

    def check(self, settings: Settings) -> None:
        """Raise UsageError where settings do not go with these vectors."""
        size = self.vectors.vector_size
        if size != settings.vector_size:
            raise UsageError(
                f"--init {self.name}: its vectors have {size} numbers, not {settings.vector_size}; "
                f"give --vector-size {size}"
            )
        if self.keep and settings.max_vocab is not None:
            raise UsageError(
                "--init-keep: words beyond --max-vocab are <UNK>, so none can be kept; leave one out"
            )

    @property
    def fingerprint(self) -> str:
        """SHA-256 over words and vectors, by which a resumed run knows them."""
        digest = hashlib.sha256(
            "\n".join(self.vectors.index_to_key).encode("utf-8", "surrogatepass")
        )
        for table in (self.vectors.vectors, self.context):
            if table is not None:
                digest.update(np.ascontiguousarray(table).data)
        return digest.hexdigest() + (" keep" if self.keep else "")

    def tables(
        self, vocabulary: Vocabulary, settings: Settings
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """(V, D) center and context tables to start from, and how many words had vectors in the
        file.
        """
        center = initial_centers(
            ModelShape.of_words(len(vocabulary), settings.vector_size), settings.seed
        )
        context = np.zeros_like(center)
        known = [
            row for row, word in enumerate(vocabulary.words) if word in self.vectors.key_to_index
        ]
        theirs = [self.vectors.key_to_index[vocabulary.words[row]] for row in known]
        center[known] = self.vectors.vectors[theirs]
        if self.context is not None:
            context[known] = self.context[theirs]
        return center, context, len(known)

    def keep_words(self, run: Run) -> Run:
        """`run` with the words that its text lacked after its own, with a count of 0 and vectors as
        they were.
        """
        theirs = [
            row
            for row, word in enumerate(self.vectors.index_to_key)
            if word not in run.vocabulary.index
        ]
        if not self.keep or not theirs:
            return run
        center = np.concatenate((run.center, self.vectors.vectors[theirs]))
        rest = (
            np.zeros_like(center[len(run.center) :])
            if self.context is None
            else self.context[theirs]
        )
        context = center if run.context is run.center else np.concatenate((run.context, rest))
        words = [*run.vocabulary.words, *(self.vectors.index_to_key[row] for row in theirs)]
        counts = np.concatenate((run.vocabulary.counts, np.zeros(len(theirs), np.int64)))
        record = run.record | {"words_kept": len(theirs)}
        return dataclasses.replace(
            run, vocabulary=Vocabulary(words, counts), center=center, context=context, record=record
        )
