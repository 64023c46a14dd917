"""The code blocks of README.md and docs/, as tests/test_docs.py runs them.

A block is fenced and names its language. A comment in the line above may say more:

    <!-- not run: why -->     it is not run, and why not
    <!-- file: NAME -->       it is the content of a file that later blocks use
    <!-- needs: MODULE -->    it is run where that can be imported
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"^(?:<!-- (?P<key>[a-z ]+): (?P<value>.*?) -->\n+)?^```(?P<language>\S*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
RUN = ("sh", "console", "python")
SHOWN = ("toml", "text", "mermaid", "bibtex")  # languages of blocks that are not programs


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    code: str
    not_run: str | None
    file: str | None
    needs: str | None

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether it is to be run here."""
        there = self.needs is None or find_spec(self.needs) is not None
        return self.language in RUN and self.not_run is None and there

    def commands(self) -> str:
        """What a shell runs: of a console's transcript the lines after a prompt."""
        if self.language == "sh":
            return self.code
        lines, going_on = [], False
        for line in self.code.splitlines():
            if line.startswith("$ ") or going_on:
                lines.append(line.removeprefix("$ "))
                going_on = line.endswith("\\")
        return "\n".join(lines) + "\n"


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    source = page.read_text(encoding="utf-8")
    found = []
    for match in BLOCK.finditer(source):
        line = source.count("\n", 0, match.start("code")) + 1
        key, value = match["key"], match["value"]
        reason, file, needs = (
            value if key == name else None for name in ("not run", "file", "needs")
        )
        found.append(Block(page, line, match["language"], match["code"], reason, file, needs))
    return found
