from __future__ import annotations

import math

import numpy as np
import pytest

from miner.associations.pairs import mine_pairs
from miner.associations.stability import (
    Draw,
    Evidence,
    PipelineResult,
    selection_stability,
    split_half_replication,
)
from miner.errors import BadStability
from tests.miner.associations.tables_of_pairs import mixed_dataset


def bonferroni_pairs(dataset, seed):
    rows = list(mine_pairs(dataset, ("age", "pressure", "weight", "sex"), seed=seed))
    evidence = {
        row["id"]: Evidence(ln_p=row["ln_p"], direction=int(np.sign(row["estimate"])))
        for row in rows
        if row["status"] == "ok"
    }
    limit = math.log(0.05 / len(rows))
    return PipelineResult(selected={i for i, e in evidence.items() if e.ln_p <= limit}, evidence=evidence)


@pytest.fixture(scope="module")
def dataset():
    return mixed_dataset(n=300)


def identity(dataset, x, y):
    return next(iter(mine_pairs(dataset, (x, y))))["id"]


def test_a_strong_association_is_selected_in_every_draw_and_a_null_one_rarely(dataset):
    stability = selection_stability(dataset, bonferroni_pairs, draws=20, seed=1)
    assert stability.draws == 20
    assert stability.frequency(identity(dataset, "age", "pressure")) >= 0.95
    assert stability.frequency(identity(dataset, "age", "weight")) <= 0.2


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(dataset):
    seen = []

    def pipeline(part, seed):
        seen.append((part.keys, seed))
        return PipelineResult(selected=(), evidence={})

    selection_stability(dataset, pipeline, draws=3, seed=7)
    selection_stability(dataset, pipeline, draws=3, seed=7)
    selection_stability(dataset, pipeline, draws=3, seed=8)
    assert seen[:3] == seen[3:6]
    assert seen[6:] != seen[:3]
    assert len(set(seen[:3])) == 3


def test_a_subsample_holds_half_of_the_persons_once_and_a_bootstrap_all_with_repeats(dataset):
    sizes = {}

    def pipeline(part, seed):
        sizes.setdefault(part.n, len(set(part.keys)))
        return PipelineResult(selected=(), evidence={})

    selection_stability(dataset, pipeline, draws=1, seed=2)
    selection_stability(dataset, pipeline, draws=1, seed=2, draw=Draw.BOOTSTRAP)
    assert sizes[150] == 150
    assert 170 < sizes[300] < 210


def test_clusters_are_drawn_whole(dataset):
    def pipeline(part, seed):
        regions = set(part["region"][part["region"] >= 0].tolist())
        for region in regions:
            assert (part["region"] == region).sum() == (dataset["region"] == region).sum()
        return PipelineResult(selected=(), evidence={})

    selection_stability(dataset, pipeline, draws=5, seed=3, cluster="region")


def test_cancelling_reports_the_draws_that_were_made(dataset):
    calls = iter([False, False, True])
    stability = selection_stability(dataset, bonferroni_pairs, draws=10, seed=1, cancelled=lambda: next(calls))
    assert stability.draws == 2


def test_split_halves_replicate_a_strong_association_in_the_same_direction(dataset):
    replication = split_half_replication(dataset, bonferroni_pairs, splits=5, seed=4)
    strong = identity(dataset, "age", "pressure")
    assert replication.selected[strong] == 10
    assert replication.share(strong) >= 0.9
    assert math.isnan(replication.share("never seen"))


def test_a_selection_that_turns_round_in_the_other_half_is_not_replicated(dataset):
    sides = iter([1, -1, 1, -1])

    def pipeline(part, seed):
        return PipelineResult(selected={"h"}, evidence={"h": Evidence(ln_p=-50.0, direction=next(sides))})

    replication = split_half_replication(dataset, pipeline, splits=2, seed=1)
    assert replication.selected["h"] == 4
    assert replication.replicated["h"] == 0


def test_impossible_requests_are_refused(dataset):
    with pytest.raises(BadStability):
        selection_stability(dataset, bonferroni_pairs, draws=0, seed=1)
    with pytest.raises(BadStability):
        selection_stability(dataset, bonferroni_pairs, draws=2, seed=1, share=1.0)
    with pytest.raises(BadStability):
        split_half_replication(dataset, bonferroni_pairs, splits=2, seed=1, alpha=0.0)
    bootstrap = selection_stability(dataset, bonferroni_pairs, draws=1, seed=1, draw=Draw.BOOTSTRAP)
    with pytest.raises(BadStability):
        bootstrap.expected_false(0.9, 100)
