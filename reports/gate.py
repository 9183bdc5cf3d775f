"""The disclosure gate of rows: what is shown on a page or written to a file has passed here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miner.privacy.profiles import Place, Profile


def disclosed(row: Mapping[str, Any], profile: Profile, place: Place) -> dict[str, Any]:
    """A finding's row as it may appear at a place: unchanged, or with what would give a small count away masked."""
    if not profile.masks(place):
        return dict(row)
    from miner.privacy.disclosure import disclose_row

    return disclose_row(row, profile)
