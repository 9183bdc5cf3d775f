from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from statsmodels.stats.multitest import multipletests

from miner.errors import AfterExposure, ColumnNotThere
from miner.ledger import Actor
from miner.ledger.audit import audit
from miner.plan import Pairs, Plan, Rules, Screens
from miner.project import LedgerChanged, NoTable, NotAProject, Project, ProjectExists, TableThere, UnknownRun
from miner.tables.demo import load_nhefs
from miner.tables.model import Kind, Variable
from miner.tables.reading import read_table
from miner.tables.suggestions import suggest

SMALL = {"rules": Rules(max_length=1), "exposures": ("qsmk", "hbp", "active")}


@pytest.fixture
def project(tmp_path: Path, clock: Callable[[], datetime], actor: Actor) -> Project:
    made = Project.create(tmp_path / "p", name="NHEFS", clock=clock, actor=actor)
    table, dictionary = load_nhefs()
    made.freeze_table(table, dictionary)
    return made


def small_plan(project: Project, **changes: object) -> Plan:
    return replace(project.suggested_plan(), **{**SMALL, **changes})  # type: ignore[arg-type]


def test_the_universe_is_in_the_ledger_before_the_first_test(project: Project) -> None:
    project.mine(small_plan(project))
    kinds = [entry.kind for entry in project.ledger.entries()]
    assert kinds.index("universe") < kinds.index("family") < kinds.index("batch") < kinds.index("adjust")


def test_mining_sees_the_discovery_part_only(project: Project) -> None:
    sealed = pq.read_table(project.path / "data" / "sealed.parquet")
    assert project.discovery.n + sealed.num_rows == 1629
    assert not set(sealed.column("seqn").to_pylist()) & set(project.discovery.keys)


def test_findings_come_back_from_the_ledger_as_they_were_computed(project: Project) -> None:
    run = project.mine(small_plan(project))
    found = project.findings(run.id)
    assert len(found) == run.tests_run
    assert found.count_levels() == run.findings
    assert found.family.run_hash == run.run_hash


def test_adjusted_p_are_those_of_statsmodels_with_the_missing_at_one(project: Project) -> None:
    run = project.mine(small_plan(project))
    found = project.findings(run.id)
    padded = np.ones(run.m)
    padded[: len(found)] = np.exp(np.where(np.isnan(found.ln_p), 0.0, found.ln_p))
    for method, theirs in (("bh", "fdr_bh"), ("by", "fdr_by"), ("holm", "holm")):
        wanted = multipletests(padded, method=theirs)[1][: len(found)]
        computed = ~np.isnan(found.ln_p)
        assert np.exp(found.ln_adjusted[method])[computed] == pytest.approx(wanted[computed], rel=1e-9)


def test_the_same_plan_on_the_same_data_gives_the_same_hash_in_another_project(
    project: Project, tmp_path: Path, clock: Callable[[], datetime]
) -> None:
    other = Project.create(tmp_path / "q", name="another name", clock=clock, actor=Actor(name="Bob"))
    table, dictionary = load_nhefs()
    other.freeze_table(table, dictionary)
    assert project.mine(small_plan(project)).run_hash == other.mine(small_plan(other)).run_hash


def test_another_split_gives_another_hash(project: Project, tmp_path: Path, clock: Callable[[], datetime]) -> None:
    other = Project.create(tmp_path / "q", name="NHEFS", clock=clock, actor=Actor(name="Ada"))
    table, dictionary = load_nhefs()
    other.freeze_table(table, dictionary, fraction=None)
    assert project.mine(small_plan(project)).run_hash != other.mine(small_plan(other)).run_hash


def test_a_contained_run_spends_nothing_and_stands_at_the_m_of_the_wider_one(project: Project) -> None:
    wide = project.mine(small_plan(project))
    narrow = project.mine(small_plan(project, exposures=("qsmk", "hbp")))
    first, second = project.runs()
    assert (second.within, second.share, second.m) == (wide.id, first.share, wide.m)
    assert narrow.m == wide.m


def test_each_wider_run_gets_a_smaller_share(project: Project) -> None:
    project.mine(small_plan(project))
    project.mine(small_plan(project, exposures=("qsmk", "hbp", "active", "wt71")))
    shares = [family.share for family in project.runs()]
    assert shares == pytest.approx([6 / np.pi**2, 6 / np.pi**2 / 4])


def test_a_scratch_run_is_counted_and_claims_nothing(project: Project) -> None:
    run = project.mine(small_plan(project).as_scratch())
    assert project.tests_run == run.tests_run
    assert set(run.findings) - {level for level, count in run.findings.items() if count == 0} == {"unadjusted"}
    wide = project.mine(small_plan(project))
    assert project.run(wide.id).share == pytest.approx(6 / np.pi**2)


def test_a_stopped_run_keeps_its_m_and_its_tests(project: Project) -> None:
    looks = iter([False] + [True] * 100_000)
    run = project.mine(small_plan(project, rules=Rules(max_length=2)), cancelled=lambda: next(looks))
    assert run.cancelled
    assert run.tests_run < run.m
    assert project.findings(run.id).family.m == run.m
    assert audit(project.ledger).exit_code == 0


