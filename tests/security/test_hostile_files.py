"""No file, however broken or clever, gives a trace, a wrong table without a word, or a large server."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from miner.errors import FortuitError
from miner.tables.reading import read_table
from miner.tables.sandbox import read_file_safely
from tests.security import corpus

ROOT = Path(__file__).parents[2]


def outcomes(folder: Path, answers: Path, most_crashes: int = 5) -> list[dict[str, object]]:
    """Read the folder in a child; a crash is an outcome of the file at hand, and the rest goes on."""
    crashed = []
    for _ in range(most_crashes):
        done = subprocess.run(
            [sys.executable, "-m", "tests.security.batch_reader", str(folder), str(answers)],
            cwd=ROOT, capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        found = [json.loads(line) for line in answers.read_text().splitlines()]
        if done.returncode == 0:
            return found
        # An exception that is no error of ours would be a trace on the page.
        assert "Traceback" not in done.stderr, done.stderr[-2000:]
        names = {str(answer["name"]) for answer in found}
        guilty = next(path.name for path in sorted(folder.iterdir()) if path.name not in names)
        crashed.append(guilty)
        with answers.open("a") as out:
            out.write(json.dumps({"name": guilty, "outcome": "stopped", "seconds": 0.0}) + "\n")
    pytest.fail(f"the reader died on {crashed}")


def test_four_hundred_mutants_are_read_or_refused_with_a_code_and_quickly(tmp_path: Path):
    folder = tmp_path / "mutants"
    folder.mkdir()
    files = {hostile.name: hostile.data for hostile in corpus.mutants()}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    assert len(files) == 400

    found = outcomes(folder, tmp_path / "answers.jsonl")

    assert len(found) == 400
    assert {answer["outcome"] for answer in found} <= {"read", "refused", "stopped"}
    assert max(float(str(answer["seconds"])) for answer in found) < 5
    assert all(answer["said"] for answer in found if answer["outcome"] == "refused")
    assert all(answer["same"] for answer in found if answer["outcome"] == "read")
    # Each half of the corpus must be there, or the test would prove nothing.
    assert sum(answer["outcome"] == "read" for answer in found) > 100
    assert sum(answer["outcome"] == "refused" for answer in found) > 50


def test_good_files_are_read_without_a_loss():
    for seed in [*corpus.seeds(), corpus.hospital()]:
        table = read_table(seed.data, name=seed.name)
        assert table.report.losses == (), seed.name


def test_each_of_forty_silent_losses_is_said_with_its_lines():
    files = list(corpus.silent_losses())
    assert len(files) == 40
    silent = []
    for hostile in files:
        table = read_table(hostile.data, name=hostile.name)
        said = [message for message in table.report.messages if "line" in message.values or "lines" in message.values]
        if not said:
            silent.append(hostile.name)
    assert silent == []


def test_rows_that_can_be_saved_are_saved():
    for hostile in corpus.silent_losses():
        if hostile.name.startswith("unclosed"):
            assert read_table(hostile.data, name=hostile.name).n == 150, hostile.name


def test_five_bombs_are_refused_quickly_and_leave_the_server_small():
    for bomb in corpus.bombs():
        assert len(bomb.data) < 5_000_000, bomb.name
        before = _resident()
        # Processor time, because the wall clock of a busy machine says nothing about the reader.
        started = _seconds_of_children()
        with pytest.raises(FortuitError) as caught:
            read_file_safely(bomb.data, name=bomb.name)
        assert _seconds_of_children() - started < 5, bomb.name
        assert caught.value.exit_code == 11
        assert _resident() - before < 50_000_000, bomb.name


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "'; drop table persons; --", "__proto__", "a.b", "{x}", "%s",
        "\u202eesrever", "x" * 10_000, "\U0001f600", "$$", "[a](javascript:b)", "nul\tl", "../../etc/passwd", "",
    ],
)  # fmt: skip
def test_a_nasty_column_name_arrives_as_it_is_and_harms_nothing(name):
    quoted = '"' + name.replace('"', '""') + '"'
    data = f"id;{quoted}\n" + "".join(f"{row};{row % 3}\n" for row in range(30))

    table = read_file_safely(data.encode(), name="names.csv")

    assert table.report.columns[1].name == name
    assert json.loads(json.dumps(table.report.to_dict()))["columns"][1]["name"] == name
