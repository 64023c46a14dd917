"""The trainers that `bench.compare` compares, each trained on the same ids of the same corpus."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.results import SHARED_SETTINGS

if TYPE_CHECKING:
    from xw2v.text.corpus import Corpus
    from xw2v.vectors.keyedvectors import KeyedVectors

SLICE_TOKENS = 20_000  # of the per-pair loop, which nobody could wait for over a whole corpus
LINE_WORDS = 10_000  # gensim ignores what is further in a line


class Trained(NamedTuple):
    """What a contender made of a corpus.

    Attributes:
        vectors: None where the contender is measured for its speed alone.
        words: raw corpus words, times epochs.
        seconds: of training alone.
    """

    vectors: KeyedVectors | None
    words: float
    seconds: float


def train_xw2v(corpus: Corpus, options: argparse.Namespace, workers: int) -> Trained:
    from xw2v.settings import Settings
    from xw2v.training.run import run_training
    from xw2v.vectors.keyedvectors import KeyedVectors

    common = {name: getattr(options, name) for name in SHARED_SETTINGS}
    extra = json.loads(options.settings)
    run = run_training(corpus, Settings(seed=options.seed, workers=workers, **common, **extra))
    vectors = KeyedVectors(run.vocabulary.words, run.vectors)
    return Trained(vectors, corpus.raw_words * options.epochs, run.record["train_seconds"])


def train_gensim(corpus: Corpus, options: argparse.Namespace, workers: int) -> Trained:
    from gensim.models import Word2Vec

    from xw2v.vectors.keyedvectors import KeyedVectors

    with lines_of(corpus) as path:
        model = Word2Vec(
            sg=int(options.model == "skipgram"),
            hs=0,
            min_count=1,
            workers=workers,
            alpha=options.alpha,
            min_alpha=1e-4,
            seed=options.seed,
            vector_size=options.vector_size,
            window=options.window,
            negative=options.negative,
            sample=options.sample,
            epochs=options.epochs,
        )
        model.build_vocab(corpus_file=path)
        began = time.perf_counter()
        model.train(
            corpus_file=path,
            total_examples=model.corpus_count,
            total_words=model.corpus_total_words,
            epochs=options.epochs,
        )
        seconds = time.perf_counter() - began
    vectors = KeyedVectors.from_gensim(model.wv)
    return Trained(vectors, corpus.raw_words * options.epochs, seconds)


def train_fasttext(corpus: Corpus, options: argparse.Namespace, workers: int) -> Trained:
    import fasttext
    import numpy as np

    from xw2v.vectors.keyedvectors import KeyedVectors

    with lines_of(corpus) as path:
        began = time.perf_counter()
        model = fasttext.train_unsupervised(
            path,
            model=options.model,
            maxn=0,
            minCount=1,
            dim=options.vector_size,
            ws=options.window,
            neg=options.negative,
            t=options.sample,
            lr=options.alpha,
            epoch=options.epochs,
            thread=workers,
            verbose=0,
        )
        seconds = time.perf_counter() - began  # includes its own count of the words
    words = model.get_words()
    vectors = np.stack([model.get_word_vector(word) for word in words]).astype(np.float32)
    return Trained(KeyedVectors(words, vectors), corpus.raw_words * options.epochs, seconds)


def train_pair_loop(corpus: Corpus, options: argparse.Namespace, workers: int) -> Trained:
    """The loop that tutorials show: one pair at a time, NumPy on single vectors. Speed only, over a
    slice.
    """
    import numpy as np

    if options.model != "skipgram":
        raise SystemExit("the per-pair loop knows skip-gram alone")
    rng = np.random.default_rng(options.seed)
    V, D = len(corpus.vocabulary.words), options.vector_size
    center = ((rng.random((V, D)) - 0.5) / D).astype(np.float32)
    context = np.zeros((V, D), np.float32)
    share = corpus.vocabulary.counts**0.75
    share = share / share.sum()
    frequency = corpus.vocabulary.counts / corpus.vocabulary.counts.sum()
    keep = np.minimum(1, np.sqrt(options.sample / frequency) + options.sample / frequency)
    ids = np.asarray(corpus.ids[:SLICE_TOKENS])
    raw = len(ids) * corpus.raw_words / len(corpus.ids)
    began = time.perf_counter()
    kept = ids[rng.random(len(ids)) < keep[ids]]
    negatives = rng.choice(V, p=share, size=(len(kept) * 2 * options.window, options.negative))
    pair = 0
    for i, word in enumerate(kept):
        size = rng.integers(1, options.window + 1)
        for j in range(max(i - size, 0), min(i + size + 1, len(kept))):
            if j == i:
                continue
            rows = np.append(negatives[pair], kept[j])
            pair += 1
            label = np.zeros(len(rows), np.float32)
            label[-1] = 1
            error = (1 / (1 + np.exp(-context[rows] @ center[word])) - label)[:, None] * np.float32(
                options.alpha
            )
            change = (error * context[rows]).sum(0)  # (D,)
            np.subtract.at(context, rows, error * center[word])
            center[word] -= change
    return Trained(None, raw, time.perf_counter() - began)


@contextmanager
def lines_of(corpus: Corpus) -> Iterator[str]:
    """The path of a temporary file with the corpus's words, a sentence a line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        with path.open("w", encoding="utf-8") as file:
            for s in range(len(corpus)):
                words = corpus.sentence(s)
                for start in range(0, len(words), LINE_WORDS):
                    print(*words[start : start + LINE_WORDS], file=file)
        yield str(path)


@dataclass(frozen=True)
class Contender:
    """A trainer and the number of threads it is given."""

    train: Callable[[Corpus, argparse.Namespace, int], Trained]
    workers: int = 1


CONTENDERS = {
    "xw2v": Contender(train_xw2v),
    "xw2v, 2 workers": Contender(train_xw2v, workers=2),
    "gensim": Contender(train_gensim),
    "gensim, 2 workers": Contender(train_gensim, workers=2),
    "fastText": Contender(train_fasttext),
    "per-pair loop": Contender(train_pair_loop),
}
