"""Phrases of a text in a file, to join them in other text."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xw2v.errors import FileFormatError, UsageError
from xw2v.storage.files import atomic_write
from xw2v.storage.jsonfile import read_json
from xw2v.text.options import TextOptions
from xw2v.text.phrases import Phrase, PhraseText

FORMAT = "xw2v phrases 1"


@dataclass(frozen=True)
class PhraseModel:
    """The phrases that each pass over a text joined.

    Attributes:
        delimiter: what joins the words of a phrase.
        connector_words: words that join others.
        passes: for each pass, phrases and their scores. Words of a later pass may be joined ones.
        settings: how they were found, for the record.

    Raises:
        UsageError: the delimiter is empty or has whitespace.
    """

    delimiter: str = "_"
    connector_words: tuple[str, ...] = ()
    passes: list[dict[Phrase, float]] = field(default_factory=list)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        delimiter = self.delimiter
        if not delimiter or not delimiter.isprintable() or delimiter.split() != [delimiter]:
            raise UsageError("give visible characters", setting="delimiter", value=delimiter)

    @property
    def scores(self) -> dict[str, float]:
        """All phrases, joined, and their scores."""
        return {
            self.delimiter.join(phrase): score
            for phrases in self.passes
            for phrase, score in phrases.items()
        }

    @property
    def options(self) -> TextOptions:
        """How the text was read in which they were found."""
        return TextOptions.from_record(self.settings)

    def learn(
        self, text: PhraseText, passes: int, min_count: int, threshold: float, scoring: str
    ) -> None:
        """Find and join the phrases of a text, pass by pass."""
        for _ in range(passes):
            self.passes.append(text.join(min_count, threshold, scoring))

    def apply(self, text: PhraseText) -> None:
        """Join these phrases in a text that was made with this delimiter and connector words."""
        for phrases in self.passes:
            text.apply(phrases)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write JSON; raises InputError where that cannot be written."""
        content = {
            "format": FORMAT,
            "delimiter": self.delimiter,
            "connector_words": self.connector_words,
            "settings": dict(self.settings),
            "passes": [
                [[*phrase, score] for phrase, score in phrases.items()] for phrases in self.passes
            ],
        }
        with atomic_write(path) as file:
            text = json.dumps(content, ensure_ascii=False, indent=1)
            file.write(text.encode("utf-8", "surrogatepass"))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PhraseModel:
        """Read what `save` wrote; raises FileFormatError where the file is something else."""
        try:
            content = read_json(path)
            if content["format"] != FORMAT:
                raise ValueError
            passes = [
                {tuple(map(_word, phrase)): float(score) for *phrase, score in phrases}
                for phrases in content["passes"]
            ]
            if any(len(phrase) < 2 for phrases in passes for phrase in phrases):
                raise ValueError
            connectors = tuple(map(_word, content["connector_words"]))
            model = cls(_word(content["delimiter"]), connectors, passes, dict(content["settings"]))
            model.options.rule()
            return model
        except UsageError:
            raise FileFormatError("its delimiter or its options are damaged", path=path) from None
        except (ValueError, TypeError, KeyError):
            raise FileFormatError(f"not a file of phrases ({FORMAT})", path=path) from None


def _word(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value
