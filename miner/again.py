"""The tests of a record once more, on the data: what a reviewer with the file runs (codes R06 and R07 of the audit)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from miner.errors import ProjectError
from miner.ledger import Entry
from miner.ledger.audit import Rerun
from miner.ledger.records import Source
from miner.patterns.items import Item
from miner.plan import Plan
from miner.single import GREATER, pair_row, rule_row
from miner.tables.model import Dataset, Dictionary
from miner.tables.split import split_rows
from miner.tables.text_table import TextTable
from miner.tables.typed import apply_dictionary
from miner.universe import RunUniverse, declare


class RecordWithoutData(ProjectError):
    code = "E-PROJECT-16"
    what = "The record names no {missing}, so that its tests cannot be run again."
    why = "Tests are run again on the typed table, with the recorded dictionary and division of persons."
    todo = "Give the full pack or the project itself."


class OtherSalt(ProjectError):
    code = "E-PROJECT-17"
    what = "The persons of this file cannot be divided as they were: another salt was used."
    why = "Which persons were mined follows from their keys and a salt, of which the record holds only the hash."
    todo = "Give the salt with --salt, or the mined part as a file."


class Again:
    """Tests run again on a table; ``rerun`` is what the audit takes.

    ``skipped`` counts, by mode, the rows that are not run one by one here (screens and signals).
    """

    def __init__(
        self, source: Source, table: TextTable, *, salt: str, sample: int | None = None, seed: int = 0
    ) -> None:
        self._runs = {
            str(entry.content["run_id"]): Plan.from_dict(entry.content["plan"])
            for entry in source.entries("run")
            if entry.content["phase"] == "started"
        }
        whole = apply_dictionary(table, Dictionary.from_dict(_last(source, "dictionary")["dictionary"]))
        self._mined = _mined(whole, _last(source, "split"), salt)
        self._universes: dict[str, tuple[RunUniverse, dict[str, Item]]] = {}
        self.skipped: Counter[str] = Counter()
        self.rerun = Rerun(
            fingerprints=frozenset({whole.content_hash, self._mined.content_hash}),
            again=self._rows,
            sample=sample,
            seed=seed,
        )

    def _rows(self, entry: Entry, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        if entry.content["run_id"] is None:
            # A search over all patterns stands outside the runs: its rows are compared with themselves, and said.
            self.skipped["search"] += len(rows)
            return list(rows)
        run = str(entry.content["run_id"])
        return [self._row(run, row) for row in rows]

    def _row(self, run: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
        plan = self._runs[run]
        if row["mode"] == "rule":
            items = self._items(run)
            chosen = [items[text] for text in row["x"]]
            return rule_row(self._mined, chosen, items[row["y"]], side=GREATER, ordinal=int(row["i"]))
        if row["mode"] == "pair":
            return pair_row(self._mined, str(row["x"][0]), str(row["y"]), seed=plan.run.seed)
        self.skipped[str(row["mode"])] += 1
        return row

    def _items(self, run: str) -> dict[str, Item]:
        if run not in self._universes:
            universe = declare(self._runs[run], self._mined, self._mined.content_hash)
            self._universes[run] = (universe, {i.text: i for i in (*universe.antecedents, *universe.outcomes)})
        return self._universes[run][1]


def _last(source: Source, kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = None
    for entry in source.entries(kind):
        found = entry.content
    if found is None:
        raise RecordWithoutData(missing=kind)
    return found


def _mined(whole: Dataset, split: Mapping[str, Any], salt: str) -> Dataset:
    """The persons that were mined: all of them, the file itself where it holds just these, or by the salt."""
    if split["method"] == "none" or split.get("discovery_sha256") == whole.content_hash:
        return whole
    made = split_rows(whole, salt=salt, fraction=float(split["fraction"]))
    if made.salt_hash != split.get("salt_sha256", made.salt_hash):
        raise OtherSalt()
    return whole.take(made.discovery)
