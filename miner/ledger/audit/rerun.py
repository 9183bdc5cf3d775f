"""Codes R06 and R07: the tests run again on the data, by a function that the caller brings.

The ledger knows no data; who calls the audit with a file hands in how to compute the rows of a batch again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from miner.ledger.audit.facts import Facts, Row
from miner.ledger.audit.report import AuditFinding, found
from miner.ledger.canonical import as_float
from miner.ledger.records import Entry

TOLERANCE: Final = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """The data at hand.

    Parameters
    ----------
    fingerprints
        Content hashes of the data set and of its parts: one of them must be the recorded one.
    again
        Given a batch entry and some of its rows, the same rows computed anew, in the same order.
    sample
        How many rows of each batch to repeat; None for all.
    seed
        Of the choice of the sample.
    """

    fingerprints: frozenset[str]
    again: Callable[[Entry, Sequence[Row]], Sequence[Row]]
    sample: int | None = None
    seed: int = 0


def rerun(facts: Facts, data: Rerun) -> Iterator[AuditFinding]:
    """R06 and R07."""
    unknown = [entry for entry in facts.of("dataset") if not _is_recorded(facts, entry, data)]
    if len(unknown) == len(list(facts.of("dataset"))):
        yield found(
            "R06", [entry.seq for entry in unknown], "the data given are not those recorded: another fingerprint"
        )
        return
    for entry in facts.of("batch"):
        rows = _drawn(facts.rows(entry), data)
        for row, other in zip(rows, data.again(entry, rows), strict=True):
            code = "R07" if (row.get("summary") or {}).get("seed") is not None else "R06"
            difference = _difference(row, other)
            if difference is not None:
                yield found(code, [entry.seq], f"row {row['i']}: {difference}")
                break


def _is_recorded(facts: Facts, dataset: Entry, data: Rerun) -> bool:
    known = {dataset.content.get("content_sha256"), dataset.content.get("file_sha256")}
    for split in facts.of("split"):
        if split.content["dataset_id"] == dataset.content["dataset_id"]:
            known |= {split.content.get("discovery_sha256"), split.content.get("confirmation_sha256")}
    return bool(known & data.fingerprints)


def _drawn(rows: Sequence[Row], data: Rerun) -> list[Row]:
    if data.sample is None or data.sample >= len(rows):
        return list(rows)
    chosen = random.Random(data.seed).sample(range(len(rows)), data.sample)  # noqa: S311  a sample, not a secret
    return [rows[i] for i in sorted(chosen)]


def _difference(row: Row, other: Mapping[str, Any]) -> str | None:
    for name in ("id", "status", "counts", "n", "n_unknown"):
        if row.get(name) != other.get(name):
            return f"{name} {row.get(name)} is recorded, the data give {other.get(name)}"
    for name in ("ln_p", "estimate", "statistic"):
        told, again = as_float(row.get(name)), as_float(other.get(name))
        if told != again and not (told != told and again != again) and not _near(told, again):
            return f"{name} {told:.10g} is recorded, the data give {again:.10g}"
    return None


def _near(told: float, again: float) -> bool:
    return abs(told - again) <= TOLERANCE * max(1.0, abs(again))
