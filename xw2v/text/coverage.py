"""What a rule of tokens leaves out of a text: letters and digits outside the tokens, reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from xw2v.text.characters import SPACELESS, CharacterClass, classes_of
from xw2v.text.tokens import AsciiRule, RawRule, TokenRule, WordsRule

REPORTED_SHARE = 0.01
WEIGHT_OF_CUT = 3  # of words that are cut, against those that are left out, as examples
MAX_EXAMPLE_LETTERS = 40
_PUNCTUATION = ".,;:!?()[]{}<>*=-–—/\"'«»“”„…。，"
EXAMPLE_WORDS = 4000  # looked at for an example
SAMPLE_WORDS = 20_000  # looked at for scripts without spaces
# mean letters of a token, beyond which text of these scripts is not segmented into words
MAX_SEGMENTED_LETTERS = {CharacterClass.EAST_ASIAN: 4.0, CharacterClass.SOUTH_EAST_ASIAN: 10.0}
SCRIPTS = {
    CharacterClass.EAST_ASIAN: "Chinese or Japanese",
    CharacterClass.SOUTH_EAST_ASIAN: "Thai, Lao, Khmer or Burmese",
}
SEGMENTERS = {
    CharacterClass.EAST_ASIAN: "jieba for Chinese, fugashi or janome for Japanese",
    CharacterClass.SOUTH_EAST_ASIAN: "PyThaiNLP for Thai",
}


@dataclass
class Coverage:
    """Letters and digits of a text, and those outside its tokens.

    Attributes:
        letters: all of them.
        outside: those in no token.
        example: a word, as it is in the text, that is in no token or cut.
    """

    letters: int = 0
    outside: int = 0
    example: str = ""

    @property
    def share_outside(self) -> float:
        return self.outside / self.letters if self.letters else 0.0

    def add(self, letters: int, outside: int, rule: TokenRule, chunk: bytes) -> None:
        """Count a chunk of text; its most frequent cut word may become the example."""
        self.letters += letters
        self.outside += outside
        if not self.example and outside > REPORTED_SHARE * letters:
            self.example = _most_frequent_cut_word(rule, chunk)

    def record(self) -> dict[str, int | float | str]:
        """What run.json and corpus.json say; nothing where no letters were counted."""
        if not self.letters:
            return {}
        return {
            "letters": self.letters,
            "outside_tokens": self.outside,
            "share_outside": round(self.share_outside, 6),
            "example": self.example,
        }

    def notice(self, rule: TokenRule) -> str | None:
        """A line for the user, where much of the text is in no token."""
        if self.share_outside < REPORTED_SHARE:
            return None
        found = rule.line(self.example)
        what = f"becomes {' '.join(found)!r}" if found else "is left out"
        return (
            f"{self.share_outside:.1%} of the letters and digits are in no word: "
            f"{self.example!r} {what}; {_remedy(self.example, rule)} keeps it"
        )


def _most_frequent_cut_word(rule: TokenRule, chunk: bytes) -> str:
    counts = Counter(word.strip(_PUNCTUATION) for word in chunk.decode().split()[:EXAMPLE_WORDS])
    cut: Counter[str] = Counter()
    for word, count in counts.items():
        if rule.letters(word)[1]:
            cut[word] = count * (WEIGHT_OF_CUT if rule.line(word) else 1)
    return cut.most_common(1)[0][0][:MAX_EXAMPLE_LETTERS] if cut else ""


def _remedy(word: str, rule: TokenRule) -> str:
    """The option by which all of a word would be kept."""
    for candidate, option in (
        (AsciiRule(), "`tokens` ascii"),
        (WordsRule(), "`tokens` words"),
        (WordsRule(keep_digits=True), "`tokens` words `keep_digits`"),
    ):
        if rule.option not in option and candidate.letters(word)[1] == 0:
            return option
    return "`tokens` words `keep_digits`" if isinstance(rule, WordsRule) else RawRule.option


def spaceless_notice(words: Iterable[tuple[str, int]]) -> str | None:
    """A line for the user, where text of a script without spaces is not segmented into words.

    Args:
        words: some words and how often each was met.
    """
    total = 0
    letters: Counter[CharacterClass] = Counter()
    tokens: Counter[CharacterClass] = Counter()
    for word, count in words:
        total += count
        kind = CharacterClass(int(classes_of(word[0])[0])) if word else CharacterClass.OTHER
        if kind in SPACELESS:
            letters[kind] += count * len(word)
            tokens[kind] += count
    for kind in SPACELESS:
        if tokens[kind] > REPORTED_SHARE * total:
            mean = letters[kind] / tokens[kind]
            if mean > MAX_SEGMENTED_LETTERS[kind]:
                return (
                    f"{SCRIPTS[kind]} is written without spaces, and here words have {mean:.0f} "
                    f"letters: separate them first with a segmenter ({SEGMENTERS[kind]})"
                )
    return None
