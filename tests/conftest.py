"""Fixtures that many test files share."""

from __future__ import annotations

import os

import pytest

from xw2v.backend import Backend, load_backend
from xw2v.errors import MissingDependencyError

BACKENDS = "numpy:cpu strict:device1 strict:device2 torch:cpu cupy:cuda"


@pytest.fixture(params=os.environ.get("XW2V_BACKENDS", BACKENDS).split())
def any_backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend this machine has; those named in XW2V_BACKENDS ("cupy:cuda:1 torch:mps") must be there."""
    name, _, device = request.param.partition(":")
    try:
        return load_backend(name, device or "cpu")
    except MissingDependencyError as error:
        if "XW2V_BACKENDS" in os.environ:
            raise
        pytest.skip(str(error))
