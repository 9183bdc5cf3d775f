"""Which columns of a file would tell who someone is: direct identifiers, free text, dates, places (IMP-1 to IMP-13).

The rules look at the header, at the shape of the values and at their check digits; look-alikes (drug codes of thirteen
digits, sample numbers, ICD-10, LOINC) are not flagged (IMP-14). A rule gives reasons to ask, never proof of absence.

>>> import pyarrow as pa
>>> inspect_column("contact", pa.chunked_array([["a.b@chu.fr", "c@d.org"]]), kind="key").rules
('IMP-4',)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from miner.privacy import patterns
from miner.privacy.first_names import FIRST_NAMES

FREE_TEXT = "IMP-7"
# Rules that name a person or a professional directly: values of such columns are shown nowhere.
HIDING_RULES = frozenset({"IMP-1", "IMP-2", "IMP-3", "IMP-4", "IMP-5", "IMP-6", "IMP-7", "IMP-9"})
# Shares are taken over so many distinct values, evenly drawn; free text is scanned to its last cell.
_MOST_VALUES = 10_000

_RECORD_STRONG = {"ipp", "iep", "nda", "nip", "mrn"}
_RECORD_PHRASES = re.compile(
    r"\b(id|num|numero|n|no|number|code|ref|identifiant)\b.*\b(patient|patiente|dossier|sejour|malade|sujet|subject|person"
    r"|personne|beneficiaire|participant|hospitalisation|venue|record)\b"
    r"|\b(patient|dossier|sejour|subject|person|participant|record|encounter|visit)\b.*\b(id|num|numero|number|no|uuid|key|identifier)\b"
    r"|\b(identifiant|seqn|record id|chart number)\b|^(id|uid|pid|uuid|guid)$"
)
_NAME_WORDS = {
    "nom",
    "noms",
    "prenom",
    "prenoms",
    "firstname",
    "lastname",
    "surname",
    "forename",
    "patronyme",
    "fullname",
}
_NAME_WORDS |= {"nomprenom", "identite", "name"}
_NOT_NAMES_LIST = """
    medicament medicaments drug produit molecule dci labo laboratoire gene test variable column colonne file
    fichier table concept domain domaine vocabulary study etude protocole protocol service unite ward hopital
    hospital etablissement device acte examen maladie disease diagnostic species class classe group groupe
    brand commercial source
