"""Make the texts and pictures of docs/tour.md, and the session in README.md, from one run.

    python -m bench.tour --nltk FOLDER --eval FOLDER

Runs the commands of the page's console blocks one after the other in an empty folder, writes what
they print below them, and takes the pictures of docs/images/ with Chromium. The session of the
README has some of the same commands: its lines are taken from the tour's. FOLDER --nltk has NLTK's
corpora, FOLDER --eval the test sets. Some two minutes on one core.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (?:.*\\\n)*.*\n", re.MULTILINE)
LEFT_OUT = "..."


def with_outputs(page: str, output_of: Callable[[str], str]) -> str:
    """The page with the output of each command of its console blocks as it is now.

    Where a block leaves lines out ("..."), the others are found by their first word.
    """

    def block(match: re.Match[str]) -> str:
        commands = COMMAND.findall(match[0])
        shown = COMMAND.split(match[0])[1:]
        parts = []
        for command, lines in zip(commands, shown, strict=True):
            printed = output_of(command.removeprefix("$ ").replace("\\\n", " ").strip())
            left_out = LEFT_OUT in lines.splitlines()
            parts.append(command + (selected(printed, lines) if left_out else printed))
        return "".join(parts)

    return CONSOLE.sub(block, page)


def selected(printed: str, shown: str) -> str:
    """Of what was printed the lines that were shown before."""
    by_first_word = {line.split()[0]: line for line in printed.splitlines() if line.strip()}
    lines = [
        by_first_word.get(line.split()[0], line) if line.strip() and line != LEFT_OUT else line
        for line in shown.splitlines()
    ]
    return "\n".join(lines) + "\n"


class Session:
    """A shell in a folder that remembers what each command printed."""

    def __init__(self, folder: Path, nltk: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "NLTK_DATA": str(nltk),
            "OPENBLAS_NUM_THREADS": "1",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        self.printed: dict[str, str] = {}

    def output_of(self, command: str) -> str:
        """What a command prints; it is run once."""
        command = " ".join(command.split())
        if command not in self.printed:
            print(f"$ {command}", file=sys.stderr, flush=True)
            done = subprocess.run(
                command,
                shell=True,
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=True,
            )
            self.printed[command] = done.stdout
        return self.printed[command]


def take_pictures(output: Path) -> None:
    """The pictures of the page from a run's folder with its map and report."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)))
    for name in ("map.png", "loss_plot.png"):
        shutil.copy(output / name, IMAGES / name)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def opened(name: str, width: int, height: int, scheme: Literal["light", "dark"]) -> Any:
            look: dict[str, Any] = {"viewport": {"width": width, "height": height}}
            page = browser.new_page(**look, color_scheme=scheme, reduced_motion="reduce")
            page.goto((output / name).as_uri())
            return page

        page = opened("map.html", 1360, 860, "light")
        page.fill(".search", "mother")
        page.keyboard.press("Enter")
        save(page, "page-neighbours.png")
        page = opened("map.html", 1360, 860, "dark")
        for name, word in (("a", "go"), ("b", "went"), ("c", "see")):
            page.fill(f"input[name={name}]", word)
        page.keyboard.press("Enter")
        save(page, "page-analogy.png")
        page = opened("report.html", 1200, 1000, "light")
        save(page, "report-training.png")
        for heading in ("Corpus", "Neighbours"):
            page.locator("h2", has_text=heading).evaluate("e => e.scrollIntoView()")
            save(page, f"report-{heading.lower()}.png")
        browser.close()


def save(page: Any, name: str) -> None:
    """A screenshot in 256 colours, which is a third of the size."""
    from PIL import Image

    page.wait_for_timeout(800)
    page.screenshot(path=IMAGES / name)
    Image.open(IMAGES / name).convert("RGB").quantize(256).save(IMAGES / name, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nltk", type=Path, required=True, help="folder of NLTK's corpora")
    parser.add_argument("--eval", type=Path, required=True, help="folder of test sets")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "eval").symlink_to(options.eval.resolve())
        session = Session(folder, options.nltk.resolve())
        for page in (ROOT / "docs" / "tour.md", ROOT / "README.md"):
            text = with_outputs(page.read_text("utf-8"), session.output_of)
            page.write_text(text, encoding="utf-8")
        take_pictures(folder / "output")


if __name__ == "__main__":
    main()
