"""What a token is: the rule, in its plain form.

In running text a line is a sentence and the tokens are the pattern's matches in it, so that `War,`
gives `war`. Of a source that comes as tokens, such as the words of an NLTK corpus, a token counts
if the whole of it matches. Either way lower-casing comes first, unless it is switched off.

`scan` does the same, much faster, for patterns that are one set of ASCII characters; the tests hold
it to this module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from xw2v.errors import UsageError
from xw2v.settings import Settings

# one set of ASCII characters, no escapes, no negation, repeated: what `ascii_table` understands
_ASCII_SET = re.compile(r"\[(?!\^)[!-Z_-~]+\]\+", re.ASCII)
# the characters beyond ASCII whose lower-case form has an ASCII letter in it (a test looks for
# others)
LOWER_TO_ASCII = {"\u212a": "k", "\u0130": "i\u0307"}  # Kelvin sign, I with dot above


@dataclass(frozen=True)
class Tokenizer:
    """A token pattern and whether text is lower-cased before it is matched.

    Raises UsageError where `pattern` is no regular expression or matches the empty string.

    >>> Tokenizer().line("War, and the world's peace in 1919.")
    ['war', 'and', 'the', "world's", 'peace', 'in']
    """

    pattern: str = Settings.token_pattern
    lowercase: bool = Settings.lowercase

    def __post_init__(self) -> None:
        try:
            matches_nothing = not self.pattern or re.compile(self.pattern).fullmatch("") is not None
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(
                f"--token-pattern {self.pattern!r} is not a regular expression: {error}"
            ) from None
        if matches_nothing:
            raise UsageError(
                f"--token-pattern {self.pattern!r} matches the empty string; write + for *"
            )

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def line(self, text: str) -> list[str]:
        """The tokens of one line of running text, in order."""
        if self.lowercase:
            text = text.lower()
        if self.regex.groups:  # findall would give the groups
            return [match.group() for match in self.regex.finditer(text) if match.group()]
        return [token for token in self.regex.findall(text) if token]

    def word(self, token: str) -> str | None:
        """A token of a tokenised source, stripped and lower-cased; None if it does not match."""
        token = token.strip()
        if self.lowercase:
            token = token.lower()
        return token if token and self.regex.fullmatch(token) else None

    @cached_property
    def ascii_table(self) -> bytes | None:
        """A `bytes.translate` table (256,) from text to letters (lower-cased if so set), spaces
        and newlines.

        None where the pattern is not one set of visible ASCII characters, repeated. Bytes of
        characters beyond ASCII become spaces: the caller has to replace LOWER_TO_ASCII before.
        """
        if not _ASCII_SET.fullmatch(self.pattern):
            return None
        table = bytearray(b" " * 256)
        for code in range(33, 127):
            character = chr(code).lower() if self.lowercase else chr(code)
            if self.regex.fullmatch(character):
                table[code] = ord(character)
        table[ord("\n")] = table[ord("\r")] = ord("\n")
        return bytes(table)
