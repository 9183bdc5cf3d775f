"""Corrections, bounds and online levels put to the cases of ``statistics.json``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from miner.multiplicity import AllResolutions, Correction, adjust, rejected
from miner.multiplicity.discrete import DiscreteFamily, Side, tarone
from miner.multiplicity.e_values import e_bh, ln_from_e
from miner.multiplicity.false_discovery import two_stage_nulls
from miner.multiplicity.global_tests import bonferroni_minimum, cauchy, fisher_combination, simes, twice_the_mean
from miner.multiplicity.hierarchical import benjamini_bogomolov
from miner.multiplicity.logarithms import FloatArray, ln_from_p
from miner.multiplicity.online import Procedure, replay
from miner.multiplicity.permutation import Statistic, Tail, max_t, min_p
from miner.multiplicity.weighted import WEIGHTED, adjust_weighted
from tests.oracle.cases import Unsupported

Inputs = Mapping[str, Any]
Answers = dict[str, Any]

R_NAMES = {
    "bonferroni": Correction.BONFERRONI,
    "holm": Correction.HOLM,
    "hochberg": Correction.HOCHBERG,
    "hommel": Correction.HOMMEL,
    "BH": Correction.BENJAMINI_HOCHBERG,
    "BY": Correction.BENJAMINI_YEKUTIELI,
}
MULTTEST_NAMES = {
    "Bonferroni": Correction.BONFERRONI,
    "Holm": Correction.HOLM,
    "Hochberg": Correction.HOCHBERG,
    "SidakSS": Correction.SIDAK,
    "SidakSD": Correction.HOLM_SIDAK,
    "BH": Correction.BENJAMINI_HOCHBERG,
    "BY": Correction.BENJAMINI_YEKUTIELI,
}
ONLINE_NAMES = {
    "LORD++": Procedure.LORD,
    "SAFFRON": Procedure.SAFFRON,
    "ADDIS": Procedure.ADDIS,
    "LOND": Procedure.LOND_ORIGINAL,
    "LOND_modified": Procedure.LOND,
    "Alpha_spending": Procedure.ALPHA_SPENDING,
}
PERMUTED_STATISTICS = {"t": Statistic.WELCH, "t.equalvar": Statistic.POOLED}
PERMUTED_TAILS = {"abs": Tail.TWO_SIDED, "upper": Tail.GREATER, "lower": Tail.LESS}


def _ln_p(values: Iterable[float | str | None]) -> FloatArray:
    return ln_from_p([np.nan if value is None or value in ("NA", "NaN") else float(value) for value in values])


def _adjusted(ln_p: FloatArray, method: Correction, **options: Any) -> FloatArray:
    return np.exp(adjust(ln_p, method, **options).ln_adjusted)


def _formula(inputs: Inputs) -> FloatArray:
    """p_i = (((i a) mod prime) / prime)^k, as the formula of the case says."""
    i = np.arange(1, int(inputs["N"]) + 1)
    return ln_from_p((((i * int(inputs["a"])) % int(inputs["prime"])) / inputs["prime"]) ** inputs["k"])


def _levels(points: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(name.removeprefix("alpha")) for name in points if name.startswith("alpha")}


def p_adjust(inputs: Inputs) -> Answers:
    rule = "count" if "counted" in str(inputs.get("na_rule", "")) else "drop"
    ln_p = _ln_p(inputs["p"])
    return {
        name: [None if np.isnan(value) else value for value in _adjusted(ln_p, method, na_rule=rule)]
        for name, method in R_NAMES.items()
    }


def p_adjust_n(inputs: Inputs) -> Answers:
    ln_p = _ln_p(inputs["p"])
    return {name: _adjusted(ln_p, method, m=int(inputs["n"])) for name, method in R_NAMES.items()}


def p_adjust_large(inputs: Inputs) -> Answers:
    ln_p = _formula(inputs)
    at = np.array(inputs.get("idx_1based", []), dtype=np.int64) - 1
    answers = {}
    for name, method in R_NAMES.items():
        answer = adjust(ln_p, method)
        values = np.exp(answer.ln_adjusted)
        answers[name] = {"sum": values.sum(), "at_1based": values[at]} | {
            f"n_le_{alpha}": int(answer.rejected(alpha).sum()) for alpha in (0.01, 0.05, 0.1, 0.2, 0.5)
        }
    return answers


def sidak_tsbh(inputs: Inputs) -> Answers:
    ln_p, alpha = _ln_p(inputs["p"]), inputs.get("alpha", 0.05)
    two_stage = adjust(ln_p, Correction.TWO_STAGE_BH, alpha=alpha)
    first = adjust(ln_p, Correction.BENJAMINI_HOCHBERG).rejected(alpha)
    return {name: _adjusted(ln_p, method) for name, method in MULTTEST_NAMES.items()} | {
        f"TSBH_{alpha}": np.exp(two_stage.ln_adjusted),
        "h0_TSBH": int(np.count_nonzero(~first)),
    }


def bky_twostage(inputs: Inputs) -> Answers:
    ln_p, alpha = _ln_p(inputs["p"]), inputs["alpha"]
    decisions = adjust(ln_p, Correction.TWO_STAGE, alpha=alpha).rejected(alpha)
    first, nulls = two_stage_nulls(np.sort(ln_p), ln_p.size, alpha)
    # mutoss answers nothing for a single hypothesis.
    return {
        "rejected": decisions,
        "r1": first,
        "m0hat": nulls,
        "mutoss_rejected": decisions if ln_p.size > 1 else [],
    }


def qvalue(inputs: Inputs) -> Answers:
    ln_p = _formula(inputs)
    appended = inputs.get("append")
    if appended is not None:
        ln_p = np.concatenate([ln_p, _appended(appended)])
    methods = {
        "bootstrap": Correction.STOREY_BOOTSTRAP,
        "lambda0.5": Correction.STOREY,
        "pi0_1": Correction.BENJAMINI_HOCHBERG,
    }
    answers = {}
    for name, method in methods.items():
        answer = adjust(ln_p, method)
        values = np.exp(answer.ln_adjusted)
        answers[name] = {
            "pi0": 1.0 if answer.null_share is None else answer.null_share,
            "q_first10": values[:10],
            "sum_q": values.sum(),
        } | {f"n_le_{alpha}": int(answer.rejected(alpha).sum()) for alpha in (0.01, 0.05, 0.1, 0.2)}
    return answers


def _appended(text: object) -> FloatArray:
    """p-values named in the case: a list, or words such as "20 p-values of 1e-6" and "1e-8 repeated 30 times"."""
    if isinstance(text, list):
        return _ln_p(text)
    number = r"(\d+(?:\.\d+)?(?:e-?\d+)?)"
    patterns = (
        rf"^{number}\s*(?:times|x|p-values of|values of|p =)\s*{number}$",
        rf"^rep\(\s*{number},\s*{number}\s*\)$",
    )
    found = re.match(patterns[0], str(text))
    if found:
        return _ln_p([float(found[2])] * int(found[1]))
    found = re.match(patterns[1], str(text))
    if found:
        return _ln_p([float(found[1])] * int(found[2]))
    raise Unsupported(f"p-values appended as '{text}'")


def ari_closed_testing(inputs: Inputs) -> Answers:
    ln_p, robust = _ln_p(inputs["p"]), not inputs.get("simes", True)
    points = inputs["points"]
    answers: Answers = {
        "adjusted": _adjusted(ln_p, Correction.HOMMEL_ROBUST if robust else Correction.HOMMEL),
    }
    base = AllResolutions(ln_p, ln_p.size, robust=robust)
    for name, alpha in _levels(points).items():
        family = base.at(alpha)
        members = family.concentration()
        subsets = [(subset, np.array(subset["ix_1based"], ndmin=1) - 1) for subset in points[name].get("subsets", [])]
        answers[name] = {
            "h": family.h,
            "total_discoveries": family.total,
            "concentration_p": np.exp(ln_p[members[-1:]]).tolist(),
            "subsets": [
                subset | {"true_discoveries_lower": family.bound(chosen), "tdp": family.bound(chosen) / chosen.size}
                for subset, chosen in subsets
            ],
        }
    answers["local_adjusted_p"] = [
        subset | {"p": np.exp(base.local_ln_p(np.array(subset["ix_1based"], ndmin=1) - 1))}
        for subset in points.get("local_adjusted_p", [])
    ]
    return answers


def ari_large(inputs: Inputs) -> Answers:
    ln_p, points = _formula(inputs), inputs["points"]
    family = AllResolutions(ln_p, ln_p.size)
    curve_order = np.argsort(ln_p, kind="stable")
    answers: Answers = {}
    for name, alpha in _levels(points).items():
        at_level = family.at(alpha)
        top = points[name].get("top_k", [])
        answers[name] = {
            "total": at_level.total,
            "top_k": top,
            "lower_bounds": [at_level.bound(curve_order[:k]) for k in top],
            "every7th": at_level.bound(np.arange(0, ln_p.size, 7)),
        }
    return answers


def online_fdr(inputs: Inputs) -> Answers:
    ln_p = _ln_p(inputs["p"])
    answers = {}
    for name, procedure in ONLINE_NAMES.items():
        decisions = replay(ln_p, procedure, alpha=inputs["alpha"], acknowledge_independence=True)
        answers[name] = {"alphai": decisions.levels, "R": decisions.rejected.astype(int)}
    return answers


def westfall_young(inputs: Inputs) -> Answers:
    test, side = inputs.get("test", "t"), inputs.get("side", "abs")
    if test not in PERMUTED_STATISTICS or side not in PERMUTED_TAILS:
        raise Unsupported(f"permutation of the statistic '{test}' on side '{side}'")
    rows, group = inputs["X_rows_are_hypotheses"], inputs["group"]
    options = {"seed": 1, "statistic": PERMUTED_STATISTICS[test], "tail": PERMUTED_TAILS[side]}
    by_statistic = max_t(rows, group, complete_up_to=200_000, **options)
    by_p = min_p(rows, group, complete_up_to=200_000, **options)
    if not by_statistic.complete:
        raise Unsupported("more arrangements than are enumerated; the case wants them all")
    return {
        "n_perm": by_statistic.permutations,
        "teststat": by_statistic.statistic,
        "rawp": np.exp(by_statistic.ln_p),
        "adjp_maxT_stepdown": np.exp(by_statistic.ln_adjusted),
        "rawp_minP": np.exp(by_p.ln_p),
        "adjp_minP_stepdown": np.exp(by_p.ln_adjusted),
    }


def tarone_lamp(inputs: Inputs) -> Answers:
    x, y = np.array(inputs["X"], dtype=bool), np.array(inputs["y"], dtype=bool)
    alpha = inputs.get("alpha", 0.05)
    side = next(side for side in Side if str(inputs.get("alternative", "greater")).startswith(side))
    patterns = [s for k in range(1, x.shape[1] + 1) for s in combinations(range(x.shape[1]), k)]
    extents = [x[:, list(pattern)].all(axis=1) for pattern in patterns]
    family = DiscreteFamily([_table(extent, y) for extent in extents], side)
    testable = tarone(family.ln_least_p, alpha=alpha)
    hits = np.flatnonzero(testable.rejected(family.ln_p))
    everything = adjust(family.ln_p, Correction.BONFERRONI).rejected(alpha)

    # A closed pattern is the largest among those of equal extent; patterns come in the order of their length. A pattern
    # that no row holds has no extent to close.
    largest = {extent.tobytes(): i for i, extent in enumerate(extents) if extent.any()}
    closed = sorted(largest.values())
    closed_family = DiscreteFamily([_table(extents[i], y) for i in closed], side)
    closed_testable = tarone(closed_family.ln_least_p, alpha=alpha)
    closed_hits = np.flatnonzero(closed_testable.rejected(closed_family.ln_p))
    return {
        "n_patterns": len(patterns),
        "n_pos": int(y.sum()),
        "bonferroni_threshold": alpha / len(patterns),
        "n_bonferroni_rejected": int(everything.sum()),
        "tarone_k": testable.factor,
        "tarone_threshold": np.exp(testable.ln_threshold),
        "n_testable": int(testable.testable.sum()),
        "rejected_patterns": [list(patterns[i]) for i in hits],
        "p_of_rejected": np.exp(family.ln_p[hits]),
        "closed_n_patterns": len(closed),
        "closed_k": closed_testable.factor,
        "closed_threshold": np.exp(closed_testable.ln_threshold),
        "closed_rejected_patterns": [list(patterns[closed[i]]) for i in closed_hits],
        "first10": [
            {
                "items": list(patterns[i]),
                "support": int(extents[i].sum()),
                "a": int((extents[i] & y).sum()),
                "p": np.exp(family.ln_p[i]),
                "min_p": np.exp(family.ln_least_p[i]),
            }
            for i in range(min(10, len(patterns)))
        ],
    }


def _table(extent: np.ndarray, y: np.ndarray) -> list[int]:
    a, x, cases = int((extent & y).sum()), int(extent.sum()), int(y.sum())
    return [a, x - a, cases - a, y.size - x - cases + a]


def discrete_multiplicity(inputs: Inputs) -> Answers:
    side = next((side for side in Side if side in str(inputs.get("test", "two-sided")).lower()), None)
    if side is None:
        raise Unsupported(f"discrete corrections of the test '{inputs['test']}'")
    family = DiscreteFamily(inputs["tables"], side)
    testable = tarone(family.ln_least_p, alpha=0.05)
    return {
        "p": np.exp(family.ln_p),
        "min_attainable_p": np.exp(family.ln_least_p),
        "mid_p_two_sided": family.mid_p(),
        "heyse_discrete_bh_adjusted": np.exp(family.heyse()),
        "discrete_bonferroni_adjusted": np.exp(family.discrete_bonferroni()),
        "tarone_k_alpha0.05": testable.factor,
        "tarone_threshold": np.exp(testable.ln_threshold),
        "tarone_rejected_idx0": np.flatnonzero(testable.rejected(family.ln_p)),
    }


def weighted(inputs: Inputs) -> Answers:
    ln_p = _ln_p(inputs["p"])
    results = {method: adjust_weighted(ln_p, inputs["weights_raw"], method) for method in WEIGHTED}
    return {"weights": results[Correction.HOLM].weights} | {
        f"weighted_{method}_adjusted": np.exp(result.ln_adjusted) for method, result in results.items()
    }


def e_bh_case(inputs: Inputs) -> Answers:
    ln_adjusted = e_bh(ln_from_e(inputs["e"]))
    answers: Answers = {"adjusted": np.exp(ln_adjusted)}
    for name, alpha in _levels(inputs["points"]).items():
        decisions = rejected(ln_adjusted, alpha)
        answers[name] = {"k": int(decisions.sum()), "rejected": decisions}
    return answers


def benjamini_bogomolov_case(inputs: Inputs) -> Answers:
    families = {name: _ln_p(values) for name, values in inputs["families"].items()}
    result = benjamini_bogomolov(families, alpha=inputs["alpha"])
    return {
        "family_p": {name: np.exp(value) for name, value in result.family_ln_p.items()},
        "selected": result.selected,
        "R": sum(result.selected.values()),
        "within_alpha": result.within_alpha,
        "rejected": result.rejected,
    }


def global_tests(inputs: Inputs) -> Answers:
    ln_p = _ln_p(inputs["p"])
    combination = fisher_combination(ln_p)
    return {
        "simes": np.exp(simes(ln_p)),
        "bonferroni": np.exp(bonferroni_minimum(ln_p)),
        "fisher_chi2": combination.statistic,
        "fisher_p": np.exp(combination.ln_p),
        "cauchy_p": np.exp(cauchy(ln_p)),
        "harmonic_arith_2mean": np.exp(twice_the_mean(ln_p)),
    }


ADAPTERS: dict[str, Callable[[Inputs], Answers]] = {
    "p_adjust": p_adjust,
    "p_adjust_n": p_adjust_n,
    "p_adjust_large": p_adjust_large,
    "sidak_tsbh": sidak_tsbh,
    "bky_twostage": bky_twostage,
    "qvalue": qvalue,
    "ari_closed_testing": ari_closed_testing,
    "ari_large": ari_large,
    "online_fdr": online_fdr,
    "westfall_young": westfall_young,
    "tarone_lamp": tarone_lamp,
    "discrete_multiplicity": discrete_multiplicity,
    "weighted": weighted,
    "e_bh": e_bh_case,
    "benjamini_bogomolov": benjamini_bogomolov_case,
    "global_tests": global_tests,
}
