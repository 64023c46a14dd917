"""Every setting of a training run: its default, its range, its flags and its help, in this one
table.

The command line, configuration files and the Python API all read it. What the measured rules make
of the settings is in `xw2v.tuning`. Imports no heavy library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypedDict

from xw2v.errors import UnknownSettingError, UsageError
from xw2v.option import Option, setting, table_of

# Measured, see docs/experiments.md; CBOW's by its `cbow_mean` and `context_gradient`.
SKIPGRAM_ALPHA = 0.05
CBOW_ALPHA = {
    (True, "mean"): 0.2,
    (True, "full"): 0.07,
    (False, "mean"): 0.05,
    (False, "full"): 0.025,
}
# Likewise: T by model, where a GPU is not filled by what the cache of a CPU core holds.
BATCH_TOKENS = {"skipgram": 2048, "cbow": 1024}
CUDA_BATCH_TOKENS = {"skipgram": 4096, "cbow": 2048}
NGRAM_BATCH_TOKENS = 1024
MOST_NGRAM_CHARACTERS = 100


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run is made of, apart from its text; field names follow gensim where it has one.

    Raises:
        UsageError: a value out of range, with the setting's name, the value and the range.
    """

    vector_size: int = setting(100, "Embedding dimension.", "dim", low=1, high=65536)
    window: int = setting(
        5,
        "Largest distance between a word and its context.",
        "window_size",
        low=1,
        high=2**31 - 1,
    )
    min_count: int = setting(5, "Leave out words that occur fewer times.", low=0, high=2**62)
    fixed_window: bool = setting(
        False, "Windows of full width, instead of widths drawn from 1 to the window."
    )
    max_vocab: int | None = setting(
        None, "Keep the N - 1 most frequent words; the rest become <UNK>.", low=2, high=2**62
    )
    negative: int = setting(5, "Negatives for each pair of words.", low=1, high=1000)
    ns_exponent: float = setting(
        0.75, "Negatives are drawn in proportion to count^this.", low=-5, high=5
    )
    sample: float = setting(
        1e-3,
        "Subsampling threshold t of frequent words (Mikolov et al. 2013); 0 keeps every token.",
        low=0,
        high=1,
    )
    alpha: float | None = setting(
        None,
        f"Learning rate at the start (skip-gram {SKIPGRAM_ALPHA}, CBOW {CBOW_ALPHA[True, 'full']}; "
        f"mean gradient {CBOW_ALPHA[True, 'mean']}, sum {CBOW_ALPHA[False, 'full']}, "
        f"both {CBOW_ALPHA[False, 'mean']}).",
        "lr",
        above=0,
        high=10,
    )
    min_alpha: float = setting(1e-4, "Learning rate at the end.", low=0, high=10)
    epochs: int = setting(5, "Passes over the corpus.", "iter", low=1, high=10**9)
    patience: int | None = setting(
        None,
        "With held-out text: end the run once its loss has not fallen for N epochs; the vectors "
        "are those of the epoch with the lowest.",
        low=1,
        high=10**9,
    )
    seed: int = setting(1, "The same seed gives the same vectors.", low=0, high=2**63 - 1)
    model: str = setting(
        "skipgram", "Architecture: skip-gram or CBOW.", choices=("skipgram", "cbow")
    )
    cbow_mean: bool = setting(
        True, "CBOW: the mean, or the sum, of the context predicts the center.", off="cbow_sum"
    )
    cbow_gradient: str | None = setting(
        None,
        "CBOW: each of n context words receives all of the gradient (full), or 1/n of it (full, "
        "with n-grams mean).",
        choices=("full", "mean"),
    )
    subword: str | tuple[int, int] | None = setting(
        None,
        "Vectors for words never seen: a word's is the mean of its own and those of its n-grams of "
        "MIN-MAX characters, such as 3-6 (fastText).",
        metavar="MIN-MAX",
    )
    buckets: int = setting(
        2_000_000, "With subword: how many vectors n-grams share.", low=1, high=2**31 - 1
    )
    tied: bool = setting(False, "One table serves as input and output.")
    weight_decay: float = setting(
        0.0, "Shrink the rows that a batch touches by alpha times this.", low=0, high=1
    )
    tokens: str | None = setting(
        None,
        "What a word is: ascii, [a-z']+ of lower-cased text (the default); words, those of any "
        "language; raw, whatever stands between whitespace (the default for joined phrases).",
        choices=("ascii", "words", "raw"),
    )
    token_pattern: str | None = setting(None, "Regular expression of a token, instead of a rule.")
    lowercase: bool | None = setting(None, "Lower-case the text (by default, but for raw).")
    keep_digits: bool = setting(False, "With the rule words, numbers are words, too.")
    split_sentences: bool = setting(
        False, "Lines are paragraphs: part them into sentences at their final punctuation."
    )
    batch_tokens: int | None = setting(
        None,
        f"Tokens in a batch, rounded up to complete groups ({BATCH_TOKENS['skipgram']}, CBOW "
        f"{BATCH_TOKENS['cbow']}; CUDA {CUDA_BATCH_TOKENS['skipgram']}, CBOW "
        f"{CUDA_BATCH_TOKENS['cbow']}; with n-grams {NGRAM_BATCH_TOKENS}).",
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
        0.5,
        "Trust region: largest change of a row in a batch, relative to its norm.",
        above=0,
        high=1,
    )
    device: str = setting(
        "cpu", "Where to compute: cpu, cuda, cuda:N, auto, or mps with `backend` torch."
    )
    backend: str | None = setting(None, "Array library: numpy, cupy or torch (set by the device).")
    deterministic: bool = setting(
        False,
        "The same bits from run to run on a GPU too, and on all CPUs with AVX2; slower.",
    )
    workers: int | None = setting(
        None, "Threads; the vectors do not depend on their number (all cores).", low=1, high=4096
    )

    combine_interval: int | None = setting(
        None,
        "MPI: steps of a rank between combines of the most frequent words (fewer for more ranks).",
        low=1,
        high=4096,
    )
    combine_overlap: bool = setting(
        False, "MPI: messages are under way while ranks train on; for slow networks."
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "subword", _as_range(self.subword))
        for name, option in SETTINGS.items():
            object.__setattr__(self, name, option.check(getattr(self, name)))
        if self.min_alpha > self.learning_rate:
            raise UsageError(
                f"is more than `alpha`, {self.learning_rate:g}, which falls to it",
                setting="min_alpha",
                value=self.min_alpha,
            )
        for name in ("cbow_mean", "cbow_gradient"):
            if self.model != "cbow" and getattr(self, name) != SETTINGS[name].default:
                raise UsageError(
                    "is for CBOW; give it with `model` cbow, or leave it out",
                    setting=name,
                    value=getattr(self, name),
                )
        self._check_subword()
        try:
            re.compile(self.token_pattern or "")
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(
                f"not a regular expression: {error}",
                setting="token_pattern",
                value=self.token_pattern,
            ) from None

    def _check_subword(self) -> None:
        if self.subword is None:
            if self.buckets != SETTINGS["buckets"].default:
                raise UsageError(
                    "is for n-grams; give it with `subword`, such as 3-6, or leave it out",
                    setting="buckets",
                    value=self.buckets,
                )
            return
        if self.ngram_sizes is None:
            raise UsageError(
                "give the fewest and the most characters of an n-gram, such as 3-6, from 1 to "
                f"{MOST_NGRAM_CHARACTERS}",
                setting="subword",
                value=self.subword,
            )
        if self.tied:
            raise UsageError(
                "words composed of n-grams need two tables; leave one of `tied` and `subword` out",
                setting="tied",
            )

    @property
    def ngram_sizes(self) -> tuple[int, int] | None:
        """The fewest and the most characters of an n-gram; None where words have none."""
        found = re.fullmatch(r"(\d{1,3})-(\d{1,3})", str(self.subword), re.ASCII)
        if found is None:
            return None
        low, high = int(found[1]), int(found[2])
        return (low, high) if 1 <= low <= high <= MOST_NGRAM_CHARACTERS else None

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Settings:
        """Settings from names and values; UnknownSettingError for a name that is no setting's."""
        for name in values:
            if name not in SETTINGS:
                raise unknown_setting(name, SETTINGS)
        return cls(**values)

    @property
    def learning_rate(self) -> float:
        """α at the start: the one given, or the default of the model and its gradient."""
        if self.alpha is not None:
            return self.alpha
        if self.model == "skipgram":
            return SKIPGRAM_ALPHA
        return CBOW_ALPHA[self.cbow_mean, self.context_gradient]

    @property
    def context_gradient(self) -> Literal["full", "mean"]:
        """What a word of CBOW's context receives: `cbow_gradient`, or its default, which is
        gensim's for words and not for n-grams, whose rows many words share.
        """
        if self.cbow_gradient is None:
            return "full" if self.subword is None else "mean"
        return "full" if self.cbow_gradient == "full" else "mean"


