"""JSON values held against the annotations of a dataclass."""

from __future__ import annotations

import dataclasses
import sys
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def from_json(cls: type[T], value: Any, name: str = "") -> T:
    """An instance of a dataclass from a JSON object; entries that it lacks are ignored.

    Fields may be annotated as int, float (finite), str, dict, list[...], tuple[...] of a fixed
    length, a dataclass, or a union of these and None.

    Raises:
        ValueError: "field 'NAME' is missing or has the wrong type".
    """
    if not isinstance(value, dict):
        raise _wrong(name)
    hints = get_type_hints(cls)
    names = [each.name for each in dataclasses.fields(cls)]  # type: ignore[arg-type]
    prefix = name + "." if name else ""
    return cls(**{key: _parsed(hints[key], value.get(key, ...), prefix + key) for key in names})


MOST = 2**63 - 1  # of a whole number: what is computed from it fits a float


def _parsed(kind: Any, value: Any, name: str) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return from_json(kind, value, name)  # type: ignore[arg-type]
    if origin is UnionType:
        return None if value is None else _parsed(parts[0], value, name)
    if origin is list and isinstance(value, list):
        return [_parsed(parts[0], one, name) for one in value]
    if origin is tuple and isinstance(value, list) and len(value) == len(parts):
        return tuple(_parsed(*pair, name) for pair in zip(parts, value, strict=True))
    if isinstance(value, bool) or origin in (list, tuple):
        raise _wrong(name)
    if kind is float and isinstance(value, (int, float)) and abs(value) <= sys.float_info.max:
        return value
    if kind is int and isinstance(value, int) and abs(value) > MOST:
        raise _wrong(name)
    if kind is not float and isinstance(value, origin or kind):
        return value
    raise _wrong(name)


def _wrong(name: str) -> ValueError:
    return ValueError(f"field {name!r} is missing or has the wrong type")
