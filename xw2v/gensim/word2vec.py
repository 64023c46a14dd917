"""Word2Vec under gensim's names and with its defaults: translates them and calls the trainer."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, Self

import numpy as np

from xw2v.errors import TrainingError, UsageError
from xw2v.gensim import arguments, persistence
from xw2v.gensim.building import VocabularyBuilder
from xw2v.gensim.keyedvectors import KeyedVectors
from xw2v.gensim.scan import Scan, sentences_of
from xw2v.gensim.sentences import BrownCorpus, LineSentence, PathLineSentences, Text8Corpus
from xw2v.gensim.training import ModelCallback
from xw2v.gensim.utils import TrimRule
from xw2v.text.vocabulary import Vocabulary
from xw2v.training.run import finish, prepare
from xw2v.training.schedule import LearningRate
from xw2v.training.trainer import Continuation, Trainer
from xw2v.vectors.prediction import predict_center
from xw2v.vectors.query import KEY_TYPES

__all__ = [
    "FAST_VERSION",
    "BrownCorpus",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "Word2Vec",
]

FAST_VERSION = 1  # gensim's number for "compiled"
SMALLEST_ALPHA = 1e-9  # that the trainer's settings take

logger = logging.getLogger(__name__)


class Word2Vec(VocabularyBuilder):
    """CBOW or skip-gram with negative sampling; arguments, their order and defaults are gensim's.

    Args:
        sentences: token lists, read once; without them call `build_vocab` and `train`.
        corpus_file: instead, a file with a sentence a line, tokens separated by whitespace.
        vector_size, alpha, window, min_count, max_vocab_size, sample, seed, workers, min_alpha, sg,
            negative, ns_exponent, cbow_mean, epochs, trim_rule, compute_loss, callbacks,
            max_final_vocab, shrink_windows: as in gensim.
        seed: None for other vectors in each run.
        hs, hashfxn, null_word, sorted_vocab, batch_words, comment: without effect (said once), or
            refused where that would be another model.
        **others: `size` and `iter`, gensim 3's names; and settings of `xw2v.Word2Vec` that gensim
            lacks, such as `device="cuda"`.

    Attributes:
        wv: the words and their vectors: one object, which training changes.
        syn1neg: (V, D) float32, the output vectors.
        corpus_count, corpus_total_words: sentences and words of the text that the vocabulary is of.
        epochs_trained, total_train_time: in all calls of `train`; in seconds.
        train_count: calls of `train`.

    Raises:
        UsageError: a value out of range, or one that is refused.
        InputError: no token lists, or a file that cannot be read.
        TrainingError: no word is frequent enough, or the run diverges.
    """

    hashfxn = staticmethod(hash)  # gensim's defaults of arguments without effect
    batch_words = 10_000
    null_word = 0
    sorted_vocab = 1

    def __init__(
        self,
        sentences: Iterable[Any] | None = None,
        corpus_file: Any = None,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        sample: float = 1e-3,
        seed: int | None = 1,
        workers: int = 3,
        min_alpha: float = 0.0001,
        sg: int = 0,
        hs: int = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Callable[[Any], int] = hash,
        epochs: int = 5,
        null_word: int = 0,
        trim_rule: TrimRule | None = None,
        sorted_vocab: int = 1,
        batch_words: int | None = None,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
        comment: str | None = None,
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
        **others: Any,
    ) -> None:
        others = arguments.renamed(others, arguments.OLD_ARGUMENTS)
        self.vector_size = self.layer1_size = others.pop("vector_size", vector_size)
        self.epochs = others.pop("epochs", epochs)
        arguments.check_known(others)
        arguments.check_training(hs, negative)
        unused = {"hashfxn": hashfxn is not hash, "batch_words": batch_words, "comment": comment}
        arguments.check_others(null_word, sorted_vocab, [name for name in unused if unused[name]])
        self.own_arguments = others
        number = arguments.number
        self.alpha = number("alpha", alpha, float)
        self.min_alpha = number("min_alpha", min_alpha, float)
        self.window = arguments.integral(window)
        least = arguments.smallest_count("min_count", min_count)
        self.min_count = self.effective_min_count = least
        self.max_vocab_size = number("max_vocab_size", max_vocab_size, int, optional=True)
        self.max_final_vocab = number("max_final_vocab", max_final_vocab, int, optional=True)
        self.sample: float | None = number("sample", sample, float, optional=True)
        self.seed = secrets.randbits(31) if seed is None else number("seed", seed, int)
        self.workers = number("workers", workers, int)
        self.sg, self.hs = int(bool(sg)), hs
        self.negative, self.ns_exponent = negative, ns_exponent
        self.cbow_mean = cbow_mean
        self.compute_loss = bool(compute_loss)
        self.comment = comment
        self.shrink_windows = shrink_windows
        self.running_training_loss = 0.0
        self.min_alpha_yet_reached = self.alpha
        self.corpus_count = self.corpus_total_words = 0
        self.epochs_trained = self.epochs_asked = self.train_count = 0
        self.total_train_time = 0.0
        self.raw_vocab: dict[str, int] = {}
        self.lifecycle_events = []
        arguments.settings_of(self, self.alpha, 0.0, self.epochs, 0)  # which checks them
        self.wv = KeyedVectors(self.vector_size)
        self.syn1neg = np.zeros((0, self.vector_size), np.float32)
        self._begin(sentences, corpus_file, trim_rule, callbacks)

    def _begin(
        self,
        sentences: Iterable[Any] | None,
        corpus_file: Any,
        trim_rule: TrimRule | None,
        callbacks: Iterable[Any],
    ) -> None:
        """Build the vocabulary of the text that a constructor is given, if any, and train."""
        arguments.trim_rule(trim_rule)
        callbacks = arguments.listed("callbacks", callbacks, "callbacks")
        if sentences is not None or corpus_file is not None:
            scan = self._scan(sentences_of(sentences, corpus_file), trim_rule=trim_rule)
            self._take_counts(scan)
            self._build(False, False, trim_rule)
            self._train(scan, self.epochs, self.alpha, self.min_alpha, tuple(callbacks))
        self.add_lifecycle_event("created", params=str(self))

    # --- training ---

    def train(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Any = None,
        total_examples: int | None = None,
        total_words: int | None = None,
        epochs: int | None = None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        word_count: int = 0,
        queue_factor: int = 2,
        report_delay: float = 1.0,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
        **others: Any,
    ) -> tuple[int, int]:
        """Train on a text, going on from the vectors as they are.

        Args:
            corpus_iterable, corpus_file: the text, read once; `sentences` is gensim 3's name.
            total_examples, total_words: what the text is expected to hold; a difference is logged.
            epochs: passes over it, by default the model's; the model keeps it.
            start_alpha, end_alpha: the learning rate of this call, by default the model's; the
                model keeps it.
            report_delay: seconds between lines of progress in the log.
            compute_loss: sum the loss, see `get_latest_training_loss`.
            callbacks: see `CallbackAny2Vec`.
            word_count, queue_factor: without effect.

        Returns:
            Words of the vocabulary (before subsampling), and all words, that were trained on.
        """
        others = arguments.renamed(others, arguments.SENTENCES | arguments.OLD_ARGUMENTS)
        source = sentences_of(others.pop("corpus_iterable", corpus_iterable), corpus_file)
        epochs = others.pop("epochs", epochs)
        if others:
            raise UsageError(f"train has no argument {next(iter(others))!r}")
        total_examples = arguments.number("total_examples", total_examples, int, optional=True)
        total_words = arguments.number("total_words", total_words, int, optional=True)
        callbacks = arguments.listed("callbacks", callbacks, "callbacks")
        self.compute_loss = self.compute_loss or compute_loss
        self._check_vocabulary()
        scan = Scan(source)
        expected = (total_examples, scan.sentences), (total_words, scan.words)
        for given, found in expected:
            if given is not None and given != found and scan.sentences:
                logger.warning(
                    "supplied count (%i) did not equal what was found (%i)", given, found
                )
        start = self.alpha if start_alpha is None else start_alpha
        end = self.min_alpha if end_alpha is None else end_alpha
        epochs = self.epochs if epochs is None else epochs
        return self._train(scan, epochs, start, end, tuple(callbacks), report_delay)

    def _check_vocabulary(self) -> None:
        if not len(self.wv):
            raise TrainingError(
                f"you must first build a vocabulary: no word occurs {self.effective_min_count} "
                "times (`min_count`), or there was no text yet; lower `min_count`, or call "
                "build_vocab"
            )

    def _train(
        self,
        scan: Scan,
        epochs: int,
        start: float,
        end: float,
        callbacks: tuple[Any, ...],
        report_delay: float = 1.0,
    ) -> tuple[int, int]:
        self._check_vocabulary()
        if start > self.min_alpha_yet_reached:
            logger.warning("Effective 'alpha' higher than previous training cycles")
        self.min_alpha_yet_reached = min(start, end)
        self.running_training_loss = 0.0
        self.epochs_asked = epochs
        wv, counts = self.wv, self.wv.counts
        counts = np.ones(len(wv), np.int64) if counts is None else counts
        corpus = scan.corpus(Vocabulary(list(wv.index_to_key), np.asarray(counts, np.int64)))
        high, low = max(start, end, SMALLEST_ALPHA), min(start, end)
        settings = arguments.settings_of(self, high, min(low, high), epochs, int(counts.sum()))
        self.epochs, self.alpha, self.min_alpha = epochs, start, end  # kept, as in gensim
        if corpus is None:
            logger.warning("no sentence has two words of the vocabulary: nothing to train on")
            return 0, scan.words * epochs
        self.add_lifecycle_event(
            "train", msg=f"training on {len(corpus)} sentences with {self.workers} workers"
        )
        schedule = LearningRate(start, end)
        continuation = Continuation(schedule, self.epochs_trained, wv.is_locked())
        trainer = prepare(corpus, settings, continuation=continuation)
        state = trainer.start(*self._starting_tables(trainer))
        words = len(corpus.ids), corpus.raw_words
        callback = ModelCallback(self, callbacks, trainer, words, report_delay)
        trainer.train(state, [callback])
        finish(trainer, state)
        self.epochs_trained += epochs
        self.train_count += 1
        self.total_train_time += state.seconds
        message = f"training on {words[1] * epochs} raw words took {state.seconds:.1f}s"
        self.add_lifecycle_event("train", msg=message)
        return words[0] * epochs, words[1] * epochs

    def _starting_tables(self, trainer: Trainer) -> tuple[np.ndarray, np.ndarray]:
        """The tables that a training begins with."""
        return _trainable(self.wv.vectors), _trainable(self._outputs())

    def take_tables(self, trainer: Trainer, center: np.ndarray, context: np.ndarray) -> None:
        """Take the tables of a training, which are shown to callbacks; nothing is copied."""
        self.wv.vectors = center
        self.syn1neg = context

    def _outputs(self) -> np.ndarray:
        """The output vectors, zero for words that were added to `wv` since."""
        missing = len(self.wv) - len(self.syn1neg)
        if missing <= 0:
            return self.syn1neg[: len(self.wv)]
        return np.concatenate([self.syn1neg, np.zeros((missing, self.vector_size), np.float32)])

    def get_latest_training_loss(self) -> float:
        """The summed loss of the last call of `train`, up to now; 0 without `compute_loss`.

        It is estimated from the steps whose loss is measured.
        """
        return self.running_training_loss

    # --- questions and files ---

    def predict_output_word(
        self, context_words_list: Iterable[Any], topn: int = 10
    ) -> list[tuple[str, np.float32]] | None:
        """The words most probably amid those of a context, with probabilities; None if it knows
        none of them.
        """
        if not len(self.syn1neg):
            raise TrainingError("this model has no output vectors to predict by: train it first")
        topn = arguments.number("topn", topn, int)
        words = arguments.listed("context_words_list", context_words_list, "words")
        rows = [self.wv.get_index(word) for word in words if self._is_row(word)]
        if not rows:
            logger.warning("no context word is in the vocabulary")
            return None
        mean = bool(self.cbow_mean)
        found = predict_center(self.wv.vectors[rows], self._outputs(), topn, mean=mean)
        return [(self.wv.index_to_key[row], np.float32(p)) for row, p in zip(*found, strict=True)]

    def _is_row(self, word: object) -> bool:
        return isinstance(word, KEY_TYPES) and self.wv.has_index_for(word)

    def score(self, *given: Any, **options: Any) -> None:
        """Refused: in gensim, too, it is there for hierarchical softmax alone."""
        raise TrainingError(
            "score() needs hierarchical softmax, which is not here; predict_output_word gives the "
            "probabilities of words amid others"
        )

    def __str__(self) -> str:
        size = self.wv.vector_size
        return (
            f"{type(self).__name__}<vocab={len(self.wv)}, vector_size={size}, alpha={self.alpha}>"
        )

    def save(self, fname: Any, **unused: Any) -> None:
        """Save in one file, from which `load` gives a model that can be trained further.

        Not saved are callbacks and trim rules. gensim's other arguments have no effect.
        """
        self.add_lifecycle_event("saving", fname_or_handle=str(fname))
        persistence.save(self, fname)

    @classmethod
    def load(cls, fname: str | BinaryIO, **unused: Any) -> Self:
        """Load what `save` wrote.

        Raises:
            FileFormatError: the file is something else, such as a pickle of gensim's.
        """
        model = cls()
        persistence.load_into(model, fname)
        model.add_lifecycle_event("loaded", fname=str(fname))
        return model


def _trainable(table: np.ndarray) -> np.ndarray:
    """The table itself where training can write to it, else a copy."""
    return np.require(table, np.float32, ["C", "W"])
