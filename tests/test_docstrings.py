"""The examples in docstrings print what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator

import pytest

from xw2v.errors import MissingDependencyError

PACKAGES = ("xw2v", "xw2v_numpy", "xw2v_strict", "xw2v_torch", "xw2v_cupy")


def modules() -> Iterator[str]:
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.rpartition(".")[2].startswith("_"):  # no C libraries
                yield module.name


@pytest.mark.parametrize("name", list(modules()))
def test_examples_of(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except MissingDependencyError as error:
        pytest.skip(str(error))
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_examples_are_found() -> None:
    keyedvectors = importlib.import_module("xw2v.vectors.keyedvectors")
    assert doctest.testmod(keyedvectors).attempted > 0
