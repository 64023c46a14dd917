"""What docs/ takes from the code: the line below each setting, and the page of commands.

    python tests/doc_reference.py      # writes both into docs/

tests/test_docs_reference.py holds the pages to it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from xw2v.cli import COMMANDS, cli
from xw2v.option import READABLE_BOUND, Option
from xw2v.settings import CBOW_ALPHA, SETTINGS, SKIPGRAM_ALPHA, flag

DOCS = Path(__file__).resolve().parent.parent / "docs"
DEFAULTS = {  # of settings that are not set, or by others
    "alpha": f"{SKIPGRAM_ALPHA}, CBOW {CBOW_ALPHA[True, 'full']}",
    "max_vocab": "no limit",
    "batch_tokens": "by device and model",
    "shared_negatives": "by the other settings",
    "backend": "by the device",
    "workers": "all cores",
    "combine_interval": "32 / ranks; of two 32",
    "tokens": "`ascii`, and `raw` for what `xw2v phrases` wrote",
    "lowercase": "on, with `raw` off",
}
DERIVED = "## What follows from the others\n"  # the section after the settings
PAGE_HEAD = """# Commands

All options of all commands, as `xw2v COMMAND --help` prints them. [settings.md](settings.md)
explains those of `xw2v train`; [errors.md](errors.md) has the exit codes.

"""


def facts(option: Option) -> str:
    """The line below a setting's name: flags, default, range."""
    names = [flag(name) for name in (option.name, *option.aliases, option.off) if name]
    if option.name == "lowercase":
        names = ["--no-lowercase"]
    unset = DEFAULTS.get(option.name, "none")
    default = unset if option.default is None else _value(option.default)
    parts = [", ".join(f"`{name}`" for name in names), f"default: {default}"]
    if option.choices:
        parts.append(" or ".join(f"`{choice}`" for choice in option.choices))
    elif option.above is not None:
        parts.append(f"above {_value(option.above)}, at most {_value(option.high)}")
    elif option.low is not None and (option.high or 0) > READABLE_BOUND:
        parts.append(f"at least {_value(option.low)}")
    elif option.low is not None:
        parts.append(f"{_value(option.low)} to {_value(option.high)}")
    return " · ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return f"`{value}`"
    if isinstance(value, int) and value >= 2**31:
        power = (value + 1).bit_length() - 1
        return f"2^{power}" if value == 2**power else f"2^{power} - 1"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def with_facts(page: str) -> str:
    """settings.md with the line of every setting as it should be."""
    for name, option in SETTINGS.items():
        if f"### `{name}`\n" not in page:  # to be explained by hand, and moved where it belongs
            section = f"### `{name}`\n\n\n\n{option.help}\n\n"
            page = page.replace(DERIVED, section + DERIVED)
        heading = re.escape(f"### `{name}`\n\n")
        line = facts(option).replace("\\", r"\\")
        page = re.sub(rf"({heading}).*\n", rf"\g<1>{line}\n", page)
    return page


def commands_page() -> str:
    """docs/commands.md."""
    parts = []
    group = click.Context(cli, info_name="xw2v", **cli.context_settings)
    for name in COMMANDS:
        command = cli.get_command(group, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=group)
        pieces = " ".join(command.collect_usage_pieces(context))
        text = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
        rows = [
            f"| `{_cell(record[0])}` | {_cell(record[1])} |"
            # A command keeps the help option of the first context that asked; this one is new.
            for parameter in [*command.params, click.Command(name).get_help_option(context)]
            if isinstance(parameter, click.Option)
            and (record := parameter.get_help_record(context)) is not None
        ]
        table = "\n".join(["| option | |", "|---|---|", *rows])
        parts.append(f"## xw2v {name}\n\n```text\nxw2v {name} {pieces}\n```\n\n{text}\n\n{table}\n")
    return PAGE_HEAD + "\n".join(parts)


def _cell(text: str) -> str:
    """Text of a table's cell, in which a bar would end it and a tag would vanish."""
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    settings = DOCS / "settings.md"
    settings.write_text(with_facts(settings.read_text()), encoding="utf-8")
    (DOCS / "commands.md").write_text(commands_page(), encoding="utf-8")
