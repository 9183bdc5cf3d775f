"""Oracle cases of the study-design kinds: names of fields to names of parameters and back, nothing computed here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from causal import planning, power, sensitivity
from causal.balance import balance_table, effective_sizes
from causal.confounding import standardised_from_strata
from causal.design_matrix import AnalysisData, analysis_data
from causal.estimation import Estimate, crude, inverse_weights, ipw, regression, standardisation
from causal.estimation.front_door import front_door_probabilities
from miner.errors import FortuitError
from miner.statistics.calibration import calibrated_ln_p, fit_systematic_error
from miner.statistics.log_probability import ln_normal_two_sided
from miner.tables.demo import load_nhefs
from miner.tables.model import Dataset
from miner.tables.typed import apply_dictionary
from tests.oracle.cases import NoData, Unsupported

Inputs = Mapping[str, Any]
Answers = dict[str, Any]


def number(value: Any) -> float:
    """A number that may have been written as text (NaN, Inf)."""
    return float(value)


def given(inputs: Inputs, **names: str) -> dict[str, float]:
    """The parameters whose field is in the case: parameter name = field name."""
    return {parameter: number(inputs[field]) for parameter, field in names.items() if field in inputs}


def sided(inputs: Inputs) -> dict[str, Any]:
    """alpha and sides where given."""
    found: dict[str, Any] = given(inputs, alpha="alpha")
    if "sided" in inputs:
        found["sided"] = int(inputs["sided"])
    return found


def evalue(inputs: Inputs) -> Answers:
    """E-value on any scale."""
    measure = str(inputs.get("measure", "RR")).upper()
    if measure == "RD":
        cells = [int(inputs[name]) for name in ("n11", "n10", "n01", "n00")]
        found = sensitivity.e_value_risk_difference(*cells, true=number(inputs.get("true", 0.0)))
    else:
        found = sensitivity.e_value(
            number(inputs["est"]),
            measure=sensitivity.Measure({"MD": "SMD", "OLS": "SMD"}.get(measure, measure)),
            rare=bool(inputs.get("rare", False)),
            **given(inputs, low="lo", high="hi", se="se", true="true"),
        )
    return {
        "evalue_point": found.point,
        "evalue_ci": found.limit,
        "rr": found.risk_ratio,
        "rr_lo": found.low,
        "rr_hi": found.high,
    }


def bias_factor(inputs: Inputs) -> Answers:
    """Bounding factor, and what it leaves of a ratio; or the bound of several biases together."""
    answers: Answers = {}
    if "RR_EU" in inputs:
        factor = sensitivity.bias_factor(number(inputs["RR_EU"]), number(inputs["RR_UD"]))
        answers = {"bias_factor": factor}
        answers |= {name: number(inputs[name]) / factor for name in ("rr", "lo", "hi") if name in inputs}
    if {"confounding", "selection", "misclassification"} & set(inputs):
        answers["bound"] = sensitivity.multiple_bias_bound(
            confounding=[number(v) for v in inputs.get("confounding", [])],
            selection=[number(v) for v in inputs.get("selection", [])],
            misclassification=number(inputs.get("misclassification", 1.0)),
        )
    return answers


def tipping_point(inputs: Inputs) -> Answers:
    """Whatever of the confounder is not given."""
    if "effect" in inputs:
        adjusted = sensitivity.adjusted_for_confounder(
            number(inputs["effect"]), number(inputs["exposure_confounder"]), number(inputs["confounder_outcome"])
        )
        return {"adjusted": adjusted}
    limit = number(inputs["rr_limit"])
    strength = inputs.get("confounder_outcome_rr")
    if "prev_exposed" in inputs:
        one, zero = number(inputs["prev_exposed"]), number(inputs["prev_unexposed"])
        if strength is None:
            return {"confounder_outcome_rr": sensitivity.tipping_binary(limit, one, zero)}
        number_of = sensitivity.tipping_number_binary(
            limit, exposed=one, unexposed=zero, confounder_outcome=number(strength)
        )
        return {"n_confounders": number_of}
    if "smd" in inputs and strength is not None:
        found = sensitivity.tipping_number(limit, smd=number(inputs["smd"]), confounder_outcome=number(strength))
        return {"n_confounders": found}
    if "smd" in inputs:
        return {"confounder_outcome_rr": sensitivity.tipping_strength(limit, number(inputs["smd"]))}
    return {"smd": sensitivity.tipping_continuous(limit, number(strength))}


def robustness_value(inputs: Inputs) -> Answers:
    """Partial R2 and robustness values from t, or an estimate with its error."""
    t = number(inputs["t"]) if "t" in inputs else number(inputs["estimate"]) / number(inputs["se"])
    degrees = number(inputs["dof"])
    return {
        "r2yd_x": sensitivity.partial_r2(t, degrees),
        "rv_q1": sensitivity.robustness_value(t, degrees),
        "rv_q1_alpha05": sensitivity.robustness_value(t, degrees, alpha=0.05),
        "rv_q05": sensitivity.robustness_value(t, degrees, q=0.5),
    }


def ovb_benchmark(inputs: Inputs) -> Answers:
    """The Darfur survey is not shipped."""
    raise NoData(str(inputs.get("dataset", "")))


def rosenbaum_signed_rank(inputs: Inputs) -> Answers:
    """Bounds of the signed rank test."""
    gamma = [number(g) for g in inputs["gamma"]]
    p = sensitivity.rosenbaum_signed_rank(inputs["treated"], inputs["control"], gamma)
    return {"p_upper": p, "largest_gamma_significant_05": sensitivity.largest_gamma(gamma, p)}


def rosenbaum_mcnemar(inputs: Inputs) -> Answers:
    """Bounds of McNemar's test."""
    first, second = (int(v) for v in inputs["discordant"])
    return {"p_upper": sensitivity.rosenbaum_mcnemar((first, second), [number(g) for g in inputs["gamma"]])}


