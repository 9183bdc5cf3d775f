"""Audit packs: a zip file from which a stranger can check the record, without the data and without our code.

The *full* pack holds everything and stays in the secure room. The *leaving* pack shows what cannot give small counts
back: rows with a masked cell show which hypothesis they are about and nothing else, and so do the rows of the same
table and of finer ones, from whose sums a masked cell could be worked out; fields that could be used to guess
(plain hashes over data or counts, numbers adjusted with the help of masked ones) stay behind their salted commitments.
Masked tests enter the corrections of the leaving pack as p = 1 within m.

The same ledger gives the same bytes: no clock, fixed order, no compression but that of the stored blocks.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from miner.ledger.audit.corrections import adjusted
from miner.ledger.canonical import as_float, canonical, parse_row
from miner.ledger.commitments import (
    IDENTITY_FIELDS,
    evidence_commitment,
    field_commitment,
    field_salt,
    row_salts,
)
from miner.ledger.events import LABEL
from miner.ledger.ledger import Ledger
from miner.ledger.records import Entry, Record, as_object
from miner.ledger.registry import hypotheses

Row = Mapping[str, Any]
Masked = Callable[[Entry, Row], bool]

_VERIFIER: Final = Path(__file__).with_name("verify_pack.py")
_README: Final = """{label}

This is the {kind} audit pack of the ledger {origin}, {size} entries.
Every test that was run is counted here, hidden, failed and cancelled ones too.

To check it you need Python 3.9 or newer and nothing else:

    python verify.py
    python verify.py --checkpoint FILE    (a checkpoint that was kept elsewhere)

