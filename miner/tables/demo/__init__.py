"""The table that ships with Fortuit: NHEFS, real, public, with a known answer and a known trap.

>>> table, dictionary = load_nhefs()
>>> table.n, len(dictionary.variables), dictionary["qsmk"].measured
(1629, 67, Interval(start=0.0, end=11.0))
"""

from __future__ import annotations

from importlib.resources import files

from miner.tables.dictionary import load_dictionary
from miner.tables.model import Dictionary
from miner.tables.reading import read_table
from miner.tables.text_table import TextTable


def load_nhefs() -> tuple[TextTable, Dictionary]:
    """The NHEFS table as text and its dictionary, from the package data."""
    folder = files(__name__)
    table = read_table(folder.joinpath("nhefs.csv").read_bytes(), name="nhefs.csv")
    return table, load_dictionary(folder.joinpath("nhefs.toml").read_bytes())