def selection_bias(inputs: Inputs) -> Answers:
    """Selection by participation probabilities."""
    probs = inputs["probs"]
    found = sensitivity.selection_adjusted(
        inputs["table"],
        case_exposed=number(probs["case_exp"]),
        case_unexposed=number(probs["case_unexp"]),
        other_exposed=number(probs["ctl_exp"]),
        other_unexposed=number(probs["ctl_unexp"]),
    )
    return {"or_obs": found.odds_ratio_observed, "or_adj": found.odds_ratio, "rr_adj": found.risk_ratio}


def collider(inputs: Inputs) -> Answers:
    """Berkson's selection."""
    s = inputs["selection"]
    population, selected = sensitivity.odds_ratio_among_selected(
        number(inputs["p"]), number(inputs["q"]), [[s["00"], s["01"]], [s["10"], s["11"]]]
    )
    return {"or_population": population, "or_selected": selected}


def cornfield(inputs: Inputs) -> Answers:
    """Cornfield's condition."""
    return {"min_prevalence_ratio": sensitivity.cornfield_prevalence_ratio(number(inputs["rr"]))}


def sample_size_cohort(inputs: Inputs) -> Answers:
    """Two risks, clusters or not."""
    p0 = number(inputs["p0"])
    p1 = number(inputs["p1"]) if "p1" in inputs else number(inputs["rr"]) * p0
    found = power.cohort(p1=p1, p0=p0, **given(inputs, power="power", ratio="r"), **sided(inputs))
    factor = power.inflation(**given(inputs, icc="icc", cluster_size="cluster_size")).clusters
    exposed, unexposed = power.whole(found.exposed * factor), power.whole(found.unexposed * factor)
    return {
        "per_group": exposed,
        "fractional": found.exposed * factor,
        "design_effect": factor,
        "total": exposed + unexposed,
    }


