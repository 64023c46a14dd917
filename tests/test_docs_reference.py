"""The reference pages have every setting, command and error, as the code has them."""

from __future__ import annotations

import inspect
import re

import pytest
from doc_reference import DOCS, commands_page, with_facts

from xw2v import errors, tuning
from xw2v.config import OPTIONS
from xw2v.settings import Settings, flag

AGAIN = "run: python tests/doc_reference.py"


def test_settings_have_their_flags_defaults_and_ranges() -> None:
    page = (DOCS / "settings.md").read_text()
    assert with_facts(page) == page, AGAIN


def test_settings_follow_from_others_as_the_page_says() -> None:
    page = (DOCS / "settings.md").read_text()
    rows = re.findall(
        r"^\| (defaults|`.*?`) \| (\d+) \| (\d+) \| (\d+) \| ([\d.]+) \|$", page, re.M
    )
    assert len(rows) > 5
    for given, *expected in rows:
        given = "" if given == "defaults" else given.strip("`")
        settings = eval(f"Settings({given})", {"Settings": Settings})
        config = tuning.step_config(settings)
        sizes = (config.shared_negatives, config.group, config.trust_floor)
        derived = (tuning.batch_tokens(settings), *sizes)
        assert [f"{value:g}" for value in derived] == expected, given


def test_options_that_are_no_settings_are_on_the_page() -> None:
    page = (DOCS / "settings.md").read_text()
    for name in OPTIONS:
        assert f"`{flag(name)}" in page or name == "input", name


def test_commands_are_as_they_print_their_help() -> None:
    assert (DOCS / "commands.md").read_text() == commands_page(), AGAIN


@pytest.mark.parametrize(
    "error", [error for _, error in inspect.getmembers(errors, inspect.isclass)]
)
def test_every_error_is_on_the_page(error: type) -> None:
    if issubclass(error, errors.Xw2vError):
        assert f"`{error.__name__}`" in (DOCS / "errors.md").read_text()
