from __future__ import annotations

import pytest

from miner.errors import UnknownAuditCode
from miner.ledger.audit import CODES, explain


def test_every_code_is_explained() -> None:
    assert len(CODES) == 5 + 7 + 10 + 10 + 3
    for name in CODES:
        assert explain(name.lower()).startswith(name)
    with pytest.raises(UnknownAuditCode):
        explain("Z99")
