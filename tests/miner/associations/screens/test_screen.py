from __future__ import annotations

import json
import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from miner.associations.screens import Model, Screen, mine_screen
from miner.errors import BadScreen, UnknownVariable
from miner.tables.model import Dataset, Dictionary, Kind, Variable
from tests.miner.associations.screens.tables_of_screens import COVARIATES, EXPOSURES, screen_dataset


@pytest.fixture(scope="module")
def dataset():
    return screen_dataset()


def run(dataset, outcome, exposures=EXPOSURES, **options):
    screen = Screen(exposures=exposures, outcomes=(outcome,), covariates=COVARIATES, **options)
    return {row["x"][0]: row for row in mine_screen(dataset, screen)}


def given(dataset, *names, rows=slice(None)):
    return np.column_stack([np.ones(dataset.n), *(np.asarray(dataset[name], float) for name in names)])[rows]


def score_statistic(model, null):
    """Score statistic of the last coefficient, from the library's own score and Hessian."""
    at = np.append(null, 0.0)
    score, information = model.score(at), -model.hessian(at)
    return float(score @ np.linalg.solve(information, score))


def test_a_linear_screen_is_the_t_test_of_statsmodels(dataset):
    rows = run(dataset, "weight")
    for name in ("linked", "noise", "gene"):
        fit = sm.OLS(dataset["weight"], given(dataset, name, *COVARIATES)).fit()
        row = rows[name]
        assert row["ln_p"] == pytest.approx(math.log(fit.pvalues[1]), abs=1e-6)
        assert row["statistic"] == pytest.approx(fit.tvalues[1], rel=1e-9)
        assert row["estimate"] == pytest.approx(fit.params[1], rel=1e-9)
        assert (row["low"], row["high"]) == pytest.approx(tuple(fit.conf_int()[1]), rel=1e-8)
        assert row["df"] == fit.df_resid


def test_an_exposure_with_unknown_values_is_tested_on_its_known_rows(dataset):
    row = run(dataset, "weight")["partly"]
    keep = dataset.known("partly")
    fit = sm.OLS(dataset["weight"][keep], given(dataset, "partly", *COVARIATES, rows=keep)).fit()
    assert row["n"] == keep.sum()
    assert row["n_unknown"] == (~keep).sum()
    assert row["ln_p"] == pytest.approx(math.log(fit.pvalues[1]), abs=1e-6)


def test_a_factor_of_several_levels_is_the_f_test_of_its_columns(dataset):
    row = run(dataset, "weight")["region"]
    codes = dataset["region"][:, None] == np.arange(1, 4)
    fit = sm.OLS(dataset["weight"], np.column_stack([given(dataset, *COVARIATES), codes])).fit()
    test = fit.f_test(np.eye(6)[3:])
    assert row["test"] == "linear_factor"
    assert row["statistic"] == pytest.approx(float(test.fvalue), rel=1e-9)
    assert row["ln_p"] == pytest.approx(math.log(float(test.pvalue)), rel=1e-8)
    assert row["effects"]["region 2"] == pytest.approx([fit.params[4], *fit.conf_int()[4]], rel=1e-7)


@pytest.mark.parametrize("outcome", ["weight", "ill", "stage", "time"])
def test_constants_and_combinations_of_covariates_are_counted_rows_with_a_reason(dataset, outcome):
    rows = run(dataset, outcome)
    assert set(rows) == set(EXPOSURES)
    for name in ("constant", "double_age"):
        assert rows[name]["status"] == "degenerate"
        assert rows[name]["ln_p"] is None
        assert rows[name]["reason"]
    json.dumps(list(rows.values()), allow_nan=False)


def test_a_logistic_screen_is_raos_score_test(dataset):
    rows = run(dataset, "ill")
    null = sm.Logit(dataset["ill"], given(dataset, *COVARIATES)).fit(disp=0, tol=1e-12).params
    for name in ("linked", "noise", "gene"):
        model = sm.Logit(dataset["ill"], given(dataset, *COVARIATES, name))
        expected = score_statistic(model, null)
        assert rows[name]["statistic"] == pytest.approx(expected, rel=1e-7)
        assert rows[name]["ln_p"] == pytest.approx(math.log(stats.chi2.sf(expected, 1)), rel=1e-7)


def test_a_poisson_screen_uses_the_offset(dataset):
    rows = run(dataset, "visits", model=Model.POISSON, offset="years")
    y, offset = dataset["visits"], np.log(dataset["years"])
    null = sm.Poisson(y, given(dataset, *COVARIATES), offset=offset).fit(disp=0).params
    model = sm.Poisson(y, given(dataset, *COVARIATES, "linked"), offset=offset)
    assert rows["linked"]["statistic"] == pytest.approx(score_statistic(model, null), rel=1e-6)
    assert rows["linked"]["effect"] == "rate_ratio"


