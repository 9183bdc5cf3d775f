"""The script is written from a frozen protocol only, and no value of it becomes code."""

from __future__ import annotations

import ast

import pytest

from causal.analysis_script import analysis_script
from causal.protocol import freeze
from miner.errors import NotFrozen
from tests.causal.protocols import frozen, ready


def test_a_draft_has_no_script() -> None:
    with pytest.raises(NotFrozen):
        analysis_script(ready())


def test_text_in_a_protocol_stays_text() -> None:
    nasty = freeze(ready().stated("rationale", "\"\"\"); import os; os.abort()  # \\ '''"))
    tree = ast.parse(analysis_script(nasty))
    assert not any(isinstance(node, ast.Attribute) and node.attr == "abort" for node in ast.walk(tree))


def test_the_same_protocol_gives_the_same_script() -> None:
    assert analysis_script(frozen()) == analysis_script(frozen())
