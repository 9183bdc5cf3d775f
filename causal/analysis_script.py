"""The analysis script of a protocol: one file that anyone with Python and numpy can run, without this program.

It is the source of ``causal.standalone_analysis`` with the frozen protocol written into it, so that what is tested
here is what is handed out.
"""

from __future__ import annotations

import json
from importlib.resources import files

from causal.protocol import Protocol, verify
from miner.errors import InvalidProtocol

_PLACE = "PROTOCOL: dict[str, Any] | None = None\n"


def analysis_script(protocol: Protocol) -> str:
    """The script as text. Raises NotFrozen, ProtocolAltered, InvalidProtocol for times to an event."""
    verify(protocol)
    measure = protocol["analysis_plan.primary.specification.measure"]
    if measure in {"rmst_difference", "hazard_ratio"}:
        raise InvalidProtocol(
            place="analysis_plan.primary.specification.measure", problem=f"no script for {measure} yet"
        )
    source = files("causal").joinpath("standalone_analysis.py").read_text(encoding="utf-8")
    if source.count(_PLACE) != 1:
        raise RuntimeError("the place of the protocol in the script is gone")
    # As a JSON text inside a Python text: no value of the protocol can become code.
    text = json.dumps(json.dumps(protocol.document, ensure_ascii=True, sort_keys=True))
    return source.replace(_PLACE, f"PROTOCOL: dict[str, Any] | None = json.loads({text})\n")
