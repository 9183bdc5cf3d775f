"""Laws are tried on many inputs; a slow machine must not fail them by the clock."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")
