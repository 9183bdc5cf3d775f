"""DoWhy as a second opinion, at arm's length: the only file that imports it, and only inside a child process.

DoWhy 0.14 adds columns to its caller's frame and re-uses them (a stale propensity score gave 2.14 for 2.88), draws from
the global generator, warns, prints, and may search for hours. So each call sends a copy of exactly the columns it needs
to ``python -m causal._dowhy_worker``, with a seed and a time limit, and takes plain numbers back: the caller's frame,
random state and terminal cannot be touched, and what does not end is ended.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from causal.dag import Dag, nearest
from causal.identification import Identification
from miner.errors import DagUnknownColumn, DowhyFailed, DowhyRefused

if TYPE_CHECKING:
    import pandas as pd

SECONDS = 60.0
_TREATMENT, _OUTCOME = "treatment", "outcome"


class Status(StrEnum):
    """Whether the child answered in time."""

    OK = "ok"
    TIMEOUT = "timeout"


class Agreement(StrEnum):
    """How DoWhy's minimal sets stand to ours."""

    EQUAL = "equal"
    SUBSET = "subset"
    DISAGREE = "disagree"
    NOT_COMPARED = "not_compared"


class Method(StrEnum):
    """An estimator of DoWhy that gave the published value in our trials."""

    LINEAR_REGRESSION = "linear_regression"
    PROPENSITY_WEIGHTING = "propensity_weighting"