def sample_size_case_control(inputs: Inputs) -> Answers:
    """Unmatched cases and controls."""
    odds_ratio, p0 = number(inputs["OR"]), number(inputs["p0"])
    found = power.case_control(odds_ratio=odds_ratio, p0=p0, **given(inputs, power="power", ratio="r"), **sided(inputs))
    ratio = number(inputs.get("r", 1))
    corrected = power.with_continuity(found.exposed, power.exposure_among_cases(odds_ratio, p0), p0, ratio)
    return {
        "cases": power.whole(found.exposed),
        "controls": power.whole(found.unexposed),
        "n_fractional_cases": found.exposed,
        "n_fractional": found.exposed,
        "fractional_cases": found.exposed,
        "fleiss_cc": corrected,
    }


def power_case_control(inputs: Inputs) -> Answers:
    """Power of an unmatched case-control study."""
    return {
        "power": power.case_control_power(
            odds_ratio=number(inputs["OR"]),
            p0=number(inputs["p0"]),
            cases=number(inputs["cases"]),
            controls=number(inputs["controls"]),
            fleiss=bool(inputs.get("fleiss", False)),
            **sided(inputs),
        )
    }


def matched(inputs: Inputs) -> dict[str, Any]:
    """Fields shared by the matched designs."""
    return {
        "odds_ratio": number(inputs["OR"]),
        "p0": number(inputs["p0"]),
        "phi": number(inputs["phi"]),
        "ratio": int(inputs.get("r", 1)),
        **sided(inputs),
    }


def sample_size_matched_cc(inputs: Inputs) -> Answers:
    """Matched sets."""
    found = power.matched_case_control(**matched(inputs), **given(inputs, power="power"))
    return {"cases": power.whole(found.exposed), "controls": power.whole(found.unexposed)}


def power_matched_cc(inputs: Inputs) -> Answers:
    """Power of matched sets."""
    return {"power": power.matched_case_control_power(**matched(inputs), sets=number(inputs["n"]))}


def events_hr(inputs: Inputs) -> Answers:
    """Events for a hazard ratio."""
    if "HR" in inputs:
        hazard_ratio = number(inputs["HR"])
    else:
        hazard_ratio = power.hazard_ratio_of_survivals(number(inputs["surv_treat"]), number(inputs["surv_control"]))
    events = power.events_for_hazard_ratio(
        hazard_ratio=hazard_ratio, **given(inputs, power="power", p_exposed="p_exposed"), **sided(inputs)
    )
    return {"events": power.whole(events), "fractional": events}


def min_detectable_hr(inputs: Inputs) -> Answers:
    """Hazard ratios that these events would show, ascending."""
    found = power.detectable_hazard_ratio(
        events=number(inputs["events"]), **given(inputs, power="power", p_exposed="p_exposed"), **sided(inputs)
    )
    return {"mdhr": sorted(found)}


def min_detectable_rr(inputs: Inputs) -> Answers:
    """Risk ratios that n persons in two arms would show."""
    ratio, n = number(inputs.get("r", 1)), number(inputs["n"])
    above, below = power.detectable_risk_ratio(
        p0=number(inputs["p0"]),
        exposed=n / (1 + ratio),
        unexposed=n * ratio / (1 + ratio),
        **given(inputs, power="power"),
        **sided(inputs),
    )
    return {"mdrr_gt1": above, "mdrr_lt1": below}


def sample_size_hr_r2(inputs: Inputs) -> Answers:
    """Cox model with a correlated exposure."""
    found = power.time_to_event(
        hazard_ratio=number(inputs["HR"]),
        event_probability=number(inputs["event_prob"]),
        **given(inputs, power="power", p_exposed="p_exposed", r2="rho2"),
        **sided(inputs),
    )
    n = found.exposed + found.unexposed
    return {"n": power.whole(n), "fractional": n}


def sample_size_logistic(inputs: Inputs) -> Answers:
    """Logistic regression on a continuous exposure."""
    n = power.logistic(
        prevalence=number(inputs["P1"]),
        odds_ratio_per_sd=number(inputs["OR_per_sd"]),
        **given(inputs, power="power", r2="R2"),
        **sided(inputs),
    )
    return {"n": power.whole(n), "fractional": n}


