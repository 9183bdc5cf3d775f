"""Codes H: habits that raise false alarms though each step may be honest. They ask a question; they prove nothing."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from miner.ledger.audit.facts import Facts, FamilyFacts, Test, by_key
from miner.ledger.audit.report import AuditFinding, found
from miner.ledger.records import Entry

_CUT: Final = re.compile(r"[<>≤≥]|\bin [\[(]")
_LEAST_BUNCH: Final = 50
_BUNCH_P: Final = 0.01
_LEAST_CHAIN: Final = 3
_LEAST_ORDER: Final = 5
_ORDER: Final = 0.8
_ONE_SIDED: Final = ("greater", "less")


def habits(facts: Facts) -> Iterator[AuditFinding]:
    """H01 to H09 (H10 stands with the exports)."""
    yield from _cut_points(facts)
    yield from _several_tests(facts)
    yield from _late_exclusions(facts)
    yield from _growing_data(facts)
    yield from _sealed_part(facts)
    for family in facts.families.values():
        yield from _filters_added(family)
        yield from _bunching(family)
        yield from _sorted_order(facts, family)
        yield from _late_sides(facts, family)


def _cut_points(facts: Facts) -> Iterator[AuditFinding]:
    """H01: one variable cut in two ways against the same outcome."""
    ways: defaultdict[tuple[str, str], dict[tuple[str, ...], int]] = defaultdict(dict)
    for entry in facts.of("universe"):
        for part in _parts(entry.content["grammar"]):
            if not isinstance(part.get("left"), Mapping) or not isinstance(part.get("right"), Mapping):
                continue
            for variable, items in part["left"].items():
                if isinstance(items, int) or not any(_CUT.search(str(item)) for item in items):
                    continue
                for outcome in part["right"]:
                    ways[variable, outcome].setdefault(tuple(sorted(map(str, items))), entry.seq)
    for (variable, outcome), cuts in sorted(ways.items()):
        if len(cuts) > 1:
            yield found(
                "H01",
                sorted(cuts.values()),
                f"{variable} was cut in {len(cuts)} ways against {outcome}; each is a test",
            )


def _parts(grammar: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if grammar.get("mode") == "union":
        for part in grammar["parts"]:
            yield from _parts(part)
    else:
        yield grammar


def _several_tests(facts: Facts) -> Iterator[AuditFinding]:
    """H02: of several tests of one hypothesis only that with the smallest p was exported."""
    tests = [test for family in facts.families.values() for test in family.tests if test.is_ok]
    groups = by_key(tests, lambda test: (tuple(sorted(test.x)), test.y, test.part))
    for entry in facts.of("export"):
        named = set(map(str, entry.content.get("hypotheses") or ()))
        for (x, y, _), group in groups.items():
            told = [test for test in group if test.id in named]
            if not told or len({test.test for test in group if test.seq < entry.seq}) < 2:
                continue
            left_out = [test for test in group if test.id not in named and test.seq < entry.seq]
            if left_out and max(test.ln_p for test in told) < min(test.ln_p for test in left_out):
                yield found(
                    "H02",
                    [entry.seq],
                    f"{' and '.join(x)} with {y} had {len(group)} tests; only the one with the smallest p was exported",
                )


def _filters_added(family: FamilyFacts) -> Iterator[AuditFinding]:
    """H03: single looks that add a condition each until the p-value is below the level."""
    if family.declared is None or not family.declared.content["alpha"]:
        return  # a scratch family spends nothing: there is no level to come below
    level = math.log(float(str(family.declared.content["alpha"])))
    looks = [test for test in family.tests if test.is_ok and _is_single(family, test)]
    for k, last in enumerate(looks):
        if last.ln_p > level:
            continue
        chain = [last]
        for earlier in reversed(looks[:k]):
            if earlier.y == last.y and set(earlier.x) < set(chain[-1].x) and earlier.ln_p > level:
                chain.append(earlier)
        if len(chain) >= _LEAST_CHAIN:
            yield found(
                "H03",
                [test.seq for test in reversed(chain)],
                f"{len(chain) - 1} conditions were added one by one until {last.y} came below the level",
            )
            return


def _is_single(family: FamilyFacts, test: Test) -> bool:
    return any(entry.seq == test.seq and entry.kind == "test" for entry in family.batches)


def _late_exclusions(facts: Facts) -> Iterator[AuditFinding]:
    """H04: rows excluded after results of an outcome were seen, and that outcome tested again."""
    for entry in facts.of("preprocess"):
        if entry.content["operation"] != "exclude":
            continue
        seen = {
            test.y: view.seq
            for view in facts.before(entry.seq, "view")
            for test in _shown(facts, view)
            if test.seq < view.seq
        }
        again = [t for family in facts.families.values() for t in family.tests if t.seq > entry.seq and t.y in seen]
        if again:
            first = again[0]
            yield found(
                "H04",
                [seen[first.y], entry.seq, first.seq],
                f"rows were excluded at entry {entry.seq}, after results on {first.y} were seen, and it was tested "
                f"again",
            )


def _shown(facts: Facts, view: Entry) -> Sequence[Test]:
    """The tests whose results a view put before a person's eyes."""
    family = facts.families.get(str(view.content["family_id"]))
    if family is None:
        return ()
    listed = view.content.get("hypotheses")
    names = None if listed is None else set(map(str, listed))
    return [test for test in family.tests if test.seq < view.seq and (names is None or test.id in names)]