def _as_range(value: Any) -> Any:
    """(3, 6) as "3-6"; anything else as it is."""
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return "-".join(map(str, value))
    return value


SETTINGS = table_of(Settings)


class SettingsDict(TypedDict, total=False):
    """`Settings` as keyword arguments, for type checkers and completion."""

    vector_size: int
    window: int
    fixed_window: bool
    min_count: int
    max_vocab: int | None
    negative: int
    ns_exponent: float
    sample: float
    alpha: float | None
    min_alpha: float
    epochs: int
    patience: int | None
    seed: int
    model: str
    cbow_mean: bool
    cbow_gradient: str | None
    subword: str | tuple[int, int] | None
    buckets: int
    tied: bool
    weight_decay: float
    tokens: str | None
    token_pattern: str | None
    lowercase: bool | None
    keep_digits: bool
    split_sentences: bool
    batch_tokens: int | None
    shared_negatives: int | None
    bound: float
    device: str
    backend: str | None
    deterministic: bool
    workers: int | None
    combine_interval: int | None
    combine_overlap: bool


def flag(name: str) -> str:
    """The command-line flag of a setting."""
    return "--" + name.replace("_", "-")


def names_of_aliases(table: Mapping[str, Option]) -> dict[str, str]:
    """The other names that options of a table have -> their names."""
    return {alias: name for name, option in table.items() for alias in option.aliases}


