"""Translate the graph and wording cases: inputs into calls of causal.identification and reports.wording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal.dag import Dag
from causal.identification import Identification, identify, valid_adjustment
from reports.wording import FINDING, lint

# The oracle files list every minimal set; the product's cap is for the page.
_ALL_SETS = {"cap": None, "budget": 2_000_000}


def _dag(inputs: Mapping[str, Any]) -> Dag:
    directed: list[tuple[str, str]] = []
    bidirected: list[tuple[str, str]] = []
    for edge in inputs["edges"]:
        match edge:
            case [a, "<->", b]:
                bidirected.append((a, b))
            case [a, "<-", b]:
                directed.append((b, a))
            case [a, "->", b] | [a, b]:
                directed.append((a, b))
            case _:
                raise ValueError(f"an edge of a case is a pair or a triple, not {edge!r}")
    named = {*_names(inputs["exposure"]), *_names(inputs["outcome"]), *inputs.get("latent", [])}
    return Dag.of(
        directed,
        nodes={*inputs.get("nodes", []), *named},
        bidirected=bidirected,
        latent=inputs.get("latent", []),
    )


def _names(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _identified(inputs: Mapping[str, Any]) -> Identification:
    return identify(_dag(inputs), inputs["exposure"], inputs["outcome"], forced=inputs.get("forced", ()), **_ALL_SETS)


def _sets(sets: tuple[tuple[str, ...], ...]) -> list[list[str]]:
    return [list(names) for names in sets]


def dag_adjustment(inputs: dict[str, Any]) -> dict[str, Any]:
    """Minimal sets, the optimal set, and each instrument with the set nearest to the outcome."""
    found = _identified(inputs)
    return {
        "minimal_sets": _sets(found.minimal_sets),
        "n_minimal": found.n_minimal,
        "optimal_set": None if found.optimal_set is None else list(found.optimal_set),
        "conditional_instruments": [
            {"instrument": instrument.name, "given": list(instrument.given)}
            for instrument in sorted(found.conditional_instruments, key=lambda instrument: instrument.name)
        ],
        "directed_path": found.directed_path,
    }


def adjustment_given_fixed(inputs: dict[str, Any]) -> dict[str, Any]:
    """Minimal sets among those that hold the forced nodes."""
    return {"minimal_sets": _sets(_identified(inputs).minimal_sets)}


def adjustment_validity(inputs: dict[str, Any]) -> dict[str, Any]:
    """One verdict for each candidate set."""
    dag = _dag(inputs)
    return {
        "valid": [
            valid_adjustment(dag, inputs["exposure"], inputs["outcome"], names)[0] for names in inputs["candidate_sets"]
        ]
    }


def identifiability(inputs: dict[str, Any]) -> dict[str, Any]:
    """The verdict and every way to it; the first set where the case asks for one."""
    found = _identified(inputs)
    conditional = [instrument for instrument in found.conditional_instruments if instrument.given]
    return {
        "verdict": found.verdict.value,
        "backdoor": _sets(found.minimal_sets),
        "minimal_sets": _sets(found.minimal_sets),
        "optimal_set": None if found.optimal_set is None else list(found.optimal_set),
        "frontdoor": list(found.frontdoor_sets[0]) if found.frontdoor_sets else [],
        "iv": list(found.instruments),
        "iv_conditional": [[instrument.name, *instrument.given] for instrument in conditional],
        "instrument": conditional[0].name if conditional else None,
        "given": list(conditional[0].given) if conditional else [],
        "must_measure": list(found.must_measure[0].names) if found.must_measure else [],
        "nonparametric_identified_by_ID": found.nonparametric,
        "never_report_iv": list(found.latent_instruments),
    }


def language_lint(inputs: dict[str, Any]) -> dict[str, Any]:
    """The verdict of the linter on one text in one context."""
    return {"verdict": lint(inputs["text"], inputs.get("context", FINDING)).verdict.value}


ADAPTERS = {
    "dag_adjustment": dag_adjustment,
    "adjustment_given_fixed": adjustment_given_fixed,
    "adjustment_validity": adjustment_validity,
    "identifiability": identifiability,
    "language_lint": language_lint,
}
