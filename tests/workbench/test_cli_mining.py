"""The commands around a run: a second opinion on its rules, and a search over every pattern."""

from __future__ import annotations

import pytest

from miner.project import Project
from tests.workbench.test_cli import LABEL, assert_explained, fortuit, told


def test_a_second_program_derives_the_same_rules(copy_of_demo: Project) -> None:
    values = told("verify-rules", copy_of_demo.path, "--limit", 40)
    assert (values["checked"], values["differences"], values["label"]) == (40, [], LABEL)
    assert values["engine"].startswith("mlxtend ")
    said = fortuit("verify-rules", copy_of_demo.path, "--limit", 5)
    assert said.exit_code == 0
    assert "0 numbers differ" in said.output


def test_a_run_that_is_not_there_is_explained(copy_of_demo: Project) -> None:
    assert_explained(fortuit("verify-rules", copy_of_demo.path, "--run", "R9"), 10, "R9")


@pytest.mark.parametrize("permutations", [0, 999])
def test_a_search_says_of_how_many_it_speaks(copy_of_demo: Project, permutations: int) -> None:
    values = told(
        "significance", copy_of_demo.path, "--outcome", "death = dead", "--permutations", permutations, "--limit", 3
    )
    assert values["significant"] >= len(values["patterns"]) == values["shown"] == 3
    assert (values["factor"] is None) is bool(permutations)
    assert values["m"] >= values["testable"]
    assert {row["claim"] for row in values["patterns"]} == {LABEL}
    assert all(row["p_familywise"] <= values["alpha"] for row in values["patterns"])


def test_a_search_is_told_in_words_with_its_denominators(copy_of_demo: Project) -> None:
    result = fortuit("significance", copy_of_demo.path, "--outcome", "death = dead", "--permutations", 0, "--limit", 2)
    assert result.exit_code == 0, result.output
    assert LABEL in result.stdout
    assert "patterns of up to 2 items with death = dead were declared" in result.stdout
    assert len(result.stdout.strip().splitlines()) == 3


def test_an_outcome_that_is_not_there_is_explained(copy_of_demo: Project) -> None:
    result = fortuit("significance", copy_of_demo.path, "--outcome", "death = yes")
    assert_explained(result, result.exit_code, "death = dead")


def test_a_run_is_done_again_on_halves_and_says_of_how_many(copy_of_demo: Project) -> None:
    values = told("stability", copy_of_demo.path, "--subsamples", 2, "--limit", 3, "--seed", 7)
    assert (values["subsamples"], values["seed"], values["share"]) == (2, 7, 0.5)
    assert len(values["findings"]) == 3 <= values["claims"]
    assert {row["frequency"] for row in values["findings"]} <= {0.0, 0.5, 1.0}
