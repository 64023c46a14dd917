"""What a token is: the rules, in their plain form.

In running text a line is a sentence, and a rule finds the tokens of a line:

    ascii   `[a-z']+` in the lower-cased line; a typographic apostrophe counts as '
    words   words of any language (UAX #29), normalised and lower-cased
    raw     whatever stands between whitespace, as it is
    a regular expression: its matches in the lower-cased line

Of a source that comes as tokens, such as the words of an NLTK corpus, a token counts if all of it
is one token by the rule.

`scan` does the same, much faster, for all but most regular expressions; the tests hold it to this
module.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np

from xw2v.errors import UsageError
from xw2v.text.characters import (
    SPACELESS,
    WORD_CLASSES,
    CharacterClass,
    characters_of,
    class_table,
    count_letters,
    invisible_characters,
    joiners,
)

APOSTROPHES = "\u2019\u02bc\uff07"  # typographic, modifier letter and fullwidth
# one set of ASCII characters, no escapes, no negation, repeated: what `ascii_table` understands
_ASCII_SET = re.compile(r"\[(?!\^)[!-Z_-~]+\]\+", re.ASCII)
_LINE_ENDS = re.compile("[\r\n]+")
# the characters beyond ASCII whose lower-case form has an ASCII letter in it (a test looks for
# others)
LOWER_TO_ASCII = {"\u212a": "k", "\u0130": "i\u0307"}  # Kelvin sign, I with dot above


class Losses(NamedTuple):
    """What a rule leaves out of a text.

    Attributes:
        letters: letters and digits of the text.
        outside: those in no token.
        cut_tokens: tokens that end within a word, as Unicode defines words, or without the marks
            on their last letter: those followed by a mark, by an invisible character such as a soft
            hyphen, or by an underscore and more letters.
    """

    letters: int
    outside: int
    cut_tokens: int

    def __bool__(self) -> bool:
        """Whether anything is lost."""
        return self.outside > 0 or self.cut_tokens > 0

    @classmethod
    def of(cls, lines: Iterable[str], tokens: Iterable[str], cut_tokens: int) -> Losses:
        """The losses of prepared lines in which a rule found tokens."""
        letters = count_letters("".join(lines))
        return cls(letters, max(0, letters - count_letters("".join(tokens))), cut_tokens)

    def since(self, before: Losses) -> Losses:
        """What was lost after an earlier count."""
        return Losses(*(now - then for now, then in zip(self, before, strict=True)))


class TokenRule(ABC):
    """Finds tokens in text.

    Attributes:
        option: the setting that chooses the rule, for messages.
        splits_at_spaces: whether text may be cut at any space or tab without a change.
        keeps_all_letters: whether every letter and digit is in a token.
        keep_digits: whether numbers are tokens, for the rule of words.
        normalises: whether words may be other strings than their tokens in prepared text.
    """

    option: str
    splits_at_spaces = True
    keeps_all_letters = False
    keep_digits = False
    normalises = True

    def prepare(self, text: str) -> str:
        """A line of text, or several, as `find` expects it."""
        return text

    @abstractmethod
    def find(self, text: str) -> list[str]:
        """The tokens of prepared text, in order and as they stand in it."""

    def normalise(self, token: str) -> str:
        """The word of a token that `find` gave."""
        return token

    def line(self, text: str) -> list[str]:
        """The words of one line of running text, in order."""
        return list(map(self.normalise, self.find(self.prepare(text))))

    def word(self, token: str) -> str | None:
        """The word of a token of a tokenised source; None where it is not one token."""
        prepared = self.prepare(token.strip())
        found = self.find(prepared)
        return self.normalise(prepared) if found == [prepared] else None

    def losses(self, text: str) -> Losses:
        """What is left out of a line of text, or of several."""
        lines = [self.prepare(line) for line in _LINE_ENDS.split(text)]
        found = [token for line in lines for token in self.find(line)]
        return Losses.of(lines, found, sum(map(self.cut_tokens, lines)))

    def cut_tokens(self, text: str) -> int:
        """How many tokens of a prepared line are cut, see `Losses`."""
        return 0

    @property
    def ascii_table(self) -> bytes | None:
        """A `bytes.translate` table for `scan`, where tokens are runs of one ASCII set.

        (256,), from UTF-8 to letters (lower-cased if so set), spaces and newlines. The bytes of
        characters beyond ASCII become spaces: `replacements` come first.
        """
        return None

    @property
    def replacements(self) -> dict[str, str]:
        """Characters beyond ASCII that are replaced before `ascii_table` applies."""
        return {}

    @property
    def classes(self) -> np.ndarray | None:
        """`CharacterClass` of each code point for `scan`, where tokens follow from it: (0x110000,)
        uint8.
        """
        return None


class PatternRule(TokenRule):
    """Tokens are the matches of a regular expression.

    Args:
        pattern: must not match the empty string.
        lowercase: whether text is lower-cased before it is matched.

    Raises:
        UsageError: `pattern` is not a regular expression or matches the empty string.

    >>> PatternRule("[a-z']+").line("War, and the world's peace in 1919.")
    ['war', 'and', 'the', "world's", 'peace', 'in']
    """

    normalises = False

    def __init__(self, pattern: str, lowercase: bool = True) -> None:
        self.pattern = pattern
        self.lowercase = lowercase
        self.option = f"`token_pattern` {pattern!r}"
        try:
            self.regex = re.compile(pattern)
            matches_nothing = not pattern or self.regex.fullmatch("") is not None
        except (re.error, OverflowError, RecursionError) as error:
            raise self._error(f"not a regular expression: {error}") from None
        if matches_nothing:
            raise self._error("matches the empty string; write + for *")
        self.splits_at_spaces = self.ascii_table is not None

    def _error(self, message: str) -> UsageError:
        return UsageError(message, setting="token_pattern", value=self.pattern)

    def prepare(self, text: str) -> str:
        return text.lower() if self.lowercase else text

    def find(self, text: str) -> list[str]:
        if self.regex.groups:  # findall would give the groups
            return [match.group() for match in self.regex.finditer(text) if match.group()]
        return [token for token in self.regex.findall(text) if token]

    def cut_tokens(self, text: str) -> int:
        if text.isascii() and "_" not in text:
            return 0
        joins = np.append(joiners(text), False)
        ends = [match.end() for match in self.regex.finditer(text) if match.group()]
        return int(np.count_nonzero(joins[ends])) if ends else 0

    def word(self, token: str) -> str | None:
        prepared = self.prepare(token.strip())
        return prepared if prepared and self.regex.fullmatch(prepared) else None

    @cached_property
    def ascii_table(self) -> bytes | None:
        if not _ASCII_SET.fullmatch(self.pattern):
            return None
        table = bytearray(b" " * 256)
        for code in range(33, 127):
            character = chr(code).lower() if self.lowercase else chr(code)
            if self.regex.fullmatch(character):
                table[code] = ord(character)
        table[ord("\n")] = table[ord("\r")] = ord("\n")
        return bytes(table)

    @property
    def replacements(self) -> dict[str, str]:
        return LOWER_TO_ASCII if self.lowercase else {}


class AsciiRule(PatternRule):
    """Tokens are runs of ASCII letters and apostrophes, typographic ones among them.

    >>> AsciiRule().line("Isn’t it O'Neill's?")
    ["isn't", 'it', "o'neill's"]
    """

    def __init__(self, lowercase: bool = True) -> None:
        super().__init__("[a-z']+" if lowercase else "[A-Za-z']+", lowercase)
        self.option = "`tokens` ascii"

    def prepare(self, text: str) -> str:
        return super().prepare(text).translate(_TO_APOSTROPHE)

    @property
    def replacements(self) -> dict[str, str]:
        return super().replacements | dict.fromkeys(APOSTROPHES, "'")


class WordsRule(TokenRule):
    """Tokens are the words of UAX #29, tailored as in `characters`, that have a letter.

    A word is normalised (NFC), its apostrophes become ', invisible formatting is removed from it,
    and it is lower-cased. Letters of scripts without spaces between words make one token where
    nothing else separates them.

    Args:
        lowercase: whether words are lower-cased.
        keep_digits: whether numbers are words, too.

    >>> WordsRule().line("L’été, à 3.5 km d’Orléans: «ΟΔΟΣ», हिन्दी.")
    ["l'été", 'à', 'km', "d'orléans", 'οδος', 'हिन्दी']
    """

    option = "`tokens` words"

    def __init__(self, lowercase: bool = True, keep_digits: bool = False) -> None:
        self.lowercase = lowercase
        self.keep_digits = keep_digits

    def find(self, text: str) -> list[str]:
        found = _word_regex().findall(text)
        return found if self.keep_digits else list(filter(_letter_regex().search, found))

    def normalise(self, token: str) -> str:
        if token.isascii():
            return token.lower() if self.lowercase else token
        word = unicodedata.normalize("NFC", token.translate(_visible_form()))
        if self.lowercase:  # which may leave characters that have a composed form
            word = unicodedata.normalize("NFC", word.lower())
        return word

    @property
    def classes(self) -> np.ndarray:
        return class_table()


class RawRule(TokenRule):
    """Tokens are whatever stands between whitespace, and those of a tokenised source as they are.

    >>> RawRule().line("GATTACA  user:17\\tC1=CC=CC=C1")
    ['GATTACA', 'user:17', 'C1=CC=CC=C1']
    """

    option = "`tokens` raw"
    keeps_all_letters = True

    def __init__(self, lowercase: bool = False) -> None:
        self.lowercase = self.normalises = lowercase

    def find(self, text: str) -> list[str]:
        return text.split()

    def normalise(self, token: str) -> str:
        return token.lower() if self.lowercase else token

    def word(self, token: str) -> str | None:
        return self.normalise(token) if token.strip() else None

    @property
    def classes(self) -> np.ndarray:
        return _raw_classes()


_TO_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))


@cache
def _visible_form() -> dict[int, str]:
    """For `str.translate`: apostrophes to ', and formatting characters to nothing."""
    return _TO_APOSTROPHE | dict.fromkeys(map(ord, invisible_characters()), "")