def _growing_data(facts: Facts) -> Iterator[AuditFinding]:
    """H05: a longer version of the same table, tested again."""
    tested = {
        str(run.content.get("dataset_id")): run.seq for run in facts.of("run") if run.content["phase"] == "started"
    }
    datasets = list(facts.of("dataset"))
    for k, later in enumerate(datasets):
        for earlier in datasets[:k]:
            one, two = earlier.content, later.content
            if one["source"] == two["source"] and int(str(one["rows"])) < int(str(two["rows"])):
                first, second = tested.get(str(one.get("dataset_id"))), tested.get(str(two.get("dataset_id")))
                if first is not None and second is not None and first < second:
                    grown = f"{one['rows']} to {two['rows']} rows"
                    yield found("H05", [first, second], f"'{two['source']}' grew from {grown} and was tested again")


def _sealed_part(facts: Facts) -> Iterator[AuditFinding]:
    """H06: everything that opens the sealed part otherwise than once per list frozen before the first opening."""
    frozen = {str(entry.content["list_id"]): entry for entry in reversed(list(facts.of("freeze")))}
    unlocks = list(facts.of("unlock"))
    first: dict[str, int] = {}
    opened: dict[str, int] = {}
    for unlock in unlocks:
        name, data = str(unlock.content["list_id"]), str(unlock.content.get("dataset_id"))
        freeze = frozen.get(name) or _frozen_protocol(facts, unlock)
        if freeze is None or freeze.seq > unlock.seq:
            yield found("H06", [unlock.seq], f"the sealed part was opened for the list '{name}' before it was frozen")
        elif freeze.kind == "freeze" and freeze.content.get("list_sha256") != unlock.content.get("list_sha256"):
            yield found("H06", [freeze.seq, unlock.seq], f"the list '{name}' is not the one that was frozen")
        elif name in opened:
            yield found("H06", [opened[name], unlock.seq], f"the sealed part was opened twice for the list '{name}'")
        elif data in first and freeze.seq > first[data] and not unlock.content["reused"]:
            yield found(
                "H06", [first[data], freeze.seq], f"the list '{name}' was frozen after an earlier opening was seen"
            )
        opened.setdefault(name, unlock.seq)
        first.setdefault(data, unlock.seq)
    earliest = min(first.values(), default=math.inf)
    for entry in facts.of("batch", "test", "run"):
        if entry.content.get("part") == "confirmation" and entry.seq < earliest:
            yield found("H06", [entry.seq], "tests were run on the sealed part before it was opened for a list")
            break
    for entry in facts.of("split"):
        if int(str(entry.content.get("shared_units", 0))):
            yield found("H06", [entry.seq], f"{entry.content['shared_units']} persons stand in both parts")


