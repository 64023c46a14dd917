"""Make the source distribution and, on one machine, the wheels of all platforms:

    python -m pip install ".[wheels]"
    python wheels.py [--out dist] [PLATFORM ...]

The C sources are compiled without Python (see python_api.h), so one wheel serves every Python of a
platform. They are cross-compiled by the clang of `ziglang`. What is compiled, and how, is read from
pyproject.toml.

The source distribution is made from what git tracks, the wheels from it, and they carry nothing of
this machine: with the same versions of `ziglang` and setuptools the bytes are the same. Dates are
SOURCE_DATE_EPOCH, or 1980.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent
EARLIEST = 315532800  # 1980-01-01, the first date that a zip file can hold
EXECUTABLE, READABLE = 0o755, 0o644

# clang, as GCC by default, may contract a * b + c across statements.
FLAGS = ["-shared", "-fPIC", "-std=gnu11", "-ffp-contract=fast", "-fno-sanitize=all", "-g0", "-s"]
FLAGS += ["-Wno-pass-failed"]  # a loop that stays scalar is no error


class Target(NamedTuple):
    """What a wheel's libraries are compiled for.

    `levels` maps the names of processors above x86-64's baseline for which there are kernels of
    their own (backends/xw2v_numpy/kernels.py chooses at run time) to the compiler's flags.
    """

    triple: str
    suffix: str  # by which every Python of the platform finds an extension module
    levels: dict[str, list[str]]


X86_64_V3 = ["-march=x86_64_v3", "-mprfchw"]
AVX512 = ["-mavx512vl", "-mavx512bw", "-mavx512dq", "-mavx512bf16"]
X86_64_LEVELS = {
    "x86_64_v3": X86_64_V3,
    "bfloat16": [*X86_64_V3, *AVX512, "-mprefer-vector-width=256"],
}
TARGETS = {
    "manylinux_2_28_x86_64": Target("x86_64-linux-gnu.2.28", ".so", X86_64_LEVELS),
    "manylinux_2_28_aarch64": Target("aarch64-linux-gnu.2.28", ".so", {}),
    "macosx_11_0_arm64": Target("aarch64-macos.11.0", ".so", {}),
    "macosx_10_15_x86_64": Target("x86_64-macos.10.15", ".so", X86_64_LEVELS),
    "win_amd64": Target("x86_64-windows-gnu", ".pyd", X86_64_LEVELS),
    "win_arm64": Target("aarch64-windows-gnu", ".pyd", {}),
}


def extension_modules(tree: Path) -> list[dict[str, Any]]:
    """The libraries that pyproject.toml declares, for setuptools to build."""
    project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))
    modules: list[dict[str, Any]] = project["tool"]["setuptools"]["ext-modules"]
    return modules


def compile_library(
    tree: Path, module: dict[str, Any], target: Target, level: str | None, library: Path
) -> bytes:
    """The library of an extension module, for a level of the target's processors."""
    command = [sys.executable, "-m", "ziglang", "cc", "-target", target.triple, *FLAGS]
    command += target.levels[level] if level else []
    command += [f"-Wl,-install_name,@rpath/{library.name}"] if "macos" in target.triple else []
    command += module.get("extra-compile-args", [])
    command += [f"-I{folder}" for folder in module.get("include-dirs", [])]
    command += [*module["sources"], "-o", str(library)]
    command += [f"-l{name}" for name in module.get("libraries", [])]
    subprocess.run(command, cwd=tree, check=True)
    return library.read_bytes()


def compile_libraries(tree: Path, target: Target) -> dict[str, bytes]:
    """All libraries of a target, by their paths in a wheel."""
    libraries = {}
    with tempfile.TemporaryDirectory() as folder:
        for module in extension_modules(tree):
            name = module["name"]
            level = next((level for level in X86_64_LEVELS if name.endswith(f"_{level}")), None)
            if level is not None and level not in target.levels:
                continue
            path = name.replace(".", "/") + target.suffix
            library = Path(folder, Path(path).name)
            libraries[path] = compile_library(tree, module, target, level, library)
    return libraries


