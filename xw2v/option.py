"""A setting or option as a table has it: its default, its range, its flags and its help.

Imports no heavy library.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, get_args, get_type_hints

from xw2v.errors import UsageError

READABLE_BOUND = 10**9  # a larger upper bound is a technical one, which nobody asked for
NOUNS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


@dataclass(frozen=True)
class Option:
    """One setting, as the table has it: `low` <= value <= `high`, or value > `above`.

    Attributes:
        kind: int, float, bool or str.
        optional: whether None is a value.
        aliases: other names.
        off: of a bool, the name that turns it off.
        metavar: how the help shows the value, where its type does not say enough.
    """

    name: str
    kind: type
    optional: bool
    default: Any
    help: str
    aliases: tuple[str, ...] = ()
    off: str | None = None
    low: float | None = None
    above: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    metavar: str | None = None

    def check(self, value: Any) -> Any:
        """`value` as a Python object; UsageError unless it has the right type and is in range."""
        if getattr(value, "shape", None) == () and hasattr(value, "item"):
            value = value.item()  # a number of NumPy's or another array library's
        if value is None and self.optional:
            return None
        kinds: Any = (int, float) if self.kind is float else self.kind
        if not isinstance(value, kinds) or (isinstance(value, bool) and self.kind is not bool):
            raise self._error(value, f"give {NOUNS[self.kind]}")
        if value == "" or (self.kind is str and "\0" in value):
            raise self._error(value, f"give {NOUNS[str]}")
        if self.kind in (int, float) and not self._is_in_range(value):
            raise self._error(value, f"give {self._range(value)}")
        if self.choices and value not in self.choices:
            raise self._error(value, f"choose {' or '.join(self.choices)}")
        return value

    def _error(self, value: Any, message: str) -> UsageError:
        return UsageError(message, setting=self.name, value=value)

    def _is_in_range(self, value: float) -> bool:
        return (
            not (isinstance(value, float) and not math.isfinite(value))
            and (self.low is None or value >= self.low)
            and (self.above is None or value > self.above)
            and (self.high is None or value <= self.high)
        )

    def _range(self, value: float) -> str:
        if self.high is not None and self.high > READABLE_BOUND and value > self.high:
            return "a smaller number"
        parts = []
        if self.low is not None:
            parts.append(f"of at least {self.low:,}")
        if self.above is not None:
            parts.append(f"above {self.above:,}")
        if self.high is not None and self.high <= READABLE_BOUND:
            parts.append(f"at most {self.high:,}")
        return "a number " + " and ".join(parts)


def setting(default: Any, help: str, *aliases: str, **limits: Any) -> Any:
    """A dataclass field with the rest of its `Option`."""
    return field(default=default, metadata={"help": help, "aliases": aliases, **limits})


def table_of(cls: type) -> dict[str, Option]:
    """The options of a dataclass whose fields are made by `setting`, by name."""
    hints = get_type_hints(cls)
    table = {}
    for each in dataclasses.fields(cls):
        kinds = get_args(hints[each.name]) or (hints[each.name],)
        optional = type(None) in kinds
        table[each.name] = Option(each.name, kinds[0], optional, each.default, **each.metadata)
    return table
