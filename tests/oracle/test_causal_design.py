"""Each stored case of the study design, through the public functions."""

from __future__ import annotations

import pytest

from tests.oracle.adapters.causal_design import ADAPTERS
from tests.oracle.cases import CASES, Case, NoData, load, load_exceptions
from tests.oracle.runner import answer

STORED = [case for case in load(CASES / "causal.json") if case.kind in ADAPTERS]
# Their tables are named in words and are not shipped.
NOT_AT_HAND = {
    "bench-darfur-1x",
    "nsw-exp",
    "nsw-cps-naive",
    "rhc-crude",
    "rhc-gform-sex",
    "immortal-heart",
}


@pytest.mark.parametrize("case", STORED, ids=lambda case: case.id)
def test_the_product_gives_the_stored_answer(case: Case) -> None:
    outcome = answer(case, {kind: [adapter] for kind, adapter in ADAPTERS.items()}, load_exceptions())

    assert bool(outcome.unsupported) == (case.id in NOT_AT_HAND)
    assert outcome.mismatches == []


# More cases of the same kinds, from the same sources: another subset of the fields, other numbers.
FURTHER = [
    # R EValue 4.1.4, README: risk difference of Hammond and Horn.
    ("evalue", {"measure": "RD", "n11": 397, "n10": 78557, "n01": 51, "n00": 108778},
     {"evalue_point": 20.94733, "evalue_ci": 15.95703}, 2e-4),
    # VanderWeele & Ding 2017: odds ratio with a common outcome is square-rooted, with a rare one it is not.
    ("evalue", {"measure": "OR", "est": 0.86, "lo": 0.75, "hi": 0.99, "rare": False},
     {"evalue_point": 1.369, "evalue_ci": 1.076}, 2e-3),
    ("evalue", {"measure": "OR", "est": 0.86, "lo": 0.75, "hi": 0.99, "rare": True},
     {"evalue_point": 1.599, "evalue_ci": 1.111}, 2e-3),
    # Moving 3.9 to 2 needs as much as explaining 1.95 away.
    ("evalue", {"measure": "RR", "est": 3.9, "lo": 1.8, "hi": 8.7, "true": 2.0},
     {"evalue_point": 1.95 + (1.95 * 0.95) ** 0.5, "evalue_ci": 1.0}, 1e-9),
    # Rosenbaum 2002, table 4.1: 122 discordant pairs, 110 with the exposed case.
    ("rosenbaum_mcnemar", {"discordant": [110, 12], "gamma": [1, 5, 6]}, {"p_upper": [0.0, 0.0243, 0.0967]}, 2e-3),
    ("tipping_point", {"effect": 1.0, "exposure_confounder": 0.5, "confounder_outcome": 0.1}, {"adjusted": 0.95}, 1e-9),
    ("cornfield", {"rr": 9.0}, {"min_prevalence_ratio": 9.0}, 0),
    # Power is the inverse of the sample size.
    ("power_case_control", {"OR": 2, "p0": 0.3, "cases": 187.79825, "controls": 187.79825}, {"power": 0.9}, 1e-6),
    ("power_matched_cc", {"OR": 3, "p0": 0.6, "phi": 0.2, "n": 81, "r": 1}, {"power": 0.80}, 5e-3),
    ("min_detectable_hr", {"events": 65.345659, "power": 0.8}, {"mdhr": [0.5, 2.0]}, 1e-6),
    ("min_detectable_rr", {"p0": 0.15, "n": 240.943876, "power": 0.8, "r": 1}, {"mdrr_gt1": 2.0}, 1e-4),
    # pwr 1.3: pwr.r.test(r = 0.3, power = 0.8) prints n = 84.07.
    ("sample_size_correlation", {"r": 0.3, "power": 0.8}, {"n_fisher_z": 85, "n_pwr_exact": 85}, 0),
    # powerSurvEpi: ssizeEpi.default(power = 0.80, theta = 2, p = 0.408, psi = 0.15, rho2 = 0.344^2, alpha = 0.05) =
    # 512.
    ("sample_size_hr_r2", {"HR": 2, "power": 0.8, "p_exposed": 0.408, "rho2": 0.118336, "event_prob": 0.15},
     {"n": 512}, 0),
    # Pearl, Causality 2009, section 3.3.3: smoking, tar and cancer.
    ("frontdoor", {"p_smoke": 0.5, "p_tar": {"0": 0.05, "1": 0.95},
                   "p_cancer": {"00": 0.10, "01": 0.05, "10": 0.90, "11": 0.85}},
     {"do1": 0.4525, "do0": 0.4975, "naive1": 0.8525, "naive0": 0.0975, "sign_flip": True}, 1e-9),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "inputs", "expected", "tolerance"), FURTHER)
def test_other_numbers_of_the_same_kinds(kind: str, inputs: dict, expected: dict, tolerance: float) -> None:
    case = Case(id="further", kind=kind, inputs=inputs, expected=expected, tolerance=tolerance, source="")
    outcome = answer(case, {kind: [ADAPTERS[kind]]}, load_exceptions())

    assert outcome.mismatches == []


def test_a_table_that_is_not_shipped_is_reported_as_such() -> None:
    with pytest.raises(NoData, match="Darfur"):
        ADAPTERS["ovb_benchmark"]({"dataset": "Darfur"})
