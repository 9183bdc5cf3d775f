"""The whole design stage of one hypothesis, and a hundred re-fits of a refutation beside DoWhy's."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.harness import Task, peer
from causal.dag import Dag
from causal.design_matrix import AnalysisData, from_arrays
from causal.design_stage import DesignOptions, run_design_stage
from causal.identification import identify
from causal.protocol_draft import Origin, draft_protocol
from causal.question import CausalQuestion, Comparator, Part
from causal.refutation import Replicates, ipw_refits, regression_refits
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable

COVARIATES = tuple(f"c{i}" for i in range(12))
REFITS = 100


def rows(peers: bool) -> Iterator[Task]:
    """The stage at two sizes (results: estimates and refutations), and 100 re-fits on subsets (results: re-fits)."""
    for n in (10_000, 100_000):
        yield Task(
            task="design stage: identify, 4 estimators, refute, sensitivity, power, protocol",
            n=n,
            p=len(COVARIATES) + 2,
            prepare=partial(_table, n),
            run=_stage,
            warm_up=partial(_table, 500),
        )
    for n in (10_000, 100_000):
        for name, refits in (("linear", regression_refits), ("weighted", ipw_refits)):
            yield Task(
                task=f"{REFITS} {name} re-fits on 80 % subsets",
                n=n,
                p=len(COVARIATES) + 2,
                prepare=partial(_arrays, n),
                run=partial(_refits, refits),
                warm_up=partial(_arrays, 500),
            )
        if peers and (who := peer("dowhy")) is not None:
            yield Task(
                task=f"{REFITS} linear re-fits on 80 % subsets",
                n=n,
                p=len(COVARIATES) + 2,
                prepare=partial(_arrays, n),
                run=_dowhy_refits,
                warm_up=partial(_arrays, 500),
                who=f"{who} data_subset_refuter",
            )


def _columns(n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, len(COVARIATES)))
    t = (rng.random(n) < 1 / (1 + np.exp(-0.4 * x[:, 0] + 0.3 * x[:, 1]))).astype(np.int32)
    y = (rng.random(n) < 1 / (1 + np.exp(2.0 - 0.4 * t - 0.3 * x[:, 0]))).astype(np.int32)
    return {**dict(zip(COVARIATES, x.T, strict=True)), "t": t, "y": y}


def _arrays(n: int) -> AnalysisData:
    columns = _columns(n)
    return from_arrays(columns["y"], columns["t"], np.column_stack([columns[c] for c in COVARIATES]))


def _table(n: int) -> Dataset:
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    columns = {name: np.ascontiguousarray(values) for name, values in _columns(n).items()}
    variables = tuple(
        Variable(
            name=name,
            kind=Kind.BINARY if values.dtype.kind == "i" else Kind.CONTINUOUS,
            levels=levels if values.dtype.kind == "i" else (),
        )
        for name, values in columns.items()
    )
    return Dataset(
        dictionary=Dictionary(name="design", variables=variables), columns=columns, keys=tuple(map(str, range(n)))
    )


def _stage(table: Dataset) -> int:
    finding = {"id": "f", "x": ["t"], "y": "y"}
    parts = {"t": Part.EXPOSURE, "y": Part.OUTCOME, **dict.fromkeys(COVARIATES, Part.COVARIATE)}
    question = CausalQuestion.from_finding(finding, parts, comparator=Comparator.OTHERS)
    dag = Dag.of([("t", "y"), *((c, "t") for c in COVARIATES), *((c, "y") for c in COVARIATES)])
    found = identify(dag, "t", "y")
    options = DesignOptions(smallest_of_interest=0.02)
    design = run_design_stage(table, question, options, dag=dag, identification=found)
    protocol = draft_protocol(
        protocol_id="benchmark",
        question=question,
        dictionary=table.dictionary,
        origin=Origin(finding=finding),
        design=design.stage,
        dag=dag,
        identification=found,
    )
    assert protocol.content_hash
    return len(design.stage.estimates) + len(design.stage.refutations)


def _refits(estimator: object, data: AnalysisData) -> int:
    rng = np.random.Generator(np.random.Philox(7))
    kept = np.zeros((data.n, REFITS))
    kept[: round(0.8 * data.n)] = 1.0
    found = estimator(data, Replicates(kept=rng.permuted(kept, axis=0)))  # type: ignore[operator]
    return len(found.values)


def _dowhy_refits(data: AnalysisData) -> int:
    import pandas as pd
    from dowhy import CausalModel

    frame = pd.DataFrame(data.covariates, columns=list(data.names)).assign(t=data.exposure.astype(int), y=data.outcome)
    model = CausalModel(frame, treatment="t", outcome="y", common_causes=list(data.names))
    estimand = model.identify_effect(proceed_when_unidentifiable=True)
    estimate = model.estimate_effect(estimand, method_name="backdoor.linear_regression")
    model.refute_estimate(
        estimand,
        estimate,
        method_name="data_subset_refuter",
        subset_fraction=0.8,
        num_simulations=REFITS,
        random_state=np.random.RandomState(7),
    )
    return REFITS
