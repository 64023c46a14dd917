"""Random changes to bytes and to JSON values, as `bench.fuzz_inputs` makes them."""

from __future__ import annotations

import random
from typing import Any

# fmt: off
NUMBERS = (
    0, 1, -1, 2, 255, 256, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64, 10**20,
    -(2**63), 10**400,
)
VALUES: tuple[Any, ...] = (
    *NUMBERS, None, True, False, "", "x", "../x", "/etc/passwd", "\0", 0.5, -1e308, float("nan"),
    float("inf"), [], {}, [[]], [0], [None], {"a": 1}, "9" * 100, "\ud800", [[1, 2]], [1, "x"],
)
TOML_VALUES = (
    "1", "-1", "0.5", "1e999", "nan", "-inf", "true", "'a'", '""', "[]", "['a']", "[1]", "{}",
    "{a=1}", "1979-05-27", "0x7fffffffffffffff", "1" * 30, "'[a-z]+'", "'('", "'cbow'", "'10m'",
    "200",
)
# fmt: on


def mutated_bytes(data: bytes, pick: random.Random) -> bytes:
    """`data` with a few bytes changed, cut, repeated or set to an extreme."""
    changed = bytearray(data)
    for _ in range(pick.choice((0, 1, 1, 1, 2, 4, 16))):
        at = pick.randrange(len(changed) + 1)
        kind = pick.randrange(6)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << pick.randrange(8)
        elif kind == 1 and at < len(changed):
            changed[at] = pick.choice((0, 255, 10, 32, 128, pick.randrange(256)))
        elif kind == 2:
            del changed[at : at + pick.choice((1, 2, 8, 1000))]
        elif kind == 3:
            changed[at:at] = bytes(pick.randrange(256) for _ in range(pick.choice((1, 2, 8))))
        elif kind == 4:
            number = pick.choice(NUMBERS) % 2**64
            changed[at : at + 8] = number.to_bytes(8, pick.choice(("little", "big")))
        else:
            changed[at:at] = changed[at : at + pick.choice((4, 64))]
    return bytes(changed)


def mutated_value(value: Any, pick: random.Random) -> Any:
    """A JSON value with something in it replaced, removed or renamed."""
    if isinstance(value, dict) and value and pick.random() < 0.85:
        changed, name = dict(value), pick.choice(list(value))
        kind = pick.randrange(8)
        if kind == 0:
            del changed[name]
        elif kind == 1:
            changed[pick.choice(("x", "", "../x", "center.npy", "epoch"))] = changed.pop(name)
        else:
            changed[name] = mutated_value(value[name], pick)
        return changed
    if isinstance(value, list) and value and pick.random() < 0.5:
        at = pick.randrange(len(value))
        return [*value[:at], mutated_value(value[at], pick), *value[at + 1 :]]
    return pick.choice(VALUES)
