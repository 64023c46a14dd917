"""Fixtures that many test files share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xw2v.errors import MissingDependencyError
from xw2v.sgns.backend import Backend
from xw2v.sgns.loading import load_backend

BACKENDS = "numpy:cpu strict:device1 strict:device2 torch:cpu cupy:cuda cupy:emulated"


@pytest.fixture(params=os.environ.get("XW2V_BACKENDS", BACKENDS).split())
def any_backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend this machine has; those named in XW2V_BACKENDS ("cupy:cuda:1 torch:mps") must be
    there.

    "cupy:emulated" is the CUDA backend with its kernels run on the CPU.
    """
    return opened(request.param)


def opened(backend: str, *, deterministic: bool = False) -> Backend:
    """A backend by its name in XW2V_BACKENDS; skips the test where there is none by default."""
    name, _, device = backend.partition(":")
    if device == "emulated":
        from cuda_on_cpu import CpuCupyBackend

        return CpuCupyBackend(deterministic=deterministic)
    try:
        return load_backend(name, device or "cpu", deterministic=deterministic)
    except MissingDependencyError:
        if "XW2V_BACKENDS" in os.environ:
            raise
        pytest.skip(f"no {backend} on this machine")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with eval/, nltk_data/ and text/: XW2V_DATA, or ../shared/data beside the
    repository.
    """
    folder = Path(os.environ.get("XW2V_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}; set XW2V_DATA")
    return folder
