"""The one tree of errors that a person can meet: each says what happened, why, and what to do.

FortuitError
├── ReadError (11)          a file could not be read as a table
├── DictionaryError (12)    roles, kinds, missing codes or time order do not fit the data
├── PlanError (13)          a plan names something unknown, or asks for something impossible
├── MiningError (14)        a run could not start or had to stop
├── StatisticsError (15)    a statistic was asked of numbers for which it does not exist
├── MultiplicityError (15)  a correction was asked of something that is not a family of p-values
├── LedgerError (16)        the store refused, or its chain does not hold
├── PrivacyError (17)       showing or exporting this could tell who someone is
├── DagError (18)           a diagram cannot be read or is not acyclic
├── StudyError (19)         a study cannot be designed, estimated or confirmed as asked
└── ProjectError (10)       the project, run, finding or hypothesis named is not there

English stands here, at the class; the French sentences stand in the catalogue under its code. Exit codes 20 to 22
belong to ``fortuit audit``.

>>> raise UnknownVariable(name="agee", nearest="age")
Traceback (most recent call last):
miner.errors.UnknownVariable: The plan names the variable 'agee', which the dictionary does not have.
"""

from __future__ import annotations

from typing import ClassVar


class FortuitError(Exception):
    """Base of every error shown to a person.

    Subclasses set ``code``, ``what``, ``why`` and ``todo``: templates whose placeholders are filled by the keyword
    arguments of the constructor, which stay readable as ``values``.
    """

    code: ClassVar[str] = "E-GEN-00"
    exit_code: ClassVar[int] = 10
    what: ClassVar[str] = "Something went wrong."
    why: ClassVar[str] = ""
    todo: ClassVar[str] = ""

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.what.format(**values))

    def sentences(self) -> tuple[str, str, str]:
        """What happened, why, and what to do, in English; empty strings where there is nothing to say."""
        return (self.what.format(**self.values), self.why.format(**self.values), self.todo.format(**self.values))

    def say(self) -> str:
        """The three sentences in one line, for a terminal or a log."""
        return " ".join(part for part in self.sentences() if part)

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders by class and values."""
        return (_rebuild, (type(self), self.values))


def _rebuild(kind: type[FortuitError], values: dict[str, object]) -> FortuitError:
    return kind(**values)


# --- projects ---------------------------------------------------------------------------------------------------------


class ProjectError(FortuitError):
    code = "E-PROJECT-00"
    exit_code = 10


# --- reading ----------------------------------------------------------------------------------------------------------


class ReadError(FortuitError):
    code = "E-READ-00"
    exit_code = 11


# --- dictionary, split ------------------------------------------------------------------------------------------------


class DictionaryError(FortuitError):
    code = "E-DICT-00"
    exit_code = 12


# --- plan -------------------------------------------------------------------------------------------------------------


class PlanError(FortuitError):
    code = "E-PLAN-00"
    exit_code = 13


class UnknownVariable(PlanError):
    code = "E-PLAN-01"
    what = "The plan names the variable '{name}', which the dictionary does not have."
    why = "Names are compared letter by letter; the nearest one is '{nearest}'."
    todo = "Correct the name in the plan, or add the variable to the table and its dictionary."


# --- mining -----------------------------------------------------------------------------------------------------------


class MiningError(FortuitError):
    code = "E-MINE-00"
    exit_code = 14


# --- statistics -------------------------------------------------------------------------------------------------------


class StatisticsError(FortuitError):
    code = "E-STAT-00"
    exit_code = 15


# --- multiplicity -----------------------------------------------------------------------------------------------------


class MultiplicityError(FortuitError):
    code = "E-MULT-00"
    exit_code = 15


# --- ledger, registry, audit ------------------------------------------------------------------------------------------


class LedgerError(FortuitError):
    code = "E-LEDGER-00"
    exit_code = 16


# --- privacy ----------------------------------------------------------------------------------------------------------


class PrivacyError(FortuitError):
    code = "E-PRIV-00"
    exit_code = 17


# --- diagrams ---------------------------------------------------------------------------------------------------------


class DagError(FortuitError):
    code = "E-DAG-00"
    exit_code = 18


# --- studies ----------------------------------------------------------------------------------------------------------


class StudyError(FortuitError):
    code = "E-STUDY-00"
    exit_code = 19
