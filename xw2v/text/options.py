"""How text becomes words: the options that commands, Python and corpus.json share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xw2v.errors import UsageError
from xw2v.settings import SETTINGS, Settings
from xw2v.storage.cores import available_cores
from xw2v.text.tokens import AsciiRule, PatternRule, RawRule, TokenRule, WordsRule

MAX_THREADS = 8
RULES = ("ascii", "words", "raw")
# those that are settings of a run, too
OF_SETTINGS = ("tokens", "token_pattern", "lowercase", "keep_digits", "split_sentences")


@dataclass(frozen=True, kw_only=True)
class TextOptions:
    """How text is read.

    Attributes:
        text_column: column of tables that holds the text.
        tokens: ascii, words or raw, see `tokens`; None: ascii, but raw for files that
            `xw2v phrases` wrote.
        token_pattern: regular expression of a token, instead of such a rule.
        lowercase: whether text is lower-cased; None: it is, but for raw.
        keep_digits: whether numbers are words, with the rule words.
        split_sentences: whether lines of running text are parted into sentences.
        workers: threads that read; the words do not depend on their number; None: all cores.

    Raises:
        UsageError: options that contradict each other.
    """

    text_column: str = "text"
    tokens: str | None = Settings.tokens
    token_pattern: str | None = Settings.token_pattern
    lowercase: bool | None = Settings.lowercase
    keep_digits: bool = Settings.keep_digits
    split_sentences: bool = Settings.split_sentences
    workers: int | None = Settings.workers

    def __post_init__(self) -> None:
        if self.tokens not in (None, *RULES):
            raise UsageError(f"choose {', '.join(RULES)}", setting="tokens", value=self.tokens)
        if self.tokens is not None and self.token_pattern is not None:
            raise UsageError(
                f"two rules of what a word is, beside `tokens` {self.tokens}; give one of them",
                setting="token_pattern",
                value=self.token_pattern,
            )
        SETTINGS["workers"].check(self.workers)
        if self.keep_digits and self.tokens != "words":
            raise UsageError(
                "goes with `tokens` words alone; a `token_pattern` may have digits in it, and "
                "`tokens` raw keeps them anyway",
                setting="keep_digits",
                value=True,
            )

    @classmethod
    def from_settings(cls, settings: Settings, **others: Any) -> TextOptions:
        """Those that a run's settings hold, and others by name."""
        of_settings = {name: getattr(settings, name) for name in (*OF_SETTINGS, "workers")}
        return cls(**of_settings, **others)

    @property
    def threads(self) -> int:
        """As many as `workers`, but no more than there are cores, or than one thread can serve that
        puts together what the others find.
        """
        most = min(available_cores(), MAX_THREADS)
        return most if self.workers is None else min(self.workers, most)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> TextOptions:
        """Those that `record` gave; raises UsageError or TypeError where it is damaged."""
        options = cls(**{name: record[name] for name in OF_SETTINGS if name in record})
        for name in ("keep_digits", "split_sentences"):
            if not isinstance(getattr(options, name), bool):
                raise TypeError(name)
        if not isinstance(options.token_pattern, str | None):
            raise TypeError("token_pattern")
        return options

    def rule(self) -> TokenRule:
        """The rule of tokens; raises UsageError where the pattern is not one of tokens."""
        if self.token_pattern is not None:
            return PatternRule(self.token_pattern, self.lowercase is not False)
        if self.tokens == "raw":
            return RawRule(self.lowercase is True)
        if self.tokens == "words":
            return WordsRule(self.lowercase is not False, self.keep_digits)
        return AsciiRule(self.lowercase is not False)

    def record(self) -> dict[str, Any]:
        """What a corpus records of them: what its words depend on."""
        return {name: getattr(self, name) for name in OF_SETTINGS}


DEFAULT_OPTIONS = TextOptions()
