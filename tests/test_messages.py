"""Messages suit their reader: the library names settings, the command line shows their flags."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from xw2v.cli import COMMANDS, cli, in_flags, line_of
from xw2v.config import OPTIONS
from xw2v.errors import UsageError
from xw2v.settings import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = [
    path
    for folder in ("xw2v", "backends")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.parent.name != "cli"
]


def flags() -> set[str]:
    """Every long flag of every command."""
    context = click.Context(cli)
    commands = [cli.get_command(context, name) for name in COMMANDS]
    options = [each for command in commands if command is not None for each in command.params]
    names = [name for option in options for name in (*option.opts, *option.secondary_opts)]
    return {name for name in names if name.startswith("--")}


def texts(source: str) -> list[str]:
    """The strings of a module, but those that stand alone, as docstrings do."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_names_no_flag(path: Path) -> None:
    known = flags()
    named = [text for text in texts(path.read_text(encoding="utf-8")) if "--" in text]
    assert [text for text in named if known.intersection(re.findall(r"--[a-z][a-z-]*", text))] == []


def test_flags_are_found_in_messages() -> None:
    assert "--min-count" in flags()
    assert texts('"""Says --min-count."""\nf(f"give --min-count {n}")\n') == ["give --min-count "]


def test_the_command_line_shows_flags() -> None:
    known = flags() | {"INPUT"}
    for name in (*SETTINGS, *OPTIONS, "config", "method"):
        assert in_flags(f"`{name}`") in known, name
    assert in_flags("`lenient` skips it") == "xw2v convert --lenient skips it"
    assert in_flags("`no_such_name`") == "`no_such_name`"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UsageError("give more", setting="min_count", value=3), "--min-count 3: give more"),
        (UsageError("for CBOW", setting="cbow_mean", value=False), "--cbow-sum: for CBOW"),
        (
            UsageError("name its `backend`", setting="device", value="tpu"),
            "--device tpu: name its --backend",
        ),
    ],
)
def test_the_setting_of_an_error_is_shown_as_its_flag(error: UsageError, line: str) -> None:
    assert line_of(error) == line
