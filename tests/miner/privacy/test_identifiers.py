"""Direct identifiers of a French hospital export are found, all of them, and what only looks like one is not."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.privacy.identifiers import header_words, inspect_column, inspect_columns
from miner.tables.demo import load_nhefs
from miner.tables.reading import read_table
from tests.miner.privacy import french_hospital


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_recall_is_complete_and_no_look_alike_is_flagged(seed):
    export = french_hospital.export(seed=seed)

    report = read_table(export.data, name="export.csv").report

    found = {column.name: column.identifiers for column in report.columns}
    assert {name: rule for name, rule in export.direct.items() if rule not in found[name]} == {}
    assert {name: found[name] for name in export.look_alikes if found[name]} == {}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_free_text_cell_with_an_identifier_is_named_by_its_row(seed):
    export = french_hospital.export(seed=seed)

    report = read_table(export.data).report["commentaire"]

    assert set(export.planted_rows) <= set(report.free_text_hits)
    assert len(report.free_text_hits) <= 1.2 * len(export.planted_rows)


def test_values_of_identifying_columns_are_not_shown_as_examples():
    report = read_table(french_hospital.export().data).report

    assert all(not column.examples for column in report.columns if set(column.identifiers) - {"IMP-8"})


def test_the_demo_has_its_person_numbers_and_nothing_else():
    table, _ = load_nhefs()

    assert {c.used: c.identifiers for c in table.report.columns if c.identifiers} == {
        "seqn": ("IMP-3",),
        "id": ("IMP-3",),
    }


def column(*values: str) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, type=pa.string())])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("drug_name", ["Aspirin", "Ibuprofen", "Celecoxib", "Diclofenac", "Naproxen"]),
        ("nom_medicament", ["Doliprane", "Aspégic", "Kardégic", "Tahor", "Inexium"]),
        ("diagnostic", ["Insuffisance cardiaque", "Pneumopathie à pneumocoque", "Fracture du col du fémur"]),
        ("version", ["1.2.3", "1.2.4", "2.0.0"]),
        ("tension", ["120/80", "130/85", "145/95"]),
        ("gene", ["TP53", "NPM1", "FLT3", "IDH2", "RUNX1"]),
        ("date_code", ["20190101", "20200315"]),
        ("unite", ["Réanimation", "Cardiologie", "Urgences"]),
        ("BEN_CDI_NIR", ["00", "01", "02"]),
        ("medecin_present", ["oui", "non"]),
        ("region", ["Bretagne", "Corse", "Normandie"]),
        ("ucd", ["3400893312458", "3400892745826", "3400894121437"]),
    ],
)
def test_ordinary_columns_are_left_alone(name, values):
    assert inspect_column(name, column(*(values * 10)), kind="nominal").rules == ()


@pytest.mark.parametrize(
    ("name", "values", "rule"),
    [
        ("x1", ["550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440001"], "IMP-3"),
        ("contact", ["+33 6 12 34 56 78", "06.12.34.56.79", "0612345670"], "IMP-4"),
        ("site", ["https://exemple.fr/a", "https://exemple.fr/b"], "IMP-4"),
        ("hote", ["10.0.0.1", "192.168.1.20"], "IMP-4"),
        ("vehicule", ["AB-123-CD", "EF-456-GH"], "IMP-4"),
        ("BEN_NIR_PSA", ["a1B2c3D4e5F6g7H8i", "b1B2c3D4e5F6g7H8j"], "IMP-2"),
        ("lieu", ["48.85661, 2.35222", "45.76404, 4.83566"], "IMP-9"),
        ("iris", ["751010101", "751010102"], "IMP-9"),
        ("interlocuteur", ["Claire Durand", "Marc Petit", "Hélène Girard", "Loïc Martin", "Inès Benali"], "IMP-6"),
        ("Tel.", ["+33 6 12 34 56 78", "+33 1 22 34 56 79", "+33 4 12 34 56 70"], "IMP-4"),
        ("medecin_traitant", ["Dr Garnier", "Dr Faure", "Dr Roux"], "IMP-6"),
        ("prescripteur", ["GARNIER", "FAURE", "ROUX", "LE GALL", "PETIT"], "IMP-6"),
        ("Patient Identifier", ["TCGA-01", "TCGA-02", "TCGA-03"], "IMP-3"),
        ("siret_adeli", ["759912345", "139912345"], "IMP-5"),
    ],
)
def test_other_identifiers_are_found_by_their_shape(name, values, rule):
    assert rule in inspect_column(name, column(*values), kind="nominal").rules


def test_a_hundredth_of_social_security_numbers_is_enough_to_flag_a_column():
    import random

    rng = random.Random(5)
    values = [str(rng.randrange(10**6)) for _ in range(190)] + [french_hospital.nir(rng) for _ in range(2)]

    assert inspect_column("reference", column(*values), kind="nominal").rules == ("IMP-1",)


def test_numbers_without_key_are_recognised_beside_the_full_ones():
    import random

    rng = random.Random(6)
    full = [french_hospital.nir(rng) for _ in range(30)]
    columns = [column(*full), column(*(number[:13] for number in full))]
    findings = [inspect_column(name, one, kind="key") for name, one in zip(["a", "b"], columns, strict=True)]

    assert [found.rules for found in inspect_columns(["a", "b"], columns, findings)] == [("IMP-1",), ("IMP-2",)]


def test_a_matrix_of_genotypes_is_flagged():
    names = [f"rs{1000 + k}" for k in range(31)]
    columns = [column("0", "1", "2") for _ in names]
    findings = [inspect_column(name, one, kind="ordinal") for name, one in zip(names, columns, strict=True)]

    assert all("IMP-13" in found.rules for found in inspect_columns(names, columns, findings))
    assert all(not found.rules for found in inspect_columns(names[:30], columns[:30], findings[:30]))


def test_short_labels_are_not_free_text_and_sentences_are():
    labels = column(*["Insuffisance rénale chronique sévère", "Diabète de type deux équilibré"] * 40)
    sentences = column(*[f"Le patient va bien, visite {k}, retour prévu" for k in range(40)])

    assert inspect_column("libelle", labels, kind="nominal").rules == ()
    assert inspect_column("remarques", sentences, kind="text").rules == ("IMP-7",)


@settings(deadline=None)
@given(st.text(max_size=20))
def test_header_words_are_plain_lower_case(name):
    assert all(word.isascii() and word.islower() and word.isalpha() for word in header_words(name))
