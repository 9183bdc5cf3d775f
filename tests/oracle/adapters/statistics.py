"""Tests, effects, intervals and interest measures put to the cases of ``statistics.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from miner.patterns import interest
from miner.statistics import (
    contingency,
    fisher,
    groups,
    intervals,
    log_probability,
    proportions,
)
from miner.statistics.results import Effect, Estimates
from tests.oracle.cases import NoData, Unsupported

Inputs = Mapping[str, Any]
Answers = dict[str, Any]

# arules' names for measures that have another name here.
ARULES = {
    "addedValue": "added_value",
    "casualConfidence": "casual_confidence",
    "casualSupport": "casual_support",
    "centeredConfidence": "added_value",
    "chiSquared": "chi_squared",
    "confirmedConfidence": "confirmed_confidence",
    "doc": "risk_difference",
    "hyperConfidence": "hyper_confidence",
    "hyperLift": "hyper_lift",
    "implicationIndex": "implication_index",
    "jMeasure": "j_measure",
    "leastContradiction": "least_contradiction",
    "maxconfidence": "max_confidence",
    "allConfidence": "all_confidence",
    "mutualInformation": "mutual_information",
    "oddsRatio": "odds_ratio",
    "relativeRisk": "risk_ratio",
    "rhsSupport": "rhs_support",
    "RLD": "relative_linkage_disequilibrium",
    "rulePowerFactor": "rule_power_factor",
    "varyingLiaison": "varying_liaison",
    "yuleQ": "yule_q",
    "yuleY": "yule_y",
}
IN_LOGARITHMS = {"fishersExactTest": "fisher_ln_p", "chiSquared_p": "chi_squared_ln_p"}


def _cells(inputs: Inputs) -> tuple[int, int, int, int]:
    return inputs["a"], inputs["b"], inputs["c"], inputs["d"]


def _limits(estimates: Estimates | Effect) -> list[float]:
    return [float(estimates.low), float(estimates.high)]


def _triple(estimates: Estimates | Effect) -> list[float]:
    return [float(estimates.estimate), *_limits(estimates)]


def rule_measures(inputs: Inputs) -> Answers:
    if "n11" not in inputs:
        raise NoData(str(inputs.get("dataset", "a data set named in words")))
    found = interest.measures(inputs["n11"], inputs["n10"], inputs["n01"], inputs["n00"])
    answers: Answers = dict(found)
    answers.update({theirs: found[ours] for theirs, ours in ARULES.items()})
    answers.update({theirs: np.exp(found[ours]) for theirs, ours in IN_LOGARITHMS.items()})
    return answers


def mlxtend_metrics(inputs: Inputs) -> Answers:
    return dict(interest.mlxtend_columns(inputs["n11"], inputs["n10"], inputs["n01"], inputs["n00"]))


def named_data(inputs: Inputs) -> Answers:
    raise NoData(str(inputs.get("dataset", "a data set named in words")))


def score_ci(inputs: Inputs) -> Answers:
    cells, level = _cells(inputs), {"confidence": inputs.get("conf", 0.95)}
    exposed = (inputs["a"], inputs["a"] + inputs["b"])
    return {
        "rd_miettinen_nurminen": _limits(intervals.risk_difference(*cells, **level)),
        "rd_mee_no_correction": _limits(intervals.risk_difference(*cells, corrected=False, **level)),
        "rr_koopman": _limits(intervals.risk_ratio(*cells, **level)),
        "rr_miettinen_nurminen": _limits(intervals.risk_ratio(*cells, corrected=True, **level)),
        "or_score_no_correction": _limits(intervals.odds_ratio(*cells, corrected=False, **level)),
        "or_miettinen_nurminen": _limits(intervals.odds_ratio(*cells, **level)),
        "rd_newcombe": _limits(proportions.newcombe_risk_difference(*cells, **level)),
        "wilson_p1": _limits(proportions.wilson(*exposed, **level)),
        "clopper_p1": _limits(proportions.clopper_pearson(*exposed, **level)),
    }


def haldane_or(inputs: Inputs) -> Answers:
    odds = proportions.haldane_odds_ratio(*_cells(inputs), confidence=inputs.get("conf", 0.95))
    return {"or": odds.estimate, "lower": odds.low, "upper": odds.high}


def log_p_extreme(inputs: Inputs) -> Answers:
    tails: dict[str, Callable[[Mapping[str, Any]], object]] = {
        "chi2_sf_1df": lambda p: log_probability.ln_chi2_sf(p["x"], 1),
        "chi2_sf_7df": lambda p: log_probability.ln_chi2_sf(p["x"], 7),
        "norm_two_sided": lambda p: log_probability.ln_normal_two_sided(p["z"]),
        "t_two_sided": lambda p: log_probability.ln_t_two_sided(p["t"] if "t" in p else p["x"], p["df"]),
        "hypergeom_fisher_greater": _hypergeometric_tail,
    }
    return {
        name: [dict(point) | {"logp": tails[name](point)} for point in points]
        for name, points in inputs["points"].items()
    }


def _hypergeometric_tail(point: Mapping[str, Any]) -> object:
    if {"a", "b", "c", "d"} <= set(point):
        return fisher.log_fisher(*_cells(point))
    if {"n11", "n10", "n01", "n00"} <= set(point):
        return fisher.log_fisher(point["n11"], point["n10"], point["n01"], point["n00"])
    raise Unsupported(f"a hypergeometric tail described by {sorted(point)}")


def nominal_association(inputs: Inputs) -> Answers:
    table = inputs["table"]
    pearson, ratio = contingency.chi_square(table), contingency.likelihood_ratio(table)
    strength = contingency.nominal_strength(table)
    return {
        "chi2_pearson": pearson.statistic,
        "df": pearson.df,
        "p_pearson": np.exp(pearson.ln_p),
        "log_p_pearson": pearson.ln_p,
        "chi2_lr": ratio.statistic,
        "p_lr": np.exp(ratio.ln_p),
        "phi": strength.phi,
        "contingency": strength.contingency,
        "cramer": strength.cramer_v,
        "cramer_bias_corrected_bergsma": strength.cramer_v_corrected,
        "mutual_information_nats": strength.mutual_information,
        "theil_u_col_given_row": strength.theil_u_column_given_row,
        "theil_u_row_given_col": strength.theil_u_row_given_column,
        "lambda_col_given_row": strength.lambda_column_given_row,
        "gk_tau_col_given_row": strength.tau_column_given_row,
    }


def point_biserial(inputs: Inputs) -> Answers:
    values, group = inputs["y"], inputs["binary"]
    r = groups.point_biserial(values, group)
    student = groups.student(values, group)
    return {
        "r": r.effect.estimate,
        "p": np.exp(r.ln_p),
        # R's t.test takes group 0 minus group 1.
        "t": -student.statistic,
        "p_t": np.exp(student.ln_p),
        "p_welch": np.exp(groups.welch(values, group).ln_p),
        "wilcoxon_p_normal_cc": np.exp(groups.mann_whitney(values, group).ln_p),
    }


ADAPTERS: dict[str, Callable[[Inputs], Answers]] = {
    "rule_measures": rule_measures,
    "mlxtend_metrics": mlxtend_metrics,
    "rule_improvement": named_data,
    "rule_sets": named_data,
    "productive_rule": named_data,
    "score_ci": score_ci,
    "haldane_or": haldane_or,
    "log_p_extreme": log_p_extreme,
    "nominal_association": nominal_association,
    "point_biserial": point_biserial,
}
