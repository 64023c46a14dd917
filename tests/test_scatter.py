"""NumPy's scatter-add: SciPy's internal kernel and its public product do the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xw2v_numpy.scatter as scatter


@pytest.mark.parametrize("product", [scatter.product, scatter.public_product])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_add_up_in_order(
    product: Callable[..., None], dtype: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scatter, "product", product)
    rng = np.random.default_rng(0)
    table, updates = (
        rng.standard_normal((7, 3)).astype(dtype),
        rng.standard_normal((50, 3)).astype(dtype),
    )
    rows = rng.integers(0, 7, 50)
    expected = table.copy()
    for row, update in zip(rows, updates, strict=True):
        expected[row] += update
    scatter.scatter_add(table, rows, updates)
    np.testing.assert_allclose(table, expected, rtol=1e-5 if dtype is np.float32 else 1e-13)


def test_the_kernel_is_the_internal_one_where_scipy_has_it() -> None:
    assert scatter.product is not scatter.public_product
