"""The sources stay small: what fits a screen or two can be read.

No file, of tests and benches too, is longer than 350 lines, no function body longer than 60.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES, BODY_LINES = 350, 60
SUFFIXES = (".py", ".c", ".cu", ".h", ".js", ".css", ".html")
FUNCTIONS = (".py", ".c", ".cu", ".h")  # JavaScript and CSS: files alone
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("xw2v", "backends", "bench", "tests")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in SUFFIXES
)


def long_bodies(source: str, suffix: str = ".py") -> list[str]:
    """Functions of a source whose bodies, docstring and decorators apart, are too long."""
    found = []
    if suffix != ".py":  # a body is what stands between braces that end and begin a line
        for body in re.finditer(r"^(\w[^\n]*)\{\n(.*?)^\}", source, re.MULTILINE | re.DOTALL):
            lines = body[2].count("\n")
            if lines > BODY_LINES:
                found.append(f"{body[1].strip()}: {lines} lines")
        return found
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
        if lines > BODY_LINES:
            found.append(f"{node.name}: {lines} lines")
    return found


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_is_short(file: Path) -> None:
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) <= FILE_LINES


@pytest.mark.parametrize("file", [file for file in FILES if file.suffix in FUNCTIONS], ids=str)
def test_a_function_is_short(file: Path) -> None:
    assert long_bodies((ROOT / file).read_text(encoding="utf-8"), file.suffix) == []


def test_a_long_function_is_found() -> None:
    lines = "\n".join(f"        x = {i}" for i in range(BODY_LINES))
    method = f'class A:\n    def f(self):\n        """Says what."""\n{lines}\n'
    assert long_bodies(method) == []
    assert long_bodies(method + "        return x\n") == [f"f: {BODY_LINES + 1} lines"]
    block = "static int f(int a)\n{\n" + "    a++;\n" * (BODY_LINES + 1) + "}\n"
    assert long_bodies(block.replace(")\n{", ") {"), ".c") == [
        f"static int f(int a): {BODY_LINES + 1} lines"
    ]
