"""How many cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

from xw2v.storage.cgroups import own_groups


def available_cores() -> int:
    """The cores that this process may run on, or fewer where its control group grants it less time.

    A container's share of time (cgroup version 2 `cpu.max`, version 1 `cpu.cfs_quota_us`) is
    rounded up to whole cores.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quotas = [quota for quota in _quotas() if quota > 0]
    return max(1, min([cores or 1, *(-int(-quota // 1) for quota in quotas)]))


def _quotas() -> list[float]:
    """Cores' worth of time that the control groups of this process grant."""
    return [
        _ratio(folder / "cpu.max", None)
        if version == 2
        else _ratio(folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us")
        for folder, version in own_groups("cpu")
    ]


def _ratio(quota: Path, period: Path | None) -> float:
    """Time over period; 0 where there is no limit."""
    try:
        parts = quota.read_text().split() + (period.read_text().split() if period else [])
        return float(parts[0]) / float(parts[1])
    except (OSError, ValueError, IndexError, ZeroDivisionError):
        return 0.0
