"""The sealed part depends on salt and person alone."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from miner.errors import UnusableSplit
from miner.tables.model import Dataset, Dictionary, Kind, Level, Role, Variable
from miner.tables.split import no_split, split_rows, unit_interval


def dataset(n: int = 400, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    household = Variable(
        name="household",
        kind=Kind.NOMINAL,
        role=Role.CLUSTER,
        levels=tuple(Level(code=str(k), label=str(k)) for k in range(n // 4)),
    )
    age = Variable(name="age", kind=Kind.COUNT)
    codes = np.repeat(np.arange(n // 4), 4).astype(np.int32)
    codes[:3] = -1
    return Dataset(
        dictionary=Dictionary(name="t", variables=(household, age)),
        columns={"household": codes, "age": rng.integers(20, 90, n).astype(float)},
        keys=tuple(f"p{k}" for k in range(n)),
    )


def test_the_number_of_a_unit_is_the_published_formula():
    digest = hashlib.sha256(b"salt" + b"p1").digest()

    assert unit_interval("salt", "p1") == pytest.approx(int.from_bytes(digest[:8], "big") / 2**64, abs=2**-53)


def test_the_order_of_rows_and_other_persons_play_no_part():
    data = dataset()
    whole = split_rows(data, salt="s", unit="key")
    shuffled = np.random.default_rng(1).permutation(data.n)[:250]
    part = split_rows(data.take(shuffled), salt="s", unit="key")

    side = dict(zip(data.keys, whole.discovery.tolist(), strict=True))
    assert all(side[data.keys[row]] == found for row, found in zip(shuffled, part.discovery.tolist(), strict=True))


def test_rows_of_a_cluster_stay_together_and_rows_without_one_stand_alone():
    data = dataset()

    found = split_rows(data, salt="s")

    assert found.unit == "household"
    for code in range(1, 100):
        rows = data["household"] == code
        assert len(set(found.discovery[rows].tolist())) == 1


def test_the_parts_are_disjoint_complete_and_near_the_fraction():
    found = split_rows(dataset(4000), salt="s", fraction=0.7, unit="key")

    assert np.all(found.discovery ^ found.confirmation)
    # Binomial: 4,000 persons, four standard errors.
    assert abs(found.discovery.mean() - 0.7) < 4 * np.sqrt(0.21 / 4000)


def test_another_salt_gives_another_split_and_the_record_hides_it():
    data = dataset()
    first, second = split_rows(data, salt="one", unit="key"), split_rows(data, salt="two", unit="key")

    assert not np.array_equal(first.discovery, second.discovery)
    assert "one" not in str(first.to_dict())
    assert first.salt_hash != second.salt_hash


def test_no_split_is_a_declared_choice():
    found = no_split(dataset())

    assert (found.method, found.fraction, int(found.confirmation.sum())) == ("none", 1.0, 0)


@pytest.mark.parametrize("wrong", [{"fraction": 0.05}, {"fraction": 1.0}, {"salt": ""}, {"unit": "nowhere"}])
def test_splits_that_would_leave_nobody_are_refused(wrong):
    with pytest.raises(UnusableSplit):
        split_rows(dataset(), **{"salt": "s", **wrong})