def test_a_cox_screen_is_the_score_test_with_ties_after_efron(dataset):
    from statsmodels.duration.hazard_regression import PHReg

    rows = run(dataset, "time")
    event, time = dataset["died"], dataset["time"]
    null = PHReg(time, given(dataset, *COVARIATES)[:, 1:], event, ties="efron").fit().params
    for name in ("linked", "noise", "gene"):
        model = PHReg(time, given(dataset, *COVARIATES, name)[:, 1:], event, ties="efron")
        assert rows[name]["statistic"] == pytest.approx(score_statistic(model, null), rel=1e-6)
    assert rows["linked"]["summary"]["events"] == event.sum()


def test_without_covariates_the_cox_score_test_of_two_groups_is_the_log_rank_test(dataset):
    from statsmodels.duration.survfunc import survdiff

    rng = np.random.Generator(np.random.Philox(8))
    columns = dict(dataset.columns) | {"time": rng.exponential(size=dataset.n)}
    untied = Dataset(dictionary=dataset.dictionary, columns=columns, keys=dataset.keys)
    row = next(iter(mine_screen(untied, Screen(exposures=("gene",), outcomes=("time",)))))
    statistic, _ = survdiff(untied["time"], untied["died"], untied["gene"])
    assert row["statistic"] == pytest.approx(statistic, rel=1e-8)


def test_an_ordinal_screen_has_the_score_of_a_numerical_derivative(dataset):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    row = run(dataset, "stage")["linked"]
    design = given(dataset, *COVARIATES)[:, 1:]
    centred = (design - design.mean(axis=0)) / design.std(axis=0)
    x = (dataset["linked"] - dataset["linked"].mean()) / dataset["linked"].std()
    full = OrderedModel(dataset["stage"], np.column_stack([centred, x]), distr="logit")
    null = OrderedModel(dataset["stage"], centred, distr="logit").fit(method="newton", disp=0)
    at = np.insert(null.params, 2, 0.0)
    score, information = full.score(at), -full.hessian(at)
    assert row["statistic"] == pytest.approx(float(score @ np.linalg.solve(information, score)), rel=1e-4)


def test_an_interaction_is_tested_with_both_main_terms_in_the_model(dataset):
    row = run(dataset, "weight", ("linked",), modifier="gene")["linked"]
    x, m = dataset["linked"], dataset["gene"]
    fit = sm.OLS(dataset["weight"], np.column_stack([given(dataset, *COVARIATES), x, m, x * m])).fit()
    assert row["test"] == "linear_interaction"
    assert row["effect"] == "regression_coefficient_interaction"
    assert row["ln_p"] == pytest.approx(math.log(fit.pvalues[-1]), abs=1e-6)
    assert row["estimate"] == pytest.approx(fit.params[-1], rel=1e-6)


def test_hits_are_fitted_again_and_the_score_p_stays(dataset):
    once = run(dataset, "ill", ("linked",))["linked"]
    again = run(dataset, "ill", ("linked",), refit_below=0.0)["linked"]
    fit = sm.Logit(dataset["ill"], given(dataset, *COVARIATES, "linked")).fit(disp=0)
    assert again["ln_p"] == once["ln_p"]
    assert again["estimate"] == pytest.approx(math.exp(fit.params[-1]), rel=1e-6)
    assert again["effects"]["odds_ratio_one_step"][0] == pytest.approx(once["estimate"])
    assert again["summary"]["estimate"] == "maximum likelihood"


def test_clusters_give_the_robust_error_of_statsmodels(dataset):
    row = run(dataset, "weight", ("linked",), cluster="clinic")["linked"]
    fit = sm.OLS(dataset["weight"], given(dataset, "linked", *COVARIATES)).fit()
    groups = dataset["clinic"].astype(int)
    robust = fit.get_robustcov_results("cluster", groups=groups, use_correction=False)
    g = len(np.unique(groups))
    error = robust.bse[1] * math.sqrt(g / (g - 1))
    assert row["summary"]["standard_error"] == pytest.approx(error, rel=1e-8)
    assert row["df"] == g - 1


