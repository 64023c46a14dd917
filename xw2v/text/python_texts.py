"""What Python code gives as text: token lists, the names of files, or a Corpus."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from xw2v.errors import InputError, MissingFileError, shown
from xw2v.settings import Settings
from xw2v.text.corpus import Corpus
from xw2v.text.encode import Progress
from xw2v.text.options import TextOptions
from xw2v.text.reading import open_corpus, read_corpus_with
from xw2v.text.textfiles import STANDARD_INPUT
from xw2v.text.vocabulary import Vocabulary, VocabularyLimits

Sentences = str | os.PathLike[str] | Corpus | Iterable[Sequence[str] | str | os.PathLike[str]]


def corpus_of(
    name: str,
    sentences: Sentences,
    settings: Settings,
    vocabulary: Vocabulary | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """The argument `name` as a corpus.

    Args:
        sentences: an iterable of token lists, of which every token counts as it is; a file or
            folder, or a list of them; or a Corpus.
        vocabulary: the words to take, instead of those that the settings say.
        progress: called now and then.

    Raises:
        InputError: none of these, or nothing in it.
    """
    if isinstance(sentences, Corpus):
        return sentences
    paths = _paths_of(name, sentences)
    if paths is None:
        return Corpus.from_sentences(
            sentences,  # type: ignore[arg-type]
            settings.min_count,
            settings.max_vocab,
            vocabulary,
            progress,
        )
    options = TextOptions.from_settings(settings)
    limits = VocabularyLimits(min_count=settings.min_count, max_vocab=settings.max_vocab)
    if vocabulary is not None:
        return read_corpus_with(vocabulary, paths, options, progress=progress)
    return open_corpus(paths, None, options, limits, progress=progress)


def _paths_of(name: str, sentences: object) -> list[str] | None:
    """The files that an argument of `fit` names; None where it holds token lists.

    Raises:
        InputError: it is empty or cannot be iterated over, or a file is not there.
    """
    if isinstance(sentences, (str, os.PathLike)):
        sentences = [sentences]
    if not isinstance(sentences, Iterable) or getattr(sentences, "shape", None) == ():
        raise InputError("give lists of tokens, files or a Corpus", setting=name, value=sentences)
    if not isinstance(sentences, Sequence):
        return None
    if len(sentences) == 0:
        raise InputError("is empty; give lists of tokens or files", setting=name)
    if not all(isinstance(one, (str, os.PathLike)) for one in sentences):
        return None
    paths = [os.fspath(one) for one in sentences]
    for path in paths:
        if path != STANDARD_INPUT and not os.path.exists(path):
            raise MissingFileError(
                f"{shown(path)}: no such file or folder, which is what a string names; to train on "
                "texts, give lists of their tokens, as in [text.split() for text in texts]"
            )
    return paths
