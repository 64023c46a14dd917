"""Numbers of a saved state that no float holds."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from xw2v.training.schema import from_json


@dataclass(frozen=True)
class Clock:
    """As a state has it."""

    seconds: float


@pytest.mark.parametrize("value", [10**400, -(10**400), float("inf"), float("nan"), True, "1"])
def test_what_is_no_finite_float_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="'seconds'"):
        from_json(Clock, {"seconds": value})
    assert from_json(Clock, {"seconds": 10**300}).seconds == 10**300
