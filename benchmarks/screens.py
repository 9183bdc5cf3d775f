"""Adjusted screens: one regression per exposure, 8 covariates."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.harness import Task
from miner.associations.screens import Screen, mine_screen
from miner.associations.screens.cox import CoxModel
from miner.associations.screens.families import linear_model, logistic_model
from miner.associations.screens.results import linear_ln_p
from miner.associations.screens.score import NullModel, score_tests
from miner.statistics.log_probability import ln_chi2_sf
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable

Floats = npt.NDArray[np.float64]
N, P, COVARIATES, GENES, PERSONS = 10_000, 4_000, 8, 20_000, 5_000
_LINES = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """Exposures as lines (p, n), covariates with the constant, and one outcome of each kind."""

    exposures: Floats
    given: Floats
    number: Floats
    binary: Floats
    time: Floats
    event: npt.NDArray[np.bool_]


def rows(peers: bool) -> Iterator[Task]:
    """Fortuit's screens, and loops over statsmodels on a fiftieth of the exposures."""
    for model, run in _RUNS.items():
        yield Task(
            task=f"screens {model}, {COVARIATES} covariates: ln p of each exposure",
            n=N,
            p=P,
            prepare=partial(_case, N, P),
            run=run,
            warm_up=partial(_case, 500, 20),
        )
    yield Task(
        task=f"screens cox, {COVARIATES} covariates, binary genes: rows of the ledger",
        n=PERSONS,
        p=GENES,
        prepare=partial(_genes, PERSONS, GENES),
        run=_screen_genes,
        warm_up=partial(_genes, 300, 20),
    )
    if peers:
        import statsmodels

        for model in ("linear", "logistic"):
            yield Task(
                task=f"screens {model}, {COVARIATES} covariates: ln p of each exposure",
                n=N,
                p=P // 50,
                prepare=partial(_case, N, P // 50),
                run=partial(_statsmodels, model),
                who=f"statsmodels {statsmodels.__version__} loop",
            )


def _case(n: int, p: int) -> Case:
    rng = np.random.default_rng(1)
    covariates = rng.normal(size=(n, COVARIATES))
    exposures = rng.normal(size=(p, n)) + 0.2 * covariates[:, 0]
    eta = covariates @ rng.normal(scale=0.3, size=COVARIATES) + 0.05 * exposures[0]
    time = rng.exponential(np.exp(-eta))
    limit = np.quantile(time, 0.4)
    return Case(
        exposures=exposures,
        given=np.column_stack([np.ones(n), covariates]),
        number=eta + rng.normal(size=n),
        binary=(rng.random(n) < 1 / (1 + np.exp(1 - eta))).astype(float),
        time=np.minimum(time, limit),
        event=time < limit,
    )


def _blocks(exposures: Floats) -> Iterator[Floats]:
    for first in range(0, len(exposures), _LINES):
        yield exposures[first : first + _LINES]


def _linear(case: Case) -> int:
    model = linear_model(case.number, case.given)
    done = 0
    for block in _blocks(case.exposures):
        u, v, _ = score_tests(model, block)
        done += len(linear_ln_p(model, case.number, u, v))
    return done


def _by_score(build: Callable[[Case], NullModel], case: Case) -> int:
    model = build(case)
    done = 0
    for block in _blocks(case.exposures):
        u, v, _ = score_tests(model, block)
        done += ln_chi2_sf(u**2 / v, np.ones(len(u))).size
    return done


_RUNS: dict[str, Callable[[Case], int]] = {
    "linear": _linear,
    "logistic": partial(_by_score, lambda case: logistic_model(case.binary, case.given)),
    "cox": partial(_by_score, lambda case: CoxModel.fit(case.time, case.event, case.given[:, 1:])),
}


def _genes(n: int, p: int) -> Dataset:
    rng = np.random.default_rng(1)
    case = _case(n, 1)
    levels = (Level(code="0", label="absent"), Level(code="1", label="present"))
    variables = [Variable(name=f"gene{v:05d}", kind=Kind.BINARY, levels=levels) for v in range(p)]
    columns: dict[str, Any] = {
        v.name: (rng.random(n, dtype=np.float32) < rng.uniform(0.01, 0.2)).astype(np.int32) for v in variables
    }
    for k in range(COVARIATES):
        variables.append(Variable(name=f"covariate{k}", kind=Kind.CONTINUOUS))
        columns[f"covariate{k}"] = case.given[:, k + 1].copy()
    variables.append(Variable(name="died", kind=Kind.BINARY, levels=levels))
    variables.append(Variable(name="time", kind=Kind.DURATION, event="died"))
    columns |= {"died": case.event.astype(np.int32), "time": case.time}
    return Dataset(
        dictionary=Dictionary(name="genes", variables=tuple(variables)), columns=columns, keys=tuple(map(str, range(n)))
    )


def _screen_genes(dataset: Dataset) -> int:
    genes = tuple(name for name in dataset.columns if name.startswith("gene"))
    covariates = tuple(name for name in dataset.columns if name.startswith("covariate"))
    screen = Screen(exposures=genes, outcomes=("time",), covariates=covariates)
    return sum(1 for _ in mine_screen(dataset, screen, progress=lambda done, total: None))


def _statsmodels(model: str, case: Case) -> int:
    import statsmodels.api as sm

    done = 0
    for exposure in case.exposures:
        design = np.column_stack([case.given, exposure])
        fit = sm.OLS(case.number, design).fit() if model == "linear" else sm.Logit(case.binary, design).fit(disp=0)
        done += int(np.isfinite(fit.pvalues[-1]))
    return done
