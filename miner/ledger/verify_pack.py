"""Check an audit pack of Fortuit with nothing but Python's standard library.

    python verify.py                            the pack unzipped in this folder
    python verify.py PACK.zip                   the pack as it was sent
    python verify.py PACK.zip --checkpoint FILE the same, against a checkpoint kept elsewhere

It was written apart from the program that made the pack and shares no code with it. Exit code 0 if everything that was
checked holds, 20 if the record is broken, 21 if a number does not follow, 22 if tests were not counted.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import math
import sys
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

LABEL = "Hypothesis, not causation"
METHODS = ("bh", "by", "holm")
IDENTITY = ("i", "id", "mode", "test", "x", "y")
LARGEST_FILE = 2_000_000_000


class Pack:
    """The files of a pack, in a zip file or in a folder."""

    def __init__(self, place: Path) -> None:
        self._zip = zipfile.ZipFile(place) if place.is_file() else None
        self._folder = place

    def names(self) -> list[str]:
        if self._zip is not None:
            return sorted(self._zip.namelist())
        found = (path for path in self._folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def read(self, name: str) -> bytes:
        if self._zip is not None:
            if self._zip.getinfo(name).file_size > LARGEST_FILE:
                raise ValueError(f"{name} is too large")
            return self._zip.read(name)
        return (self._folder / name).read_bytes()


class Verifier:
    """Reads a pack once and gathers what does not hold."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.problems: list[tuple[int, str]] = []
        self.entries: list[dict[str, Any]] = []
        self.origin = ""
        self.blocks: dict[int, list[dict[str, Any]]] = {}
        self.masked = 0
        self.tests = 0
        self.corrections = 0
        self.not_checked = [
            "p-values and effects against their counts (the program's own audit does, without the data)",
            "anything that would need the data",
            "whether tests were run outside the program: what was never recorded cannot be seen",
        ]

    def broken(self, message: str) -> None:
        self.problems.append((20, message))

    def wrong(self, message: str) -> None:
        self.problems.append((21, message))

    def miscounted(self, message: str) -> None:
        self.problems.append((22, message))

    # --- files --------------------------------------------------------------------------------------------------------

    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = load(self.pack.read("manifest.json"))
        self.origin = str(manifest["origin"])
        listed = manifest["files"]
        for name in self.pack.names():
            if name != "manifest.json" and name not in listed:
                self.broken(f"the file {name} is not listed in the manifest")
        for name, digest in listed.items():
            try:
                data = self.pack.read(name)
            except (KeyError, OSError):
                self.broken(f"the file {name} is missing")
                continue
            if hashlib.sha256(data).hexdigest() != digest:
                self.broken(f"the file {name} is not the one listed in the manifest")
        return manifest

    # --- chain --------------------------------------------------------------------------------------------------------

    def chain(self) -> None:
        previous = sha(b"fortuit-genesis-v1\0", self.origin.encode())
        for number, line in enumerate(self.pack.read("ledger.jsonl").split(b"\n")[:-1], start=1):
            entry = load(line)
            if spell(entry) != line:
                self.broken(f"entry {number} is not spelt canonically")
            header = entry["header"]
            digest = sha(b"fortuit-entry-v1\0", previous, spell(header))
            if header["seq"] != number:
                self.broken(f"entry {number} calls itself {header['seq']}: entries are missing or out of order")
            if entry["prev"] != previous.hex() or entry["hash"] != digest.hex():
                self.broken(f"entry {number} does not follow the one before it, or its header was changed")
            if content_root(entry).hex() != header["content"]:
                self.broken(f"the content of entry {number} was changed")
            self.entries.append(entry)
            previous = bytes.fromhex(entry["hash"])

    def root(self, size: int) -> bytes:
        return tree([sha(b"\0", bytes.fromhex(entry["hash"])) for entry in self.entries[:size]])

    def checkpoint(self, text: str, name: str) -> bool:
        """True where the checkpoint vouches for this ledger."""
        lines = text.split("\n")
        try:
            origin, size, expected = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
        except (ValueError, IndexError):
            self.broken(f"{name} cannot be read")
            return False
        if origin != self.origin:
            self.broken(f"{name} belongs to another ledger: {origin}")
        elif size > len(self.entries):
            self.broken(f"{name} vouches for {size} entries, the pack has {len(self.entries)}: the end was cut off")
        elif self.root(size) != expected:
            self.broken(f"{name} has another root: what it vouches for was rewritten")
        else:
            return True
        return False

    # --- blocks -------------------------------------------------------------------------------------------------------

    def read_blocks(self) -> None:
        names = set(self.pack.names())
        for entry in self.entries:
            content, seq = entry["content"], entry["header"]["seq"]
            if "block_rows" not in content:
                continue
            name = f"blocks/{seq:06d}.jsonl.gz"
            if name not in names:
                if "secret" in entry:
                    self.broken(f"the block of entry {seq} is missing")
                else:
                    self.not_checked.append(
                        f"the {content['block_rows']} rows of entry {seq}, which stayed in the room"
                    )
                continue
            try:
                text = gzip.decompress(self.pack.read(name))
                rows, leaves = self.rows(entry, text)
            except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
                self.broken(f"the block of entry {seq} cannot be read ({type(error).__name__})")
                continue
            if len(rows) != content["block_rows"]:
                self.broken(f"the block of entry {seq} has {len(rows)} rows, not {content['block_rows']}")
            elif "block_sha256" in content and hashlib.sha256(text).hexdigest() != content["block_sha256"]:
                self.broken(f"the block of entry {seq} is not the one that was hashed")
            elif tree(leaves).hex() != content["block_root"]:
                self.broken(f"the rows of entry {seq} do not give the recorded root")
            self.blocks[seq] = rows

    def rows(self, entry: dict[str, Any], text: bytes) -> tuple[list[dict[str, Any]], list[bytes]]:
        rows, leaves = [], []
        for ordinal, line in enumerate(text.split(b"\n")[:-1]):
            item = load(line)
            if "secret" in entry:
                salts = sha(b"fortuit-salt-v1\0", bytes.fromhex(entry["secret"]), ordinal.to_bytes(8, "big"))
                row, first, second = item, salts[:16], salts[16:]
                evidence = sha(b"fortuit-evidence-v1\0", second, line)
            elif "row" in item:
                row, first, second = item["row"], *(bytes.fromhex(salt) for salt in item["salts"])
                evidence = sha(b"fortuit-evidence-v1\0", second, spell(row))
            else:
                row, first = item["identity"] | {"status": "withheld", "ln_p": None}, bytes.fromhex(item["salt"])
                evidence = bytes.fromhex(item["evidence"])
                self.masked += 1
            if spell(item) != line:
                self.broken(f"row {ordinal + 1} of entry {entry['header']['seq']} is not spelt canonically")
            identity = spell({name: row[name] for name in IDENTITY if name in row})
            leaves.append(sha(b"\0", sha(b"fortuit-identity-v1\0", first, identity), evidence))
            rows.append(row)
        return rows, leaves

    # --- counts and corrections ---------------------------------------------------------------------------------------

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [entry for entry in self.entries if entry["header"]["kind"] == kind]

    def families(self, claims: dict[str, list[dict[str, Any]]]) -> None:
        universes = {entry["content"]["universe_id"]: entry["content"] for entry in self.of("universe")}
        sizes = {entry["content"]["family_id"]: entry["content"]["m"] for entry in self.of("family")}
        for entry in self.of("family"):
            family = entry["content"]
            batches = [
                batch
                for batch in self.of("batch")
                if batch["content"]["family_id"] == family["family_id"] and batch["content"]["role"] == "member"
            ]
            members = [row for batch in batches for row in self.blocks.get(batch["header"]["seq"], [])]
            self.tests += len(members)
            if batches and batches[0]["header"]["seq"] < entry["header"]["seq"]:
                self.miscounted(f"{family['family_id']} was declared after its first test")
            if not family.get("online"):
                self.size(family, universes.get(family["universe_id"]), members, sizes)
            for adjust in self.of("adjust"):
                if adjust["content"]["family_id"] == family["family_id"]:
                    self.correction(family, adjust, members, claims.get(family["family_id"]))

    def size(
        self,
        family: dict[str, Any],
        universe: dict[str, Any] | None,
        members: list[dict[str, Any]],
        sizes: dict[str, int],
    ) -> None:
        name, m = family["family_id"], family["m"]
        if universe is None:
            self.miscounted(f"{name} has no declared universe")
            return
        counted = universe_size(universe["grammar"])
        if counted != universe["size"]:
            self.miscounted(f"the universe of {name} holds {counted} tests, not {universe['size']}")
        removed = sum(one["removed"] for one in universe["reductions"])
        expected = sizes.get(str(family.get("parent")), counted - removed)
        if m != expected:
            self.miscounted(f"{name} is declared with m = {m}; its universe gives {expected}")
        distinct = len({row["id"] for row in members})
        if distinct != len(members):
            self.miscounted(f"{name} counts {len(members) - distinct} tests twice")
        if distinct > m:
            self.miscounted(f"{name} has {distinct} tests but m = {m}")
        for entry in self.of("run"):
            run = entry["content"]
            if run["phase"] == "finished" and run["family_id"] == name:
                left_out = sum(one["count"] for one in run["uncomputed"])
                if run["recorded"] + left_out != counted - removed or len(members) < run["recorded"]:
                    self.miscounted(f"run {run['run_id']} does not account for all {counted - removed} declared tests")

    def correction(
        self,
        family: dict[str, Any],
        adjust: dict[str, Any],
        members: list[dict[str, Any]],
        claims: list[dict[str, Any]] | None,
    ) -> None:
        content, seq = adjust["content"], adjust["header"]["seq"]
        if content["m"] != family["m"]:
            self.miscounted(f"{family['family_id']} was corrected with m = {content['m']}, not {family['m']}")
        told = self.blocks.get(seq, claims)
        if told is None:
            self.not_checked.append(f"the correction of entry {seq}")
            return
        told_by = {row["id"]: row for row in told}
        missing = sum(row["id"] not in told_by and is_number(row.get("ln_p")) for row in members)
        if missing:
            self.miscounted(f"{missing} tests of {family['family_id']} were left out of its correction")
        ln_p = [float(row["ln_p"]) if is_number(row.get("ln_p")) else None for row in members]
        if content["m"] < sum(value is not None for value in ln_p):
            return  # told above; no adjusted value follows from too small an m
        for method in content["methods"]:
            if method not in METHODS:
                self.not_checked.append(f"the correction by {method}")
                continue
            self.corrections += 1
            again = adjusted(ln_p, method, content["m"])
            limit = content["alphas"].get(method) or 0.0
            wrong = 0
            for row, value in zip(members, again):
                one = told_by.get(row["id"])
                if one is not None:
                    wrong += not agrees(one, method, value, limit)
            if wrong:
                self.wrong(f"{wrong} values adjusted by {method} in {family['family_id']} do not follow")

    def copies(self) -> None:
        """The reading aids must say what the ledger says."""
        plans = [e["content"].get("plan") for e in self.of("run") if e["content"]["phase"] == "started"]
        if load(self.pack.read("plans.json")) != plans:
            self.wrong("plans.json is not what the ledger holds")
        dictionaries = [entry["content"]["dictionary"] for entry in self.of("dictionary")]
        if load(self.pack.read("dictionary.json")) != (dictionaries[-1] if dictionaries else None):
            self.wrong("dictionary.json is not what the ledger holds")
        voided = {entry["content"]["seq"] for entry in self.of("void")}
        last: dict[str, dict[str, Any]] = {}
        for entry in self.of("hypothesis"):
            if entry["header"]["seq"] not in voided:
                last[entry["content"]["hypothesis_id"]] = entry["content"]
        for one in load(self.pack.read("registry.json")):
            content = last.get(one["id"])
            if content is not None and any(one[name] != content[name] for name in ("version", "statement")):
                self.wrong(f"registry.json tells {one['id']} otherwise than the ledger")


