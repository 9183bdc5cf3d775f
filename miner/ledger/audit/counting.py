"""Codes C: was everything counted that was tried, before anyone knew how it would come out?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from miner.errors import NotCanonical
from miner.ledger.audit.facts import Facts, FamilyFacts, by_key
from miner.ledger.audit.report import AuditFinding, found
from miner.ledger.grammar import size_of
from miner.ledger.records import Entry

VOID_SHARE: Final = 0.10
# A family may state one level for all corrections of the false discovery rate and one for the familywise ones.
_RATE: Final = {"bh": "q", "by": "q", "bky": "q", "tsbh": "q", "storey": "q", "storey_bootstrap": "q"}
_RESULTS: Final = ("batch", "test", "adjust", "family", "freeze", "unlock", "confirmation")


def counting(facts: Facts) -> Iterator[AuditFinding]:
    """C01 to C10."""
    for family in facts.families.values():
        yield from _declared(family)
        yield from _size(facts, family)
        yield from _twice(family)
        yield from _accounted(facts, family)
        for entry in family.adjusted:
            yield from _corrected(facts, family, entry)
    yield from _voids(facts)


def _declared(family: FamilyFacts) -> Iterator[AuditFinding]:
    if not family.batches:
        return
    first = family.batches[0].seq
    if family.declared is None or family.universe is None:
        missing = "family" if family.declared is None else "universe"
        yield found("C01", [first], f"tests of '{family.id}' were recorded without a declared {missing}")
        return
    late = max(family.declared.seq, family.universe.seq)
    if late > first:
        message = f"'{family.id}' was declared at entry {late}, after its first test at entry {first}"
        yield found("C02", [first, late], message)


def _size(facts: Facts, family: FamilyFacts) -> Iterator[AuditFinding]:
    # An online family has no size beforehand; its error is spent by the order of declaration.
    if family.declared is None or family.universe is None or family.declared.content.get("online"):
        return
    declared, universe = family.declared.content, family.universe.content
    try:
        counted = size_of(universe["grammar"])
    except NotCanonical as error:
        yield found("C05", [family.universe.seq], f"the universe of '{family.id}' cannot be counted: {error}")
        return
    stated = int(str(universe["size"]))
    if counted != stated:
        yield found("C05", [family.universe.seq], f"the universe of '{family.id}' holds {counted} tests, not {stated}")
        return
    m, members = int(str(declared["m"])), len({test.id for test in family.members})
    expected, source = stated - _removed(universe), "its universe"
    parent = facts.families.get(str(declared.get("parent"))) if declared.get("parent") else None
    if parent is not None and parent.declared is not None:
        expected, source = int(str(parent.declared.content["m"])), f"'{parent.id}', which contains it"
    if m < members:
        yield found("C03", [family.declared.seq], f"'{family.id}' has {members} tests but is declared with m = {m}")
    elif m != expected:
        yield found("C03", [family.declared.seq], f"'{family.id}' is declared with m = {m}; {source} gives {expected}")


def _removed(universe: Mapping[str, Any]) -> int:
    return sum(int(one["removed"]) for one in universe.get("reductions", ()))


def _twice(family: FamilyFacts) -> Iterator[AuditFinding]:
    for tests in by_key(family.members, lambda test: test.id).values():
        if len(tests) < 2:
            continue
        seqs = sorted({test.seq for test in tests})
        if len({(test.status, test.ln_p, test.rounded) for test in tests}) > 1:
            yield found("C04", seqs, f"one hypothesis of '{family.id}' has {len(tests)} different results")
        else:
            yield found("C04", seqs, f"one hypothesis of '{family.id}' is recorded {len(tests)} times")
        return


def _accounted(facts: Facts, family: FamilyFacts) -> Iterator[AuditFinding]:
    """C05 and C06: what a finished run recorded and left out, against its universe and its rows."""
    ended = [e for e in facts.of("run") if e.content.get("phase") == "finished" and e.content["family_id"] == family.id]
    rows = len(family.members)
    for entry in ended:
        content: Mapping[str, Any] = entry.content
        left_out = sum(int(item["count"]) for item in content["uncomputed"])
        told = int(content["recorded"]) + left_out
        if family.universe is not None:
            size = int(str(family.universe.content["size"])) - _removed(family.universe.content)
            if told != size:
                yield found("C05", [entry.seq], f"run {content['run_id']} accounts for {told} of {size} declared tests")
                continue
        if rows < int(content["recorded"]):
            gone = int(content["recorded"]) - rows
            yield found("C06", [entry.seq], f"run {content['run_id']}: {gone} tests have neither a row nor a reason")
        elif any(not str(item.get("reason", "")).strip() for item in content["uncomputed"]):
            yield found("C06", [entry.seq], f"run {content['run_id']} left tests out without a reason")
    for entry in facts.of("run"):
        content = entry.content
        if content.get("phase") != "started" or content["family_id"] != family.id or not family.adjusted:
            continue
        over = {e.content["run_id"] for e in facts.of("run", "cancel") if e.content.get("phase") != "started"}
        if content["run_id"] not in over:
            yield found("C06", [entry.seq], f"run {content['run_id']} was corrected for but never ended")


def _corrected(facts: Facts, family: FamilyFacts, entry: Entry) -> Iterator[AuditFinding]:
    """C03, C07, C08 and C09 of one correction."""
    content: Mapping[str, Any] = entry.content
    if family.declared is None:
        return
    declared: Mapping[str, Any] = family.declared.content
    members = {test.id: test for test in family.members if test.seq < entry.seq}
    rows = {row["id"] for row in facts.rows(entry)}
    missing = [test for name, test in members.items() if name not in rows]
    failed = sum(not test.is_ok for test in members.values())
    m, whole = int(content["m"]), int(declared["m"])
    only_failed = bool(missing) and not any(test.is_ok for test in missing)
    if m < whole and failed and (m == whole - failed or only_failed):
        yield found("C07", [entry.seq], f"'{family.id}': {failed} tests without a p-value were left out of m")
    elif any(test.is_ok for test in missing) or (m < whole and m == len(rows)):
        yield found(
            "C08",
            [entry.seq],
            f"'{family.id}' was corrected over {len(rows)} of its {len(members)} tests with m = {m}, not {whole}",
        )
    elif m != whole:
        yield found("C03", [entry.seq], f"'{family.id}' is declared with m = {whole} but corrected with m = {m}")
    elif content["na_rule"] == "drop" and declared.get("na_rule") != "drop" and failed:
        yield found("C07", [entry.seq], f"'{family.id}': tests without a p-value were dropped, which was not declared")
    yield from _switched(facts, family, entry, declared)


def _switched(facts: Facts, family: FamilyFacts, entry: Entry, declared: Mapping[str, Any]) -> Iterator[AuditFinding]:
    seen = [view.seq for view in facts.before(entry.seq, "view") if view.content["family_id"] == family.id]
    if not seen:
        return
    content: Mapping[str, Any] = entry.content
    if content["primary_method"] != declared["primary_method"]:
        change = f"primary method {declared['primary_method']} became {content['primary_method']}"
    else:
        levels = declared.get("levels", {})
        changed = [
            f"the level of {name} went from {level:.6g} to {used:.6g}"
            for name, used in content["alphas"].items()
            if (level := levels.get(name, levels.get(_RATE.get(name, "alpha")))) is not None and level != used
        ]
        if not changed:
            return
        change = changed[0]
    yield found("C09", [seen[0], entry.seq], f"'{family.id}': after results were seen at entry {seen[0]}, {change}")


def _voids(facts: Facts) -> Iterator[AuditFinding]:
    results = [entry.seq for entry in facts.of(*_RESULTS)]
    voided = [seq for seq in results if seq in facts.voids]
    if voided and len(voided) > VOID_SHARE * len(results):
        yield found("C10", voided, f"{len(voided)} of {len(results)} entries with results were set aside")
