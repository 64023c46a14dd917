"""Backends are found by name or device, and say what is missing in one line."""

from __future__ import annotations

import sys

import pytest

from xw2v.errors import MissingDependencyError, UsageError
from xw2v.sgns.loading import load_backend


def test_the_device_chooses_the_library() -> None:
    assert load_backend().name == "numpy"
    assert load_backend(device="cpu", deterministic=True).deterministic


@pytest.mark.parametrize(
    ("name", "device", "message"),
    [
        (None, "tpu", "choose cpu, cuda"),
        ("jax", "cpu", "choose one of cupy, numpy"),
        ("numpy", "cuda", "give `device` cpu"),
        ("cupy", "cpu", "cuda or cuda:N"),
        ("cupy", "cuda:-1", "cuda or cuda:N"),
        ("torch", "cuda:x", "cpu, cuda, cuda:N or mps"),
        ("torch", "cpu:1", "cpu, cuda, cuda:N or mps"),
        ("strict", "cuda", "device1"),
    ],
)
def test_wrong_names_and_devices(name: str | None, device: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_backend(name, device)


@pytest.mark.parametrize(
    ("name", "library", "device", "line"),
    [
        ("cupy", "cupy", "cuda", r"xw2v\[cuda12\].*xw2v\[cuda13\]"),
        ("torch", "torch", "cpu", r'pip install "xw2v\[torch\]"'),
        ("strict", "array_api_strict", "cpu", r'pip install "xw2v\[test\]"'),
    ],
)
def test_a_missing_library_gets_its_install_line(
    monkeypatch: pytest.MonkeyPatch, name: str, library: str, device: str, line: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingDependencyError, match=line):
        load_backend(name, device)


@pytest.mark.parametrize("name", ["cupy", "torch"])
def test_a_device_that_is_not_there(name: str) -> None:
    pytest.importorskip(name)
    with pytest.raises(MissingDependencyError, match=r"cuda:99.*give `device` cpu"):
        load_backend(name, "cuda:99")


def test_auto_falls_back_to_the_cpu(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert load_backend(device="auto").name == "numpy"
    assert "auto takes the CPU" in capsys.readouterr().err
