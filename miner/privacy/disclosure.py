"""The one gate: whatever is about to be shown or exported goes through ``disclose`` first.

A row with a small cell loses its counts and everything that gives them back: effects, intervals, p-values, statistics.
It keeps what an attacker cannot use (DECISIONS 23): its direction, its decision and a band for the ratio, each chosen
so that at least ``LEAST_CLASS`` tables stay possible for somebody who knows the margins, the rule and this program.

>>> from miner.privacy.profiles import Setting, profile
>>> row = {"id": "r1", "a": 3, "b": 97, "c": 200, "d": 700, "ln_p": -0.0, "level": "unadjusted"}
>>> row |= {"test": "fisher_greater"}
>>> safe = disclose_row(row, profile(Setting.PROTECTED), cutoffs={})
>>> safe["a"], safe["ln_p"], safe["direction"], safe["level"], safe["ratio_low"], safe["ratio_high"]
(None, None, 'less', 'unadjusted', 0.0, 0.5)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from miner.privacy.profiles import NORMS, Place, Profile, Setting, profile
from miner.privacy.suppression import Protected, protect, round_counts

SYMBOL = "•"
LEAST_CLASS = 4
LEAST_COMPLETE_PAIRS = 30
WITHHELD = "withheld"
RATIO_EDGES = (0.0, 0.2, 0.5, 0.8, 1.0, 1.25, 2.0, 5.0, math.inf)
# What a masked row may still say; every other field is emptied, whatever it is called.
KEPT = frozenset(
    {
        "i",
        "id",
        "finding",
        "statement",
        "claim",
        "claim_status",
        "mode",
        "x",
        "y",
        "test",
        "test_id",
        "status",
        "reason",
    }
    | {"effect", "adjusted_for", "n", "family", "m", "run_hash", "label", "length", "version", "person", "registered"}
)
NUMBERS_OF_PAIRS = ("estimate", "low", "high", "adjusted_estimate", "adjusted_low", "adjusted_high")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountTable:
    """A table of counts (r, c) of persons with the names of its rows and columns."""

    counts: npt.NDArray[np.int64]
    rows: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeTable:
    """What may be shown of a table of counts: totals in the last row and column, one symbol for each masked cell."""

    cells: tuple[tuple[int | str, ...], ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    masked: int
    rounded_to: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histogram:
    """Counts (k,) of persons between edges (k + 1,); ``unknown`` persons have no value."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of persons."""

    numerator: int
    denominator: int


def disclose(
    result: Mapping[str, Any] | CountTable | Histogram | Rate | int,
    rules: Profile | Mapping[str, Any],
    *,
    place: Place = Place.EXPORT,
    cutoffs: Mapping[str, float] | None = None,
) -> dict[str, Any] | SafeTable | Histogram | float | int | None:
    """What may be shown there of a finding, a table, a histogram, a rate or a count. None: nothing of it.

    ``place`` is where it will appear, by default the stricter one. ``cutoffs`` is for findings (``disclose_row``).
    """
    if isinstance(result, CountTable):
        return disclose_table(result, rules, place=place)
    if isinstance(result, Histogram):
        return disclose_histogram(result, rules, place=place)
    if isinstance(result, Rate):
        return disclose_rate(result, rules, place=place)
    if isinstance(result, int):
        return disclose_count(result, rules, place=place)
    return disclose_row(result, rules, place=place, cutoffs=cutoffs)


def profile_of(rules: Profile | Mapping[str, Any]) -> Profile:
    """The profile as recorded in the ledger ({name, threshold} and perhaps norm), or the profile itself."""
    if isinstance(rules, Profile):
        return rules
    setting = Setting(str(rules.get("setting", rules.get("name", Setting.PROTECTED.value))))
    least = rules.get("threshold")
    norm = str(rules.get("norm") or next((n.name for n in NORMS.values() if n.least_count == least), "FR"))
    threshold = None if least is None or setting is Setting.PUBLIC else int(least)
    return profile(setting, norm=norm, threshold=threshold, protects_unknown=bool(rules.get("protects_unknown", False)))


