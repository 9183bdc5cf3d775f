"""Profiles mask where they should, are never weakened, and a declaration has an end."""

from __future__ import annotations

from datetime import date

import pytest

from miner.errors import AuthorisationExpired, DeclarationIncomplete, ThresholdTooLow, UnknownNorm
from miner.privacy.profiles import NORMS, Declaration, Place, Profile, Setting, profile


@pytest.mark.parametrize(
    ("norm", "hidden", "shown"), [("FR", 10, 11), ("OpenSAFELY", 7, 8), ("ACRO", 9, 10), ("OHDSI", 4, 5)]
)
def test_each_norm_hides_up_to_its_own_number(norm, hidden, shown):
    found = profile(Setting.PROTECTED, norm=norm)

    assert found.is_small(hidden)
    assert not found.is_small(shown)
    assert not found.is_small(0)


def test_a_threshold_can_be_raised_and_not_lowered():
    assert profile("protected", norm="OHDSI", threshold=20).threshold == 20
    with pytest.raises(ThresholdTooLow):
        profile("protected", norm="FR", threshold=10)


def test_unknown_names_are_errors():
    with pytest.raises(UnknownNorm):
        profile("protected", norm="XX")
    with pytest.raises(UnknownNorm):
        profile("private")


def test_public_data_are_masked_nowhere_and_protected_ones_everywhere():
    table = {setting: [profile(setting).masks(place) for place in Place] for setting in Setting}

    assert table == {
        Setting.PUBLIC: [False, False], Setting.SECURE_ROOM: [False, True], Setting.PROTECTED: [True, True],
    }  # fmt: skip


@pytest.mark.parametrize("norm", sorted(NORMS))
def test_a_profile_survives_the_ledger(norm):
    found = profile("secure room", norm=norm, threshold=30, protects_unknown=True)

    assert Profile.from_dict(found.to_dict()) == found


def test_a_declaration_must_be_complete_and_valid():
    complete = Declaration(
        controller="CHU", legal_basis="art. 6-1-e", authorisation="MR-004", purposes="research", people="A. B.",
        expiry=date(2026, 12, 31),
    )  # fmt: skip

    complete.require_complete()
    complete.require_valid(date(2026, 12, 31))
    with pytest.raises(AuthorisationExpired, match="2026-12-31"):
        complete.require_valid(date(2027, 1, 1))
    with pytest.raises(DeclarationIncomplete, match="legal basis"):
        Declaration(controller="CHU").require_complete()
    Declaration().require_valid(date(2999, 1, 1))
    assert complete.to_dict()["expiry"] == "2026-12-31"
