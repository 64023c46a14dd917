"""Numbers of a saved state that no float holds, or nothing computed from them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from xw2v.training.schema import from_json


@dataclass(frozen=True)
class Clock:
    """As a state has it."""

    seconds: float


@dataclass(frozen=True)
class Counter:
    """As a state has it."""

    epoch: int


@pytest.mark.parametrize("value", [10**400, -(10**400), float("inf"), float("nan"), True, "1"])
def test_what_is_no_finite_float_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="'seconds'"):
        from_json(Clock, {"seconds": value})
    assert from_json(Clock, {"seconds": 10**300}).seconds == 10**300


@pytest.mark.parametrize("value", [10**400, -(10**400), 2**63, 1.0, True, "1", None])
def test_what_is_no_whole_number_of_some_size_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="'epoch'"):
        from_json(Counter, {"epoch": value})
    assert from_json(Counter, {"epoch": 2**63 - 1}).epoch == 2**63 - 1
