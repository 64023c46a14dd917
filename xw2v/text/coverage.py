"""What a rule of tokens leaves out of a text: letters and digits outside the tokens, and words that
it cuts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from xw2v.text.characters import SPACELESS, CharacterClass, classes_of, count_letters
from xw2v.text.tokens import AsciiRule, Losses, RawRule, TokenRule, WordsRule

NOTHING = Losses(0, 0, 0)
REPORTED_SHARE = 0.01  # from which on a line says so
WEIGHT_OF_CUT = 3  # of words that are cut, against those that are left out, as examples
MAX_EXAMPLE_LETTERS = 40
_PUNCTUATION = ".,;:!?()[]{}<>*=-–—/\"'«»“”„…。，"
EXAMPLE_WORDS = 4000  # of a chunk that are looked at first for an example
MAX_EXAMPLE_WORDS = 20_000  # of a chunk that are looked at for want of one
EXAMPLE_CHUNKS = 4  # in which so many are looked at
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


class Example(NamedTuple):
    """A word of a text that is not kept as it is.

    Attributes:
        word: as it is in the text.
        becomes: what is made of it; empty where it is left out.
        remedy: the option that keeps it.
    """

    word: str
    becomes: str
    remedy: str

    def __str__(self) -> str:
        what = f"becomes {self.becomes!r}" if self.becomes else "is left out"
        return f"{self.word!r} {what}; {self.remedy} keeps it"


@dataclass
class Coverage:
    """What is left out of a text, with an example.

    Attributes:
        losses: letters and digits of the text, those in no token, and cut tokens.
        tokens: all of them.
        outside: a word with letters or digits in no token.
        cut: a word that is cut.
    """

    losses: Losses = NOTHING
    tokens: int = 0
    outside: Example | None = None
    cut: Example | None = None
    _searches: int = field(default=0, compare=False)

    def add_text(self, losses: Losses, tokens: int, rule: TokenRule, chunk: bytes) -> None:
        """Count a chunk of running text; its most frequent lost words may become the examples."""
        self._add(losses, tokens)
        wanted = [
            name
            for name, lost, total in (
                ("outside", losses.outside, losses.letters),
                ("cut", losses.cut_tokens, tokens),
            )
            if getattr(self, name) is None and lost and lost >= REPORTED_SHARE * total
        ]
        if not wanted or self._searches == EXAMPLE_CHUNKS:
            return
        words = chunk.decode().split(maxsplit=MAX_EXAMPLE_WORDS)[:MAX_EXAMPLE_WORDS]
        for some in (words[:EXAMPLE_WORDS], words[EXAMPLE_WORDS:]):
            for name in wanted:
                if getattr(self, name) is None:
                    setattr(self, name, _most_frequent_lost(rule, some, name))
        self._searches += any(getattr(self, name) is None for name in wanted)

    def add_document(self, losses: Losses, rule: TokenRule, tokens: Sequence[str]) -> None:
        """The same for a document that comes as tokens, of which each is a word or left out."""
        self._add(losses, len(tokens))
        if (
            self.outside is None
            and losses.outside
            and (losses.outside >= REPORTED_SHARE * losses.letters)
        ):
            lost = Counter(token for token in tokens if rule.word(token) is None)
            token = _heaviest(rule, {t: n for t, n in lost.items() if count_letters(t)})
            remedy = _remedy(rule, lambda other: other.word(token) is not None)
            self.outside = Example(token[:MAX_EXAMPLE_LETTERS], "", remedy)

    def _add(self, losses: Losses, tokens: int) -> None:
        self.losses = Losses(*map(sum, zip(self.losses, losses, strict=True)))
        self.tokens += tokens

    def join(self, other: Coverage) -> None:
        """Count a text that follows."""
        self._add(other.losses, other.tokens)
        self.outside = self.outside or other.outside
        self.cut = self.cut or other.cut

    def record(self) -> dict[str, int | float | str]:
        """What run.json and corpus.json say; nothing where no letters were counted."""
        letters, outside, cut_tokens = self.losses
        if not letters:
            return {}
        return {
            "letters": letters,
            "outside_tokens": outside,
            "share_outside": round(outside / letters, 6),
            "example": self.outside.word if self.outside and outside else "",
            "cut_tokens": cut_tokens,
            "cut_example": self.cut.word if self.cut and cut_tokens else "",
        }

    def notices(self) -> list[str]:
        """Lines for the user, where much of the text is in no token or cut."""
        letters, outside, cut_tokens = self.losses
        notices = []
        for lost, total, what, example in (
            (outside, letters, "of the letters and digits are in no word", self.outside),
            (cut_tokens, self.tokens, "of the words are cut or lose marks", self.cut),
        ):
            if lost and lost >= REPORTED_SHARE * total:
                shown = f": {example}" if example else "; other rules (`tokens`) keep more"
                notices.append(f"{lost / total:.1%} {what}{shown}")
        return notices


def _most_frequent_lost(rule: TokenRule, words: Iterable[str], kind: str) -> Example | None:
    """An example of words of running text.

    Args:
        kind: outside or cut, see `Coverage`.
    """
    counts = Counter(word.strip(_PUNCTUATION)[:MAX_EXAMPLE_LETTERS] for word in words)
    lost: dict[str, int] = {}
    most = 0
    for word, count in counts.most_common():
        if count * WEIGHT_OF_CUT < most:
            break
        losses = rule.losses(word)
        if losses.outside if kind == "outside" else losses.cut_tokens:
            lost[word] = count
            most = max(most, count)
    if not lost:
        return None
    word = _heaviest(rule, {word: count for word, count in counts.items() if word in lost})
    remedy = _remedy(rule, lambda other: not other.losses(word))
    return Example(word, " ".join(rule.line(word)), remedy)


def _heaviest(rule: TokenRule, counts: dict[str, int]) -> str:
    """The most frequent word, where those of which something is kept count more than once."""
    return max(counts, key=lambda word: counts[word] * (WEIGHT_OF_CUT if rule.line(word) else 1))


def _remedy(rule: TokenRule, keeps: Callable[[TokenRule], bool]) -> str:
    """The option by which a word would be kept: the first of those that keep it, or raw."""
    for candidate, option in (
        (AsciiRule(), "`tokens` ascii"),
        (WordsRule(), "`tokens` words"),
        (WordsRule(keep_digits=True), "`tokens` words `keep_digits`"),
    ):
        if rule.option not in option and keeps(candidate):
            return option
    with_digits = WordsRule(keep_digits=True)
    if isinstance(rule, WordsRule) and not rule.keep_digits and keeps(with_digits):
        return "`tokens` words `keep_digits`"
    return RawRule.option


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