# Names that other word2vec programs have, and what to give here.
FOREIGN_NAMES = {
    **dict.fromkeys(("size", "embedding_size", "embedding_dim"), "it is `vector_size` here"),
    **dict.fromkeys(("learning_rate", "starting_alpha"), "it is `alpha` here"),
    **dict.fromkeys(("threads", "n_jobs"), "it is `workers` here"),
    "sg": "give `model` 'skipgram' for sg=1, 'cbow' for sg=0",
    "min_n": "give `subword` '3-6' for min_n=3, max_n=6",
    "max_n": "give `subword` '3-6' for min_n=3, max_n=6",
    "bucket": "it is `buckets` here",
    "cbow": "give `model` 'cbow' for cbow=1, 'skipgram' for cbow=0",
    "hs": "there is no hierarchical softmax here, only negative sampling; leave it out",
    "max_vocab_size": "it is `max_vocab` here, which counts <UNK>",
    "max_final_vocab": "it is `max_vocab` here, which counts <UNK>",
    "shrink_windows": "give `fixed_window` for shrink_windows=False",
    "sentences": "give them to fit(sentences)",
    "corpus_file": "give its name to fit(sentences)",
    "compute_loss": "the loss is always computed: see loss_history",
    "save_vocab": "leave it out; vocab.json is always written",
    "binary": "leave it out; xw2v convert writes other formats",
    **dict.fromkeys(("classes", "debug"), "there is no such thing here; leave it out"),
}
FOREIGN_OPTIONS = FOREIGN_NAMES | {  # where they are options of the command line
    **dict.fromkeys(("sentences", "corpus_file", "train"), "name the text itself, as INPUT"),
    "compute_loss": "leave it out; the loss is in loss_history.txt and run.json",
}


def unknown_setting(name: str, known: Mapping[str, Option]) -> UnknownSettingError:
    """The error for a name that is none of those `known`, with the one that was meant."""
    alias = names_of_aliases(known)
    if name in alias:
        hint = f"it is `{alias[name]}` here"
    elif name in FOREIGN_NAMES:
        hint = FOREIGN_NAMES[name]
    else:
        close = get_close_matches(name, [*known, *alias], n=1)
        hint = f"did you mean `{alias.get(close[0], close[0])}`?" if close else ""
    return UnknownSettingError(f"unknown setting {name!r:.80}" + (f"; {hint}" if hint else ""))
