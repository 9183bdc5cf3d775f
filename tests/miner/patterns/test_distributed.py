"""What every partition counts; the counts over a Spark table stand in tests/miner/engines/test_spark.py."""

from __future__ import annotations

import numpy as np
import pytest

from miner.errors import BadLength, BadSupport, NoItems
from miner.patterns.distributed import PartitionCounts, mine_rules_distributed
from miner.patterns.items import declare_items
from tests.miner.patterns.tables import random_dataset


@pytest.mark.parametrize("length", [1, 2, 3])
def test_partitions_count_the_same_candidates_in_the_same_order_and_add_up_to_the_whole(length: int) -> None:
    dataset = random_dataset(300, [3, 2, 3], seed=3, unknown=0.1)
    items = declare_items(dataset, ["x0", "x1", "x2"]).items
    (outcome,) = declare_items(dataset, ["y"], absences=False).items
    count = PartitionCounts(
        dictionary=dataset.dictionary,
        items=items,
        outcome=outcome,
        strata=None,
        n_strata=0,
        length=length,
        barred=np.array([1 * len(items) + 4]),
    )

    whole = count(dict(dataset.columns))
    parts = [
        count({name: values[rows] for name, values in dataset.columns.items()})
        for rows in np.array_split(np.arange(300), 7)
    ]

    for number in (0, 1):
        assert (sum(part[number] for part in parts) == whole[number]).all()
    candidates = count.candidates()
    assert len(candidates) == len(whole[0])
    assert not any({1, 4} <= set(row) for row in candidates.tolist())


def test_impossible_requests_are_refused_before_spark_is_asked() -> None:
    dataset = random_dataset(50, [3, 2], seed=3)
    items = declare_items(dataset, ["x0", "x1"]).items
    (outcome,) = declare_items(dataset, ["y"], absences=False).items

    with pytest.raises(NoItems):
        mine_rules_distributed(None, dataset.dictionary, antecedent_items=(), outcome=outcome)
    with pytest.raises(BadLength):
        mine_rules_distributed(None, dataset.dictionary, antecedent_items=items, outcome=outcome, max_length=4)
    with pytest.raises(BadSupport):
        mine_rules_distributed(None, dataset.dictionary, antecedent_items=items, outcome=outcome, minimum_count=0)