# --- hashes and spelling ----------------------------------------------------------------------------------------------


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def load(text: bytes) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(items)) != len(items):
            raise ValueError("a key stands twice")
        return dict(items)

    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    return json.loads(text.decode(), object_pairs_hook=pairs, parse_constant=refuse)


def spell(value: Any) -> bytes:
    def text_of(what: Any) -> str:
        return json.dumps(what, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

    text = text_of(value)
    return (text if text.isascii() else text_of(composed(value))).encode()


def composed(value: Any) -> Any:
    """The value with every text in Unicode form NFC; text by text, because an escape must not join what follows it."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [composed(item) for item in value]
    if isinstance(value, dict):
        return {composed(name): composed(item) for name, item in value.items()}
    return value


def tree(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    while len(leaves) > 1:
        last = leaves[-1:] if len(leaves) % 2 else []
        leaves = [sha(b"\1", leaves[i], leaves[i + 1]) for i in range(0, len(leaves) - 1, 2)] + last
    return leaves[0]


def content_root(entry: dict[str, Any]) -> bytes:
    found = {name: bytes.fromhex(text) for name, text in entry.get("withheld", {}).items()}
    for name, value in entry["content"].items():
        if "secret" in entry:
            salt = sha(b"fortuit-salt-v1\0", bytes.fromhex(entry["secret"]), name.encode())
        else:
            salt = bytes.fromhex(entry["salts"].get(name, ""))
        found[name] = sha(b"fortuit-field-v1\0", salt, spell([name, value]))
    return sha(b"fortuit-content-v1\0", *(found[name] for name in sorted(found)))


# --- numbers ----------------------------------------------------------------------------------------------------------


def is_number(value: Any) -> bool:
    return value == "-Infinity" or (isinstance(value, (int, float)) and not isinstance(value, bool))


def adjusted(ln_p: list[float | None], method: str, m: int) -> list[float | None]:
    """ln of adjusted p-values; tests without a p-value count as p = 1."""
    order = sorted((k for k, value in enumerate(ln_p) if value is not None), key=lambda k: ln_p[k])  # type: ignore[arg-type,return-value]
    result: list[float | None] = [None] * len(ln_p)
    if not order:
        return result
    if method == "holm":
        running = -math.inf
        for rank, k in enumerate(order):
            running = max(running, min(0.0, ln_p[k] + math.log(m - rank)))  # type: ignore[operator]
            result[k] = running
        return result
    factor = math.log(m)
    if method == "by":
        factor += math.log(harmonic(m))
    running = 0.0
    for rank in range(len(order), 0, -1):
        running = min(running, ln_p[order[rank - 1]] + factor - math.log(rank))  # type: ignore[operator]
        result[order[rank - 1]] = running
    return result


def harmonic(m: int) -> float:
    if m <= 1_000_000:
        return math.fsum(1.0 / i for i in range(1, m + 1))
    return math.log(m) + 0.57721566490153286 + 1.0 / (2 * m) - 1.0 / (12 * m * m)


def agrees(row: dict[str, Any], method: str, value: float | None, level: float) -> bool:
    told = row["ln_adjusted"].get(method)
    if value is None or not is_number(told):
        return value is None and not is_number(told)
    if float(told) != value and abs(float(told) - value) > 1e-8 * max(1.0, abs(value)):
        return False
    decided = row.get("rejected", {}).get(method)
    return decided is None or bool(decided) == (level > 0 and float(told) <= math.log(level) + 1e-12)


def universe_size(grammar: dict[str, Any]) -> int:
    """Number of hypotheses of a declared search space."""
    mode = grammar["mode"]
    if mode == "list":
        return int(grammar["size"])
    if mode == "union":
        return sum(universe_size(part) for part in grammar["parts"])
    left, right = (
        {name: items if isinstance(items, int) else len(items) for name, items in grammar[side].items()}
        for side in ("left", "right")
    )
    if mode == "pair":
        return len({frozenset(pair) for pair in ((x, y) for x in left for y in right) if pair[0] != pair[1]})
    if mode == "rule":
        return sum(
            items * choices([v for k, v in left.items() if k != y], grammar["max_length"]) for y, items in right.items()
        )
    return sum(left[x] * right[y] for x in left for y in right if x != y)


def choices(counts: list[int], longest: int) -> int:
    """Ways to choose 1 to ``longest`` variables and one item of each."""
    ways = [1] + [0] * longest
    for items in counts:
        for length in range(longest, 0, -1):
            ways[length] += items * ways[length - 1]
    return sum(ways[1:])


# --- the command ------------------------------------------------------------------------------------------------------


def verify(place: Path, kept: Path | None) -> tuple[int, list[str]]:
    """Exit code and the lines to print."""
    verifier = Verifier(Pack(place))
    anchored = False
    try:
        manifest = verifier.manifest()
        verifier.chain()
        verifier.checkpoint(verifier.pack.read("checkpoint.txt").decode(), "the checkpoint in the pack")
        if kept is not None:
            anchored = verifier.checkpoint(kept.read_text(encoding="utf-8"), "the checkpoint kept elsewhere")
        verifier.read_blocks()
        claims = load(verifier.pack.read("claims.json")) if "claims.json" in verifier.pack.names() else {}
        verifier.families(claims)
        verifier.copies()
        kind = manifest["kind"]
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile) as error:
        verifier.broken(f"the pack cannot be read further: {type(error).__name__}: {error}")
        kind = "unknown"
    return summary(verifier, kind, kept is not None, anchored)


def summary(verifier: Verifier, kind: str, asked: bool, anchored: bool) -> tuple[int, list[str]]:
    if not asked:
        verifier.not_checked.insert(
            0, "a full rewrite or a cut end: give --checkpoint with one that was kept elsewhere"
        )
    lines = [
        f"{LABEL}",
        f"pack: {kind}, ledger {verifier.origin}, {len(verifier.entries)} entries, {verifier.tests} tests, "
        f"{verifier.corrections} corrections recomputed",
    ]
    if verifier.masked:
        lines.append(
            f"{verifier.masked} tests rest on small counts, or would give one away, and stayed in the room: "
            "they are not verifiable here and enter the corrections as p = 1 within m"
        )
    lines += [f"PROBLEM: {message}" for _, message in verifier.problems]
    lines += [f"not checked: {text}" for text in dict.fromkeys(verifier.not_checked)]
    if verifier.problems:
        lines.append("verdict: NOT consistent")
        return min(code for code, _ in verifier.problems), lines
    lines.append("verdict: consistent, anchored by the checkpoint" if anchored else "verdict: consistent, not anchored")
    return 0, lines


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an audit pack of Fortuit.")
    parser.add_argument("pack", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint that was kept elsewhere")
    given = parser.parse_args(arguments)
    code, lines = verify(given.pack, given.checkpoint)
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
