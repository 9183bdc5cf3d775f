"""A known answer: quitting smoking and weight change in NHEFS, as printed in the textbook, from the demo's own table.

Weighting gives 3.44 kg (2.4 to 4.5), standardisation 3.52 kg, on all 1,566 persons with a known weight in 1982.

References
----------
Hernan MA, Robins JM. Causal Inference: What If. Chapman & Hall/CRC, 2020, programs 12.2 and 13.3.
"""

from __future__ import annotations

from causal.design_matrix import analysis_data
from causal.estimation import ipw, standardisation
from miner.tables.model import Dataset

EXPOSURE = "qsmk"
OUTCOME = "wt82_71"
COVARIATES = ("sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active", "wt71")
SQUARES = ("age", "smokeintensity", "smokeyrs", "wt71")
PRODUCTS = ("smokeintensity",)


def published_check(dataset: Dataset) -> list[dict[str, object]]:
    """Both estimates on the whole table: rows of scope, exposure, outcome, method, value, ci_low, ci_high, n.

    Raises UnknownVariable where the table is not NHEFS.
    """
    data = analysis_data(
        dataset, exposure=EXPOSURE, outcome=OUTCOME, covariates=COVARIATES, squares=SQUARES, products=PRODUCTS
    )
    return [
        {
            "scope": "all persons, no split",
            "exposure": EXPOSURE,
            "outcome": OUTCOME,
            "method": estimate.method.value,
            "value": estimate.value,
            "ci_low": estimate.low,
            "ci_high": estimate.high,
            "n": estimate.n,
        }
        for estimate in (*ipw(data), *standardisation(data))
    ]
