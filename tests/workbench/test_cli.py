"""The command line: every command for persons and for programs, and what it says of bad input."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from miner.project import Project
from tests.architecture.source import ROOT
from workbench.cli import main
from workbench.demo import demo_diagram

LABEL = "Hypothesis, not causation"


def fortuit(*words: object, language: str = "en") -> Result:
    return CliRunner().invoke(main, ["--language", language, *map(str, words)])


def told(*words: object) -> dict[str, Any]:
    """The one JSON object of a command."""
    result = fortuit(*words, "--json")
    assert result.exit_code == 0, result.output
    values: dict[str, Any] = json.loads(result.stdout)
    assert len(result.stdout.strip().splitlines()) == 1
    return values


def persons(path: Path, rows: int = 300) -> Path:
    lines = [f"{k};{k % 2};{('low', 'middle', 'high')[(k * 7) % 3]};{20 + k % 50}" for k in range(rows)]
    path.write_text("\n".join(["id;sick;kind;age", *lines]) + "\n", encoding="utf-8")
    return path


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a folder by its hash: what was left as it was has the same."""
    skipped = {"ledger.sqlite-wal", "ledger.sqlite-shm"}
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in skipped
    }


def assert_explained(result: Result, code: int, *words: str) -> None:
    """Three sentences on standard error, nothing else, no trace, and the exit code of the class."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 3, "what, why, what to do"
    assert lines[0].startswith("[E-")
    for word in words:
        assert word in result.stderr


# --- reading ----------------------------------------------------------------------------------------------------------


def test_read_reports_the_columns_as_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    text = "Âge;code postal;remarque\n" + "".join(f"{k % 80};{1000 + k:05d};vu le 03/0{1 + k % 9}\n" for k in range(60))
    file.write_bytes(text.encode("cp1252"))
    values = told("read", file)
    assert [column["name"] for column in values["columns"]] == ["Âge", "code postal", "remarque"]
    assert all(isinstance(column["identifiers"], list) for column in values["columns"])
    assert all(isinstance(column["free_text_hits"], list) for column in values["columns"])
    assert values["rows"] == 60
    assert values["encoding"] == "cp1252"
    assert values["warnings"], "bytes that are not UTF-8 are a warning"
    assert "60 rows" in fortuit("read", file).stdout


def test_read_makes_a_project_and_a_dictionary(tmp_path: Path) -> None:
    file = persons(tmp_path / "persons.csv")
    values = told("read", file, "--project", tmp_path / "p", "--write-dictionary", tmp_path / "d.toml", "--name", "Ada")
    assert values["project"] == str(tmp_path / "p")
    assert 0 < values["discovery"] < 300
    again = told("read", file, "--project", tmp_path / "q", "--dictionary", tmp_path / "d.toml")
    assert again["discovery"] == values["discovery"], "the same persons fall on the same side"
    whole = told("read", file, "--project", tmp_path / "r", "--split", "none")
    assert whole["discovery"] == 300


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.csv", b"", 11),
        ("header.csv", b"a,b,c\n", 11),
        ("noise.parquet", b"PAR1 but not Parquet", 11),
    ],
)
def test_a_file_that_is_no_table_is_explained(name: str, data: bytes, code: int, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    assert_explained(fortuit("read", file, "--project", tmp_path / "p"), code, name)
    assert not (tmp_path / "p").exists()
    assert_explained(fortuit("read", tmp_path / "absent.csv"), 11, "absent.csv")


def test_one_column_with_another_separator_is_said(tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_text("a~b~c\n" + "1~2~3\n" * 50, encoding="utf-8")
    result = fortuit("read", file)
    assert "Traceback" not in result.output
    assert "column" in result.output
    if result.exit_code:
        assert_explained(result, 11)
    else:
        assert told("read", file)["warnings"]


def test_parquet_under_the_name_of_csv_is_read_for_what_it_is_or_explained(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    pq.write_table(pa.table({"a": [str(k) for k in range(50)], "b": ["x", "y"] * 25}), file)
    result = fortuit("read", file, "--json")
    assert "Traceback" not in result.output
    if result.exit_code:
        assert result.exit_code == 11
        assert "Parquet" in result.output
    else:
        values = json.loads(result.stdout)
        assert values["rows"] == 50
        assert any("Parquet" in message["text"] for message in values["warnings"])


@pytest.mark.parametrize("text", ["a,b\n1,2\n3,4\n5,6\n", "id,a,b\n" + "".join(f"{k},,\n" for k in range(60))])
def test_three_rows_or_nothing_but_missing_values_stop_before_a_test_is_run(text: str, tmp_path: Path) -> None:
    file = tmp_path / "few.csv"
    file.write_text(text, encoding="utf-8")
    made = fortuit("read", file, "--project", tmp_path / "p")
    assert "Traceback" not in made.output
    if made.exit_code:
        assert_explained(made, made.exit_code)
        assert not (tmp_path / "p").exists()
        return
    before = fingerprint(tmp_path / "p")
    mined = fortuit("mine", tmp_path / "p")
    assert_explained(mined, mined.exit_code)
    assert mined.exit_code in {12, 13, 14}
    assert fingerprint(tmp_path / "p") == before


@pytest.mark.parametrize("options", [("--split", "half"), ("--split", "1.5"), ("--profile", "open bar")])
def test_an_option_that_means_nothing_is_refused_before_anything_is_made(
    options: tuple[str, str], tmp_path: Path
) -> None:
    result = fortuit("read", persons(tmp_path / "a.csv"), "--project", tmp_path / "p", *options)
    assert result.exit_code != 0
    assert isinstance(result.exception, SystemExit), "an answer, not a crash"
    assert "Traceback" not in result.output
    assert result.stderr
    assert not (tmp_path / "p").exists()


# --- planning and mining ----------------------------------------------------------------------------------------------


def test_plan_and_mine_give_the_hash_of_python(copy_of_demo: Project, tmp_path: Path) -> None:
    path = copy_of_demo.path
    planned = told("plan", path, "-o", tmp_path / "plan.toml")
    assert planned["m"] == copy_of_demo.run("R1").m
    assert "tests" in fortuit("plan", path, "--plan", tmp_path / "plan.toml").stdout
    assert "[rules]" in fortuit("plan", path).stdout, "without a file the plan itself is printed"
    first = copy_of_demo.run("R1").run_hash
    mined = told("mine", path, "--plan", tmp_path / "plan.toml", "--scratch", "--name", "Ada")
    assert mined["label"] == LABEL
    assert mined["m"] == planned["m"]
    assert mined["findings"]["unadjusted"] == mined["tests_run"], "nothing is claimed from a scratch run"
    text = fortuit("mine", path, "--plan", tmp_path / "plan.toml").stdout
    assert LABEL in text
    second = copy_of_demo.run("R3")
    assert second.run_hash in text
    assert second.tests_run == copy_of_demo.run("R1").tests_run
    assert len(first) == 64


def test_a_plan_with_a_variable_that_is_not_there_is_explained(copy_of_demo: Project, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(copy_of_demo.suggested_plan().to_toml().replace('"qsmk"', '"qsmkk"'), encoding="utf-8")
    before = copy_of_demo.ledger.head()
    for command in ("plan", "mine"):
        assert_explained(fortuit(command, copy_of_demo.path, "--plan", plan), 13, "qsmkk")
    assert copy_of_demo.ledger.head() == before


@pytest.mark.parametrize(("data", "code"), [(b"not TOML [", 13), (b"\xff\xfe\x00", 10), (b"name = 3\n", 13), (b"", 13)])
def test_a_plan_that_cannot_be_read_is_explained(data: bytes, code: int, copy_of_demo: Project, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_bytes(data)
    before = copy_of_demo.ledger.head()
    assert_explained(fortuit("mine", copy_of_demo.path, "--plan", plan), code)
    assert copy_of_demo.ledger.head() == before


def test_a_folder_that_is_no_project_is_explained_by_every_command(tmp_path: Path) -> None:
    dag = tmp_path / "x.dagitty"
    dag.write_text("dag { a -> b }", encoding="utf-8")
    extra = {"register": ["F-1", "--name", "Ada"], "design": ["H-0001", "--dag", dag]}
    for command in ("plan", "mine", "findings", "register", "registry", "design", "report", "audit"):
        result = fortuit(command, tmp_path / "none", *extra.get(command, []))
        assert_explained(result, 10, "E-PROJECT-01")
        assert not (tmp_path / "none").exists()


def test_an_error_under_json_is_json_too(tmp_path: Path) -> None:
    result = fortuit("mine", tmp_path / "none", "--json")
    error = json.loads(result.stdout)["error"]
    assert error["code"] == "E-PROJECT-01"
    assert all(error[sentence] for sentence in ("what", "why", "todo"))
    assert result.exit_code == 10


# --- findings, registry, study, report --------------------------------------------------------------------------------


def test_findings_are_listed_filtered_bounded_and_written(copy_of_demo: Project, tmp_path: Path) -> None:
    path = copy_of_demo.path
    values = told("findings", path, "--limit", 3)
    assert values["label"] == LABEL
    assert values["shown"] == len(values["findings"]) == 3
    assert values["matching"] == values["tests_run"]
    assert all(row["claim"] == LABEL for row in values["findings"])
    names = [row["finding"] for row in values["findings"]]
    bound = told("findings", path, "--basket", ",".join(names))["basket"]
    assert bound["size"] == 3
    assert 0 <= bound["robust"] <= bound["at_least"] <= 3
    assert bound["m"] == values["m"]
    searched = told("findings", path, "--search", "qsmk = quit", "--limit", 0, "-o", tmp_path / "f.csv")
    assert searched["m"] == values["m"], "a search never lowers m"
    assert all("qsmk = quit" in row["statement"] for row in searched["findings"])
    lines = (tmp_path / "f.csv").read_text(encoding="utf-8").splitlines()
    assert LABEL in lines[0]
    assert len(lines) == 2 + searched["shown"]
    text = fortuit("findings", path, "--level", "familywise", "--basket", names[0]).stdout
    assert text.startswith(LABEL)
    assert "however you picked them" in text
    assert "Hypothèse, pas une causalité" in fortuit("findings", path, language="fr").stdout


@pytest.mark.parametrize("options", [("--run", "R9"), ("--basket", "F-nothing")])
def test_a_run_or_a_finding_that_is_not_there_is_explained(options: tuple[str, str], copy_of_demo: Project) -> None:
    assert_explained(fortuit("findings", copy_of_demo.path, *options), 10, options[1])


def test_registering_and_designing_end_in_a_protocol(copy_of_demo: Project, tmp_path: Path) -> None:
    path = copy_of_demo.path
    finding = told("findings", path, "--search", "qsmk = quit — with — wt82_71 >= 5")["findings"][0]["finding"]
    one = told("register", path, finding, "--name", "Ada", "--statement", "Quitters gain weight")
    assert (one["id"], one["person"], one["status"]) == ("H-0002", "Ada", "candidate")
    dag = tmp_path / "demo.dagitty"
    dag.write_text(demo_diagram(), encoding="utf-8")
    assigned = ["--part", "qsmk = quit=exposure", "--part", "wt82_71 >= 5=outcome"]
    values = told("design", path, "H-0002", "--dag", dag, *assigned, "-o", tmp_path / "study", "--name", "Ada")
    assert values["verdict"] == "backdoor"
    checks = [refutation["check"] for refutation in values["refutations"]]
    assert sorted(checks) == sorted(2 * ["permuted exposure", "random common cause", "subset"])
    assert {"protocol.json", "protocol.md"} <= {file.name for file in (tmp_path / "study").iterdir()}
    text = fortuit("registry", path, "--format", "csv").stdout
    assert LABEL in text.splitlines()[0]
    assert told("registry", path)["hypotheses"][1]["person"] == "Ada"
    fortuit("registry", path, "--format", "csv", "-o", tmp_path / "r.csv")
    assert LABEL in (tmp_path / "r.csv").read_text(encoding="utf-8").splitlines()[0]


def test_nobody_registers_without_a_name(copy_of_demo: Project) -> None:
    result = fortuit("register", copy_of_demo.path, "F-1")
    assert result.exit_code == 2
    assert "--name" in result.stderr


@pytest.mark.parametrize(
    ("diagram", "code", "word"),
    [
        (b"dag { qsmk -> wt82_71 wt82_71 -> age age -> qsmk }", 18, "age"),
        (b"dag { qsmk -> wt82_71 agee -> qsmk agee -> wt82_71 }", 18, "agee"),
        (b"dag { age -> wt82_71 }", 19, "qsmk"),
        (b"nothing {{{", 18, ""),
        (b"\xff\xfe\x00\x01", 10, "E-PROJECT-09"),
    ],
    ids=["cycle", "misspelt", "without the exposure", "not a diagram", "not text"],
)
def test_a_diagram_that_cannot_be_is_explained(
    diagram: bytes, code: int, word: str, copy_of_demo: Project, tmp_path: Path
) -> None:
    dag = tmp_path / "x.dagitty"
    dag.write_bytes(diagram)
    before = copy_of_demo.ledger.head()
    parts = ["--part", "qsmk=exposure", "--part", "wt82_71=outcome"]
    assert_explained(fortuit("design", copy_of_demo.path, "H-0001", "--dag", dag, *parts), code, word)
    assert copy_of_demo.ledger.head() == before


def test_a_part_that_means_nothing_is_explained(copy_of_demo: Project, tmp_path: Path) -> None:
    dag = tmp_path / "x.dagitty"
    dag.write_text(demo_diagram(), encoding="utf-8")
    result = fortuit("design", copy_of_demo.path, "H-0001", "--dag", dag, "--part", "qsmk=cause")
    assert_explained(result, 19, "E-STUDY-43")


def test_the_report_is_written_and_recorded(copy_of_demo: Project, tmp_path: Path) -> None:
    values = told("report", copy_of_demo.path, "-o", tmp_path / "r.html")
    data = (tmp_path / "r.html").read_bytes()
    assert hashlib.sha256(data).hexdigest() == values["sha256"]
    exports = [entry.content["sha256"] for entry in copy_of_demo.ledger.entries("export")]
    assert values["sha256"] in exports
    assert str(tmp_path / "s.html") in fortuit("report", copy_of_demo.path, "-o", tmp_path / "s.html").stdout


def test_the_audit_says_consistent_and_exits_with_zero(copy_of_demo: Project, tmp_path: Path) -> None:
    values = told("audit", copy_of_demo.path)
    assert values["exit_code"] == 0
    assert values["tests"] == copy_of_demo.tests_run
    checkpoint = tmp_path / "checkpoint.txt"
    checkpoint.write_text(copy_of_demo.ledger.checkpoint().text(), encoding="utf-8")
    assert told("audit", copy_of_demo.path, "--checkpoint", checkpoint)["anchored"]
    assert "entries" in fortuit("audit", copy_of_demo.path).stdout


def test_the_audit_exits_with_twenty_where_the_record_was_cut(copy_of_demo: Project, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint.txt"
    copy_of_demo.register(copy_of_demo.findings("R1"), copy_of_demo.findings("R1").names[0], person="Ada")
    checkpoint.write_text(copy_of_demo.ledger.checkpoint().text(), encoding="utf-8")
    copy_of_demo.close()
    with sqlite3.connect(copy_of_demo.path / "ledger.sqlite") as store:
        for (trigger,) in store.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            store.execute(f"drop trigger {trigger}")
        store.execute("delete from fortuit_entry where seq = (select max(seq) from fortuit_entry)")
    result = fortuit("audit", copy_of_demo.path, "--checkpoint", checkpoint)
    assert result.exit_code == 20, result.output
    assert "Traceback" not in result.output


# --- as a program -----------------------------------------------------------------------------------------------------


def test_the_installed_command_prints_one_json_object_and_nothing_else(tmp_path: Path) -> None:
    file = persons(tmp_path / "a.csv")
    command = [sys.executable, "-m", "workbench.cli", "read", str(file), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    assert json.loads(done.stdout)["rows"] == 300
    broken = [*command[:4], str(tmp_path / "absent.csv")]
    done = subprocess.run(broken, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (11, "")
    assert "Traceback" not in done.stderr


def test_every_command_explains_itself_and_offers_json() -> None:
    assert set(main.commands) == {
        "read",
        "plan",
        "mine",
        "findings",
        "register",
        "registry",
        "design",
        "report",
        "audit",
        "demo",
        "serve",
        "significance",
        "stability",
        "verify-rules",
        "freeze",
        "confirm",
        "test",
        "pack",
        "checkpoint",
        "protocol",
        "confirm-protocol",
        "result",
    }
    for name in main.commands:
        result = fortuit(name, "--help")
        assert result.exit_code == 0
        assert "--json" in result.output
    assert "version" in fortuit("--version").output
