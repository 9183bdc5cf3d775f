"""The analysis script of a protocol: one file that anyone with Python and numpy can run, without this program.

It is the source of ``causal.standalone_analysis`` with the frozen protocol written into it, so that what is tested
here is what is handed out.
"""

from __future__ import annotations

import json
from importlib.resources import files

from causal.protocol import Protocol, verify

_PLACE = "PROTOCOL: dict[str, Any] | None = None\n"


def analysis_script(protocol: Protocol) -> str:
    """The script as text. Raises NotFrozen, ProtocolAltered."""
    verify(protocol)
    source = files("causal").joinpath("standalone_analysis.py").read_text(encoding="utf-8")
    if source.count(_PLACE) != 1:
        raise RuntimeError("the place of the protocol in the script is gone")
    # As a JSON text inside a Python text: no value of the protocol can become code.
    text = json.dumps(json.dumps(protocol.document, ensure_ascii=True, sort_keys=True))
    return source.replace(_PLACE, f"PROTOCOL: dict[str, Any] | None = json.loads({text})\n")