ledger.jsonl     all entries, each with the hash of the one before it
blocks/          the tests, one line each
checkpoint.txt   size and root of the ledger: keep a copy elsewhere
registry.json, plans.json, dictionary.json    reading aids, copied from the ledger
"""

# What a leaving pack shows of each kind; a field that is not named stays behind its commitment.
_SHOWN: Final[dict[str, frozenset[str]]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "project": "name purpose controller legal_basis authorisation permitted_purposes expires alpha profile",
        "profile": "name threshold reason declaration",
        "session": "session_id app_version python packages platform locale threads constraints_sha256",
        "dataset": "source rows columns",
        "dictionary": "dictionary dictionary_sha256",
        "split": "method fraction discovery_rows confirmation_rows shared_units",
        "preprocess": "preprocess_id operation variable detail fitted_on",
        "universe": "universe_id grammar size reductions statement",
        "family": "family_id universe_id m primary_method methods alpha levels run_number spends scratch online "
        "na_rule parent",
        "run": "run_id family_id plan_sha256 plan part session_id seed phase recorded uncomputed",
        "cancel": "run_id family_id recorded reason",
        "batch": "family_id universe_id run_id part role origin test_versions options block_rows block_root",
        "declare": "family_id hypothesis text test side",
        "test": "family_id declared_seq row verdicts seen_before part",
        "adjust": "family_id methods primary_method alphas m na_rule inputs assumptions block_rows block_root",
        "view": "family_id shown hypotheses sort filters page",
        "select": "family_id hypotheses alpha robust bound m",
        "hypothesis": "hypothesis_id version base status person test_id family_id statement question finding evidence "
        "reason label",
        "freeze": "list_id members list_sha256 method",
        "unlock": "list_id list_sha256 number alpha reused reason",
        "confirmation": "list_id unlock_number method alpha m block_rows block_root",
        "protocol": "protocol_id hypothesis_id version status",
        "export": "export_id form families label texts hypotheses profile recipient lint",
        "void": "seq reason",
        "note": "about",
    }.items()
}


def small_counts(threshold: int) -> Masked:
    """The rule that masks every row with a cell, group or remainder of 1 to ``threshold`` - 1 persons."""

    def masked(entry: Entry, row: Row) -> bool:
        summary = row.get("summary") or {}
        counts = [row.get("counts"), row.get("n"), row.get("n_unknown"), summary.get("group_n"), summary.get("strata")]
        return any(0 < one < threshold for one in _whole_numbers(counts))

    return masked


def full_pack(ledger: Ledger) -> bytes:
    """Everything but the data: for the secure room."""
    files = {"ledger.jsonl": b"", "claims.json": b"{}"}
    for record in ledger.records():
        secret = ledger.secret(record.seq)
        files["ledger.jsonl"] += _line(record, {"secret": secret.hex(), "content": as_object(record.content)})
        block = ledger.block(record.seq)
        if block is not None:
            files[f"blocks/{record.seq:06d}.jsonl.gz"] = block
    return _zipped(ledger, "full", files | _aids(ledger, shown=None))


def leaving_pack(ledger: Ledger, masked: Masked) -> bytes:
    """What may leave the room.

    Parameters
    ----------
    masked
        Tells of a test row whether one of its cells is masked under the disclosure profile in force, such as
        ``small_counts``. Rows about the same variables, or about those and more, are then masked too.
    """
    hidden = _Hidden.found(ledger, masked)
    files = {"ledger.jsonl": b""}
    for record, entry in zip(ledger.records(), ledger.entries(), strict=True):
        secret, content = ledger.secret(record.seq), as_object(record.content)
        shown = {name: value for name, value in content.items() if hidden.shows(entry, name)}
        proof = {
            "content": shown,
            "salts": {name: field_salt(secret, name).hex() for name in shown},
            "withheld": {
                name: field_commitment(field_salt(secret, name), name, value).hex()
                for name, value in content.items()
                if name not in shown
            },
        }
        files["ledger.jsonl"] += _line(record, proof)
        if "block_rows" in content and not hidden.block(entry):
            text = b"".join(
                _disclosed(line, i, secret, hidden.row(entry, i)) for i, line in enumerate(ledger.lines(entry.seq))
            )
            files[f"blocks/{record.seq:06d}.jsonl.gz"] = gzip.compress(text, compresslevel=6, mtime=0)
    files["claims.json"] = canonical(dict(_claims(ledger, hidden)))
    return _zipped(ledger, "leaving", files | _aids(ledger, shown=hidden))


# The variables of the antecedent and that of the consequent: rows of one table add up to known margins.
_Table = tuple[frozenset[str], str]

# Fields with numbers that follow from those of the family, masked ones included.
_NUMBERS: Final = {
    ("test", "row"),
    ("test", "verdicts"),
    ("select", "bound"),
    ("hypothesis", "finding"),
    ("hypothesis", "evidence"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hidden:
    """Which rows, hypotheses and families a leaving pack may not show."""

    rows: Mapping[int, frozenset[int]]
    hypotheses: frozenset[str]
    families: frozenset[str]

    @classmethod
    def found(cls, ledger: Ledger, masked: Masked) -> _Hidden:
        """Rows masked by the rule, and with them every row from which a masked cell could be worked out."""
        variables = _variables(ledger)
        keys: dict[int, list[tuple[_Table, str]]] = {}
        small: set[_Table] = set()
        for entry in ledger.entries("batch", "confirmation", "test"):
            content: Mapping[str, Any] = entry.content
            seen: list[tuple[_Table, str]] = []
            found: Iterable[Row] = [content["row"]] if entry.kind == "test" else ledger.rows(entry)
            for row in found:
                x, y = map(str, row["x"]), str(row["y"])
                table = frozenset(variables.get(item, item) for item in x), variables.get(y, y)
                seen.append((table, str(row["id"])))
                if masked(entry, row):
                    small.add(table)
            keys[entry.seq] = seen
        outcomes = {outcome: [names for names, other in small if other == outcome] for _, outcome in small}
        rows: dict[int, frozenset[int]] = {}
        names: set[str] = set()
        families: set[str] = set()
        for entry in ledger.entries("batch", "confirmation", "test"):
            tables = keys[entry.seq]
            hidden = {i for i, ((of, to), _) in enumerate(tables) if any(one <= of for one in outcomes.get(to, ()))}
            if hidden:
                rows[entry.seq] = frozenset(hidden)
                names |= {tables[i][1] for i in hidden}
                if "family_id" in entry.content:
                    families.add(str(entry.content["family_id"]))
        return cls(rows=rows, hypotheses=frozenset(names), families=frozenset(families))

    def row(self, entry: Entry, ordinal: int) -> bool:
        # The rows of a confirmation carry values adjusted together: one masked row hides the numbers of all.
        if entry.kind == "confirmation":
            return entry.seq in self.rows
        return ordinal in self.rows.get(entry.seq, ())

    def block(self, entry: Entry) -> bool:
        """A correction computed with masked p-values: its ranks would narrow them down."""
        return entry.kind == "adjust" and str(entry.content["family_id"]) in self.families

    def shows(self, entry: Entry, name: str) -> bool:
        if name not in _SHOWN[entry.kind]:
            return False
        if (entry.kind, name) in _NUMBERS:
            return (
                str(entry.content.get("family_id")) not in self.families
                and str(entry.content.get("test_id")) not in self.hypotheses
            )
        if name in ("members", "list_sha256"):
            return not self.hypotheses
        return True


def _variables(ledger: Ledger) -> dict[str, str]:
    """The variable of each item, from the grammars of the declared universes."""
    found: dict[str, str] = {}
    waiting: list[Mapping[str, Any]] = [_grammar(entry) for entry in ledger.entries("universe")]
    while waiting:
        grammar = waiting.pop()
        waiting += grammar.get("parts", ())
        for side in ("left", "right"):
            for variable, items in grammar.get(side, {}).items():
                found |= {str(item): variable for item in (items if isinstance(items, list) else ())}
    return found


def _grammar(entry: Entry) -> Mapping[str, Any]:
    content: Mapping[str, Any] = entry.content
    return dict(content["grammar"])


def _disclosed(line: bytes, ordinal: int, secret: bytes, hidden: bool) -> bytes:
    row = parse_row(line)
    first, second = row_salts(secret, ordinal)
    if not hidden:
        return canonical({"row": row, "salts": [first.hex(), second.hex()]}) + b"\n"
    identity = {name: row[name] for name in IDENTITY_FIELDS if name in row}
    evidence = evidence_commitment(second, line)
    return canonical({"identity": identity, "salt": first.hex(), "evidence": evidence.hex()}) + b"\n"


def _claims(ledger: Ledger, hidden: _Hidden) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Corrections anew for the families with masked tests, which count as p = 1."""
    import numpy as np

    for entry in ledger.entries("adjust"):
        content: Mapping[str, Any] = entry.content
        family = str(content["family_id"])
        if family not in hidden.families:
            continue
        members: list[tuple[Row, float]] = []
        for batch in ledger.entries("batch"):
            if batch.content["family_id"] != family or batch.content["role"] != "member" or batch.seq > entry.seq:
                continue
            for i, row in enumerate(ledger.rows(batch)):
                members.append((row, math.nan if hidden.row(batch, i) else as_float(row.get("ln_p"))))
        ln_p = np.array([value for _, value in members])
        methods = [name for name in content["methods"] if name in ("bh", "by", "holm")]
        values = {name: adjusted(ln_p, name, m=int(content["m"])) for name in methods}
        rows = []
        for k, (test, value) in enumerate(members):
            if not math.isnan(value):
                ln = {name: float(values[name][k]) for name in methods}  # type: ignore[index]
                rejected = {name: _rejected(ln[name], content["alphas"].get(name)) for name in methods}
                rows.append({"i": test["i"], "id": test["id"], "ln_adjusted": ln, "rejected": rejected})
        yield family, rows


