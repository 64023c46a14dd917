"""Every setting of a training run: its default, its range, its flags and its help, in this one
place.

The command line, configuration files and the Python API all read this table. Imports no heavy
library.
"""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from xw2v.errors import UsageError

if TYPE_CHECKING:
    from xw2v.sgns.interface import StepConfig

# Defaults that depend on another setting; docs/experiments.md has the measurements.
DEFAULT_ALPHA = {"skipgram": 0.05, "cbow": 0.2}
DEFAULT_BATCH = {"skipgram": 2048, "cbow": 512}
FLOOR = {
    "skipgram": 1.0,
    "cbow": 0.2,
}  # ρ of the bound; skip-gram's with up to FEW negatives and groups of GROUP
CUDA_BATCH = 16384  # a GPU is not filled by what a core's cache holds
BLOCK = 8  # centers that share a span
GROUP = 64  # most tokens that share negatives; twice as many where negatives are few
LONG = 256  # numbers of a long vector
FEW = 5  # negatives a positive: word2vec's usual number
PUSHES, DRAWS = (
    400,
    10,
)  # of tokens that share negatives: most of them times `negative`, and negatives for each


def setting(
    default: Any,
    help: str,
    *flags: str,
    low: float | None = None,
    above: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """A dataclass field with what a user may give: low <= value <= high, or value > above."""
    metadata = {
        "help": help,
        "flags": flags,
        "low": low,
        "above": above,
        "high": high,
        "choices": choices,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run is made of, apart from its text; field names follow gensim where it has one.

    Raises:
        UsageError: a value out of range, with the option's name, the value and the range.
    """

    vector_size: int = setting(100, "Numbers in a vector.", "--dim", low=1, high=65536)
    window: int = setting(
        5, "Largest distance between a word and its context.", "--window-size", low=1, high=1000
    )
    min_count: int = setting(5, "Leave out words that occur fewer times.", low=1, high=2**62)
    max_vocab: int | None = setting(
        None, "Keep the N - 1 most frequent words; the rest become <UNK>.", low=2, high=2**62
    )
    negative: int = setting(5, "Negatives for each pair of words.", low=1, high=1000)
    ns_exponent: float = setting(
        0.75, "Negatives are drawn in proportion to count^this.", low=-5, high=5
    )
    sample: float = setting(
        1e-3, "Thin out words more frequent than this; 0 keeps every token.", low=0, high=1
    )
    alpha: float | None = setting(
        None, "Learning rate at the start (skip-gram 0.05, CBOW 0.2).", "--lr", above=0, high=10
    )
    min_alpha: float = setting(1e-4, "Learning rate at the end.", low=0, high=10)
    epochs: int = setting(5, "Passes over the corpus.", "--iter", low=1, high=10**9)
    seed: int = setting(1, "The same seed gives the same vectors.", low=0, high=2**63 - 1)
    model: str = setting("skipgram", "What predicts what.", choices=("skipgram", "cbow"))
    tied: bool = setting(False, "One table serves as input and output.")
    weight_decay: float = setting(
        0.0, "Shrink the rows that a batch touches by alpha times this.", low=0, high=1
    )
    tokens: str = setting(
        "ascii",
        "What a word is: ascii, [a-z']+ of lower-cased text; words, those of any language; raw, "
        "whatever stands between whitespace.",
        choices=("ascii", "words", "raw"),
    )
    token_pattern: str | None = setting(None, "Regular expression of a token, instead of a rule.")
    lowercase: bool | None = setting(None, "Lower-case the text (by default, but for raw).")
    keep_digits: bool = setting(False, "With the rule words, numbers are words, too.")
    batch_tokens: int | None = setting(
        None,
        "Tokens in a batch, in whole groups (CPU 2048 or, with long vectors, 4096; CBOW 512; CUDA 16384).",
        low=1,
        high=2**24,
    )
    shared_negatives: int | None = setting(
        None,
        "Distinct negatives that a group of tokens shares (set by the other settings).",
        low=1,
        high=65536,
    )
    bound: float = setting(
        0.5, "Largest share of its own length that a vector moves in a batch.", above=0, high=1
    )
    device: str = setting("cpu", "cpu, cuda, cuda:N, or auto.")
    backend: str | None = setting(None, "Array library: numpy, cupy or torch (set by the device).")
    deterministic: bool = setting(False, "Bit-equal results on a GPU too, at some cost in speed.")
    workers: int = setting(1, "Replicas that train in parallel.", low=1, high=4096)

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):
            check(each, getattr(self, each.name))
        if self.alpha is not None and self.min_alpha > self.alpha:
            raise UsageError(
                f"--min-alpha {self.min_alpha}: it is where --alpha {self.alpha} ends; give a smaller number"
            )
        if self.workers != 1:
            raise UsageError(
                f"--workers {self.workers}: this version trains in one process; give --workers 1"
            )
        try:
            re.compile(self.token_pattern or "")
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(
                f"--token-pattern {self.token_pattern!r}: not a regular expression: {error}"
            ) from None

    @classmethod
    def from_mapping(cls, values: dict[str, Any], where: str) -> Settings:
        """Settings from names and values, such as a configuration file's (`min-count` or
        `min_count`).

        Args:
            where: what to call the source in an error, such as the file's name.
        """
        names = [each.name for each in dataclasses.fields(cls)]
        known = {}
        for name, value in values.items():
            plain = name.replace("-", "_")
            if plain not in names:
                close = get_close_matches(plain, names, n=1)
                raise UsageError(
                    f"{where}: unknown setting {name!r}"
                    + (f"; did you mean {close[0]!r}?" if close else "")
                )
            known[plain] = value
        return cls(**known)

    @property
    def learning_rate(self) -> float:
        """α at the start: the one given, or the model's default."""
        return DEFAULT_ALPHA[self.model] if self.alpha is None else self.alpha

    @property
    def rounded_batch(self) -> int:
        """T: `batch_tokens`, or the device's default, rounded up to whole groups.

        With fewer negatives a group a batch is twice as large, so that it draws about as many.
        """
        on_gpu = self.device.partition(":")[0] == "cuda"
        usual = (
            CUDA_BATCH
            if on_gpu
            else DEFAULT_BATCH[self.model] * (2 if self._wide and self._long else 1)
        )
        return -(-(self.batch_tokens or usual) // self.group) * self.group

    @property
    def shared(self) -> int:
        """K: the number given, or as many as a center meets in word2vec, in eights and at most 256;
        CBOW twice.

        There a center of n = w + 1 pairs (the mean of a shrinking window) meets n · negative of
        them. Here its K negatives weigh n · negative / K each. CBOW has no control variate, and
        gains from more; so do wide groups, half as many again, but for long vectors, which pay most
        for them and do with three quarters.
        """
        if self.shared_negatives is not None:
            return self.shared_negatives
        several = (
            2 if self.model == "cbow" else 1 if not self._wide else 0.75 if self._long else 1.5
        )
        return min(max(16, 8 * round(several * self.negative * (self.window + 1) / 8)), 256)

    @property
    def group(self) -> int:
        """g: 64, or 32 or 16 where negatives are many, or 128 where they are few.

        All g centers push a drawn negative at once. Where negatives outweigh the positives, that
        many pushes on a few rows drown what is to be learnt; so they are spread over more rows, as
        far as that stays cheap.
        """
        if self._wide:
            return 2 * GROUP
        group = GROUP
        while group > 16 and group * self.negative > PUSHES and self.shared <= DRAWS * group // 2:
            group //= 2
        return group

    @property
    def _wide(self) -> bool:
        """Whether a group may be twice as large: with few negatives, in batches of groups enough to
        know their mean.
        """
        large = self.batch_tokens is None or self.batch_tokens >= DEFAULT_BATCH[self.model]
        return self.model == "skipgram" and self.negative <= FEW and large

    @property
    def _long(self) -> bool:
        return self.vector_size >= LONG

    @property
    def floor(self) -> float:
        """ρ: less with more negatives and in larger groups, which push a row further in a batch
        than it should go.
        """
        floor = FLOOR[self.model]
        return (
            floor
            if self.model == "cbow"
            else floor * min(1, FEW / self.negative, GROUP / self.group)
        )

    def step_config(self) -> StepConfig:
        """The constants of the training step."""
        from xw2v.sgns.interface import StepConfig

        return StepConfig(
            window=self.window,
            negative=self.negative,
            shared=self.shared,
            group=self.group,
            block=BLOCK,
            bound=self.bound,
            floor=self.floor,
            weight_decay=self.weight_decay,
            cbow=self.model == "cbow",
            tied=self.tied,
        )


def flag(name: str) -> str:
    """The command-line flag of a setting."""
    return "--" + name.replace("_", "-")


def check(each: dataclasses.Field[Any], value: Any) -> None:
    """Raise UsageError unless `value` has the field's type and lies in its range."""
    kind, _, optional = str(each.type).partition(" | ")
    name = flag(each.name)
    if value is None and optional:
        return
    wanted: Any = {"int": int, "float": (int, float), "bool": bool, "str": str}[kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != "bool"):
        noun = {
            "int": "a whole number",
            "float": "a number",
            "bool": "true or false",
            "str": "text",
        }[kind]
        raise UsageError(f"{name} {value!r}: give {noun}")
    if kind in ("int", "float"):
        low, above, high = (each.metadata[key] for key in ("low", "above", "high"))
        if (
            (isinstance(value, float) and not math.isfinite(value))
            or (low is not None and value < low)
            or (above is not None and value <= above)
            or (high is not None and value > high)
        ):
            raise UsageError(f"{name} {value}: give a number {_range(low, above, high)}")
    choices = each.metadata["choices"]
    if choices and value not in choices:
        raise UsageError(f"{name} {value!r}: choose {' or '.join(choices)}")


def _range(low: float | None, above: float | None, high: float | None) -> str:
    parts = [
        f"of at least {low:g}" if low is not None else "",
        f"above {above:g}" if above is not None else "",
        f"at most {high:g}" if high is not None else "",
    ]
    return " and ".join(part for part in parts if part)
