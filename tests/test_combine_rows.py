"""The rows of replicas, compiled and plain: the same are found and combined, with any number of
threads the same bits; and the messages that they travel in.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xw2v_numpy.combine import CompiledRowCombiner, load_combine
from xw2v_numpy.team import Team, load_team

from xw2v.sgns.combine import combined_rows, unit
from xw2v.sgns.combine_rows import (
    CHUNK_ROWS,
    SHARED_ROWS,
    OwnedRows,
    PlainRowCombiner,
    RowCombiner,
    Rows,
)
from xw2v.sgns.loading import load_backend
from xw2v.training.replica_messages import MessageWriter, unpacked
from xw2v.training.replica_tables import combiner_for
from xw2v.training.replica_terms import stretch_of

needs_library = pytest.mark.skipif(
    load_team() is None or load_combine() is None,
    reason="this installation has no compiled combiner",
)
COMBINERS = [
    pytest.param(PlainRowCombiner, id="plain"),
    pytest.param(lambda: CompiledRowCombiner(Team(2)), id="compiled", marks=needs_library),
]
each_combiner = pytest.mark.parametrize("make", COMBINERS)
Make = Callable[[], RowCombiner]


def replicas_of(
    rng: np.random.Generator, size: int, rows: int, dim: int, share: float = 0.4
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """A base (rows, dim), tables of replicas that have changed a share of it, and a direction."""
    base = rng.normal(size=(rows, dim)).astype(np.float32)
    tables = []
    for _ in range(size):
        moved = rng.normal(size=(rows, dim)) * (rng.random((rows, 1)) < share)
        tables.append(base + moved.astype(np.float32))
    return base, tables, np.asarray(unit(rng.normal(size=dim).astype(np.float32)))


def curvatures_of(rows: int) -> np.ndarray:
    """(rows,) float32 from 0 to 2."""
    return np.linspace(0, 2, rows, dtype=np.float32)


def combined_by_owners(
    combiner: RowCombiner,
    base: np.ndarray,
    tables: list[np.ndarray],
    direction: np.ndarray,
    due: int,
) -> np.ndarray:
    """The first `due` rows combined by as many owners as there are replicas, adopted by one."""
    adopted, adopted_base = tables[0].copy(), base.copy()
    changed = [combiner.changed(table, base, due) for table in tables]
    for owner in range(len(tables)):
        first, last = stretch_of(due, owner, len(tables))
        parts = []
        for table, ids in zip(tables, changed, strict=True):
            own = ids[slice(*np.searchsorted(ids, (first, last)))]
            parts.append(Rows(own, np.empty((len(own), base.shape[1]), np.float32)))
            combiner.displacements_into(parts[-1].values, table, base, own)
        values = np.full((last - first, base.shape[1]), np.nan, np.float32)
        owned = OwnedRows(first, base, direction, curvatures_of(due)[first:last])
        ids = combiner.combine_into(values, owned, parts)
        assert ids.tolist() == sorted({i for part in parts for i in part.ids.tolist()})
        combiner.adopt(adopted, adopted_base, Rows(ids, values[: len(ids)]))
    np.testing.assert_array_equal(adopted[:due], adopted_base[:due])
    return adopted_base


@each_combiner
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("due", [0, 3, 64, 2 * CHUNK_ROWS + 5])
def test_owners_together_combine_all_rows_that_were_changed(
    make: Make, size: int, due: int
) -> None:
    rng = np.random.default_rng(due + size)
    base, tables, direction = replicas_of(rng, size, due + 2, 3)
    result = combined_by_owners(make(), base, tables, direction, due)
    expected = base.copy()
    if due:
        moves = [table[:due] - base[:due] for table in tables]
        expected[:due] = combined_rows(base[:due], moves, direction, curvatures_of(due))
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(result[due:], base[due:])


@each_combiner
def test_a_row_has_changed_where_any_bit_has(make: Make) -> None:
    base = np.zeros((6, 5), np.float32)
    base[3] = np.nan
    table = base.copy()
    table[1, 4], table[2, 0], table[5, 2] = 1e-45, -0.0, np.inf
    combiner = make()
    assert combiner.changed(table, base, 6).tolist() == [1, 2, 5]
    assert combiner.changed(table, base, 5).tolist() == [1, 2]
    assert combiner.changed(table, base, 0).tolist() == []


@each_combiner
def test_a_base_without_its_table_is_written_alone(make: Make) -> None:
    base = np.zeros((4, 2), np.float32)
    make().adopt(None, base, Rows(np.array([1, 3], np.int32), np.ones((2, 2), np.float32)))
    assert base.tolist() == [[0, 0], [1, 1], [0, 0], [1, 1]]


@each_combiner
def test_what_one_replica_alone_has_changed_is_its_own(make: Make) -> None:
    rng = np.random.default_rng(5)
    base, (table, *rest), direction = replicas_of(rng, 3, 100, 20)
    result = combined_by_owners(make(), base, [base, table, base], direction, 100)
    np.testing.assert_array_equal(result, base + (table - base))
    assert len(rest) == 2


@needs_library
@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 300), st.integers(1, 70))
def test_compiled_and_plain_combine_alike_with_any_number_of_threads(
    seed: int, size: int, rows: int, dim: int
) -> None:
    base, tables, direction = replicas_of(np.random.default_rng(seed), size, rows, dim, 0.6)
    expected = combined_by_owners(PlainRowCombiner(), base, tables, direction, rows)
    results = [
        combined_by_owners(CompiledRowCombiner(Team(threads)), base, tables, direction, rows)
        for threads in (1, 2, 3)
    ]
    np.testing.assert_allclose(results[0], expected, rtol=1e-4, atol=1e-4)
    assert len({result.tobytes() for result in results}) == 1


def combined_in_place(
    combiner: RowCombiner,
    base: np.ndarray,
    tables: list[np.ndarray],
    direction: np.ndarray,
    due: int,
) -> np.ndarray:
    """The first `due` rows combined by all ranks, the last one first, where they lie."""
    base, tables = base.copy(), [table.copy() for table in tables]
    rows = OwnedRows(0, base, direction, curvatures_of(due))
    before = [table[due:].copy() for table in tables]
    for rank in reversed(range(len(tables))):
        combiner.combine_shared(tables, rows, rank)
    for table, own in zip(tables, before, strict=True):
        np.testing.assert_array_equal(table[:due], base[:due])
        np.testing.assert_array_equal(table[due:], own)
    return base


@each_combiner
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("due", [0, 3, SHARED_ROWS, 7 * SHARED_ROWS + 5])
def test_rows_combined_in_place_have_the_bits_of_those_in_messages(
    make: Make, size: int, due: int
) -> None:
    replicas = replicas_of(np.random.default_rng(due + size), size, due + 2, 33)
    expected = combined_by_owners(make(), *replicas, due)
    np.testing.assert_array_equal(combined_in_place(make(), *replicas, due), expected)


@needs_library
def test_any_number_of_threads_combines_in_place_to_the_same_bits() -> None:
    replicas = replicas_of(np.random.default_rng(1), 3, 1000, 20)
    plain = combined_in_place(PlainRowCombiner(), *replicas, 900)
    results = [
        combined_in_place(CompiledRowCombiner(Team(threads)), *replicas, 900)
        for threads in (1, 2, 3)
    ]
    np.testing.assert_allclose(results[0], plain, rtol=1e-4, atol=1e-4)
    assert len({result.tobytes() for result in results}) == 1


@needs_library
def test_the_compiled_combiner_is_taken_where_there_is_one() -> None:
    for name in ("numpy", "strict"):
        assert isinstance(combiner_for(load_backend(name)), CompiledRowCombiner)


@needs_library
def test_arrays_that_would_be_misread_are_refused() -> None:
    combiner = CompiledRowCombiner(Team(1))
    table, ids = np.zeros((4, 6), np.float32), np.zeros(1, np.int32)
    for wrong in (table.astype(np.float64), table[:, ::2]):
        with pytest.raises(ValueError, match="a compiled combiner needs C-contiguous float32"):
            combiner.changed(wrong, table, 4)
    with pytest.raises(ValueError, match="needs C-contiguous int32"):
        combiner.displacements_into(table, table, table, ids.astype(np.int64))
    with pytest.raises(ValueError, match="different dimensions"):
        combiner.changed(table[:, :3].copy(), table, 4)
    direction, curvature = np.ones(6, np.float32), np.ones(4, np.float32)
    with pytest.raises(ValueError, match="the curvature of 3 rows, not of 4"):
        combiner.combine_into(table, OwnedRows(0, table, direction, curvature[:3]), [])
    for rows in (
        OwnedRows(1, table, direction, curvature),
        OwnedRows(0, table, direction[:5], curvature),
    ):
        with pytest.raises(ValueError, match="rows outside the table"):
            combiner.combine_into(table, rows, [])
        with pytest.raises(ValueError, match="rows outside the table"):
            combiner.combine_shared([table], rows, 0)
    rows = OwnedRows(0, table, direction, curvature)
    with pytest.raises(ValueError, match="rank 1 of 1"):
        combiner.combine_shared([table], rows, 1)
    with pytest.raises(ValueError, match="tables of different shapes"):
        combiner.combine_shared([table, table[:3]], rows, 0)
    with pytest.raises(ValueError, match="rows outside the table"):
        combiner.changed(table, table, 5)


def test_messages_hold_numbers_and_rows() -> None:
    rng = np.random.default_rng(0)
    tables = [
        Rows(np.arange(n, dtype=np.int32), rng.normal(size=(n, 3)).astype(np.float32))
        for n in (3, 0, 4)
    ]
    writer = MessageWriter(3, 3)
    writer.begin(np.array([7, 2**40]), 20)
    for rows in tables:
        writer.room(len(rows.ids) + 1)[: len(rows.ids)] = rows.values
        writer.add(rows.ids)
    numbers, found = unpacked(writer.message, 2, 3, 3)
    assert numbers.tolist() == [7, 2**40]
    assert len(writer.message) == 5 * 8 + 7 * (3 * 4 + 4)
    for (ids, values), expected in zip(found, tables, strict=True):
        np.testing.assert_array_equal(ids, expected.ids)
        np.testing.assert_array_equal(values, expected.values)
