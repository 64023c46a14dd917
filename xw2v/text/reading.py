"""From what a user names (files, folders, `--corpus`) to a Corpus."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings
from xw2v.text.corpus import Corpus
from xw2v.text.corpus_folder import VALIDATION, VOCABULARY, is_corpus_folder
from xw2v.text.encode import DISTINCT_LIMIT, Encoder
from xw2v.text.inputs import ResolvedInputs, find_sources
from xw2v.text.tokens import Tokenizer
from xw2v.text.vocabulary import Vocabulary, check_limits

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
    distinct_limit: int = DISTINCT_LIMIT,
) -> Corpus:
    """The corpus of INPUT arguments and of `corpus` (nltk, nltk:brown,reuters or docs), or the
    default one.

    Args:
        inputs: files, folders, "-", or one folder that `xw2v preprocess` wrote, which is opened as
            it is.
        folder: write the corpus there (see `corpus_folder`) and read it from there.
        distinct_limit: where more distinct words than this are met, rare ones are dropped on the
            way.

    Returns:
        The corpus; its `notices` are lines that a user should see.

    Raises:
        InputError: something is not there or cannot be read, or no word is left.
        UsageError: an option out of range, or a preprocessed folder among other inputs.
    """
    check_limits(min_count, max_vocab)
    names = [os.fspath(name) for name in inputs]
    asked = {
        "token_pattern": token_pattern,
        "lowercase": lowercase,
        "min_count": min_count,
        "max_vocab": max_vocab,
    }
    if any(map(is_corpus_folder, names)):
        if len(names) > 1 or corpus is not None:
            raise UsageError("a folder written by xw2v preprocess is a whole corpus: give it alone")
        return _opened(names[0], asked, folder)
    found = find_sources(names, corpus, text_column)
    encoder = encode(found, Tokenizer(token_pattern, lowercase), progress, folder, distinct_limit)
    read = Corpus.from_encoder(
        encoder, min_count, max_vocab, None, found.description, asked, folder
    )
    return replace(read, notices=(*found.notices, *read.notices))


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
    """Text such as `--val`'s in the rows of a vocabulary that is there; raises what `open_corpus`
    does.
    """
    names = [os.fspath(name) for name in inputs]
    if len(names) == 1 and is_corpus_folder(names[0]):
        opened = Corpus.open(names[0])
        if opened.vocabulary.words != vocabulary.words:
            raise InputError(f"{names[0]}: made with another vocabulary than the training text's")
        return opened
    found = find_sources(names, None, text_column)
    encoder = encode(found, Tokenizer(token_pattern, lowercase), progress, folder)
    asked = {"token_pattern": token_pattern, "lowercase": lowercase}
    return Corpus.from_encoder(
        encoder, vocabulary=vocabulary, description=found.description, settings=asked, folder=folder
    )


def encode(
    found: ResolvedInputs,
    tokenizer: Tokenizer,
    progress: Progress | None = None,
    folder: str | os.PathLike[str] | None = None,
    distinct_limit: int = DISTINCT_LIMIT,
) -> Encoder:
    """Read all of the text into an Encoder; raises InputError where there is no word in it."""
    encoder = Encoder(tokenizer, folder, distinct_limit)
    total = sum(source.total for source in found.sources)
    known = total > 0 and all(source.total for source in found.sources)
    for source in found.sources:
        for piece in source.pieces(encoder.splits_at_spaces):
            encoder.add(piece)
            if progress is not None:
                share = sum(each.done for each in found.sources) / total if known else None
                progress(encoder.raw_words, share)
    if not encoder.raw_words:
        what = f"no words in it that match {tokenizer.pattern!r} (--token-pattern)"
        raise InputError(f"{found.description}: {what}")
    return encoder


def validation_of(inputs: Sequence[str | os.PathLike[str]]) -> Corpus | None:
    """The held-out text that `xw2v preprocess --val-input` put into the corpus folder that is the
    one input.

    None where there is none. Raises InputError where it was made with another vocabulary.
    """
    if len(inputs) != 1:
        return None
    folder = os.path.join(os.fspath(inputs[0]), VALIDATION)
    if not is_corpus_folder(folder):
        return None
    return read_corpus_with(
        Vocabulary.load(os.path.join(os.fspath(inputs[0]), VOCABULARY)), [folder]
    )


def _opened(name: str, asked: dict[str, Any], folder: str | os.PathLike[str] | None) -> Corpus:
    """A preprocessed folder, unless what is asked of it is neither the default nor what it was made
    with.
    """
    if folder is not None:
        raise UsageError(f"{name}: is preprocessed already; give text")
    opened = Corpus.open(name)
    for option, value in asked.items():
        made_with = opened.settings.get(option, value)
        if value not in (made_with, getattr(Settings, option)):
            flag = (
                "--no-lowercase"
                if option == "lowercase"
                else f"--{option.replace('_', '-')} {value}"
            )
            raise UsageError(
                f"{name}: was made with {option} {made_with}; leave {flag} out, or give it to xw2v preprocess"
            )
    return opened