def _frozen_protocol(facts: Facts, unlock: Entry) -> Entry | None:
    """The frozen protocol that an opening names: protocols and lists share the openings of the sealed part."""
    for entry in facts.before(unlock.seq, "protocol"):
        content = entry.content
        if content["status"] != "frozen" or content["protocol_id"] != unlock.content["list_id"]:
            continue
        # In a pack that left the hash of a protocol stays behind its commitment.
        if content.get("protocol_sha256", unlock.content.get("list_sha256")) == unlock.content.get("list_sha256"):
            return entry
    return None


def _bunching(family: FamilyFacts) -> Iterator[AuditFinding]:
    """H07: more p-values in (0.045, 0.05] than in (0.04, 0.045], beyond chance."""
    p = [math.exp(test.ln_p) for test in family.members if test.is_ok]
    below, before = sum(0.045 < one <= 0.05 for one in p), sum(0.04 < one <= 0.045 for one in p)
    if below + before < _LEAST_BUNCH:
        return
    from scipy.stats import binom

    if binom.sf(below - 1, below + before, 0.5) < _BUNCH_P:
        seqs = sorted({entry.seq for entry in family.batches})
        yield found("H07", seqs, f"'{family.id}': {below} p-values lie in (0.045, 0.05] and {before} in (0.04, 0.045]")


def _sorted_order(facts: Facts, family: FamilyFacts) -> Iterator[AuditFinding]:
    """H08: single looks taken in the order of p-values seen before, or at hypotheses seen before."""
    looks = [entry for entry in family.batches if entry.kind == "test"]
    again = [entry.seq for entry in looks if entry.content.get("seen_before")]
    if again:
        yield found("H08", again, f"{len(again)} interactive tests were of hypotheses whose p had been displayed")
        return
    seen = _seen_before(facts, looks[0].seq if looks else 0)
    tests = {test.seq: test for test in family.tests}
    earlier = [seen[tests[e.seq].x, tests[e.seq].y] for e in looks if (tests[e.seq].x, tests[e.seq].y) in seen]
    if len(earlier) < _LEAST_ORDER or len(set(earlier)) < 2:
        return
    from scipy.stats import spearmanr

    rho = float(spearmanr(range(len(earlier)), earlier).statistic)
    if rho > _ORDER:
        yield found(
            "H08",
            [entry.seq for entry in looks],
            f"'{family.id}': the order of {len(earlier)} interactive tests follows p-values displayed before "
            f"(rank correlation {rho:.2f})",
        )


def _seen_before(facts: Facts, seq: int) -> dict[tuple[tuple[str, ...], str], float]:
    return {
        (test.x, test.y): test.ln_p for view in facts.before(seq, "view") for test in _shown(facts, view) if test.is_ok
    }


def _late_sides(facts: Facts, family: FamilyFacts) -> Iterator[AuditFinding]:
    """H09: a one-sided single look whose estimate was on the screen before its side was declared."""
    tests = {test.seq: test for test in family.tests}
    declared = {entry.seq: entry for entry in facts.of("declare")}
    for entry in family.batches:
        if entry.kind != "test":
            continue
        declaration = declared.get(int(str(entry.content["declared_seq"])))
        if declaration is None or declaration.content["side"] not in _ONE_SIDED:
            continue
        test = tests[entry.seq]
        if (test.x, test.y) in _seen_before(facts, declaration.seq):
            yield found(
                "H09",
                [declaration.seq],
                f"the side '{declaration.content['side']}' was declared after the estimate had been displayed",
            )