@cache
def _letter_regex() -> re.Pattern[str]:
    return re.compile(f"[{characters_of(*WORD_CLASSES)}]")


@cache
def _word_regex() -> re.Pattern[str]:
    """The words of UAX #29, see scan.c for the same as a loop."""
    of = CharacterClass
    extend = f"[{characters_of(of.EXTEND)}]*"
    hebrew = characters_of(of.HEBREW)
    letter = f"[{characters_of(of.LETTER)}{hebrew}]{extend}"
    digit = f"[{characters_of(of.DIGIT)}]{extend}"
    between_letters = f"[{characters_of(of.MID_LETTER, of.MID_BOTH, of.APOSTROPHE)}]{extend}"
    between_digits = f"[{characters_of(of.MID_NUMBER, of.MID_BOTH, of.APOSTROPHE)}]{extend}"
    between_hebrew = f'(?<=[{hebrew}])"(?=[{hebrew}])'
    letters = f"{letter}(?:(?:{between_letters}|{between_hebrew})?{letter})*"
    digits = f"{digit}(?:(?:{between_digits})?{digit})*"
    alike = "|".join(f"(?:[{characters_of(kind)}]{extend})+" for kind in (*SPACELESS, of.NUMBER))
    part = f"(?:(?:{letters}|{digits})+|{alike})"
    connectors = f"(?:[{characters_of(of.CONNECTOR)}]{extend})+"
    geresh = f"(?:(?<=[{hebrew}])[{characters_of(of.APOSTROPHE)}])?"
    return re.compile(f"{part}(?:{connectors}{part})*{geresh}")


@cache
def _raw_classes() -> np.ndarray:
    table = np.full(0x110000, CharacterClass.LETTER, np.uint8)
    spaces = [code for code in range(0x3001) if chr(code).isspace()]
    table[spaces] = CharacterClass.OTHER
    table[[ord("\n"), ord("\r")]] = CharacterClass.LINE_END
    return table