def test_a_covariate_measured_after_the_exposure_is_refused_and_nothing_is_written(project: Project) -> None:
    before = project.ledger.head()
    with pytest.raises(AfterExposure):
        project.mine(small_plan(project, exposures=("hbp",), outcomes=("death",), adjust_for=("wt82",)))
    assert project.ledger.head() == before


def test_a_registered_finding_carries_its_row_and_its_family(project: Project) -> None:
    run = project.mine(small_plan(project))
    found = project.findings(run.id)
    one = project.register(found, found.names[0], person="Ada", words="a and b go together")
    assert one.id == "H-0001"
    assert one.statement == "a and b go together"
    assert one.finding["m"] == run.m
    assert one.finding["row"]["id"] == found.rows[0]["id"]
    assert project.hypotheses()[0].person == "Ada"


def test_the_audit_of_a_project_finds_nothing(project: Project) -> None:
    project.mine(small_plan(project))
    report = audit(project.ledger)
    assert report.findings == ()
    assert report.exit_code == 0


def test_screens_are_counted_recorded_corrected_and_stand_up_to_the_audit(project: Project) -> None:
    plan = small_plan(project, screens=Screens(enabled=True, interaction="sex"))
    assert project.preflight(plan).tests["screen"] == 3 * len(plan.outcomes)
    run = project.mine(plan)
    assert run.m == project.preflight(plan).m
    frame = project.findings(run.id).to_frame()
    screens = frame[frame["mode"] == "screen"]
    assert len(screens) == 3 * len(plan.outcomes)
    assert screens["ln_p_holm"].notna().all()
    assert audit(project.ledger).findings == ()


def test_changed_data_on_disk_are_noticed(project: Project, clock: Callable[[], datetime], actor: Actor) -> None:
    path = project.path / "data" / "discovery.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(0, table.num_rows - 1), path)
    again = Project.open(project.path, clock=clock, actor=actor)
    with pytest.raises(LedgerChanged):
        again.discovery  # noqa: B018


def test_a_project_has_one_table_and_is_never_overwritten(project: Project, clock: Callable[[], datetime]) -> None:
    table, dictionary = load_nhefs()
    with pytest.raises(TableThere):
        project.freeze_table(table, dictionary)
    with pytest.raises(ProjectExists):
        Project.create(project.path, name="again", clock=clock, actor=Actor(name="Bob"))


def test_what_is_not_there_is_said(tmp_path: Path, clock: Callable[[], datetime], actor: Actor) -> None:
    with pytest.raises(NotAProject):
        Project.open(tmp_path, clock=clock, actor=actor)
    empty = Project.create(tmp_path / "p", name="empty", clock=clock, actor=actor)
    with pytest.raises(NoTable):
        empty.suggested_plan()
    with pytest.raises(UnknownRun):
        empty.findings()


def test_a_table_that_is_refused_leaves_the_project_without_one(
    tmp_path: Path, clock: Callable[[], datetime], actor: Actor
) -> None:
    table, dictionary = load_nhefs()
    wrong = replace(dictionary, variables=(*dictionary.variables, Variable(name="weight_1999", kind=Kind.CONTINUOUS)))
    made = Project.create(tmp_path / "p", name="p", clock=clock, actor=actor)
    before = made.ledger.head()
    with pytest.raises(ColumnNotThere, match="weight_1999"):
        made.freeze_table(table, wrong)
    assert not made.has_table
    assert made.ledger.head() == before


def test_pairs_alone_and_rules_alone_make_their_own_universes(project: Project) -> None:
    pairs = project.universe(small_plan(project, rules=Rules(enabled=False)))
    rules = project.universe(small_plan(project, pairs=Pairs(enabled=False)))
    both = project.universe(small_plan(project))
    assert pairs.size + rules.size == both.size


def test_names_and_free_text_are_never_written_to_a_project(
    tmp_path: Path, clock: Callable[[], datetime], actor: Actor
) -> None:
    lines = ["patient;nom;sexe;age;compte_rendu"]
    names = ("MARTIN", "BERNARD", "PETIT", "DURAND", "MOREAU")
    lines += [
        f"{1000 + 7 * k};{names[k % 5]};{'MF'[k % 2]};{20 + k % 60};Joindre son mari au 06 12 34 56 {k:02d}."
        for k in range(90)
    ]
    table = read_table("\n".join(lines).encode(), name="hospital.csv")
    made = Project.create(tmp_path / "p", name="hospital", clock=clock, actor=actor)
    made.freeze_table(table, suggest(table))
    assert set(made.dictionary.names()) == {"patient", "sexe", "age"}
    assert made.dataset_event["report"]["left_out"] == ["nom", "compte_rendu"]
    for part in ("discovery", "sealed"):
        assert pq.read_table(tmp_path / "p" / "data" / f"{part}.parquet").column_names == ["patient", "sexe", "age"]
    written = b"".join(path.read_bytes() for path in (tmp_path / "p").rglob("*") if path.is_file())
    assert b"BERNARD" not in written
    assert b"06 12 34" not in written
