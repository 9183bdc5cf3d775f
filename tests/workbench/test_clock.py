"""The one clock of the shell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from workbench.clock import utc_now


def test_now_is_in_utc_and_is_now() -> None:
    before = datetime.now(UTC)
    now = utc_now()
    assert now.utcoffset() == timedelta(0)
    assert before <= now <= datetime.now(UTC)