def sample_size_correlation(inputs: Inputs) -> Answers:
    """Correlation by Fisher's z and by the t test."""
    arguments = {"r": number(inputs["r"]), **given(inputs, power="power", alpha="alpha")}
    return {
        "n_fisher_z": power.whole(power.correlation(**arguments)),
        "n_pwr_exact": power.whole(power.correlation_exact(**arguments)),
    }


def sample_size_means(inputs: Inputs) -> Answers:
    """Two means, by t or by the normal approximation."""
    common = {**given(inputs, power="power", ratio="r"), **sided(inputs)}
    method = str(inputs.get("method", "")).lower()
    deviations = [number(v) for v in np.atleast_1d(inputs.get("sd", []))]
    normal = re.search(r"normal|approx|\bz\b", method) or (len(deviations) > 1 and not re.search(r"\bt\b", method))
    if normal:
        difference = number(inputs["diff"] if "diff" in inputs else inputs["d"])
        first, *rest = deviations or [1.0]
        found = power.means_normal(difference=difference, sd1=first, sd0=rest[0] if rest else None, **common)
    else:
        found = power.means(
            difference=power.standardised_difference(inputs.get("d"), inputs.get("diff"), deviations), **common
        )
    treat, control = power.whole(found.exposed), power.whole(found.unexposed)
    return {
        "per_group": treat,
        "total": treat + control,
        "fractional": found.exposed,
        "treat": treat,
        "control": control,
    }


def sample_size_rate(inputs: Inputs) -> Answers:
    """Two rates, with and without an end of follow-up."""
    rates = {"rate1": number(inputs["rate1"]), "rate0": number(inputs["rate0"]), **given(inputs, power="power")}
    rates |= sided(inputs)
    unlimited = power.whole(power.rates(**rates).exposed)
    follow_up = given(inputs, follow_up="follow_up")
    return {
        "per_group": power.whole(power.rates(**rates, **follow_up).exposed),
        "unlimited_follow_up_per_group": unlimited,
    }


def inflation(inputs: Inputs) -> Answers:
    """Factors and the inflated number."""
    found = power.inflation(**given(inputs, r2="R2", icc="icc", cluster_size="cluster", loss="loss"))
    return {
        # The cases print these factors with six decimals and ask for equality.
        "vif": round(found.confounding, 6),
        "loss": round(found.loss, 6),
        "deff": round(found.clusters, 6),
        "n": power.whole(number(inputs.get("n", 1)) * found.factor),
    }


def type_s_m(inputs: Inputs) -> Answers:
    """Errors of sign and magnitude."""
    found = planning.design_errors(number(inputs["effect"]), number(inputs["se"]), **given(inputs, alpha="alpha"))
    return {"power": found.power, "type_s": found.type_s, "exaggeration": found.exaggeration}


def winners_curse(inputs: Inputs) -> Answers:
    """Conditional likelihood."""
    found = planning.conditional_likelihood(number(inputs["z"]), number(inputs["c"]))
    return {"mle": found.mle, "cond_mean": found.mean, "average": found.average}


def winners_curse_fiqt(inputs: Inputs) -> Answers:
    """FIQT of a family."""
    return {"mu": planning.fiqt([number(z) for z in inputs["z"]]).tolist()}


def simpson(inputs: Inputs) -> Answers:
    """Crude against standardised risks."""
    if "A" not in inputs:
        raise NoData(str(inputs.get("data", "")))
    strata = list(inputs["A"])
    found = standardised_from_strata(
        np.array([inputs["A"][s] for s in strata], dtype=np.float64),
        np.array([inputs["B"][s] for s in strata], dtype=np.float64),
    )
    return {
        "crude_A": found.crude_exposed,
        "crude_B": found.crude_unexposed,
        "do_A": found.standardised_exposed,
        "do_B": found.standardised_unexposed,
        "mh_or": found.mantel_haenszel,
        "crude_or": found.crude_odds_ratio,
        "reversal": found.reversal,
    }