def disclose_count(
    count: int, rules: Profile | Mapping[str, Any], *, place: Place = Place.EXPORT, total: int | None = None
) -> int | None:
    """A count of persons, or None where it, or what it leaves of the total, is small. Zero is shown."""
    who = profile_of(rules)
    if not who.masks(place):
        return count
    if who.is_small(count) or (total is not None and who.is_small(total - count)):
        return None
    return _rounded(count, who)


def disclose_rate(rate: Rate, rules: Profile | Mapping[str, Any], *, place: Place = Place.EXPORT) -> float | None:
    """A share, or None where numerator, denominator or the rest is small; computed from rounded counts if any."""
    if rate.denominator <= 0:
        return None
    numerator = disclose_count(rate.numerator, rules, place=place, total=rate.denominator)
    denominator = disclose_count(rate.denominator, rules, place=place)
    return None if numerator is None or not denominator else numerator / denominator


def disclose_table(table: CountTable, rules: Profile | Mapping[str, Any], *, place: Place = Place.EXPORT) -> SafeTable:
    """A table with its totals, protected against subtraction. Raises ``CannotProtect``."""
    who = profile_of(rules)
    rows, columns = (*table.rows, "total"), (*table.columns, "total")
    if not who.masks(place):
        # A threshold of one protects nothing and only adds the totals.
        shown: Protected = protect(table.counts, 1)
        return SafeTable(cells=_tuples(shown.shown()), rows=rows, columns=columns, masked=0)
    protected = protect(table.counts, who.threshold)
    if who.rounding > 1:
        protected = replace(protected, full=round_counts(table.counts, who.rounding))
    return SafeTable(
        cells=_tuples(protected.shown(SYMBOL)),
        rows=rows,
        columns=columns,
        masked=int(protected.masked.sum()),
        rounded_to=who.rounding,
    )


def disclose_histogram(
    histogram: Histogram, rules: Profile | Mapping[str, Any], *, place: Place = Place.EXPORT
) -> Histogram | None:
    """A histogram whose bins were joined until each holds enough persons, without the exact least and greatest value.

    None where all persons together are too few.
    """
    who = profile_of(rules)
    if not who.masks(place):
        return histogram
    edges, counts = [histogram.edges[0]], []
    held = 0
    for edge, count in zip(histogram.edges[1:], histogram.counts, strict=True):
        held += count
        if held >= who.threshold:
            edges.append(edge)
            counts.append(held)
            held = 0
    if not counts:
        return None
    # What is left over at the upper end joins the last bin.
    edges[-1], counts[-1] = histogram.edges[-1], counts[-1] + held
    step = _step(edges[-1] - edges[0])
    edges[0], edges[-1] = math.floor(edges[0] / step) * step, math.ceil(edges[-1] / step) * step
    unknown = 0 if who.is_small(histogram.unknown) else histogram.unknown
    return Histogram(
        edges=tuple(edges), counts=tuple(_rounded(count, who) for count in counts), unknown=_rounded(unknown, who)
    )