def _rejected(ln_adjusted: float, level: float | None) -> bool:
    return bool(level) and ln_adjusted <= math.log(level or 1.0) + 1e-12


def _aids(ledger: Ledger, *, shown: _Hidden | None) -> dict[str, bytes]:
    """Registry, plans and dictionary as files of their own, for readers."""
    plans = [entry.content["plan"] for entry in ledger.entries("run") if entry.content["phase"] == "started"]
    dictionaries = [entry.content["dictionary"] for entry in ledger.entries("dictionary")]
    registry = []
    for one in hypotheses(ledger):
        hidden = shown is not None and (one.family_id in shown.families or one.test_id in shown.hypotheses)
        registry.append(
            {
                "id": one.id,
                "version": one.version,
                "status": one.status,
                "label": one.label,
                "statement": one.statement,
                "question": one.question,
                "finding": {} if hidden else one.finding,
                "evidence": {} if hidden else one.evidence,
                "person": one.person,
                "registered": one.registered,
                "revised": one.revised,
            }
        )
    return {
        "registry.json": canonical(registry),
        "plans.json": canonical(plans),
        "dictionary.json": canonical(dictionaries[-1] if dictionaries else None),
    }


def _line(record: Record, proof: Mapping[str, Any]) -> bytes:
    entry = {"header": as_object(record.header), "hash": record.hash, "prev": record.prev, **proof}
    return canonical(entry) + b"\n"


def _zipped(ledger: Ledger, kind: str, files: dict[str, bytes]) -> bytes:
    checkpoint = ledger.checkpoint()
    files["checkpoint.txt"] = checkpoint.text().encode()
    files["verify.py"] = _VERIFIER.read_bytes()
    about = {"label": LABEL, "kind": kind, "origin": ledger.origin, "size": checkpoint.size}
    files["readme.txt"] = _README.format(**about).encode()
    listed = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files["manifest.json"] = canonical({**about, "format": 1, "root": checkpoint.root.hex(), "files": listed})
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            item = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            item.create_system = 3  # the same bytes on every system
            item.external_attr = 0o644 << 16
            archive.writestr(item, files[name])
    return target.getvalue()


def _whole_numbers(value: object) -> Iterator[int]:
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield value
    elif isinstance(value, float) and value.is_integer():
        yield int(value)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _whole_numbers(item)