def frontdoor(inputs: Inputs) -> Answers:
    """Front-door formula on given probabilities; keys read exposure first, then mediator."""
    tar, cancer = inputs["p_tar"], inputs["p_cancer"]
    found = front_door_probabilities(
        exposure=number(inputs["p_smoke"]),
        mediator=(_at(tar, "0"), _at(tar, "1")),
        outcome=((_at(cancer, "00"), _at(cancer, "01")), (_at(cancer, "10"), _at(cancer, "11"))),
    )
    return {
        "do1": found.risk_exposed,
        "do0": found.risk_unexposed,
        "naive1": found.crude_exposed,
        "naive0": found.crude_unexposed,
        "sign_flip": found.sign_flip,
    }


def _at(table: Mapping[str, Any], digits: str) -> float:
    """The entry whose key holds these digits in this order (``10``, ``1,0``, ``smoke1_tar0``)."""
    for key, value in table.items():
        if "".join(re.findall(r"[01]", str(key))) == digits:
            return number(value)
    raise Unsupported(f"no entry for {digits} among {list(table)}")


@cache
def nhefs() -> Dataset:
    """The demo table, which is the one data set of these cases that the project ships."""
    table, dictionary = load_nhefs()
    return apply_dictionary(table, dictionary)


BOOK = ("sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active", "wt71")


def terms(text: str) -> tuple[list[str], list[str], list[str]]:
    """Covariates, squares and products with qsmk of a model written as text."""
    words = re.sub(r"C\((\w+)\)", r"\1", text)
    right = re.split(r"~|main effects|OLS|logit", words)[-1]
    covariates: list[str] = []
    squares: list[str] = []
    products: list[str] = []
    for term in re.split(r"\s*\+\s*", right.strip()):
        square, product = re.fullmatch(r"(\w+)\s*(?:\^|\*\*)\s*2", term), re.fullmatch(r"qsmk\s*[:x*]\s*(\w+)", term)
        if square:
            squares.append(square.group(1))
        elif product:
            products.append(product.group(1))
        elif re.fullmatch(r"\w+", term) and term != "qsmk":
            covariates.append(term)
    return covariates, squares, products


def nhefs_data(inputs: Inputs, model: str) -> AnalysisData:
    """The complete cases that a case on NHEFS means."""
    text = str(inputs.get("data", ""))
    if "nhefs" not in text.lower():
        raise NoData(text)
    covariates, squares, products = terms(model)
    outcome = "death" if "death" in text else "wt82_71"
    return analysis_data(
        nhefs(), exposure="qsmk", outcome=outcome, covariates=covariates, squares=squares, products=products
    )


def shown(estimates: tuple[Estimate, ...]) -> Answers:
    """One contrast in the fields of the cases."""
    first = estimates[0]
    answers: Answers = {
        "n": first.n,
        "mean1": first.mean_exposed,
        "mean0": first.mean_unexposed,
        "risk1": first.mean_exposed,
        "risk0": first.mean_unexposed,
        "diff": first.value,
        "ate": first.value,
        "rd": first.value,
        "ci": [first.low, first.high],
    }
    if len(estimates) == 3:
        answers |= {"rr": estimates[1].value, "or_": estimates[2].value}
    return answers


def ate(inputs: Inputs) -> Answers:
    """Crude, weighted, standardised or regression estimate on a shipped table."""
    if "ps" in inputs:
        data = nhefs_data(inputs, str(inputs["ps"]))
        plain, stable = inverse_weights(data).weights, inverse_weights(data, stabilised=True).weights
        weights = {"w_mean": plain.mean(), "w_min": plain.min(), "w_max": plain.max()}
        weights |= {"stab_mean": stable.mean(), "stab_min": stable.min(), "stab_max": stable.max()}
        return shown(ipw(data)) | {name: float(value) for name, value in weights.items()}
    if "outcome" in inputs:
        model = str(inputs["outcome"])
        data = nhefs_data(inputs, model)
        if data.products or "main effects" not in model:
            return shown(standardisation(data))
        return shown((regression(data, robust=False)[0],))
    data = nhefs_data(inputs, " + ".join(inputs.get("adjust", [])))
    return shown(standardisation(data) if inputs.get("adjust") else crude(data))