def disclose_row(
    row: Mapping[str, Any],
    rules: Profile | Mapping[str, Any],
    *,
    place: Place = Place.EXPORT,
    cutoffs: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """A finding, a registry row or a test row with its small cells masked, and ``masked`` said.

    Counts are looked for under ``counts`` ([a, b, c, d] or a table) and under ``a`` to ``d``. ``cutoffs`` maps each
    claim level of the run, strongest first, to the greatest ln p that reached it; with it the level of a masked row can
    be shown where that is safe, without it the level is withheld. A masked row gains ``direction`` ("more", "less" or
    None), ``ratio_low`` and ``ratio_high`` (a band for the risk ratio). Rows about one table seen from several sides (a
    rule, its contrary, the pair) speak of the same class of tables, so they tell no more together than one does.
    """
    who = profile_of(rules)
    shown = {**row, "masked": False}
    if not who.masks(place):
        return shown
    cells = _cells(row)
    if cells is None:
        return _without_counts(shown, who)
    unknown = row.get("n_unknown")
    few_unknown = who.protects_unknown and isinstance(unknown, int) and who.is_small(unknown)
    if not few_unknown and int(cells.min()) >= who.threshold:
        return shown
    masked = _emptied(row)
    total = int(np.sum(cells))
    if "n" in row:
        masked["n"] = None if who.is_small(total) else _rounded(total, who)
    if cells.shape == (4,):
        masked |= _safe_summary(cells, str(row.get("test")), str(row.get("level")), who.threshold, cutoffs)
    return masked


def in_safe_order(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Disclosed rows in the order given, the masked ones last by identity: a place among p-values is a p-value."""
    kept = list(rows)
    masked = sorted((row for row in kept if row.get("masked")), key=lambda row: str(row.get("id")))
    return [row for row in kept if not row.get("masked")] + masked


def _emptied(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with nothing left but what may be kept of any row."""
    kept = {name: value if name in KEPT else None for name, value in row.items()}
    return kept | {"masked": True, "level": WITHHELD, "direction": None, "ratio_low": None, "ratio_high": None}


def cutoffs_of(levels: Sequence[str], ln_p: npt.NDArray[np.float64], order: Sequence[str]) -> dict[str, float]:
    """The greatest ln p that reached each level or a stronger one, for the levels of ``order``, strongest first."""
    found: dict[str, float] = {}
    reached: set[str] = set()
    for level in order:
        reached.add(level)
        values = [p for p, have in zip(ln_p, levels, strict=True) if have in reached and not math.isnan(p)]
        if values:
            found[level] = float(max(values))
    return found


def _cells(row: Mapping[str, Any]) -> npt.NDArray[np.int64] | None:
    counts = row.get("counts")
    if counts is None and "a" in row:
        counts = [row.get(name) for name in "abcd"]
    if counts is None or any(value is None for value in (counts if not isinstance(counts[0], list) else ())):
        return None
    return np.asarray(counts, dtype=np.int64)


def _without_counts(row: dict[str, Any], who: Profile) -> dict[str, Any]:
    """A correlation or comparison of means: enough complete pairs, and numbers that do not carry single persons."""
    n = row.get("n")
    if isinstance(n, int) and n < max(LEAST_COMPLETE_PAIRS, who.threshold):
        return _emptied(row) | {"n": None if who.is_small(n) else n}
    for name in NUMBERS_OF_PAIRS:
        if isinstance(row.get(name), float) and math.isfinite(row[name]):
            row[name] = float(f"{row[name]:.3g}")
    # Sums of squares and the like give exact means back.
    row |= {name: None for name in ("summary", "effects", "adjusted") if name in row}
    return row


def _safe_summary(
    cells: npt.NDArray[np.int64], test: str, level: str, threshold: int, cutoffs: Mapping[str, float] | None
) -> dict[str, Any]:
    """Direction, decision and ratio band of a masked two-by-two table: what all tables of its class have in common.

    The table is first turned so that both first margins are the smaller ones, whichever way the row looks at it.
    """
    n = int(cells.sum())
    table = cells.reshape(2, 2)
    rows_turned, columns_turned = 2 * int(table[0].sum()) > n, 2 * int(table[:, 0].sum()) > n
    table = table[::-1] if rows_turned else table
    table = table[:, ::-1] if columns_turned else table
    first, second = int(table[0].sum()), int(table[:, 0].sum())
    a = np.arange(max(0, first + second - n), min(first, second) + 1)
    tables = np.stack([a, first - a, second - a, n - first - second + a], axis=1)
    tables = tables[tables.min(axis=1) < threshold]
    here = tables[:, 0] == table[0, 0]
    if len(tables) < LEAST_CLASS or not here.any():
        return {}
    said = _said(tables, cutoffs)
    # With a margin of exactly half, rows could not agree on which way to turn the table: all tables are one class.
    even = n in {2 * first, 2 * second}
    groups = [list(range(len(tables)))] if even else _classes(said)
    group = next(group for group in groups if here[group].any())
    turned = rows_turned != columns_turned
    place = {"fisher_two_sided": 3, "fisher_greater": 2 if turned else 1, "fisher_less": 1 if turned else 2}.get(test)
    decisions = {WITHHELD if place is None else said[k][place] for k in group}
    ways = {-said[k][0] if turned else said[k][0] for k in group}
    decision = decisions.pop() if len(decisions) == 1 else WITHHELD
    return {
        "direction": {1: "more", -1: "less"}.get(ways.pop()) if len(ways) == 1 else None,
        # A level that these cutoffs do not explain (held up, a scratch run) is not for this table to tell.
        "level": decision if decision == level else WITHHELD,
        **_band(tables[group].reshape(-1, 2, 2), rows_turned, columns_turned),
    }


def _said(tables: npt.NDArray[np.int64], cutoffs: Mapping[str, float] | None) -> list[tuple[int, str, str, str]]:
    """Per table all that any row about it could say: direction, and the level by each of the three Fisher tests."""
    a, b, c, d = tables.T
    levels = [[WITHHELD] * len(tables)] * 3
    if cutoffs is not None:
        from miner.statistics.fisher import log_fisher

        levels = [
            [next((level for level, cut in cutoffs.items() if p <= cut + 1e-9), "unadjusted") for p in ln_p.tolist()]
            for ln_p in (log_fisher(a, b, c, d, side=side) for side in ("greater", "less", "two-sided"))
        ]
    return list(zip(np.sign(a * d - b * c).tolist(), *levels, strict=True))


def _band(tables: npt.NDArray[np.int64], rows_turned: bool, columns_turned: bool) -> dict[str, Any]:
    """The range of the risk ratio over tables (k, 2, 2), as the row looks at them, widened to round edges."""
    view = tables[:, ::-1] if rows_turned else tables
    view = view[:, :, ::-1] if columns_turned else view
    with np.errstate(divide="ignore", invalid="ignore"):
        risks = view[:, :, 0] / view.sum(axis=2)
        ratio = risks[:, 0] / risks[:, 1]
    known = ratio[~np.isnan(ratio)]
    if not len(known):
        return {}
    return {
        "ratio_low": max(edge for edge in RATIO_EDGES if edge <= known.min()),
        "ratio_high": min(edge for edge in RATIO_EDGES if edge >= known.max()),
    }


def _classes(said: Sequence[tuple[object, ...]]) -> list[list[int]]:
    """Runs of places that say the same, joined to a neighbour until each has at least ``LEAST_CLASS`` places.

    The classes depend on margins and cutoffs alone, never on the true table, so that knowing this program helps nobody.
    """
    runs = [list(places) for _, places in groupby(range(len(said)), key=said.__getitem__)]
    while len(runs) > 1:
        least = min(range(len(runs)), key=lambda place: len(runs[place]))
        if len(runs[least]) >= LEAST_CLASS:
            break
        sides = [side for side in (least - 1, least + 1) if 0 <= side < len(runs)]
        other = min(sides, key=lambda side: len(runs[side]))
        low, high = sorted((least, other))
        runs[low] += runs[high]
        del runs[high]
    return runs


def _rounded(count: int, who: Profile) -> int:
    return (count + who.rounding // 2) // who.rounding * who.rounding


def _step(width: float) -> float:
    """A round number of about a twentieth of the width."""
    return 10.0 ** math.floor(math.log10(width / 5)) if width > 0 else 1.0


def _tuples(cells: Sequence[Sequence[int | str]]) -> tuple[tuple[int | str, ...], ...]:
    return tuple(tuple(row) for row in cells)
