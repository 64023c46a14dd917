"""Configuration files: a TOML file with any option of `xw2v train`, under its name with - or _.

input = ["news.txt", "books/"]
vector-size = 200
checkpoint-every = "5m"
"""

from __future__ import annotations

import dataclasses
import tomllib
from difflib import get_close_matches
from typing import Any

from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings
from xw2v.storage.files import open_binary, reason

LARGEST = 1 << 20  # bytes; more is no configuration
OPTIONS = (
    "input",
    "corpus",
    "text_column",
    "val",
    "output",
    "init",
    "checkpoint_every",
)  # that are no settings


def read_config(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(settings, other options) of a TOML file, by their names with underscores.

    Values of settings are checked by `Settings`; the others are texts, and "input" a list of them.

    Raises:
        InputError: it cannot be read. UsageError: it is no TOML, or has an unknown key or a wrong
        value.
    """
    settings: dict[str, Any] = {}
    options: dict[str, Any] = {}
    aliases = _aliases()
    for key, value in _parse(path).items():
        name = key.replace("-", "_")
        name = aliases.get(name, name)
        if name in settings or name in options:
            raise UsageError(f"--config {path}: {key!r}: this option is there twice; leave one out")
        if name in OPTIONS:
            options[name] = _text(path, key, name, value)
        elif name in aliases.values():
            settings[name] = value
        else:
            close = get_close_matches(name, [*aliases, *OPTIONS], n=1)
            hint = f"; did you mean {close[0].replace('_', '-')!r}?" if close else ""
            raise UsageError(f"--config {path}: unknown key {key!r:.80}{hint}")
    return settings, options


def _parse(path: str) -> dict[str, Any]:
    with open_binary(path) as file:
        try:
            data = file.read(LARGEST + 1)
        except OSError as error:
            raise InputError(f"--config {path}: cannot be read ({reason(error)})") from None
    if len(data) > LARGEST:
        raise UsageError(
            f"--config {path}: more than {LARGEST:,} bytes, so this is no configuration; give a TOML file"
        )
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        text = str(error).splitlines()[0][:200] if str(error) else "nested too deeply"
        raise UsageError(f"--config {path}: not TOML: {text}") from None


def _aliases() -> dict[str, str]:
    """Every name that a setting may have in a file -> the setting's name."""
    names = {each.name: each.name for each in dataclasses.fields(Settings)}
    for each in dataclasses.fields(Settings):
        names |= {
            flag.removeprefix("--").replace("-", "_"): each.name for flag in each.metadata["flags"]
        }
    return names


def _text(path: str, key: str, name: str, value: Any) -> Any:
    if name == "checkpoint_every" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    values = value if name == "input" and isinstance(value, list) else [value]
    if not values or not all(
        isinstance(each, str) and each and "\0" not in each for each in values
    ):
        what = "a text, or a list of texts" if name == "input" else "a text"
        raise UsageError(f"--config {path}: {key} = {value!r:.60}: give {what}")
    return values if name == "input" else value
