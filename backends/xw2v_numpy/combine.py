"""The rows of replicas compiled (`combine.c`), for a team of threads.

`xw2v.sgns.combine_rows.PlainRowCombiner` is its oracle in the tests.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache

import numpy as np

from xw2v.sgns.combine_rows import ID, SHARED_ROWS, OwnedRows, Rows
from xw2v.storage.native import Count, NativeLibrary, Pointer, Signature
from xw2v_numpy.team import Team, library_of_level


class ReplicaRows(ctypes.Structure):
    """Some rows of a table; its members are those of combine.c."""

    _fields_ = [
        ("dim", Count),
        ("table", Pointer),
        ("base", Pointer),
        ("count", Count),
        ("ids", Pointer),
        ("values", Pointer),
        ("count_of_unit", Pointer),
    ]


class Combination(ctypes.Structure):
    """The displacements of N replicas; its members are those of combine.c."""

    _fields_ = [
        ("dim", Count),
        ("replicas", Count),
        ("base", Pointer),
        ("first", Count),
        ("last", Count),
        ("counts", Pointer),
        ("ids", Pointer),
        ("values", Pointer),
        ("curvature", Pointer),
        ("direction", Pointer),
        ("next", Pointer),
        ("place_of_unit", Pointer),
        ("result_ids", Pointer),
        ("result_values", Pointer),
        ("result_count", Count),
    ]


class SharedTables(ctypes.Structure):
    """The tables of N replicas; its members are those of combine.c."""

    _fields_ = [
        ("dim", Count),
        ("replicas", Count),
        ("rank", Count),
        ("unit_rows", Count),
        ("tables", Pointer),
        ("base", Pointer),
        ("first", Count),
        ("last", Count),
        ("curvature", Pointer),
        ("direction", Pointer),
        ("scratch", Pointer),
    ]


FUNCTIONS: dict[str, Signature] = {
    "xw2v_find_changed": (Count, ctypes.POINTER(ReplicaRows), Pointer),
    "xw2v_displacements": (None, ctypes.POINTER(ReplicaRows), Pointer),
    "xw2v_combine": (None, ctypes.POINTER(Combination), Pointer),
    "xw2v_adopt": (None, ctypes.POINTER(ReplicaRows), Pointer),
    "xw2v_combine_shared": (None, ctypes.POINTER(SharedTables), Pointer),
}


@cache
def load_combine() -> NativeLibrary | None:
    """The library of combine.c; None where this installation has none."""
    structures = ReplicaRows, Combination, SharedTables
    return library_of_level("xw2v_numpy._combine", structures, FUNCTIONS)


class CompiledRowCombiner:
    """See `xw2v.sgns.combine_rows.RowCombiner`.

    Args:
        team: threads that share the work; the result does not depend on their number.
    """

    def __init__(self, team: Team) -> None:
        library = load_combine()
        if library is None:
            raise ValueError("this installation has no compiled combiner")
        self._library = library
        self._team = team
        self._unit_rows = library.constants["UNIT_ROWS"]

    def changed(self, table: np.ndarray, base: np.ndarray, rows: int) -> np.ndarray:
        if not 0 <= rows <= min(len(table), len(base)):
            raise ValueError("rows outside the table")
        ids = np.empty(rows, ID)
        count_of_unit = np.empty(self._units(rows), np.int64)
        search = self._rows(table, base, ids)
        search.count_of_unit = count_of_unit.ctypes.data
        return ids[: self._library.xw2v_find_changed(search, self._team.wake())]

    def displacements_into(
        self, values: np.ndarray, table: np.ndarray, base: np.ndarray, ids: np.ndarray
    ) -> None:
        rows = self._rows(table, base, ids, values)
        self._library.xw2v_displacements(rows, self._team.wake())

    def adopt(self, table: np.ndarray | None, base: np.ndarray, rows: Rows) -> None:
        own = self._rows(table, base, *rows)
        self._library.xw2v_adopt(own, self._team.wake())

    def combine_into(
        self, values: np.ndarray, owned: OwnedRows, parts: Sequence[Rows]
    ) -> np.ndarray:
        first, base, direction, curvature = owned
        rows, dim = values.shape
        _check_owned(owned, rows)
        for array in (values, *(values for _, values in parts)):
            _check(array, np.float32)
        units = self._units(rows)
        counts = np.array([len(part.ids) for part in parts], np.int64)
        ids = np.array([_check(part.ids, ID).ctypes.data for part in parts], np.uintp)
        places = np.array([part.values.ctypes.data for part in parts], np.uintp)
        scratch = np.empty((units, len(parts) + 1), np.int64)
        result_ids = np.empty(rows, ID)
        combination = Combination(
            dim=dim,
            replicas=len(parts),
            base=base.ctypes.data,
            first=first,
            last=first + rows,
            counts=counts.ctypes.data,
            ids=ids.ctypes.data,
            values=places.ctypes.data,
            curvature=curvature.ctypes.data,
            direction=direction.ctypes.data,
            next=scratch.ctypes.data,
            place_of_unit=scratch.ctypes.data + units * len(parts) * scratch.itemsize,
            result_ids=result_ids.ctypes.data,
            result_values=values.ctypes.data,
        )
        self._library.xw2v_combine(combination, self._team.wake())
        return result_ids[: combination.result_count]

    def combine_shared(self, tables: Sequence[np.ndarray], due: OwnedRows, rank: int) -> None:
        first, base, direction, curvature = due
        rows, dim = len(curvature), base.shape[1]
        _check_owned(due, rows)
        if any(_check(table, np.float32).shape != base.shape for table in tables):
            raise ValueError("tables of different shapes")
        if not 0 <= rank < len(tables):
            raise ValueError(f"rank {rank} of {len(tables)}")
        places = np.array([table.ctypes.data for table in tables], np.uintp)
        scratch = np.empty((self._team.threads, 2, dim), np.float32)
        shared = SharedTables(
            dim=dim,
            replicas=len(tables),
            rank=rank,
            unit_rows=SHARED_ROWS,
            tables=places.ctypes.data,
            base=base.ctypes.data,
            first=first,
            last=first + rows,
            curvature=curvature.ctypes.data,
            direction=direction.ctypes.data,
            scratch=scratch.ctypes.data,
        )
        self._library.xw2v_combine_shared(shared, self._team.wake())

    def _units(self, rows: int) -> int:
        return -(-rows // self._unit_rows)

    def _rows(
        self,
        table: np.ndarray | None,
        base: np.ndarray,
        ids: np.ndarray,
        values: np.ndarray | None = None,
    ) -> ReplicaRows:
        """Rows of a table, whose arrays the caller keeps alive."""
        for array in (table, base, values):
            if array is not None and _check(array, np.float32).shape[1] != base.shape[1]:
                raise ValueError("rows of different dimensions")
        return ReplicaRows(
            dim=base.shape[1],
            table=None if table is None else table.ctypes.data,
            base=base.ctypes.data,
            count=len(_check(ids, ID)),
            ids=ids.ctypes.data,
            values=None if values is None else values.ctypes.data,
        )


def _check_owned(owned: OwnedRows, rows: int) -> None:
    """ValueError for so many rows that C would find elsewhere."""
    first, base, direction, curvature = owned
    for array in (base, direction, curvature):
        _check(array, np.float32)
    if not 0 <= first <= first + rows <= len(base) or len(direction) != base.shape[1]:
        raise ValueError("rows outside the table")
    if len(curvature) != rows:
        raise ValueError(f"the curvature of {len(curvature)} rows, not of {rows}")


def _check(array: np.ndarray, dtype: type | np.dtype) -> np.ndarray:
    """ValueError for an array that C would misread."""
    if array.dtype != dtype or not array.flags.c_contiguous:
        raise ValueError(
            f"an array of {array.dtype.str} {array.shape}; a compiled combiner needs "
            f"C-contiguous {np.dtype(dtype).name}"
        )
    return array
