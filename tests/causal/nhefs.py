"""The demo table, typed once for all tests of the causal room."""

from __future__ import annotations

from functools import cache

from miner.tables.demo import load_nhefs
from miner.tables.model import Dataset
from miner.tables.typed import apply_dictionary

COVARIATES = ("sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active", "wt71")
SQUARES = ("age", "smokeintensity", "smokeyrs", "wt71")


@cache
def nhefs() -> Dataset:
    """NHEFS as the demo ships it."""
    table, dictionary = load_nhefs()
    return apply_dictionary(table, dictionary)
