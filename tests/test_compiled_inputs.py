"""What the compiled step is given: what C would read or write wrongly is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xw2v_numpy.compiled as compiled
from compiled_steps import WORDS, assert_steps_like_a_new_one, built, copied
from oracles import (
    random_batch,
    random_tables,
    small_config,
)

from xw2v.sgns.interface import Tables


@built
@pytest.mark.parametrize("field", ["tokens", "negatives"])
@pytest.mark.parametrize("bad", [-1, WORDS, 2**40])
def test_an_id_that_is_no_word_is_refused_before_anything_moves(field: str, bad: int) -> None:
    config, rng = small_config(), np.random.default_rng(3)
    tables, batch = random_tables(rng, WORDS, 10), random_batch(rng, config, WORDS, 64)
    moved, step = copied(tables), compiled.CompiledStep(config)
    ids = getattr(batch, field).copy()
    ids.flat[-1] = bad
    with pytest.raises(IndexError, match=r"not in 0 \.\. 49"):
        step(moved, batch._replace(**{field: ids}), 0.3)
    np.testing.assert_array_equal(moved, tables)
    assert_steps_like_a_new_one(step, tables, batch)


@built
@pytest.mark.parametrize("field", ["left", "right"])
@pytest.mark.parametrize("bad", [-1, "wider"])
def test_an_extent_beyond_the_window_is_refused_before_anything_moves(
    field: str, bad: int | str
) -> None:
    config, rng = small_config(), np.random.default_rng(11)
    tables, batch = random_tables(rng, WORDS, 10), random_batch(rng, config, WORDS, 64)
    moved, step = copied(tables), compiled.CompiledStep(config)
    extents = getattr(batch, field).copy()
    extents[-1] = config.window + 1 if bad == "wider" else bad
    with pytest.raises(IndexError, match=rf"not in 0 \.\. {config.window}, the window"):
        step(moved, batch._replace(**{field: extents}), 0.3)
    np.testing.assert_array_equal(moved, tables)
    assert_steps_like_a_new_one(step, tables, batch)


def read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


@built
@pytest.mark.parametrize(
    "change",
    [
        lambda tables, batch: (Tables(*(part[:, ::2] for part in tables)), batch),
        lambda tables, batch: (Tables(*map(read_only, tables)), batch),
        lambda tables, batch: (tables._replace(context=tables.context[:-1]), batch),
        lambda tables, batch: (tables._replace(context=tables.context.astype(np.float32)), batch),
        lambda tables, batch: (Tables(*(part.astype(">f8") for part in tables)), batch),
        lambda tables, batch: (Tables(*(part.astype(np.float16) for part in tables)), batch),
        lambda tables, batch: (tables, batch._replace(tokens=batch.tokens[:-1])),
        lambda tables, batch: (tables, batch._replace(right=batch.right[:-1])),
        lambda tables, batch: (tables, batch._replace(negatives=batch.negatives[:-1])),
    ],
    ids=[
        "strides",
        "read-only",
        "rows",
        "dtypes",
        "byte order",
        "half",
        "tokens",
        "right",
        "negatives",
    ],
)
def test_arrays_that_c_would_read_or_write_wrongly_are_refused(change: Callable[..., Any]) -> None:
    config, rng = small_config(), np.random.default_rng(4)
    tables, batch = change(random_tables(rng, WORDS, 20), random_batch(rng, config, WORDS, 64))
    before = copied(tables)
    with pytest.raises(ValueError, match=r"of a compiled step must|do not fit each other"):
        compiled.CompiledStep(config)(tables, batch, 0.3)
    for part, expected in zip(tables, before, strict=True):
        np.testing.assert_array_equal(part, expected)


@built
def test_a_non_finite_value_leaves_nothing_behind() -> None:
    config, rng = small_config(), np.random.default_rng(9)
    tables, batch = (
        random_tables(rng, WORDS, 10, np.float32),
        random_batch(rng, config, WORDS, 64),
    )
    spoilt = copied(tables)
    spoilt.context[batch.negatives[0, 0]] = np.nan
    step = compiled.CompiledStep(config)
    step(spoilt, batch, 0.3)
    assert_steps_like_a_new_one(step, tables, batch)