def test_a_survey_design_gives_the_linearised_variance(dataset):
    row = run(dataset, "ill", ("linked",), weight="sampling", stratum="layer", unit="clinic")["linked"]
    design, w = given(dataset, *COVARIATES, "linked"), dataset["sampling"]
    fit = sm.GLM(dataset["ill"], design, family=sm.families.Binomial(), freq_weights=w).fit()
    p = fit.fittedvalues
    bread = np.linalg.inv((design * (w * p * (1 - p))[:, None]).T @ design)
    scores = design * (w * (dataset["ill"] - p))[:, None]
    meat = np.zeros((4, 4))
    for layer in range(5):
        totals = np.array(
            [
                scores[dataset["clinic"] == c].sum(axis=0)
                for c in np.unique(dataset["clinic"][dataset["layer"] == layer])
            ]
        )
        centred = totals - totals.mean(axis=0)
        meat += len(totals) / (len(totals) - 1) * centred.T @ centred
    error = math.sqrt((bread @ meat @ bread)[-1, -1])
    assert row["test"] == "logistic_survey_wald"
    assert row["summary"]["coefficient"] == pytest.approx(fit.params[-1], rel=1e-6)
    assert row["summary"]["standard_error"] == pytest.approx(error, rel=1e-6)
    assert row["df"] == 50 - 5 - 3


def test_the_transpose_one_exposure_against_many_outcomes_counts_every_test(dataset):
    screen = Screen(exposures=("gene",), outcomes=("weight", "ill", "stage", "time", "region", "gene"))
    rows = list(mine_screen(dataset, screen))
    assert len(rows) == len(screen) == 5
    assert [row["i"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[4]["status"] == "not_computed"
    assert "nominal" in rows[4]["reason"]


def test_an_outcome_without_events_is_not_computed_and_counted(dataset):
    none = dataset.take(np.flatnonzero(dataset["died"] == 0))
    rows = list(mine_screen(none, Screen(exposures=("linked", "gene"), outcomes=("time",), covariates=COVARIATES)))
    assert [row["status"] for row in rows] == ["not_computed"] * 2
    assert "event" in rows[0]["reason"]


@pytest.mark.parametrize("outcome", ["time", "stage"])
def test_designs_that_are_not_offered_are_counted_rows_with_the_reason(dataset, outcome):
    row = run(dataset, outcome, ("linked",), cluster="clinic")["linked"]
    assert row["status"] == "not_computed"
    assert "not offered" in row["reason"]


@pytest.mark.parametrize("n", [1, 2, 3, 6, 15])
def test_a_handful_of_persons_gives_rows_and_never_an_error(dataset, n):
    few = dataset.take(np.arange(n))
    screen = Screen(
        exposures=EXPOSURES, outcomes=("weight", "ill", "stage", "time"), covariates=COVARIATES, refit_below=0.0
    )
    rows = list(mine_screen(few, screen))
    assert len(rows) == len(screen)
    assert all(row["reason"] for row in rows if row["status"] != "ok")


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ({"outcomes": ("age",)}, "outcome and a covariate"),
        ({"outcomes": ("weight",), "weight": "noise"}, "negative"),
        ({"outcomes": ("weight",), "weight": "partly"}, "unknown"),
        ({"outcomes": ("visits",), "offset": "noise", "model": Model.POISSON}, "offset"),
        ({"outcomes": ("weight",), "cluster": "clinic", "unit": "layer"}, "clusters"),
        ({"outcomes": ("weight",), "modifier": "region"}, "modifier"),
    ],
)
def test_impossible_declarations_are_refused_with_the_detail(dataset, options, detail):
    with pytest.raises(BadScreen, match=detail):
        list(mine_screen(dataset, Screen(exposures=("linked",), covariates=COVARIATES, **options)))


def test_a_name_that_is_not_there_is_refused(dataset):
    with pytest.raises(UnknownVariable):
        list(mine_screen(dataset, Screen(exposures=("linkd",), outcomes=("weight",))))


@pytest.mark.parametrize("outcome", ["weight", "ill", "time", "stage"])
def test_null_exposures_give_uniform_p_values(outcome):
    data = screen_dataset(n=400, seed=21)
    rng = np.random.Generator(np.random.Philox(99))
    names = [f"null{k}" for k in range(300)]
    columns = dict(data.columns) | {name: rng.normal(size=data.n) for name in names}
    variables = (*data.dictionary.variables, *(Variable(name=name, kind=Kind.CONTINUOUS) for name in names))
    wide = Dataset(dictionary=Dictionary(name="wide", variables=variables), columns=columns, keys=data.keys)
    screen = Screen(exposures=tuple(names), outcomes=(outcome,), covariates=COVARIATES)
    p = np.exp([row["ln_p"] for row in mine_screen(wide, screen)])
    assert stats.kstest(p, "uniform").pvalue > 0.001
