"""The ledger: every test that was run, recorded before anyone sees it, chained so that a change shows.

Open one with ``open_ledger``, append events of ``miner.ledger.events``, read them back with ``entries`` and ``rows``.
The format is described in ``docs/ledger-format.md``.
"""

from __future__ import annotations

from miner.ledger.checkpoint import Checkpoint, parse_checkpoint
from miner.ledger.ledger import Head, Ledger, open_ledger
from miner.ledger.records import Actor, Entry, Source

__all__ = ["Actor", "Checkpoint", "Entry", "Head", "Ledger", "Source", "open_ledger", "parse_checkpoint"]
