"""From what a user names (files, folders, `--corpus`) to a Corpus."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from xw2v import nltk_source
from xw2v.corpus import Corpus
from xw2v.corpus_folder import VALIDATION, is_corpus_folder
from xw2v.encode import Encoder
from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings
from xw2v.sources import STANDARD_INPUT, Source, described, sources_of
from xw2v.tokens import Tokenizer
from xw2v.vocabulary import Vocabulary

TEXT_COLUMN = "text"

# called now and then while text is read: words so far, and the share that is done (None: not known)
Progress = Callable[[int, float | None], None]


def open_corpus(
    inputs: Sequence[str | os.PathLike[str]] = (),
    corpus: str | None = None,
    *,
    text_column: str = TEXT_COLUMN,
    token_pattern: str = Settings.token_pattern,
    lowercase: bool = Settings.lowercase,
    min_count: int = Settings.min_count,
    max_vocab: int | None = Settings.max_vocab,
    progress: Progress | None = None,
    folder: str | os.PathLike[str] | None = None,
    distinct_limit: int | None = None,
) -> Corpus:
    """The corpus of INPUT arguments and of `corpus` ("nltk", "nltk:brown,reuters", "docs"), or the default one.

    Args:
        inputs: files, folders, "-", or one folder that `xw2v preprocess` wrote, which is opened as it is.
        folder: write the corpus there (see `corpus_folder`) and open it memory-mapped.
        distinct_limit: where more distinct words than this are met, rare ones are dropped on the way.

    Returns:
        The corpus; its `notices` are lines that a user should see.

    Raises:
        InputError: something is not there or cannot be read, or no word is left.
        UsageError: an option out of range, or a preprocessed folder among other inputs.
    """
    names = [os.fspath(name) for name in inputs]
    asked = {"token_pattern": token_pattern, "lowercase": lowercase, "min_count": min_count, "max_vocab": max_vocab}
    tokenizer = Tokenizer(token_pattern, lowercase)
    if any(map(is_corpus_folder, names)):
        if len(names) > 1 or corpus is not None:
            raise UsageError("a folder written by xw2v preprocess is a whole corpus: give it alone")
        return _opened(names[0], asked, folder)
    sources, description, notices = find_sources(names, corpus, text_column)
    limit = {} if distinct_limit is None else {"distinct_limit": distinct_limit}
    encoder = Encoder(tokenizer, folder, **limit)
    _read(encoder, sources, progress)
    if not encoder.raw_words:
        raise InputError(f"{description}: no words in it that match {token_pattern!r} (--token-pattern)")
    read = Corpus.from_encoder(encoder, min_count, max_vocab, None, description, asked, folder)
    return replace(read, notices=(*notices, *read.notices))


def read_corpus_with(
    vocabulary: Vocabulary,
    inputs: Sequence[str | os.PathLike[str]],
    *,
    text_column: str = TEXT_COLUMN,
    token_pattern: str = Settings.token_pattern,
    lowercase: bool = Settings.lowercase,
    progress: Progress | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Corpus:
    """Text such as `--val`'s in the rows of a vocabulary that is there already; raises what `open_corpus` does."""
    names = [os.fspath(name) for name in inputs]
    if len(names) == 1 and is_corpus_folder(names[0]):
        opened = Corpus.open(names[0])
        if opened.vocabulary.words != vocabulary.words:
            raise InputError(f"{names[0]}: made with another vocabulary than the training text's")
        return opened
    sources, description, _ = find_sources(names, None, text_column)
    encoder = Encoder(Tokenizer(token_pattern, lowercase), folder)
    _read(encoder, sources, progress)
    if not encoder.raw_words:
        raise InputError(f"{description}: no words in it that match {token_pattern!r} (--token-pattern)")
    settings = {"token_pattern": token_pattern, "lowercase": lowercase}
    return Corpus.from_encoder(
        encoder, vocabulary=vocabulary, description=description, settings=settings, folder=folder
    )


def validation_of(inputs: Sequence[str | os.PathLike[str]]) -> Corpus | None:
    """The held-out text that `xw2v preprocess --val-input` put into the corpus folder that is the one input."""
    if len(inputs) != 1:
        return None
    folder = os.path.join(os.fspath(inputs[0]), VALIDATION)
    return Corpus.open(folder) if is_corpus_folder(folder) else None


def find_sources(names: Sequence[str], corpus: str | None, text_column: str) -> tuple[list[Source], str, list[str]]:
    """(sources, description, notices) of INPUT arguments and `--corpus`; with neither, of the default corpus."""
    from xw2v.docs_source import DocsSource

    sources = sources_of(names, text_column)
    titles = []
    if sources:
        shown = ["standard input" if name == STANDARD_INPUT else os.path.basename(name.rstrip("/")) or name for name in names]
        titles.append(described(shown))
    notices: list[str] = []
    if corpus is None and not names:
        there = [name for name in nltk_source.DEFAULT if nltk_source.present(name)]
        missing = [name for name in nltk_source.DEFAULT if name not in there]
        corpus = f"nltk:{','.join(there)}" if there else "docs"
        if missing:
            chosen = nltk_source.description(there) if there else "the documentation of Python and its packages"
            notices.append(
                f"no input named, and NLTK has no {described(missing)} here: reading {chosen}; "
                "`xw2v download nltk` fetches the others, or name your own text"
            )
    if corpus == "docs":
        docs = DocsSource()
        sources.append(docs)
        titles.append(docs.description)
    elif corpus is not None and (corpus == "nltk" or corpus.startswith("nltk:")):
        chosen_names = nltk_source.parse(corpus)
        sources += [nltk_source.NltkCorpus(name) for name in chosen_names]
        titles.append(nltk_source.description(chosen_names))
    elif corpus is not None:
        raise UsageError(f"--corpus {corpus}: choose nltk, nltk:brown,reuters,... or docs")
    return sources, described(titles), notices


def _read(encoder: Encoder, sources: Sequence[Source], progress: Progress | None) -> None:
    total = sum(source.total for source in sources)
    known = total > 0 and all(source.total for source in sources)
    for source in sources:
        for piece in source.pieces(encoder.fast):
            encoder.add(piece)
            if progress is not None:
                share = sum(each.done for each in sources) / total if known else None
                progress(encoder.raw_words, share)


def _opened(name: str, asked: dict[str, Any], folder: str | os.PathLike[str] | None) -> Corpus:
    """A preprocessed folder, unless what is asked of it is neither the default nor what it was made with."""
    if folder is not None:
        raise UsageError(f"{name}: is preprocessed already; give text")
    opened = Corpus.open(name)
    for option, value in asked.items():
        made_with = opened.settings.get(option, value)
        if value not in (made_with, getattr(Settings, option)):
            flag = "--no-lowercase" if option == "lowercase" else f"--{option.replace('_', '-')} {value}"
            raise UsageError(
                f"{name}: was made with {option} {made_with}; run xw2v preprocess with {flag}, or leave that out"
            )
    return opened
