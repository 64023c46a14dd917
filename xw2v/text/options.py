"""How text becomes words: the options that commands, Python and corpus.json share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xw2v.settings import Settings
from xw2v.text.tokens import Tokenizer


@dataclass(frozen=True, kw_only=True)
class TextOptions:
    """How text is read.

    Attributes:
        text_column: column of tables that holds the text.
        token_pattern: regular expression of a token.
        lowercase: whether text is lower-cased first.
    """

    text_column: str = "text"
    token_pattern: str = Settings.token_pattern
    lowercase: bool = Settings.lowercase

    def tokenizer(self) -> Tokenizer:
        """The rule of tokens; raises UsageError where the pattern is not one of tokens."""
        return Tokenizer(self.token_pattern, self.lowercase)

    def record(self) -> dict[str, Any]:
        """What a corpus records of them: what its words depend on."""
        return {"token_pattern": self.token_pattern, "lowercase": self.lowercase}


DEFAULT_OPTIONS = TextOptions()
