"""Tests, effects, intervals and interest measures put to the cases of ``statistics.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Any

import numpy as np

from miner.patterns import interest
from miner.statistics import (
    attributable,
    calibration,
    conditional,
    contingency,
    correlation,
    dependence,
    disproportionality,
    fisher,
    groups,
    intervals,
    log_probability,
    permutation,
    polychoric,
    proportions,
    shrinkage,
    stratified,
    survey,
    trend,
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
    if {"k", "M", "n", "N"} <= set(point):
        k, total, marked, drawn = point["k"], point["M"], point["n"], point["N"]
        return fisher.log_fisher(k, drawn - k, marked - k, total - marked - drawn + k)
    if {"m", "n", "k"} <= set(point) and ("x" in point or "q" in point):
        # R's names: m marked and n other persons, k drawn; P(X >= x) or P(X > q).
        seen = point["x"] if "x" in point else point["q"] + 1
        m, n, k = point["m"], point["n"], point["k"]
        return fisher.log_fisher(seen, k - seen, m - seen, n - k + seen)
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


def two_by_two_tests(inputs: Inputs) -> Answers:
    cells = _cells(inputs)
    table = np.reshape(cells, (2, 2))
    exact = conditional.conditional_odds_ratio(table)
    plain, yates = contingency.chi_square(table), contingency.chi_square(table, correction=True)
    return {
        "fisher_two_sided": np.exp(fisher.log_fisher(*cells, "two-sided")),
        "fisher_greater": np.exp(fisher.log_fisher(*cells, "greater")),
        "fisher_less": np.exp(fisher.log_fisher(*cells, "less")),
        "log_fisher_greater": fisher.log_fisher(*cells, "greater"),
        "or_cond_mle": exact.estimate,
        "or_exact_ci": [exact.low, exact.high],
        "chi2": plain.statistic,
        "chi2_p": np.exp(plain.ln_p),
        "chi2_yates": yates.statistic,
        "chi2_yates_p": np.exp(yates.ln_p),
        "fisher_midp_two_sided_doubling": np.exp(fisher.log_mid_p(*cells, "two-sided")),
        "fisher_midp_greater": np.exp(fisher.log_mid_p(*cells, "greater")),
        "fisher_midp_less": np.exp(fisher.log_mid_p(*cells, "less")),
        "fisher_midp_two_sided_minlike_half_observed": np.exp(fisher.log_mid_p(*cells, "minimum likelihood")),
    }


def epi_effects(inputs: Inputs) -> Answers:
    cells, level = _cells(inputs), {"confidence": inputs.get("conf", 0.95)}
    exact = conditional.conditional_odds_ratio(np.reshape(cells, (2, 2)), **level)
    ratio, odds = proportions.wald_risk_ratio(*cells, **level), proportions.wald_odds_ratio(*cells, **level)
    needed = attributable.number_needed(*cells, method="wald", **level)
    needed_score = attributable.number_needed(*cells, corrected=False, **level)
    return {
        "rr_wald": _triple(ratio),
        "RR.strata.wald": _triple(ratio),
        "RR.strata.taylor": _triple(ratio),
        "or_wald": _triple(odds),
        "OR.strata.wald": _triple(odds),
        "or_midp": [exact.mid_p_estimate, exact.mid_p_low, exact.mid_p_high],
        "or_fisher_cmle": [exact.estimate, exact.low, exact.high],
        "OR.strata.mle": [exact.estimate, exact.low, exact.high],
        "OR.strata.score": _triple(intervals.odds_ratio(*cells, corrected=False, **level)),
        "ARisk.strata.wald": _triple(proportions.wald_risk_difference(*cells, **level)),
        "ARisk.strata.score": _triple(intervals.risk_difference(*cells, corrected=False, **level)),
        "PARisk.strata.wald": _triple(attributable.population_risk_difference(*cells, **level)),
        "AFRisk.strata.wald": _triple(attributable.attributable_fraction(*cells, **level)),
        "PAFRisk.strata.wald": _triple(attributable.population_attributable_fraction(*cells, **level)),
        "NNT.strata.wald": [needed.estimate, needed.low, needed.high],
        "NNT.strata.score": [needed_score.estimate, needed_score.low, needed_score.high],
    }


def stratified_tables(inputs: Inputs) -> Answers:
    strata = inputs["strata"]
    common = stratified.mantel_haenszel(strata)
    exact = conditional.conditional_odds_ratio(strata)
    woolf, _, _ = stratified.woolf_homogeneity(strata)
    odds = [common.odds_ratio, common.or_low, common.or_high]
    return {
        "cmh_chi2_uncorrected": common.chi2,
        "cmh_p_uncorrected": np.exp(common.ln_p),
        "cmh_chi2_corrected": common.chi2_corrected,
        "cmh_p_corrected": np.exp(common.ln_p_corrected),
        "mh_or": common.odds_ratio,
        "mh_or_ci": odds[1:],
        "exact_p": np.exp(exact.ln_p_two_sided),
        "exact_cmle_or": exact.estimate,
        "breslow_day": common.breslow_day,
        "breslow_day_p": np.exp(common.breslow_day_ln_p),
        "breslow_day_tarone": common.breslow_day_tarone,
        "breslow_day_tarone_p": np.exp(common.breslow_day_tarone_ln_p),
        "woolf": woolf,
        "crude_or": common.crude_odds_ratio,
        "RR.mh.wald": [common.risk_ratio, common.rr_low, common.rr_high],
        "OR.mh.wald": odds,
        "ARisk.mh.sato": [common.risk_difference, common.rd_low, common.rd_high],
        "ARisk.mh.green": [common.risk_difference, common.rd_low_greenland, common.rd_high_greenland],
    }


def correlations(inputs: Inputs) -> Answers:
    x, y = inputs["x"], inputs["y"]
    r, rho, tau = correlation.pearson(x, y), correlation.spearman(x, y), correlation.kendall(x, y)
    distance = dependence.distance_correlation(x, y)
    distances = {effect.name: effect.estimate for effect in distance.effects}
    return {
        "n": r.n,
        "pearson": r.effect.estimate,
        "pearson_p": np.exp(r.ln_p),
        "pearson_log_p": r.ln_p,
        "pearson_ci_fisher_z": _limits(r.effect),
        "spearman_rho": rho.effect.estimate,
        "spearman_p_t_approx": np.exp(rho.ln_p),
        "kendall_tau_b": tau.effect.estimate,
        "kendall_p_normal_approx": np.exp(tau.ln_p),
        "dcor": distances["dcor"],
        "dcov": distances.get("dcov"),
        "bias_corrected_dcor_squared": distances.get("bias_corrected_dcor_squared"),
        "dcor_t_test": {"T": distance.statistic, "df": distance.df, "p": np.exp(distance.ln_p)},
        "eta_squared_y_by_x": groups.eta_squared(y, np.unique(x, return_inverse=True)[1]).effect.estimate,
        "chatterjee_xi_x_to_y": dependence.chatterjee_xi(x, y).effect.estimate,
    }


PARTIAL = {
    "pearson": correlation.partial_pearson,
    "spearman": correlation.partial_spearman,
    "semipartial": correlation.semipartial_pearson,
}


def partial_correlation(inputs: Inputs) -> Answers:
    """Answers each field whose name spells out variables of the table, as in ``pearson_mpg_wt_given_hp_qsec``."""
    columns = [str(name).lower().replace(" ", "").replace("_", "") for name in inputs["columns"]]
    rows = np.asarray(inputs["rows"], dtype=np.float64)
    answers: Answers = {}
    for field in _partial_fields(columns):
        kind, _, rest = field.partition("_")
        pair, _, others = rest.replace("_removed_from_", "_given_").partition("_given_")
        names = pair.split("_")
        given = others.split("_") if kind != "semipartial" else names[2:]
        x, y, z = (rows[:, [columns.index(name) for name in part]] for part in (names[:1], names[1:2], given))
        result = PARTIAL[kind](x.ravel(), y.ravel(), z)
        answers[field] = {"r": result.effect.estimate, "p": np.exp(result.ln_p), "t": result.statistic}
    return answers


def _partial_fields(columns: list[str]) -> list[str]:
    """Every field that a table with these columns could ask for, with up to two variables held."""
    fields = []
    for x, y in permutations(columns, 2):
        others = [name for name in columns if name not in {x, y}]
        for size in (1, 2):
            for given in permutations(others, size):
                fields += [f"{kind}_{x}_{y}_given_{'_'.join(given)}" for kind in ("pearson", "spearman")]
        fields += [f"semipartial_{x}_{y}_{z}_removed_from_{y}" for z in others]
    return fields


def trend_test(inputs: Inputs) -> Answers:
    arguments = (inputs["events"], inputs["n"], inputs.get("scores"))
    trends = trend.cochran_armitage(*arguments), trend.linear_by_linear(*arguments)
    return {
        "cochran_armitage_chi2": trends[0].statistic ** 2,
        "p": np.exp(trends[0].ln_p),
        "linear_by_linear_z": trends[1].statistic,
        "lbl_p": np.exp(trends[1].ln_p),
    }


def permutation_exact(inputs: Inputs) -> Answers:
    values, group = inputs["y"], inputs["group"]
    return {
        "mean_diff_two_sided_exact_p": np.exp(permutation.permutation_test(values, group).ln_p),
        "rank_sum_two_sided_exact_p": np.exp(permutation.permutation_test(values, group, scores="ranks").ln_p),
    }


def polychoric_correlation(inputs: Inputs) -> Answers:
    result = polychoric.polychoric(inputs["table"])
    return {"rho_ml": result.rho, "se": result.standard_error, "rho_two_step": result.rho_two_step}


def survey_weighted(inputs: Inputs) -> Answers:
    data = inputs["data"]
    if not isinstance(data, Mapping):
        raise NoData(str(data))
    words = str(inputs.get("design", ""))
    design = survey.survey_design(
        data["weight"],
        strata=data["stratum"] if "strat" in words else None,
        units=data.get("cluster", data.get("psu")) if "clust" in words or "psu" in words.lower() else None,
        population=data.get("fpc") if "fpc" in words.lower() else None,
    )
    table = survey.weighted_table(data["exposure"], data["outcome"], design)
    proportion = survey.weighted_proportion(data["outcome"], design)
    return {
        "rao_scott_F": table.f.statistic,
        "ndf": table.f.df,
        "ddf": table.f.df2,
        "rao_scott_p": np.exp(table.f.ln_p),
        "rs_chisq": table.chi2.statistic,
        "rs_chisq_p": np.exp(table.chi2.ln_p),
        "weighted_table_comp_by_sch": table.table,
        "log_or": None if table.log_odds_ratio is None else table.log_odds_ratio.estimate,
        "log_or_se": table.standard_error,
        "weighted_prop_outcome": proportion.estimate,
        "prop_ci_logit": _limits(proportion),
    }


def pharmacovigilance(inputs: Inputs) -> Answers:
    found = disproportionality.disproportionality(*_cells(inputs))
    approximate = shrinkage.information_component(inputs["a"], found.expected, approximate=True)
    return {
        "expected": found.expected,
        "RRR": found.relative_reporting,
        "PRR": found.prr.estimate,
        "PRR_ci": _limits(found.prr),
        "ROR": found.ror.estimate,
        "ROR_ci": _limits(found.ror),
        "chi2_yates": found.chi2_yates,
        "IC_shrunk_log2": found.ic.estimate,
        "IC025_noren_approx": approximate.low,
        "IC975_noren_approx": approximate.high,
        "IC025_gamma": found.ic.low,
        "IC975_gamma": found.ic.high,
        "evans_signal": bool(found.evans),
    }


def ebgm(inputs: Inputs) -> Answers:
    if "theta" not in inputs:
        raise NoData(str(inputs.get("dataset", "a data set named in words")))
    theta = inputs["theta"]
    prior = shrinkage.GammaMixture(
        alpha1=theta["a1"], beta1=theta["b1"], alpha2=theta["a2"], beta2=theta["b2"], p=theta["P"]
    )
    posterior = shrinkage.empirical_bayes(prior, inputs["N"], inputs["E"])
    return {"Qn": posterior.weight, "EBGM": posterior.ebgm, "EB05": posterior.eb05, "EB95": posterior.eb95}


def empirical_calibration(inputs: Inputs) -> Answers:
    if "negative_controls" not in inputs:
        raise Unsupported("the controls stand in other fields")
    controls, target = inputs["negative_controls"], inputs["target"]
    error = calibration.fit_systematic_error(controls["logRr"], controls["seLogRr"], least_controls=2)
    ratios = (np.asarray(target["logRr"]), np.asarray(target["seLogRr"]))
    first = (np.asarray(controls["logRr"])[:5], np.asarray(controls["seLogRr"])[:5])
    none = calibration.SystematicError(mean=0.0, sd=0.0, controls=0)
    return {
        "null_mean": error.mean,
        "null_sd": error.sd,
        "calibrated_p_target": np.exp(calibration.calibrated_ln_p(error, *ratios)),
        "traditional_p_target": np.exp(calibration.calibrated_ln_p(none, *ratios)),
        "calibrated_p_negatives_first5": np.exp(calibration.calibrated_ln_p(error, *first)),
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
    "two_by_two_tests": two_by_two_tests,
    "epi_effects": epi_effects,
    "stratified": stratified_tables,
    "correlation": correlations,
    "partial_correlation": partial_correlation,
    "trend_test": trend_test,
    "permutation_exact": permutation_exact,
    "polychoric": polychoric_correlation,
    "survey_weighted": survey_weighted,
    "pharmacovigilance_2x2": pharmacovigilance,
    "ebgm": ebgm,
    "empirical_calibration": empirical_calibration,
}