"""
_NOT_NAMES = frozenset(_NOT_NAMES_LIST.split())
_ADDRESS_WORDS = {"adresse", "address", "rue", "voie", "ville", "city", "street", "domicile", "addresse"}
_PROFESSIONAL_WORDS = {"medecin", "praticien", "chirurgien", "operateur", "docteur", "prescripteur", "physician"}
_TEXT_WORDS = {
    "commentaire",
    "commentaires",
    "comment",
    "comments",
    "remarque",
    "remarques",
    "observation",
    "observations",
}
_TEXT_WORDS |= {
    "texte",
    "text",
    "note",
    "notes",
    "libre",
    "anamnese",
    "conclusion",
    "narrative",
    "cr",
    "compte",
    "histoire",
}
_PHONE_WORDS = {"tel", "telephone", "phone", "portable", "mobile", "gsm", "fax", "fixe"}
_BIRTH_WORDS = {"naissance", "nais", "naiss", "birth", "dob", "ddn", "birthdate", "birthday", "nai", "bdate"}
_DEATH_WORDS = {"deces", "dcd", "death", "dod", "mort", "dth"}
_CARE_WORDS = {
    "entree",
    "sortie",
    "admission",
    "discharge",
    "sejour",
    "soins",
    "soi",
    "hospitalisation",
    "visite",
    "visit",
}
_CARE_WORDS |= {"consultation", "exe", "ent", "sor"}
_POSTAL_WORDS = {"cp", "postal", "postcode", "zip", "zipcode", "commune", "insee", "depcom", "cog", "codepostal", "com"}
_LATITUDE = {"lat", "latitude"}
_LONGITUDE = {"lon", "long", "lng", "longitude"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFinding:
    """Rules that fired on a column, and the data rows (from 1) of free-text cells that hold an identifier."""

    rules: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()


def header_words(name: str) -> tuple[str, ...]:
    """The words of a header in lower case without accents: ``NomPatient_2`` gives nom, patient.

    >>> header_words("Prénom du patient"), header_words("BEN_NIR_PSA")
    (('prenom', 'du', 'patient'), ('ben', 'nir', 'psa'))
    """
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    return tuple(re.findall(r"[a-z]+", plain.lower()))


def inspect_column(name: str, values: pa.ChunkedArray, *, kind: str) -> ColumnFinding:
    """Judge one column of text by its header and values. ``kind`` is the kind inferred while reading."""
    every = pc.drop_null(pc.unique(values)).to_pylist()
    if not every:
        return ColumnFinding()
    distinct = every[:: len(every) // _MOST_VALUES + 1]
    # How many distinct values there are is told by all of them.
    n_distinct = len(every)
    n_known = len(values) - values.null_count
    words = header_words(name)
    rules: set[str] = set()
    if kind == "date":
        if _date_names_a_person(words):
            rules.add("IMP-8")
    elif kind == "continuous":
        rules |= _place(words, distinct)
    else:
        rules |= _codes(words, distinct, n_distinct / n_known)
        rules |= _contacts(words, distinct)
        rules |= _place(words, distinct)
        rules |= _names(words, distinct)
    rows: tuple[int, ...] = ()
    whole = rules & {"IMP-1", "IMP-2", "IMP-5"} or ("IMP-6" in rules and not set(words) & _TEXT_WORDS)
    if not whole and kind not in {"date", "continuous", "count", "ordinal", "binary"}:
        is_text, rows = _free_text(words, values, every, n_known)
        if is_text:
            # A sentence that holds a number or an address is free text, whatever the share of such sentences.
            rules = {FREE_TEXT}
    return ColumnFinding(rules=tuple(sorted(rules, key=lambda rule: int(rule[4:]))), rows=rows)


def inspect_columns(
    names: Sequence[str], columns: Sequence[pa.ChunkedArray], findings: Sequence[ColumnFinding]
) -> list[ColumnFinding]:
    """Rules that need several columns: numbers without key beside the full ones (IMP-2), genotypes (IMP-13)."""
    result = list(findings)
    full: set[str] = set()
    for finding, column in zip(findings, columns):
        if "IMP-1" in finding.rules:
            full |= {patterns.compact(value)[:13] for value in pc.drop_null(pc.unique(column)).to_pylist()}
    genotypes = [
        place for place, name in enumerate(names) if re.fullmatch(r"(rs|chr|snp)[_:-]?\d+\S*", name.strip().lower())
    ]
    for place, column in enumerate(columns):
        if result[place].rules or not full:
            continue
        values = [patterns.compact(value) for value in pc.drop_null(pc.unique(column)).to_pylist()[:_MOST_VALUES]]
        shaped = [value for value in values if len(value) == 13]
        if shaped and sum(value in full for value in shaped) >= 0.5 * len(values):
            result[place] = ColumnFinding(rules=("IMP-2",))
    if len(genotypes) > 30:
        for place in genotypes:
            result[place] = ColumnFinding(rules=(*result[place].rules, "IMP-13"))
    return result


def _share(values: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(bool(test(value)) for value in values) / len(values)


def _codes(words: tuple[str, ...], distinct: list[str], unique: float) -> set[str]:
    """Numbers given to persons and professionals: IMP-1, IMP-2, IMP-3, IMP-5."""
    bare = [patterns.compact(value) for value in distinct]
    said = set(words)
    if _share(distinct, patterns.is_nir) >= 0.01:
        return {"IMP-1"}
    if (
        said & {"nir", "insee", "secu", "nss", "ssn"}
        and _share(bare, lambda v: re.fullmatch(r"\d{15}|\d{6}2[AB]\d{7}", v)) >= 0.5
    ):
        return {"IMP-1"}
    if {"ssn"} & said or {"social", "security"} <= said:
        return {"IMP-1"}
    pseudonym = _share(distinct, lambda v: re.fullmatch(r"[0-9a-zA-Z]{17}", v)) >= 0.5
    if said & {"nir", "ano", "psa"} and (pseudonym or ({"nir"} & said and unique > 0.3 and min(map(len, bare)) >= 8)):
        return {"IMP-2"}
    if (
        said & {"nir", "insee", "ins", "secu", "nia", "nss", "assure"}
        and _share(bare, patterns.is_nir_without_key) >= 0.5
    ):
        return {"IMP-2"}
    found: set[str] = set()
    if _share(distinct, patterns.UUID.match) >= 0.9:
        found.add("IMP-3")
    # A header that names a record number is believed as soon as the values are many; a vaguer one if they are unique.
    fraction = _share(distinct, lambda v: re.fullmatch(r"[+-]?\d+[.,]\d+", v))
    if (
        fraction < 0.5
        and len(distinct) >= 2
        and ((said & _RECORD_STRONG and unique >= 0.2) or (_RECORD_PHRASES.search(" ".join(words)) and unique >= 0.98))
    ):
        found.add("IMP-3")
    many = len(distinct) >= 10
    rpps = _share(bare, lambda v: len(v) == 11 and patterns.passes_luhn(v))
    if ("rpps" in said and _share(bare, lambda v: re.fullmatch(r"\d{11}", v)) >= 0.5) or (many and rpps >= 0.9):
        found.add("IMP-5")
    nine = _share(bare, lambda v: re.fullmatch(r"\d{9}|2[AB]\d{7}", v))
    luhn_nine = _share(bare, lambda v: len(v) == 9 and patterns.passes_luhn(v))
    if (said & {"finess", "adeli", "siret", "siren"} and nine >= 0.5) or (many and luhn_nine >= 0.9):
        found.add("IMP-5")
    if said & {"finess", "rpps", "adeli"} and not found:
        found.add("IMP-5")
    return found


def _contacts(words: tuple[str, ...], distinct: list[str]) -> set[str]:
    """E-mail, telephone, bank account, card, web and network addresses, number plates: IMP-4."""
    said = set(words)
    if said & {"mail", "email", "courriel", "iban", "rib"}:
        return {"IMP-4"}
    whole = [
        (patterns.EMAIL.search, 0.01),
        (patterns.is_iban, 0.01),
        (patterns.URL.match, 0.10),
        (patterns.IPV4.fullmatch, 0.50),
        (patterns.PLATE.fullmatch, 0.10 if said & {"immatriculation", "plaque", "plate", "immat"} else 0.50),
    ]
    if any(_share(distinct, test) >= least for test, least in whole):  # type: ignore[arg-type]
        return {"IMP-4"}
    if _share(distinct, lambda v: patterns.CARD.match(v) and patterns.passes_luhn(patterns.compact(v))) >= 0.9:
        return {"IMP-4"}
    digits = _share(distinct, lambda v: re.fullmatch(r"[\d\s.+()/-]{8,20}", v))
    phones = _share(distinct, lambda v: patterns.PHONE.fullmatch(v.strip()))
    if said & _PHONE_WORDS and digits >= 0.3:
        return {"IMP-4"}
    # Ten digits alone may be a sample number; a column of telephone numbers begins with 0 or + throughout.
    return {"IMP-4"} if phones >= 0.5 else set()


def _names(words: tuple[str, ...], distinct: list[str]) -> set[str]:
    """Names of persons and addresses: IMP-6."""
    said = set(words)
    if _share(distinct, patterns.ADDRESS.search) >= 0.2:
        return {"IMP-6"}
    letters = [value for value in distinct if re.fullmatch(r"[^\W\d_]+(?:[\s'’.,-]+[^\W\d_]+)*\.?", value.strip())]
    alphabetic = len(letters) / len(distinct)
    if alphabetic < 0.5:
        return {"IMP-6"} if said & {"adresse", "address", "addresse"} else set()
    if said & _ADDRESS_WORDS and "ip" not in said:
        return {"IMP-6"}
    if said & _NAME_WORDS and not said & _NOT_NAMES:
        return {"IMP-6"}
    if _share(distinct, patterns.TITLED_NAME.match) >= 0.5:
        return {"IMP-6"}
    titles = _share(letters, lambda v: all(part[:1].isupper() for part in re.split(r"[\s'’-]+", v) if part))
    first = _share(letters, lambda v: any(part in FIRST_NAMES for part in header_words(v)))
    named = first >= 0.3 or bool(said & _PROFESSIONAL_WORDS)
    return {"IMP-6"} if titles >= 0.8 and named and len(distinct) >= 5 else set()


def _place(words: tuple[str, ...], distinct: list[str]) -> set[str]:
    """Postal and commune codes, small areas, coordinates: IMP-9."""
    said = set(words)
    five = _share(distinct, lambda v: re.fullmatch(r"(?:0[1-9]|[1-8]\d|9[0-8]|2[AB])\d{3}", v.strip()))
    if said & _POSTAL_WORDS and five >= 0.8:
        return {"IMP-9"}
    if "iris" in said and _share(distinct, lambda v: re.fullmatch(r"(?:\d{2}|2[AB])\d{7}", v.strip())) >= 0.8:
        return {"IMP-9"}
    pair = re.compile(r"-?\d{1,2}\.\d{3,}\s*[,;]\s*-?\d{1,3}\.\d{3,}")
    if _share(distinct, pair.fullmatch) >= 0.5:
        return {"IMP-9"}
    if said & (_LATITUDE | _LONGITUDE):
        bound = 90.0 if said & _LATITUDE else 180.0
        numbers = [_number(value) for value in distinct]
        if np.mean([abs(number) <= bound for number in numbers]) >= 0.9 and any(number % 1 for number in numbers):
            return {"IMP-9"}
    return set()


def _number(value: str) -> float:
    text = value.strip().replace(",", ".")
    return float(text) if re.fullmatch(r"[+-]?\d+(\.\d+)?", text) else float("inf")


def _date_names_a_person(words: tuple[str, ...]) -> bool:
    return bool(set(words) & (_BIRTH_WORDS | _DEATH_WORDS | _CARE_WORDS))


def _free_text(
    words: tuple[str, ...], values: pa.ChunkedArray, distinct: list[str], n_known: int
) -> tuple[bool, tuple[int, ...]]:
    """Whether a column is free text, and the data rows whose cell holds an identifier inside a sentence."""
    lengths = [len(value.split()) for value in distinct]
    median = float(np.median(lengths))
    sentences = [value for value, length in zip(distinct, lengths) if length >= 3]
    words_of_letters = float(np.median([len(re.findall(r"[^\W\d_]{2,}", value)) for value in distinct[:_MOST_VALUES]]))
    if not sentences or median < 2 or words_of_letters < 1:
        return False, ()
    hits = [value for value in sentences if patterns.identifiers_within(value) or _names_someone(value)]
    is_text = (
        (median >= 4 and len(distinct) >= 0.5 * n_known and n_known >= 5)
        or (set(words) & _TEXT_WORDS and median >= 3 and len(distinct) >= 3)
        or (hits and median >= 3 and not _mostly_titled(distinct))
    )
    if not is_text:
        return False, ()
    found = pc.is_in(values, value_set=pa.array(hits, type=pa.string()))
    return True, tuple(row for row, hit in enumerate(found.to_pylist(), 1) if hit)


def _mostly_titled(distinct: list[str]) -> bool:
    """A column of "Mme Martin", "Dr Durand" is a column of names, not free text."""
    titled = sum(bool(re.match(r"(M\.|Mme|Mlle|Dr|Pr|Mr)\b", value)) and len(value.split()) <= 4 for value in distinct)
    return titled >= 0.5 * len(distinct)


def _names_someone(text: str) -> bool:
    """A first name of the list followed or preceded by a capitalised word: "Claire DURAND", "DURAND Claire"."""
    tokens = re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", text)
    for left, right in pairwise(tokens):
        if not (left[:1].isupper() and right[:1].isupper()):
            continue
        if any(part in FIRST_NAMES for token in (left, right) for part in header_words(token.capitalize())):
            return True
    return False
