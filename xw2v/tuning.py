"""The measured rules that turn settings into the sizes of a training step.

Pure functions of the settings (docs/experiments.md has the measurements). The device changes the
batch alone: everything else is the same wherever a run trains.
"""

from __future__ import annotations

from xw2v.settings import BATCH_TOKENS, CUDA_BATCH_TOKENS, NGRAM_BATCH_TOKENS, Settings
from xw2v.sgns.config import ModelShape, StepConfig
from xw2v.sgns.interface import SubwordIndex

BLOCK_CENTERS = 8  # centers that share a span
GROUP_TOKENS = 64  # tokens that share negatives; twice as many where negatives are few
SMALLEST_GROUP_TOKENS = 16
MOST_SHARED_NEGATIVES = 256
FEW_NEGATIVES = 5  # negatives per positive pair: word2vec's usual number
LONG_DIMENSIONS = 256  # of a vector that counts as long

# A group is halved while its tokens times `negative` are more than this ...
MOST_PUSHES_PER_GROUP = 400
# ... as long as no more than this many negatives come on each of its tokens afterwards.
MOST_NEGATIVES_PER_TOKEN = 10

# ρ of the trust region; skip-gram's with FEW_NEGATIVES or fewer, and groups of GROUP_TOKENS.
TRUST_FLOOR = {"skipgram": 1.0, "cbow": 0.2}


def step_config(settings: Settings) -> StepConfig:
    """The constants of the training step."""
    return StepConfig(
        window=settings.window,
        negative=settings.negative,
        fixed_window=settings.fixed_window,
        shared_negatives=shared_negatives(settings),
        group=group_tokens(settings),
        block=BLOCK_CENTERS,
        trust_ratio=settings.bound,
        trust_floor=trust_floor(settings),
        weight_decay=settings.weight_decay,
        cbow=settings.model == "cbow",
        cbow_mean=settings.cbow_mean,
        cbow_gradient=settings.context_gradient,
        tied=settings.tied,
    )


def model_shape(
    settings: Settings, vocab_size: int, index: SubwordIndex | None = None
) -> ModelShape:
    """The sizes of the tables of a model of so many words.

    Args:
        index: the rows that compose each word, where they are several.
    """
    input_rows = vocab_size if index is None else index.input_rows
    return ModelShape(input_rows, vocab_size, settings.vector_size)


def batch_tokens(settings: Settings) -> int:
    """T: the setting, or the default of model and device, rounded up to complete groups.

    Words that share n-grams move together in a batch, and lose most by large ones: theirs are
    smaller, on every device.
    """
    if settings.batch_tokens is not None:
        tokens = settings.batch_tokens
    elif settings.subword is not None:
        tokens = NGRAM_BATCH_TOKENS
    elif settings.device.partition(":")[0] == "cuda":
        tokens = CUDA_BATCH_TOKENS[settings.model]
    else:
        tokens = BATCH_TOKENS[settings.model]
    group = group_tokens(settings)
    return -(-tokens // group) * group


def shared_negatives(settings: Settings) -> int:
    """K: the setting, or as many as a center meets in word2vec, a multiple of 8 from 16 to 256.

    In word2vec a center of n = w + 1 pairs (the mean of a shrinking window; 2w of a fixed one)
    meets n · negative of them. Here its K negatives weigh n · negative / K each. Wide groups gain
    from half as many again, except with long vectors, which pay most for them and do with three
    quarters, in CBOW too, and so do the small groups of words of n-grams.
    """
    if settings.shared_negatives is not None:
        return settings.shared_negatives
    if is_wide(settings):
        factor = 0.75 if is_long(settings) else 1.5
    else:
        few = shares_rows(settings) or (is_long(settings) and settings.model == "cbow")
        factor = 0.75 if few else 1.0
    pairs = 2 * settings.window if settings.fixed_window else settings.window + 1
    negatives = settings.negative * pairs
    return min(max(16, 8 * round(factor * negatives / 8)), MOST_SHARED_NEGATIVES)


def group_tokens(settings: Settings) -> int:
    """g: 64, or 32 or 16 where negatives are many, or 128 where they are few.

    All g centers push a drawn negative at once. Where negatives outweigh the positives, that many
    pushes on a few rows drown what is to be learned; so they are spread over more rows, as far as
    that stays cheap. Words that share n-grams push their rows together, away from all negatives of
    a batch; so there are as many of these as the smallest groups have.
    """
    if shares_rows(settings):
        return SMALLEST_GROUP_TOKENS
    if is_wide(settings):
        return 2 * GROUP_TOKENS
    group = GROUP_TOKENS
    while (
        group > SMALLEST_GROUP_TOKENS
        and group * settings.negative > MOST_PUSHES_PER_GROUP
        and shared_negatives(settings) <= MOST_NEGATIVES_PER_TOKEN * group // 2
    ):
        group //= 2
    return group


def trust_floor(settings: Settings) -> float:
    """ρ: lower with more negatives and in larger groups, which push a row further in a batch than
    it should go.
    """
    floor = TRUST_FLOOR[settings.model]
    if settings.model == "cbow":
        return floor
    return floor * min(1, FEW_NEGATIVES / settings.negative, GROUP_TOKENS / group_tokens(settings))


def start_radius(settings: Settings) -> float:
    """The first input vectors are uniform in ± this / dim: word2vec.c's 0.5; gensim 4's 1 for CBOW
    by gensim's convention, which at gensim's low rates gains by it.
    """
    gensims = (
        settings.model == "cbow" and settings.cbow_mean and settings.context_gradient == "full"
    )
    return 1.0 if gensims else 0.5


def is_wide(settings: Settings) -> bool:
    """Whether groups are twice as large: few negatives, and batches of enough groups to know the
    mean over them.
    """
    tokens = settings.batch_tokens
    enough = tokens is None or tokens >= BATCH_TOKENS[settings.model]
    few = settings.model == "skipgram" and settings.negative <= FEW_NEGATIVES
    return few and enough and not shares_rows(settings)


def shares_rows(settings: Settings) -> bool:
    """Whether the centers of a batch share rows that the update moves for all of them."""
    return settings.model == "skipgram" and settings.subword is not None


def is_long(settings: Settings) -> bool:
    """Whether vectors are long enough that the products with negatives dominate a step."""
    return settings.vector_size >= LONG_DIMENSIONS
