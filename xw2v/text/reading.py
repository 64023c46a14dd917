"""From what a user names (files, folders, `corpus`) to a Corpus."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings
from xw2v.text.corpus import Corpus
from xw2v.text.corpus_folder import VALIDATION, VOCABULARY, is_corpus_folder, remove_corpus
from xw2v.text.encode import Encoder, Progress
from xw2v.text.inputs import ResolvedInputs, find_sources
from xw2v.text.options import DEFAULT_OPTIONS, OF_SETTINGS, TextOptions
from xw2v.text.read_ahead import read_ahead
from xw2v.text.sentence_ends import split_sentences
from xw2v.text.sources import TextChunk, described
from xw2v.text.text_parts import COMPLETE, TextPart, chunks_between
from xw2v.text.token_marks import is_marked_as_tokens
from xw2v.text.vocabulary import DEFAULT_LIMITS, DISTINCT_LIMIT, Vocabulary, VocabularyLimits


def open_corpus(
    inputs: Sequence[str | os.PathLike[str]] = (),
    corpus: str | None = None,
    options: TextOptions = DEFAULT_OPTIONS,
    limits: VocabularyLimits = DEFAULT_LIMITS,
    *,
    progress: Progress | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Corpus:
    """The corpus of INPUT arguments and of `corpus`, or the default one.

    Args:
        inputs: files, folders, "-", or one folder that `xw2v preprocess` wrote, which is opened as
            it is.
        corpus: nltk, nltk:brown,reuters or docs.
        options: how the text is read.
        limits: which words get a row.
        folder: write the corpus there (see `corpus_folder`) and read it from there.

    Returns:
        The corpus; its `notices` are lines that a user should see.

    Raises:
        InputError: something is not there or cannot be read, or no word is left.
        UsageError: an option out of range, or a preprocessed folder among other inputs.
    """
    names = [os.fspath(name) for name in inputs]
    if any(map(is_corpus_folder, names)):
        if len(names) > 1 or corpus is not None:
            raise UsageError("a folder written by xw2v preprocess is a whole corpus: give it alone")
        if folder is not None:
            raise UsageError(f"{names[0]}: is preprocessed already; give text")
        options, _ = resolved_options(options, names)
        return _preprocessed(names[0], _record(options, limits))
    text = UnreadText.of(inputs, corpus, options, limits, folder)
    text.encode(progress)
    return text.corpus()


def _record(options: TextOptions, limits: VocabularyLimits) -> dict[str, Any]:
    """What a corpus keeps of how it was made."""
    return {
        **options.record(),
        "min_count": limits.min_count,
        "max_vocab": limits.max_vocab,
    }


@dataclass(frozen=True)
class UnreadText:
    """Text that was found and is to be encoded.

    Attributes:
        found: its sources.
        options: how it is read.
        limits: which words get a row.
        folder: see `open_corpus`.
        encoder: that takes it.
        notices: lines that a user should see.
    """

    found: ResolvedInputs
    options: TextOptions
    limits: VocabularyLimits
    folder: str | os.PathLike[str] | None
    encoder: Encoder
    notices: tuple[str, ...]

    @classmethod
    def of(
        cls,
        inputs: Sequence[str | os.PathLike[str]],
        corpus: str | None,
        options: TextOptions,
        limits: VocabularyLimits,
        folder: str | os.PathLike[str] | None,
    ) -> UnreadText:
        """Find the text; takes and raises what `open_corpus` does."""
        names = [os.fspath(name) for name in inputs]
        options, notices = resolved_options(options, names)
        found = find_sources(names, corpus, options.text_column)
        encoder = Encoder(options.rule(), folder, limits.distinct_limit, options.threads)
        return cls(found, options, limits, folder, encoder, (*found.notices, *notices))

    def encode(self, progress: Progress | None = None, part: TextPart = COMPLETE) -> None:
        encode(self.found, self.encoder, progress, self.options.split_sentences, part)

    def corpus(self) -> Corpus:
        """The corpus of what was encoded."""
        encoder, description = self.encoder, self.found.description
        settings = _record(self.options, self.limits)
        read = Corpus.from_encoder(encoder, self.limits, description, settings, self.folder)
        return replace(read, notices=(*self.notices, *read.notices))


def read_corpus_with(
    vocabulary: Vocabulary,
    inputs: Sequence[str | os.PathLike[str]],
    options: TextOptions = DEFAULT_OPTIONS,
    *,
    progress: Progress | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Corpus:
    """Held-out text in the rows of a given vocabulary; raises what `open_corpus` does."""
    names = [os.fspath(name) for name in inputs]
    if len(names) == 1 and is_corpus_folder(names[0]):
        opened = Corpus.open(names[0])
        if opened.vocabulary.words != vocabulary.words:
            raise InputError(f"{names[0]}: made with another vocabulary than the training text's")
        return opened
    options, _ = resolved_options(options, names)
    found = find_sources(names, None, options.text_column)
    encoder = Encoder(options.rule(), folder, DISTINCT_LIMIT, options.threads)
    encode(found, encoder, progress, options.split_sentences)
    return Corpus.from_encoder(encoder, vocabulary, found.description, options.record(), folder)


def preprocess(
    inputs: Sequence[str | os.PathLike[str]],
    corpus: str | None,
    folder: str | os.PathLike[str],
    options: TextOptions = DEFAULT_OPTIONS,
    limits: VocabularyLimits = DEFAULT_LIMITS,
    *,
    val_input: Sequence[str | os.PathLike[str]] = (),
    progress: Progress | None = None,
) -> tuple[Corpus, Corpus | None]:
    """Write the corpus of `open_corpus` into a folder, and held-out text beside it.

    Returns:
        The corpus, and that of `val_input` in the same vocabulary; None where there is none.
    """
    made = open_corpus(inputs, corpus, options, limits, progress=progress, folder=folder)
    return preprocess_held_out(made, folder, options, val_input, progress)


def preprocess_held_out(
    made: Corpus,
    folder: str | os.PathLike[str],
    options: TextOptions,
    inputs: Sequence[str | os.PathLike[str]],
    progress: Progress | None,
) -> tuple[Corpus, Corpus | None]:
    """A corpus that was made, and held-out text in its vocabulary, written beside it."""
    held_out = os.path.join(os.fspath(folder), VALIDATION)
    if not inputs:
        remove_corpus(held_out)  # of an earlier run, with its vocabulary
        return made, None
    return made, read_corpus_with(
        made.vocabulary, inputs, options, progress=progress, folder=held_out
    )


def encode(
    found: ResolvedInputs,
    encoder: Encoder,
    progress: Progress | None = None,
    splits_sentences: bool = False,
    part: TextPart = COMPLETE,
) -> None:
    """Read a part of the text into an Encoder; raises InputError where it is all of the text, and
    there is no word in it.

    Args:
        splits_sentences: whether lines of running text are parted into sentences.
    """
    splits_at_spaces = encoder.rule.splits_at_spaces and not splits_sentences
    total = sum(source.total for source in found.sources)
    known = total > 0 and all(source.total for source in found.sources)
    try:
        with closing(_chunks(found, splits_at_spaces, encoder.threads, part)) as chunks:
            for chunk in chunks:
                if splits_sentences and isinstance(chunk, bytes):
                    chunk = split_sentences(chunk.decode()).encode()
                encoder.add(chunk)
                if progress is not None:
                    done = sum(source.done for source in found.sources)
                    progress(encoder.raw_words, done / total if known else None)
        encoder.flush()
    finally:
        encoder.close()
    if part == COMPLETE:
        check_words(found, encoder)


def check_words(found: ResolvedInputs, encoder: Encoder) -> None:
    """Raise InputError where there was no word in the text."""
    if not encoder.raw_words:
        raise InputError(
            f"{found.description}: no words in it ({encoder.rule.option}); other rules are "
            "`tokens` words and `tokens` raw"
        )


def _chunks(
    found: ResolvedInputs, splits_at_spaces: bool, threads: int, part: TextPart
) -> Generator[TextChunk, None, None]:
    """A part of the text, read ahead where there may be several threads and the sources can be
    left.
    """
    sources = [
        partial(chunks_between, source, bounds, splits_at_spaces)
        for source, bounds in zip(found.sources, part.bounds(found.sources), strict=True)
    ]
    if threads == 1 or any(source.is_stream for source in found.sources):
        for source in sources:
            yield from source()
    else:
        yield from read_ahead(sources, threads)


def resolved_options(
    options: TextOptions, names: Sequence[str], learnt: TextOptions | None = None
) -> tuple[TextOptions, list[str]]:
    """The options with a rule of tokens where they name none, and lines for the user.

    Args:
        options: as they are given.
        names: of files, which may be marked with the rule.
        learnt: the options with which the phrases were found that are joined in this text.
    """
    if options.tokens is not None or options.token_pattern is not None:
        return options, []
    marked = [name for name in names if is_marked_as_tokens(name)]
    if marked and len(marked) == len(names):
        notice = f"{described(marked)}: written by xw2v phrases, so words are as they stand (raw)"
        return replace(options, tokens="raw"), [notice]
    if marked:
        notice = f"{marked[0]} was written by xw2v phrases; `tokens` raw keeps its phrases"
        return options, [notice]
    if learnt is None:
        return options, []
    chosen = {
        name: getattr(learnt, name)
        for name in OF_SETTINGS
        if getattr(options, name) == getattr(DEFAULT_OPTIONS, name)
    }
    return replace(options, **chosen), []


def validation_of(inputs: Sequence[str | os.PathLike[str]]) -> Corpus | None:
    """The held-out text of a corpus folder that is the one input; None where there is none.

    Raises:
        InputError: it was made with another vocabulary.
    """
    if len(inputs) != 1:
        return None
    folder = os.path.join(os.fspath(inputs[0]), VALIDATION)
    if not is_corpus_folder(folder):
        return None
    vocabulary = Vocabulary.load(os.path.join(os.fspath(inputs[0]), VOCABULARY))
    return read_corpus_with(vocabulary, [folder])


def _preprocessed(name: str, settings: dict[str, Any]) -> Corpus:
    """A corpus folder; UsageError where a setting is neither its own nor the default."""
    opened = Corpus.open(name)
    for option, value in settings.items():
        made_with = opened.settings.get(option, value)
        if value not in (made_with, getattr(Settings, option)):
            raise UsageError(
                f"{name} was made with {'the default' if made_with is None else made_with}; leave "
                "this out, or give it to xw2v preprocess",
                setting=option,
                value=value,
            )
    return opened
