"""Check digits agree with an independent computation, and one changed digit is noticed."""

from __future__ import annotations

import random

import pytest

from miner.privacy.patterns import identifiers_within, is_iban, is_nir, is_nir_without_key, passes_luhn
from tests.miner.privacy.french_hospital import iban, nir, with_luhn


def test_generated_social_security_numbers_pass_and_no_other_key_does():
    rng = random.Random(1)
    for _ in range(600):
        number = nir(rng)
        key = int(number[13:])
        assert is_nir(number)
        assert not any(is_nir(f"{number[:13]}{other:02d}") for other in range(1, 98) if other != key)


def test_drug_codes_of_thirteen_digits_are_no_social_security_numbers():
    rng = random.Random(2)

    assert not any(is_nir_without_key(f"34009{rng.randrange(10**8):08d}") for _ in range(600))
    assert not any(is_nir(f"34009{rng.randrange(10**8):08d}") for _ in range(600))


@pytest.mark.parametrize(
    "number", ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "FR7630006000011234567890189"]
)
def test_published_bank_account_numbers_pass(number):
    assert is_iban(number)
    assert not is_iban(number[:-1] + str((int(number[-1]) + 1) % 10))


def test_generated_bank_account_numbers_pass():
    rng = random.Random(3)

    assert all(is_iban(iban(rng)) for _ in range(50))


def test_luhn_numbers_pass_and_every_single_changed_digit_is_noticed():
    rng = random.Random(4)
    for _ in range(100):
        number = with_luhn(str(rng.randrange(10**9, 10**10)))
        assert passes_luhn(number)
        for place in range(len(number)):
            changed = number[:place] + str((int(number[place]) + rng.randrange(1, 10)) % 10) + number[place + 1 :]
            assert not passes_luhn(changed)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("voir Mme Martin demain", "IMP-6"),
        ("rappeler au 06 12 34 56 78 svp", "IMP-4"),
        ("écrire à a.b@chu-lille.fr", "IMP-4"),
        ("née le 03/04/1950 à Lille", "IMP-8"),
        ("IPP: 80012345 doublon", "IMP-3"),
        ("habite 12 bis rue des Lilas", "IMP-6"),
    ],
)
def test_identifiers_inside_sentences_are_found(text, rule):
    assert rule in identifiers_within(text)


@pytest.mark.parametrize(
    "text",
    ["tension 130/80, poids 72 kg", "créatinine 98 µmol/L le matin", "ECG normal, sortie J3", "HbA1c 7.2 % en 2019"],
)
def test_clinical_sentences_hold_none(text):
    assert identifiers_within(text) == frozenset()
