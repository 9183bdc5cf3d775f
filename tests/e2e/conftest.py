"""A served workbench and a real browser: one of each for all flows, a new context and an empty ear for each test."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.architecture.source import ROOT

expect.set_options(timeout=45_000)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Streamlit asks for its own endpoints below the page's path first, to find where it is mounted.
PROBES = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """A running `fortuit serve`: where it is, its projects, and how long it took until it answered."""

    address: str
    projects: Path
    seconds: float


@dataclass(kw_only=True)
class Watched:
    """A page with everything it asked for and complained about."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def hear(self, page: Page) -> None:
        """Listen to a page (a second tab is listened to as well)."""
        page.on("request", self._asked)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"}:
            self.hosts.add(parts.hostname or "")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBES.search(urlsplit(str(message.location.get("url", ""))).path):
            self.complaints.append(f"{message.text} {message.location}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    folder = tmp_path_factory.mktemp("served")
    projects = folder / "projects"
    projects.mkdir()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    begun = time.monotonic()
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "workbench.cli", "serve", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "FORTUIT_PROJECTS": str(projects)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                connection.request("GET", "/_stcore/health")
                if connection.getresponse().read() == b"ok":
                    break
            except OSError:
                assert time.monotonic() - begun < 60, (folder / "server.log").read_text(encoding="utf-8")
                time.sleep(0.05)
        yield Workbench(address=address, projects=projects, seconds=time.monotonic() - begun)
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=20)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on the PATH: browser flows were not run")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page that must end without a complaint, a dialog or a request to another host."""
    context = browser.new_context(viewport={"width": 1360, "height": 1000}, accept_downloads=True, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(60_000)
    seen = Watched(page=page)
    context.on("page", seen.hear)
    seen.hear(page)
    yield seen
    hostile = [page.evaluate("window.PWNED") for page in context.pages if not page.is_closed()]
    context.close()
    assert seen.hosts <= {"127.0.0.1"}, "nothing is asked of another host"
    assert seen.complaints == []
    assert seen.dialogs == []
    assert set(hostile) <= {None}


def settled(page: Page) -> None:
    """Wait until the script of the page has run to its end."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=60_000)
    expect(page.locator("[data-stale=true]")).to_have_count(0, timeout=60_000)


def pick_first_row(page: Page) -> None:
    """Tick the first row of the first table that can be picked from: a canvas, so by its place on the screen."""
    grid = page.get_by_test_id("stDataFrame").first
    expect(grid).to_be_visible()
    grid.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = grid.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 35 + 18)


def query(page: Page) -> dict[str, str]:
    """The parameters of the address."""
    found: dict[str, str] = json.loads(
        page.evaluate("JSON.stringify(Object.fromEntries(new URLSearchParams(window.location.search)))")
    )
    return found
