"""NLTK's corpora by NLTK's own readers, out of its zip files or folders."""

from __future__ import annotations

import os
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xw2v.errors import InputError, UsageError
from xw2v.storage.files import reason
from xw2v.text.sources import Source, TextChunk, described

DEFAULT = ("brown", "reuters", "gutenberg")
_WORD_PUNCT = re.compile(r"\w+|[^\w\s]+")  # nltk.tokenize.WordPunctTokenizer's pattern
_NAME = re.compile(r"[a-z]\w*")


def present(name: str) -> bool:
    """Whether corpus `name` is on this machine: looks where NLTK would, without importing it."""
    return any(
        (place / "corpora" / name).is_dir() or (place / "corpora" / f"{name}.zip").is_file()
        for place in places()
    )


def places() -> list[Path]:
    """The folders that NLTK searches for its data, as `nltk.data.path` lists them."""
    named = [place for place in os.environ.get("NLTK_DATA", "").split(os.pathsep) if place]
    own = [os.path.expanduser("~/nltk_data")]
    own += [
        os.path.join(sys.prefix, *sub)
        for sub in (["nltk_data"], ["share", "nltk_data"], ["lib", "nltk_data"])
    ]
    if sys.platform == "win32":
        shared = [
            os.path.join(os.environ.get("APPDATA", "C:\\"), "nltk_data"),
            r"C:\nltk_data",
            r"D:\nltk_data",
        ]
    else:
        shared = [
            f"{root}/nltk_data"
            for root in ("/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib")
        ]
    return [Path(place) for place in (*named, *own, *shared)]


def parse(names: str) -> list[str]:
    """The corpora of `nltk` or `nltk:brown,reuters`, without repetition.

    Raises UsageError for what cannot be the name of a corpus.
    """
    chosen = [
        name.strip()
        for name in names.removeprefix("nltk").removeprefix(":").split(",")
        if name.strip()
    ]
    for name in chosen:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{names}: {name!r} is not the name of an NLTK corpus; say nltk:brown,reuters"
            )
    return list(dict.fromkeys(chosen)) or list(DEFAULT)


class NltkCorpus(Source):
    """A corpus of NLTK's that has words; every file of it is a document."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.description = name.capitalize()
        self.total = sum(
            file.stat().st_size
            for place in places()
            for file in [place / f"corpora/{name}.zip"]
            if file.is_file()
        )

    def chunks(self, splits_at_spaces: bool) -> Iterator[TextChunk]:
        import nltk.corpus

        reader = getattr(nltk.corpus, self.name, None)
        if reader is None:
            raise InputError(f"nltk:{self.name}: NLTK knows no corpus of this name")
        try:
            files = reader.fileids()
            if not hasattr(reader, "words"):
                raise InputError(f"nltk:{self.name}: this corpus has no words to read")
            for done, file in enumerate(files):
                yield words(reader, file)
                self.done = self.total * (done + 1) // len(files)
        except LookupError:
            raise InputError(
                f"nltk:{self.name}: not on this machine; get it with xw2v download "
                f"nltk:{self.name}, or set NLTK_DATA to where it is"
            ) from None
        except (OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
            text = reason(error) if isinstance(error, OSError) else str(error)
            raise InputError(
                f"nltk:{self.name}: cannot be read ({text}); get it again with "
                f"xw2v download nltk:{self.name}"
            ) from None


def words(reader: Any, file: str) -> list[str]:
    """The tokens of a file, as `reader.words(file)`; faster for NLTK's two commonest readers.

    NLTK reads a few lines at a time through a file that it seeks in, and takes half a minute for
    its three best known corpora. `raw` and the tokenizer's own rule give the same in a few seconds.
    """
    from nltk.corpus.reader import PlaintextCorpusReader, TaggedCorpusReader
    from nltk.tokenize import WhitespaceTokenizer, WordPunctTokenizer

    tokenizer = getattr(reader, "_word_tokenizer", None)
    if isinstance(reader, PlaintextCorpusReader) and type(tokenizer) is WordPunctTokenizer:
        return _WORD_PUNCT.findall(reader.raw(file))
    separator = getattr(reader, "_sep", None)
    if (
        isinstance(reader, TaggedCorpusReader)
        and type(tokenizer) is WhitespaceTokenizer
        and separator
    ):
        pairs = reader.raw(file).split()
        return [pair.rpartition(separator)[0] if separator in pair else pair for pair in pairs]
    return [str(word) for word in reader.words(file)]


def description(names: Sequence[str]) -> str:
    """A line such as "Brown, Reuters and Gutenberg (NLTK)"."""
    return f"{described([name.capitalize() for name in names])} (NLTK)"