class Check(StrEnum):
    """A refuter of DoWhy that is reproducible when it is given a generator."""

    PLACEBO = "placebo"
    RANDOM_COMMON_CAUSE = "random_common_cause"
    SUBSET = "subset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """DoWhy's minimal back-door sets (BACKDOOR_MIN): those of least size, not all minimal ones."""

    status: Status
    minimal_sets: tuple[tuple[str, ...], ...] = ()
    directed_path: bool = False

    def agreement(self, ours: Identification) -> Agreement:
        """EQUAL or SUBSET where all of its sets are among ours; a disagreement is shown, never hidden."""
        if self.status is Status.TIMEOUT:
            return Agreement.NOT_COMPARED
        if not (self.directed_path and ours.directed_path):
            return Agreement.EQUAL if self.directed_path == ours.directed_path else Agreement.DISAGREE
        theirs, listed = set(self.minimal_sets), set(ours.minimal_sets)
        if theirs == listed:
            return Agreement.EQUAL
        if theirs and theirs <= listed:
            return Agreement.SUBSET
        return Agreement.DISAGREE if ours.complete else Agreement.NOT_COMPARED


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One point estimate, as a mean difference (a risk difference for a binary outcome)."""

    method: Method
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refutation:
    """The estimates that one check gave with one method: a distribution, to be judged by a rule set beforehand."""

    check: Check
    method: Method
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """What DoWhy computed on complete cases. ``treated`` and ``control`` name the levels of a categorical exposure."""

    status: Status
    n: int
    n_incomplete: int
    control: str
    treated: str
    seed: int
    estimates: tuple[Estimate, ...] = ()
    refutations: tuple[Refutation, ...] = ()


def second_opinion(
    dag: Dag,
    exposure: str | Iterable[str],
    outcome: str | Iterable[str],
    observed: Collection[str] | None = None,
    *,
    seconds: float = SECONDS,
) -> Opinion:
    """DoWhy's minimal back-door sets for the question, from the observed nodes (the diagram's own by default).

    Raises
    ------
    DagUnknownNode : a name is not in the diagram.
    DowhyFailed : DoWhy stopped with an error of its own, which is named.
    """
    whole = dag.expanded()
    names = list(whole.names)
    known = dag.observed if observed is None else observed

    def places(given: str | Iterable[str]) -> list[int]:
        return [names.index(dag.node(n).name) for n in sorted({given} if isinstance(given, str) else set(given))]

    answer = _ask(
        {
            "nodes": len(names),
            "edges": [[names.index(a), names.index(b)] for a, b in whole.edges],
            "exposures": places(exposure),
            "outcomes": places(outcome),
            "observed": places(known),
        },
        None,
        seconds,
    )
    if answer is None:
        return Opinion(status=Status.TIMEOUT)
    sets = {tuple(sorted(names[i] for i in found)) for found in answer["sets"]}
    return Opinion(
        status=Status.OK,
        minimal_sets=tuple(sorted(sets, key=lambda found: (len(found), found))),
        directed_path=bool(answer["directed_path"]),
    )


def consult(
    frame: pd.DataFrame,
    *,
    exposure: str,
    outcome: str,
    adjustment: Sequence[str],
    methods: Sequence[Method] = tuple(Method),
    checks: Sequence[Check] = (),
    simulations: int = 20,
    fraction: float = 0.8,
    seed: int,
    seconds: float = SECONDS,
) -> Consultation:
    """Estimate the average effect with DoWhy, and refute each estimate, on the complete cases of the frame.

    Parameters
    ----------
    frame : one row per person; only the columns named are read, and nothing in it is changed.
    exposure : two levels (0/1, bool or categories, the second being the treated one); numbers with more values only
        for linear regression. Weighting is by an unpenalised logistic propensity score, normalised.
    outcome : numbers, or two levels.
    adjustment : covariates; categories become indicators against the first level.
    checks : each is run ``simulations`` times with every method; ``fraction`` is the share of the subset check.
    seed : the same seed gives the same bytes.
    seconds : wall limit for the whole call; the status is ``timeout`` where it did not suffice.

    Raises
    ------
    DagUnknownColumn : a variable is not a column of the frame (the nearest is named).
    DowhyRefused : the data do not admit the question (one level, no complete rows, several text levels).
    DowhyFailed : DoWhy stopped with an error of its own, which is named.
    """
    for name in (exposure, outcome, *adjustment):
        if name not in frame.columns:
            raise DagUnknownColumn(name=name, nearest=nearest(name, map(str, frame.columns)))
    if len({exposure, outcome, *adjustment}) != 2 + len(adjustment):
        raise DowhyRefused(reason="a variable is named twice")
    used = frame.loc[:, [exposure, outcome, *adjustment]]
    complete = used.dropna().copy()
    if complete.empty:
        raise DowhyRefused(reason="no row has a known value of every variable")
    design, control, treated = _design(complete, exposure, outcome, adjustment)
    if Method.PROPENSITY_WEIGHTING in methods:
        if not set(design[_TREATMENT].unique()) <= {0.0, 1.0}:
            raise DowhyRefused(
                reason=f"'{exposure}' has more than two values, which weighting by propensity cannot use"
            )
        if design.shape[1] == 2:
            raise DowhyRefused(reason="weighting by propensity needs at least one covariate that varies")
    request = {
        "methods": [Method(method).value for method in methods],
        "checks": [Check(check).value for check in checks],
        "simulations": simulations,
        "fraction": fraction,
        "seed": seed,
    }
    answer = _ask(request, design, seconds)
    asked = Consultation(
        status=Status.TIMEOUT,
        n=len(complete),
        n_incomplete=len(used) - len(complete),
        control=control,
        treated=treated,
        seed=seed,
    )
    if answer is None:
        return asked
    return replace(
        asked,
        status=Status.OK,
        estimates=tuple(Estimate(method=Method(m), value=_plain(v)) for m, v in answer["estimates"]),
        refutations=tuple(
            Refutation(check=Check(c), method=Method(m), values=tuple(map(_plain, values)))
            for c, m, values in answer["refutations"]
        ),
    )


def _design(
    rows: pd.DataFrame, exposure: str, outcome: str, adjustment: Sequence[str]
) -> tuple[pd.DataFrame, str, str]:
    """Numbers only: the exposure and the outcome, then each covariate or its indicators, those that vary."""
    import pandas as pd

    treatment, control, treated = _numbers(rows[exposure], exposure)
    columns = {_TREATMENT: treatment, _OUTCOME: _numbers(rows[outcome], outcome)[0]}
    for i, name in enumerate(adjustment):
        if pd.api.types.is_numeric_dtype(rows[name].dtype):
            columns[f"w{i}"] = rows[name].astype("float64")
        else:
            levels = _levels(rows[name])
            for j, level in enumerate(levels[1:], start=1):
                columns[f"w{i}_{j}"] = (rows[name] == level).astype("float64")
    design = pd.DataFrame({key: values.to_numpy(dtype="float64", copy=True) for key, values in columns.items()})
    covariates = [key for key in design if key not in {_TREATMENT, _OUTCOME}]
    design = design.drop(columns=[key for key in covariates if design[key].nunique() < 2])
    for key in design.columns.drop([_TREATMENT, _OUTCOME]):
        # Neither estimate depends on the scale, but the solver of scikit-learn stops early on squares of years.
        design[key] = (design[key] - design[key].mean()) / design[key].std()
    return design, control, treated


def _numbers(values: pd.Series[Any], name: str) -> tuple[pd.Series[Any], str, str]:
    """The values as numbers, and the names of the two levels where these were categories."""
    import pandas as pd

    if values.nunique() < 2:
        raise DowhyRefused(reason=f"'{name}' has one level only")
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.astype("float64")
        if not all(map(math.isfinite, numbers)):
            raise DowhyRefused(reason=f"'{name}' holds an infinite value")
        return numbers, "0", "1"
    levels = _levels(values)
    if len(levels) != 2:
        raise DowhyRefused(reason=f"'{name}' has {len(levels)} levels, and DoWhy compares two")
    return (values == levels[1]).astype("float64"), str(levels[0]), str(levels[1])


def _levels(values: pd.Series[Any]) -> list[Any]:
    """The levels that occur, in the order of the categories where there is one."""
    import pandas as pd

    present = set(values.unique())
    if isinstance(values.dtype, pd.CategoricalDtype):
        return [level for level in values.cat.categories if level in present]
    return sorted(present, key=str)


def _plain(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _ask(request: dict[str, object], frame: pd.DataFrame | None, seconds: float) -> dict[str, Any] | None:
    """Send one request to a child and wait for its answer: JSON on the first line, the frame as an Arrow stream after.

    None where the time limit passed; the child is dead by then.
    """
    message = json.dumps(request | {"cpu_seconds": math.ceil(seconds) + 1}).encode() + b"\n"
    if frame is not None:
        import pyarrow as pa

        sink = pa.BufferOutputStream()
        batch = pa.RecordBatch.from_pandas(frame, preserve_index=False)
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        message += sink.getvalue().to_pybytes()
    # One thread, so that sums are taken in the same order and two children share a machine fairly.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", "causal._dowhy_worker"],
            input=message,
            capture_output=True,
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if not child.stdout:
        raise DowhyFailed(reason=f"the child process ended with code {child.returncode}")
    answer: dict[str, Any] = json.loads(child.stdout)
    if "error" in answer:
        raise DowhyFailed(reason=answer["error"])
    return answer


# --- in the child ---


def answer_request(request: dict[str, Any], frame: pd.DataFrame | None) -> dict[str, object]:
    """Do what a request asks; runs in the child, where DoWhy may be imported."""
    if frame is None:
        return _identify(request)
    return _estimate(request, frame)


def _identify(request: dict[str, Any]) -> dict[str, object]:
    import networkx as nx
    from dowhy.causal_identifier import BackdoorAdjustment, EstimandType, identify_effect_auto

    def named(places: list[int]) -> list[str]:
        return [f"v{i}" for i in places]

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(named(list(range(request["nodes"]))))
    graph.add_edges_from((f"v{a}", f"v{b}") for a, b in request["edges"])
    estimand = identify_effect_auto(
        graph,
        named(request["exposures"]),
        named(request["outcomes"]),
        named(request["observed"]),
        EstimandType.NONPARAMETRIC_ATE,
        backdoor_adjustment=BackdoorAdjustment.BACKDOOR_MIN,
    )
    found = {tuple(sorted(names)) for names in (estimand.backdoor_variables or {}).values() if names is not None}
    return {
        "directed_path": not estimand.no_directed_path,
        "sets": [[int(name[1:]) for name in names] for names in sorted(found)],
    }


def _estimate(request: dict[str, Any], frame: pd.DataFrame) -> dict[str, object]:
    from dowhy.causal_identifier import EstimandType
    from dowhy.causal_identifier.identified_estimand import IdentifiedEstimand

    covariates = [name for name in frame.columns if name not in {_TREATMENT, _OUTCOME}]
    # The set was identified by causal.identification; searching a star of indicators again would be exponential.
    estimand = IdentifiedEstimand(
        None,
        treatment_variable=[_TREATMENT],
        outcome_variable=[_OUTCOME],
        estimand_type=EstimandType.NONPARAMETRIC_ATE,
        estimands={"backdoor": {}},
        backdoor_variables={"backdoor": covariates},
        instrumental_variables=[],
        frontdoor_variables=[],
        mediator_variables=[],
        default_backdoor_id="backdoor",
        identifier_method="backdoor",
    )
    estimates: list[list[object]] = []
    refutations: list[list[object]] = []
    for method in request["methods"]:
        fitted = _fit(Method(method), estimand, frame)
        estimates.append([method, _finite(fitted.value)])
        for check in request["checks"]:
            values = _refute(Check(check), estimand, fitted, frame, request)
            refutations.append([check, method, [_finite(value) for value in values]])
    return {"estimates": estimates, "refutations": refutations}


def _fit(method: Method, estimand: Any, frame: pd.DataFrame) -> Any:
    import numpy as np
    from dowhy.causal_estimators.linear_regression_estimator import LinearRegressionEstimator
    from dowhy.causal_estimators.propensity_score_weighting_estimator import PropensityScoreWeightingEstimator
    from sklearn.linear_model import LogisticRegression

    if method is Method.LINEAR_REGRESSION:
        estimator = LinearRegressionEstimator(estimand)
    else:
        # No penalty (the default shrinks the published 3.44 to 3.67) and no clipping of scores.
        estimator = PropensityScoreWeightingEstimator(
            estimand,
            propensity_score_model=LogisticRegression(C=np.inf, max_iter=10_000, tol=1e-10),
            min_ps_score=0.0,
            max_ps_score=1.0,
        )
    estimator.fit(frame.copy())
    return estimator.estimate_effect(frame.copy(), control_value=0, treatment_value=1, target_units="ate")


def _refute(check: Check, estimand: Any, fitted: Any, frame: pd.DataFrame, request: dict[str, Any]) -> list[float]:
    """One simulation a call, for DoWhy keeps only the mean; one generator, for an integer repeats the same draw."""
    import numpy as np
    from dowhy.causal_refuters.data_subset_refuter import refute_data_subset
    from dowhy.causal_refuters.placebo_treatment_refuter import PlaceboType, refute_placebo_treatment
    from dowhy.causal_refuters.random_common_cause import refute_random_common_cause

    generator = np.random.RandomState(request["seed"])
    values: list[float] = []
    for _ in range(request["simulations"]):
        data = frame.copy()
        common = {"num_simulations": 1, "random_state": generator, "show_progress_bar": False, "n_jobs": 1}
        match check:
            case Check.PLACEBO:
                refuted = refute_placebo_treatment(
                    data, estimand, fitted, [_TREATMENT], placebo_type=PlaceboType.PERMUTE, **common
                )
            case Check.RANDOM_COMMON_CAUSE:
                refuted = refute_random_common_cause(data, estimand, fitted, **common)
            case Check.SUBSET:
                refuted = refute_data_subset(data, estimand, fitted, subset_fraction=request["fraction"], **common)
        values.append(float(refuted.new_effect))
    return values


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
