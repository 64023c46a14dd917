"""The types of arrays and array libraries that the mathematics works on: what it uses of the Array
API standard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import array_api_compat


class Array(Protocol):
    """An array of the library that a backend brings."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> Any: ...

    def __getitem__(self, key: Any, /) -> Array: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...
    def __neg__(self) -> Array: ...
    def __add__(self, other: Any, /) -> Array: ...
    def __radd__(self, other: Any, /) -> Array: ...
    def __sub__(self, other: Any, /) -> Array: ...
    def __rsub__(self, other: Any, /) -> Array: ...
    def __mul__(self, other: Any, /) -> Array: ...
    def __rmul__(self, other: Any, /) -> Array: ...
    def __truediv__(self, other: Any, /) -> Array: ...
    def __rtruediv__(self, other: Any, /) -> Array: ...
    def __pow__(self, other: Any, /) -> Array: ...
    def __and__(self, other: Any, /) -> Array: ...
    def __or__(self, other: Any, /) -> Array: ...
    def __rshift__(self, other: Any, /) -> Array: ...
    def __eq__(self, other: object, /) -> Array: ...  # type: ignore[override]
    def __ne__(self, other: object, /) -> Array: ...  # type: ignore[override]
    def __lt__(self, other: Any, /) -> Array: ...
    def __le__(self, other: Any, /) -> Array: ...
    def __gt__(self, other: Any, /) -> Array: ...
    def __ge__(self, other: Any, /) -> Array: ...
    def __float__(self) -> float: ...
    def __int__(self) -> int: ...


class Namespace(Protocol):
    """The functions of an array library, which return an `Array` except for those named here."""

    bool: Any
    int64: Any
    float32: Any
    linalg: Any

    def nonzero(self, x: Array, /) -> tuple[Array, ...]: ...
    def unique_inverse(self, x: Array, /) -> tuple[Array, Array]: ...
    def __array_namespace_info__(self) -> Any: ...
    def __getattr__(self, name: str, /) -> Callable[..., Array]: ...


def namespace_of(array: Array) -> Namespace:
    """The library that an array belongs to, as far as the standard goes."""
    xp: Namespace = array_api_compat.array_namespace(array)
    return xp


def device_of(array: Array) -> Any:
    """What `device=` takes for the device that an array is on."""
    return array_api_compat.device(array)


def widest_float(array: Array) -> Any:
    """The dtype for sums: float64, or float32 on devices that lack it (Apple's mps)."""
    xp = namespace_of(array)
    dtypes = xp.__array_namespace_info__().dtypes(device=device_of(array), kind="real floating")
    return dtypes.get("float64", xp.float32)


def take_rows(table: Array, ids: Array) -> Array:
    """table[ids] for an index array of any shape (`take` wants one dimension)."""
    xp = namespace_of(table)
    rows = xp.take(table, xp.reshape(ids, (-1,)), axis=0)
    return xp.reshape(rows, (*ids.shape, *table.shape[1:]))


def dot_rows(rows: Array, vector: Array) -> Array:
    """The dot product (U,) of each row (U, D) with a vector (D,).

    Not a `matmul`: that is BLAS's, whose bits depend on the processor, and which may raise the
    flag for invalid numbers over what stands beside a small matrix in its registers.
    """
    return namespace_of(rows).sum(rows * vector, axis=1)


def squared_norms(rows: Array) -> Array:
    """(U,) of rows (U, D)."""
    return namespace_of(rows).sum(rows * rows, axis=-1)


def safe_divisor(array: Array) -> Array:
    """The array with 1 in place of 0."""
    xp = namespace_of(array)
    return xp.where(array != 0, array, xp.ones_like(array))
