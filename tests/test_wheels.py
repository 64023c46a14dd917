"""Wheels: made by one command, the same bytes twice, complete without a compiler."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xw2v_numpy.compiled as compiled
import xw2v_numpy.kernels as kernels
from oracles import random_batch, random_tables, small_config
from xw2v_numpy.team import load_team

from xw2v.storage.native import native_library, newer_source, sources_in

ROOT = Path(__file__).resolve().parent.parent
if not (ROOT / "wheels.py").exists():
    pytest.skip("these tests are not in the tree they came with", allow_module_level=True)
sys.path.insert(0, str(ROOT))
import wheels  # noqa: E402

sys.path.remove(str(ROOT))
PLAIN = {
    "xw2v/__init__.py": b"",
    "xw2v-1.dist-info/WHEEL": b"Root-Is-Purelib: true\nTag: py3-none-any\n",
    "xw2v-1.dist-info/RECORD": b"stale",
}
needs_ziglang = pytest.mark.skipif(
    not (importlib.util.find_spec("ziglang") and importlib.util.find_spec("build")),
    reason='needs `pip install ".[wheels]"`',
)


def test_the_same_files_make_the_same_wheel_in_any_order() -> None:
    first = wheels.platform_wheel(PLAIN, "win_arm64", {"xw2v_scan.pyd": b"library"})
    turned = dict(reversed(PLAIN.items()))
    assert wheels.platform_wheel(turned, "win_arm64", {"xw2v_scan.pyd": b"library"}) == first


def test_a_wheel_records_its_files_and_its_platform() -> None:
    data = wheels.platform_wheel(PLAIN, "win_arm64", {"xw2v_scan.pyd": b"library"})
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        assert wheel.read("xw2v-1.dist-info/WHEEL") == (
            b"Root-Is-Purelib: false\nTag: py3-none-win_arm64\n"
        )
        lines = wheel.read("xw2v-1.dist-info/RECORD").decode().splitlines()
        assert sorted(line.split(",")[0] for line in lines) == sorted(wheel.namelist())
        assert lines[-1] == "xw2v-1.dist-info/RECORD,,"
        assert f"sha256={_digest(b'library')},7" in "".join(lines)


def _digest(data: bytes) -> str:
    import base64

    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def test_a_source_distribution_says_nothing_of_who_made_it_when() -> None:
    made = []
    for date, owner in ((1e9, "one"), (1.1e9, "two")):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name in ("b.py", "a.py") if owner == "one" else ("a.py", "b.py"):
                member = tarfile.TarInfo(name)
                member.mtime, member.uname, member.size = date, owner, 2
                archive.addfile(member, io.BytesIO(b"x\n"))
        made.append(wheels.normalised_sdist(buffer.getvalue(), wheels.EARLIEST))
    assert made[0] == made[1]
    assert b"one" not in gzip.decompress(made[0])


def test_each_library_is_declared_once_and_may_be_left_out() -> None:
    names = [module["name"] for module in wheels.extension_modules(ROOT)]
    assert len(names) == len(set(names)) == 12
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rest = wheels.without_extension_modules(text)
    assert "ext-modules" not in rest
    assert rest.endswith(text[text.index("[tool.setuptools.package-data]") :])


@pytest.mark.skipif(load_team() is None, reason="this installation has no compiled team")
@pytest.mark.parametrize(
    ("level", "present", "expected"),
    [
        ("x86_64_v3", {"", "_x86_64_v3"}, "_x86_64_v3"),
        ("x86_64_v3", {""}, ""),  # where that level was left out
        ("", {"", "_x86_64_v3"}, ""),
        ("", set(), None),
    ],
)
def test_the_library_is_that_of_the_processors_level(
    level: str, present: set[str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Processor:
        def xw2v_processor_level(self) -> bytes:
            return level.encode()

    libraries = {f"xw2v_numpy._kernels32{suffix}": suffix for suffix in present}
    monkeypatch.setattr("xw2v_numpy.team.load_team", Processor)
    monkeypatch.setattr("xw2v_numpy.team.native_library", lambda name, *rest: libraries.get(name))
    assert kernels.load_kernels.__wrapped__(32) == expected


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="the system does not say")
def test_the_processors_level_is_what_the_system_says() -> None:
    team = load_team()
    if team is None:
        pytest.skip("this installation has no compiled team")
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    flags = set(next((line for line in lines if line.startswith("flags")), "").split())
    v3 = {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"} <= flags
    assert team.xw2v_processor_level() == (b"x86_64_v3" if v3 else b"")
    bfloat16 = {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512_bf16"} <= flags
    assert team.xw2v_multiplies_bfloat16() == (v3 and bfloat16)


def test_a_library_older_than_its_sources_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, header, library = (tmp_path / name for name in ("one.c", "one.h", "one.so"))
    for path, time in ((source, 100), (header, 100), (library, 200)):
        path.touch()
        os.utime(path, (time, time))
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.setuptools.ext-modules]]\nname = "one"\nsources = ["one.c"]\ndepends = ["one.h"]\n'
    )
    assert newer_source("one", library, tmp_path) is None
    assert newer_source("two", library, tmp_path) is None
    os.utime(header, (300, 300))
    assert newer_source("one", library, tmp_path) == header
    monkeypatch.setattr("xw2v.storage.native.newer_source", lambda *found: header)
    with pytest.warns(RuntimeWarning, match=r"older than its source .*one\.h; build it again: "):
        native_library("xw2v_scan" if importlib.util.find_spec("xw2v_scan") else "_ctypes")


def test_an_installation_has_no_sources(tmp_path: Path) -> None:
    assert sources_in(tmp_path) == {}


PROBE = """
import sys, numpy as np
import xw2v_numpy.compiled as compiled, xw2v_numpy.kernels as kernels, xw2v.text.scan as scan
assert compiled.is_built() and scan.library() is not None
sys.path.append(sys.argv[1])
from test_wheels import tables_after_steps
np.save(sys.argv[2], tables_after_steps())
print(kernels.load_kernels(32)._name)
"""


def tables_after_steps() -> np.ndarray:
    """Tables (2, V, D) after some compiled steps."""
    config, rng = small_config(), np.random.default_rng(7)
    tables = random_tables(rng, 200, 50, np.float32)
    step = compiled.CompiledStep(config)
    for _ in range(5):
        step(tables, random_batch(rng, config, 200, 256), 0.1)
    return np.stack(tables)


@pytest.mark.slow
@needs_ziglang
@pytest.mark.skipif(sys.platform != "linux", reason="tries the wheel for Linux")
def test_a_wheel_is_the_same_twice_and_trains_without_a_compiler(tmp_path: Path) -> None:
    platform = f"manylinux_2_28_{os.uname().machine}"
    first, second = (wheels.make(tmp_path / name, [platform]) for name in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    site = tmp_path / "site"
    with zipfile.ZipFile(first[1]) as wheel:
        assert not [path for path in wheel.namelist() if path.endswith((".c", ".h"))]
        wheel.extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site), "PATH": str(tmp_path / "empty")}
    saved = tmp_path / "tables.npy"
    run = subprocess.run(
        [sys.executable, "-c", PROBE, str(ROOT / "tests"), str(saved)],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert Path(run.stdout.strip()).is_relative_to(site)
    if compiled.is_built():
        np.testing.assert_allclose(np.load(saved), tables_after_steps(), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@needs_ziglang
@pytest.mark.parametrize("platform", wheels.TARGETS)
def test_every_platform_has_all_libraries(platform: str) -> None:
    target = wheels.TARGETS[platform]
    libraries = wheels.compile_libraries(ROOT, target)
    kinds = {".pyd": b"MZ", ".so": b"\xcf\xfa\xed\xfe" if "macos" in target.triple else b"\x7fELF"}
    of_level = {"x86_64_v3": 4, "bfloat16": 1}
    assert len(libraries) == 7 + sum(of_level[level] for level in target.levels)
    for path, data in libraries.items():
        assert path.endswith(target.suffix)
        assert data.startswith(kinds[target.suffix])
        assert str(ROOT).encode() not in data
