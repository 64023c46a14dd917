"""A page in headless Chromium that notes every request, console message and error."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}


@contextmanager
def opened(path: Path, **options: Any) -> Iterator[tuple[Any, list[str]]]:
    """(page, complaints) of a local file; skips where this machine has no Chromium or no
    playwright.

    At the end there must be no complaint: no request but for the file itself, nothing on the
    console.
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    complaints: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(**{"viewport": {"width": 1200, "height": 800}, **options})
        page.set_default_timeout(20000)
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: complaints.append(f"request: {request.url}"))
        page.goto(path.as_uri())
        assert complaints == [f"request: {path.as_uri()}"]
        complaints.clear()
        yield page, complaints
        page.wait_for_timeout(100)
        browser.close()
    assert complaints == []


def drag_fingers(page: Any, *fingers: tuple[float, float, float, float]) -> None:
    """Move fingers together on a touch screen, each from (x, y) by (dx, dy)."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, share: float) -> None:
        points = [
            {"x": x + share * dx, "y": y + share * dy, "id": i}
            for i, (x, y, dx, dy) in enumerate(fingers)
        ]
        event = {"type": kind, "touchPoints": [] if kind == "touchEnd" else points}
        session.send("Input.dispatchTouchEvent", event)
        page.wait_for_timeout(20)

    touch("touchStart", 0)
    for step in range(1, 11):
        touch("touchMove", step / 10)
    touch("touchEnd", 1)
