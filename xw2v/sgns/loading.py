"""Backends found by entry point: only the library that is asked for is imported."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from xw2v.errors import MissingDependencyError, UsageError
from xw2v.sgns.backend import Backend

GROUP = "xw2v.backends"
LIBRARY_OF_DEVICE = {"cpu": "numpy", "cuda": "cupy"}
Say = Callable[[str], None]  # takes a line for the user


def print_notice(line: str) -> None:
    print(f"xw2v: {line}", file=sys.stderr)


def load_backend(
    name: str | None = None,
    device: str = "cpu",
    *,
    deterministic: bool = False,
    workers: int | None = None,
    say: Say = print_notice,
) -> Backend:
    """Open the array library for a device.

    Args:
        name: "numpy", "cupy", "torch" or another registered backend; None takes the device's own
            (cpu: numpy, cuda: cupy).
        device: "cpu", "cuda", "cuda:N", "mps", or "auto" (CUDA where there is one, else the CPU).
        deterministic, workers: see `Backend`.
        say: receives the reason where "auto" takes the CPU.

    Raises:
        UsageError: an unknown backend, or one that does not support the device.
        MissingDependencyError: its library or the device is not there; the message says what to
            install.
    """
    options: dict[str, Any] = {"deterministic": deterministic, "workers": workers}
    if device == "auto":
        try:
            return load_backend(name or "cupy", "cuda", **options)
        except MissingDependencyError as error:
            say(f"`device` auto takes the CPU: {error.message}")
            return load_backend(name, "cpu", **options)
    if name is None:
        kind = device.partition(":")[0]
        if kind not in LIBRARY_OF_DEVICE:
            raise UsageError(
                "choose cpu, cuda, cuda:N or auto, or name its `backend`",
                setting="device",
                value=device,
            )
        name = LIBRARY_OF_DEVICE[kind]
    registered = {point.name: point for point in entry_points(group=GROUP)}
    if name not in registered:
        raise UsageError(
            f"not installed here; choose one of {', '.join(sorted(registered))}",
            setting="backend",
            value=name,
        )
    backend = registered[name].load()(device, **options)
    assert isinstance(backend, Backend)
    return backend
