"""The options of `xw2v train`, and its configuration files: a TOML file with any of them, under
their names with - or _.

input = ["news.txt", "books/"]
vector-size = 200
checkpoint-every = "5m"
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from xw2v.errors import InputError, UsageError, represented
from xw2v.option import setting, table_of
from xw2v.settings import FOREIGN_OPTIONS, SETTINGS, names_of_aliases
from xw2v.storage.files import open_binary, reason

LARGEST_BYTES = 1 << 20  # more is no configuration


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What a training command takes besides `Settings`.

    Raises:
        UsageError: a value of the wrong type, or an empty one.
    """

    input: tuple[str, ...] = setting((), "Text files, folders, - for standard input.")
    corpus: str | None = setting(None, "Built-in text: nltk, nltk:brown,reuters,... or docs.")
    text_column: str = setting("text", "Column of .arrow and .parquet files that holds the text.")
    val: str | None = setting(None, "Held-out text: its loss after each epoch.", metavar="PATH")
    output: str = setting("output", "Folder for the vectors.", metavar="FOLDER")
    init: str | None = setting(
        None, "Start from these vectors, in any format, or a run's folder.", metavar="FILE"
    )
    init_keep: bool = setting(False, "Keep words of the `init` file that the text lacks.")
    checkpoint_every: str = setting(
        "10m", "Save every N steps, or after a time: 30s, 10m, 1h.", metavar="N|TIME"
    )
    resume: bool = setting(False, "Go on from the last checkpoint in the output folder.")
    quiet: bool = setting(False, "No progress, no neighbours: errors only.")
    json: bool = setting(False, "Print run.json's content on standard output.")

    def __post_init__(self) -> None:
        for name, option in OPTIONS.items():
            values = self.input if name == "input" else [getattr(self, name)]
            for value in values:
                option.check(value)


OPTIONS = table_of(TrainOptions)


def read_config(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(settings, other options) of a TOML file, by their names with underscores.

    Values of settings are checked by `Settings`, those of `TrainOptions` here.

    Raises:
        InputError: the file cannot be read.
        UsageError: it is not TOML, or has an unknown key or a wrong value.
    """
    settings: dict[str, Any] = {}
    options: dict[str, Any] = {}
    names = {name: name for name in (*SETTINGS, *OPTIONS)} | names_of_aliases(SETTINGS)
    for key, value in _parse(path).items():
        name = names.get(key.replace("-", "_"))
        if name is None:
            raise _error(path, f"unknown key {key!r:.80}{_meant(key.replace('-', '_'), names)}")
        if name in settings or name in options:
            raise _error(path, f"{key!r}: this option is there twice; leave one out")
        if name in SETTINGS:
            settings[name] = value
        else:
            options[name] = _option(path, key, name, value)
    return settings, options


def _meant(name: str, names: Mapping[str, str]) -> str:
    """What to add to the error about an unknown key: what it is called here, or the nearest."""
    if name in FOREIGN_OPTIONS:
        return f"; {FOREIGN_OPTIONS[name]}"
    close = get_close_matches(name, names, n=1)
    return f"; did you mean {close[0].replace('_', '-')!r}?" if close else ""


def _error(path: str, message: str) -> UsageError:
    return UsageError(message, setting="config", value=path)


def _parse(path: str) -> dict[str, Any]:
    with open_binary(path) as file:
        try:
            data = file.read(LARGEST_BYTES + 1)
        except OSError as error:
            raise InputError(f"cannot be read ({reason(error)})", path=path) from None
    if len(data) > LARGEST_BYTES:
        raise _error(
            path, f"more than {LARGEST_BYTES:,} bytes, so this is no configuration; give TOML"
        )
    text = _text(data, path)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        what = str(error).splitlines()[0][:200] if str(error) else "nested too deeply"
        raise _error(path, f"not TOML: {what}") from None


def _text(data: bytes, path: str) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _error(path, "is UTF-16; save it as UTF-8")
    if data.startswith(b"PK\x03\x04"):
        raise _error(path, "not text, but a zip file, as Word documents are, too; give TOML")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _error(path, f"not text: byte {error.start} is not UTF-8; give TOML") from None
    if "\0" in text:
        raise _error(path, "not text: it holds NUL bytes; give TOML")
    return text


def _option(path: str, key: str, name: str, value: Any) -> Any:
    """A value of `TrainOptions`, checked."""
    if name == "checkpoint_every" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    values = value if name == "input" and isinstance(value, list) else [value]
    try:
        checked = [OPTIONS[name].check(one) for one in values]
    except UsageError as error:
        raise _error(path, f"{key} = {represented(value, 60)}: {error.message}") from None
    if not checked:
        raise _error(path, f"{key} = []: give text")
    return tuple(checked) if name == "input" else checked[0]
