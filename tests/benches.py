"""The modules of bench/, which is no package that is installed, as fixtures."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PNG = b"\x89PNG\r\n"


def fixture_of(name: str) -> Any:
    """A fixture that gives the module bench.<name>, in the repository's root."""

    @pytest.fixture(name=name)
    def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        monkeypatch.syspath_prepend(str(ROOT))
        monkeypatch.chdir(ROOT)
        return importlib.import_module(f"bench.{name}")

    return module
