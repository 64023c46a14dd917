"""What the tests of the compiled step share."""

from __future__ import annotations

import numpy as np
import pytest
import xw2v_numpy.compiled as compiled

from xw2v.sgns.interface import Batch, Tables
from xw2v.sgns.loading import load_backend

WORDS = 50
NUMPY = load_backend("numpy")
built = pytest.mark.skipif(not compiled.is_built(), reason="this installation has no compiled step")


def copied(tables: Tables) -> Tables:
    return Tables(*(part.copy() for part in tables))


def assert_steps_like_a_new_one(step: compiled.CompiledStep, tables: Tables, batch: Batch) -> None:
    moved, expected = copied(tables), copied(tables)
    step(moved, batch, 0.3)
    compiled.CompiledStep(step.config)(expected, batch, 0.3)
    np.testing.assert_array_equal(moved, expected)