def build(tree: Path, kind: str, out: Path) -> Path:
    """The one file that setuptools makes of a tree: an `sdist` or a `wheel`."""
    command = [sys.executable, "-m", "build", f"--{kind}", "--outdir", str(out), str(tree)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (made,) = out.iterdir()
    return made


def copy_tracked(tree: Path) -> None:
    """Copy what git tracks, and nothing that happens to lie beside it, to a new folder."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    for name in filter(None, listed.stdout.decode().split("\0")):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tree / name)


def normalised_sdist(data: bytes, date: int) -> bytes:
    """A source distribution without dates and owners, in the order of names."""
    result = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as old,
        gzip.GzipFile("", "wb", 9, result, mtime=date) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, date
            plain.mode = EXECUTABLE if member.isdir() else READABLE
            new.addfile(plain, old.extractfile(member) if member.isfile() else None)
    return result.getvalue()


def without_extension_modules(pyproject: str) -> str:
    tables = re.split(r"(?m)^(?=\[)", pyproject)
    return "".join(table for table in tables if not table.startswith("[[tool.setuptools.ext-mod"))


def record(files: Iterable[tuple[str, bytes]], path: str) -> bytes:
    """RECORD, at `path`: the hash and the size of each other file."""
    lines = []
    for name, data in files:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(data)}\n")
    return "".join([*lines, f"{path},,\n"]).encode()


def platform_wheel(plain: dict[str, bytes], platform: str, libraries: dict[str, bytes]) -> bytes:
    """A wheel of Python files and the libraries of a platform.

    `zipfile` writes the entries in the order of names, with one date and without the modes of the
    files they came from.
    """
    files = plain | libraries
    (wheel,) = (path for path in files if path.endswith(".dist-info/WHEEL"))
    text = files[wheel].decode().replace("Root-Is-Purelib: true", "Root-Is-Purelib: false")
    files[wheel] = text.replace("py3-none-any", f"py3-none-{platform}").encode()
    recorded = wheel.replace("WHEEL", "RECORD")
    del files[recorded]
    entries = [*sorted(files.items()), (recorded, record(sorted(files.items()), recorded))]
    date = time.gmtime(source_date())[:6]
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in entries:
            entry = zipfile.ZipInfo(path, date)
            entry.create_system = 3  # Unix: the modes below have a meaning
            mode = EXECUTABLE if path in libraries else READABLE
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return result.getvalue()


def source_date() -> int:
    return max(int(os.environ.get("SOURCE_DATE_EPOCH", EARLIEST)), EARLIEST)


def make(out: Path, platforms: Iterable[str]) -> list[Path]:
    """Write the source distribution and the wheels of the platforms; their paths."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_tracked(folder / "tracked")
        made = build(folder / "tracked", "sdist", folder / "sdist")
        written = [out / made.name]
        written[0].write_bytes(normalised_sdist(made.read_bytes(), source_date()))
        with tarfile.open(written[0]) as sdist:
            sdist.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4 has it
            sdist.extractall(folder / "tree")
        (tree,) = (folder / "tree").iterdir()
        targets = {platform: TARGETS[platform] for platform in platforms}
        libraries = {
            platform: compile_libraries(tree, target) for platform, target in targets.items()
        }
        pyproject = tree / "pyproject.toml"
        text = pyproject.read_text(encoding="utf-8")
        pyproject.write_text(without_extension_modules(text), encoding="utf-8", newline="\n")
        made = build(tree, "wheel", folder / "wheel")
        with zipfile.ZipFile(made) as archive:
            plain = {path: archive.read(path) for path in archive.namelist()}
        for platform in targets:
            wheel = out / made.name.replace("-any.whl", f"-{platform}.whl")
            wheel.write_bytes(platform_wheel(plain, platform, libraries[platform]))
            written.append(wheel)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("platforms", nargs="*", metavar="PLATFORM", help=", ".join(TARGETS))
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="a folder")
    options = parser.parse_args()
    unknown = set(options.platforms) - set(TARGETS)
    if unknown:
        parser.error(f"no platform {min(unknown)}; there are: {', '.join(TARGETS)}")
    for path in make(options.out, options.platforms or TARGETS):
        print(f"{path.stat().st_size:9,d} bytes  {path}")


if __name__ == "__main__":
    main()
