"""One training step as block matrix products, in standard Array API calls only.

Skip-gram with negative sampling (Mikolov et al. 2013, eq. 4), or CBOW, over a batch of T tokens:

1. Compose (`xw2v.sgns.composition`): the input rows of the batch become T hidden vectors H (T, D),
   which are the centers' own rows (skip-gram) or the means or sums of their windows (CBOW).
2. Pairs (`xw2v.sgns.pairs`): H is scored against the output rows of its positives, S⁺, and of its
   group's negatives, S⁻. Negatives are shared within groups (as in Ji et al. 2016), each weighted
   so that a pair meets `negative` of them in expectation:

       loss = Σ weight · softplus(∓S),    G = ∂loss/∂S = weight · (σ(S) − label)

   The gradients G of the scores are multiplied with rows again.
3. Distribute: the gradients of H go back to the input rows that it was composed of.

Skip-gram's sums over few negatives, or over the few centers that met one, are corrected by a
control variate (Wang et al. 2013): the batch mean of such rows minus their group's, at the gradient
that the mean row would have. It removes most of the variance due to which negatives were drawn and
leaves the expectation as it is. CBOW corrects hidden vectors by the mean of a larger sample of
such rows, the batch's reference. This version is the oracle of every faster one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from xw2v.sgns.array import Array, namespace_of
from xw2v.sgns.backend import Backend
from xw2v.sgns.composition import center_rows, context_rows
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, PlannedStep, Step, StepRunner, Tables
from xw2v.sgns.pairs import center_pairs, negative_pairs, window_pairs
from xw2v.sgns.update import RowGradients, bounded_update


def step_for(backend: Backend, config: StepConfig) -> Step:
    """The backend's own step for `config`, or the plain one where it has none."""
    return backend.own_step(config) or PlainStep(backend, config)


def taken(
    step: Step, tables: Tables[Array], planned: Sequence[PlannedStep[Array]]
) -> Sequence[Array | float | None]:
    """Take steps one after the other, in a single call where they can be; what each returns."""
    if isinstance(step, StepRunner):
        return step.run(tables, planned)
    return [step(tables, batch, alpha, measure=measure) for batch, alpha, measure in planned]


class PlainStep:
    """One training step; see `xw2v.sgns.interface.Step`."""

    name = "plain"

    def __init__(self, backend: Backend, config: StepConfig) -> None:
        self.backend = backend
        self.config = config

    def __call__(
        self, tables: Tables[Array], batch: Batch[Array], alpha: float, *, measure: bool = False
    ) -> Array | None:
        backend, config = self.backend, self.config
        (center, context), loss = batch_gradients(config, tables, batch, measure=measure)
        if config.tied:
            bounded_update(backend, config, tables.center, center.merged(context), alpha)
        else:
            bounded_update(backend, config, tables.center, center, alpha)
            bounded_update(backend, config, tables.context, context, alpha)
        return loss

    def loss(self, tables: Tables[Array], batch: Batch[Array]) -> Array:
        return batch_loss(self.config, tables, batch)


def batch_loss(config: StepConfig, tables: Tables[Array], batch: Batch[Array]) -> Array:
    """The loss of a batch, summed over its pairs, with the tables left as they are."""
    _, loss = batch_gradients(config, tables, batch, measure=True)
    assert loss is not None
    return loss


def count_positive_pairs(config: StepConfig, batch: Batch[Array]) -> Array:
    """How many positive pairs the loss of a batch sums over (CBOW: centers that have a context)."""
    xp = namespace_of(batch.left)
    pairs = batch.left + batch.right
    return xp.sum(xp.astype(pairs > 0, pairs.dtype) if config.cbow else pairs)


class Gradients(NamedTuple):
    """Gradients of a batch's rows in the input table and in the output table."""

    center: RowGradients
    context: RowGradients


def batch_gradients(
    config: StepConfig, tables: Tables[Array], batch: Batch[Array], *, measure: bool = False
) -> tuple[Gradients, Array | None]:
    """Gradients of the loss of a batch, and the summed loss if `measure`."""
    xp = namespace_of(tables.center)
    compose = context_rows if config.cbow else center_rows
    score_positives = center_pairs if config.cbow else window_pairs
    inputs = compose(config, tables.center, batch)
    positive = score_positives(config, tables.context, batch, inputs, measure)
    negative, means = negative_pairs(config, tables.context, batch, inputs, measure)
    center = RowGradients(inputs.ids, inputs.distribute(positive.hidden + negative.hidden))
    context = RowGradients(
        xp.concat([positive.ids, negative.ids]), xp.concat([positive.rows, negative.rows])
    )
    if means is not None:
        pairs, of_positives, of_negatives = inputs.pairs, positive.weight, negative.weight
        weights = [
            xp.stack([of_positives, 0 * of_positives], axis=1),
            xp.stack([0 * of_negatives, of_negatives], axis=1),
        ]
        center = center._replace(
            weights=xp.stack([pairs, config.negative * pairs], axis=1), mean=means.negatives
        )
        context = context._replace(weights=xp.concat(weights), mean=means.centers)
    if positive.loss is None or negative.loss is None:
        return Gradients(center, context), None
    return Gradients(center, context), positive.loss + negative.loss