def balance(inputs: Inputs) -> Answers:
    """Standardised differences before weighting."""
    rows = balance_table(nhefs_data(inputs, " + ".join(BOOK)))
    return {f"smd_{row.column}": abs(row.crude) for row in rows}


def overlap(inputs: Inputs) -> Answers:
    """Effective sample sizes of the weights of the book."""
    model = " + ".join((*BOOK, *(f"{name}^2" for name in ("age", "smokeintensity", "smokeyrs", "wt71"))))
    data = nhefs_data(inputs, model)
    found = effective_sizes(
        data.exposure, inverse_weights(data, stabilised="stab" in str(inputs.get("weights"))).weights
    )
    return {"ess": found.all, "ess_treated": found.exposed, "ess_control": found.unexposed}


def empirical_calibration(inputs: Inputs) -> Answers:
    """The null fitted to negative controls, and the p of one estimate under it."""
    if "neg_log_rr" not in inputs:
        raise Unsupported("negative controls in another shape")
    error = fit_systematic_error(inputs["neg_log_rr"], inputs["neg_se"])
    estimate, se = [number(inputs["log_rr"])], [number(inputs["se"])]
    return {
        "null_mean": error.mean,
        "null_sd": error.sd,
        "p_traditional": float(np.exp(ln_normal_two_sided(estimate[0] / se[0]))),
        "p_calibrated": float(np.exp(calibrated_ln_p(error, estimate, se))[0]),
    }


def no_data(inputs: Inputs) -> Answers:
    """The data set named is not shipped."""
    raise NoData(str(inputs.get("data", "")))


def answering(adapter: Callable[[Inputs], Answers]) -> Callable[[Inputs], Answers]:
    """Our refusals are answers of no number: the case then counts as failed with the reason, never as a crash."""

    def answer(inputs: Inputs) -> Answers:
        try:
            return {key: None if isinstance(v, float) and math.isnan(v) else v for key, v in adapter(inputs).items()}
        except FortuitError as refusal:
            raise Unsupported(refusal.say()) from refusal

    return answer


ADAPTERS: dict[str, Callable[[Inputs], Answers]] = {
    kind: answering(adapter)
    for kind, adapter in {
        "ate": ate,
        "balance": balance,
        "bias_factor": bias_factor,
        "collider": collider,
        "cornfield": cornfield,
        "empirical_calibration": empirical_calibration,
        "evalue": evalue,
        "events_hr": events_hr,
        "frontdoor": frontdoor,
        "immortal_time": no_data,
        "inflation": inflation,
        "iv_wald": no_data,
        "min_detectable_hr": min_detectable_hr,
        "min_detectable_rr": min_detectable_rr,
        "overlap": overlap,
        "ovb_benchmark": ovb_benchmark,
        "power_case_control": power_case_control,
        "power_matched_cc": power_matched_cc,
        "robustness_value": robustness_value,
        "rosenbaum_mcnemar": rosenbaum_mcnemar,
        "rosenbaum_signed_rank": rosenbaum_signed_rank,
        "sample_size_case_control": sample_size_case_control,
        "sample_size_cohort": sample_size_cohort,
        "sample_size_correlation": sample_size_correlation,
        "sample_size_hr_r2": sample_size_hr_r2,
        "sample_size_logistic": sample_size_logistic,
        "sample_size_matched_cc": sample_size_matched_cc,
        "sample_size_means": sample_size_means,
        "sample_size_rate": sample_size_rate,
        "selection_bias": selection_bias,
        "simpson": simpson,
        "tipping_point": tipping_point,
        "type_s_m": type_s_m,
        "winners_curse_conditional_likelihood": winners_curse,
        "winners_curse_fiqt": winners_curse_fiqt,
    }.items()
}
