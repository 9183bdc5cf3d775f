"""Table 1 agrees with pandas, uses the discovery part only and knows no p-value."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from miner.privacy.profiles import Place, Setting, profile
from miner.privacy.suppression import attack, primary, with_totals
from miner.tables.demo import load_nhefs
from miner.tables.profile import Cell, Row, masked_cells, table_one
from miner.tables.split import no_split, split_rows
from miner.tables.typed import apply_dictionary


@pytest.fixture(scope="module")
def data():
    return apply_dictionary(*load_nhefs())


def test_means_counts_and_quartiles_agree_with_pandas(data):
    found = table_one(data, no_split(data), ["age", "wt82", "education"], by="qsmk")
    frame = data.frame(("age", "wt82", "education", "qsmk"))

    for place, (_, group) in enumerate(frame.groupby("qsmk", observed=True)):
        described = group["wt82"].describe()
        cell = next(row for row in found.rows if row.variable == "wt82").cells[place]
        assert (cell.n, cell.unknown) == (described["count"], len(group) - described["count"])
        assert [cell.mean, cell.sd, cell.lower_quartile, cell.median, cell.upper_quartile] == pytest.approx(
            described[["mean", "std", "25%", "50%", "75%"]].tolist()
        )
        levels = [row.cells[place].count for row in found.rows if row.variable == "education"]
        assert levels == group["education"].value_counts(sort=False).tolist()


def test_standardised_differences_are_the_published_formulae(data):
    found = table_one(data, no_split(data), ["age", "sex"], by="qsmk")
    frame = data.frame(("age", "sex", "qsmk"))
    stay, quit_ = (frame[frame["qsmk"] == label] for label in ("still smoking", "quit"))

    pooled = np.sqrt((stay["age"].var() + quit_["age"].var()) / 2)
    shares = [(group["sex"] == "female").mean() for group in (stay, quit_)]
    scale = np.sqrt(sum(p * (1 - p) for p in shares) / 2)
    assert found.rows[0].difference == pytest.approx((quit_["age"].mean() - stay["age"].mean()) / pooled)
    assert found.rows[2].difference == pytest.approx((shares[1] - shares[0]) / scale)


def test_only_the_discovery_part_is_described(data):
    split = split_rows(data, salt="s")

    found = table_one(data, split, ["age"])

    assert found.sizes == (int(split.discovery.sum()),)
    assert found.rows[0].cells[0].mean == pytest.approx(float(np.mean(data["age"][split.discovery])))


def test_there_is_no_p_value_in_it():
    assert not {field.name for kind in (Row, Cell) for field in fields(kind)} & {"p", "ln_p", "p_value"}


def test_more_than_two_groups_have_no_single_difference(data):
    found = table_one(data, no_split(data), ["age"], by="education")

    assert len(found.groups) == 5
    assert np.isnan(found.rows[0].difference)


def test_a_small_level_cannot_be_had_by_subtraction(data):
    found = table_one(data, no_split(data), ["hf", "marital", "age", "education"], by="qsmk")

    masks = masked_cells(found, profile(Setting.PROTECTED), place=Place.SCREEN)

    for name in ("hf", "marital", "education"):
        chosen = [number for number, row in enumerate(found.rows) if row.variable == name]
        counts = np.array([[cell.count for cell in found.rows[number].cells] for number in chosen])
        full = with_totals(counts)
        hidden = np.zeros(full.shape, dtype=bool)
        hidden[:-1, :-1] = [masks[number] for number in chosen]
        # Totals of levels that are small themselves, or all but a few, are shown nowhere.
        hidden[:-1, -1] = primary(full, 11)[:-1, -1]
        low, high = attack(full, hidden)
        small = hidden & (full > 0) & (full < 11)
        assert np.all(hidden[:-1, :-1][(counts > 0) & (counts < 11)])
        assert np.all(low[small] <= 1e-6)
        assert np.all(high[small] >= 11 - 1e-6)
    assert masks[[row.variable for row in found.rows].index("age")] == (False, False)


def test_public_data_are_shown_whole(data):
    found = table_one(data, no_split(data), ["hf"], by="qsmk")

    assert not np.any(masked_cells(found, profile(Setting.PUBLIC), place=Place.EXPORT))
