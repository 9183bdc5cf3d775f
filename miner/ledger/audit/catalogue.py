"""Every code of the audit: what it means, why it matters, and what to do about it.

>>> explain("A03").splitlines()[0]
'A03  The ledger is not the one that was quoted'
"""

from __future__ import annotations

from dataclasses import dataclass

from miner.errors import UnknownAuditCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code with its three sentences."""

    name: str
    title: str
    why: str
    todo: str


def _codes(*rows: tuple[str, str, str, str]) -> dict[str, Code]:
    return {name: Code(name=name, title=title, why=why, todo=todo) for name, title, why, todo in rows}


CODES: dict[str, Code] = _codes(
    (
        "A01", "An entry was changed",
        "Each entry carries the hash of the one before it and of its own content; a hash that does not fit means that "
        "something was edited, deleted or put between.",
        "Compare with a backup or with a pack exported earlier. Do not rely on anything from this entry on.",
    ),
    (
        "A02", "Entries are missing, doubled or out of time",
        "Numbers run from 1 without a gap, and the clock of one entry is not more than a minute before the last. A gap "
        "means a lost entry; a clock that goes back may be a correction of the clock, or a later insertion.",
        "For a gap, find the missing entry in a backup. For the clock, ask who set it and note the answer.",
    ),
    (
        "A03", "The ledger is not the one that was quoted",
        "A checkpoint kept elsewhere says how long the ledger was and which root it had. A shorter ledger was cut, "
        "another root means it was rewritten; the chain alone cannot show either.",
        "Ask for the ledger that the checkpoint vouches for.",
    ),
    (
        "A04", "A block of tests was changed",
        "Tests are kept in blocks whose hash, number of rows and hash tree stand in the chain.",
        "Take the block from a backup. Until then the tests in it are unknown.",
    ),
    (
        "A05", "Something is not spelt canonically",
        "Each value has one spelling, so that equal contents have equal hashes. Another spelling means that another "
        "program wrote here.",
        "Find out which program wrote the entry.",
    ),
    (
        "R01", "A p-value does not follow from its counts",
        "Each p-value is recomputed from the counts or summaries recorded beside it, by other code than the miner's.",
        "Treat the finding as unknown and report the case: either the record was edited or one of the two codes is "
        "wrong.",
    ),
    (
        "R02", "An effect does not follow from its counts",
        "Estimates are recomputed from the counts, and an interval must hold its estimate.",
        "Treat the effect as unknown and report the case.",
    ),
    (
        "R03", "An adjusted p-value or a decision does not follow",
        "Every correction is computed again from the recorded p-values with the recorded m, and every decision from "
        "the adjusted value.",
        "Rely on the recomputed values; ask how the recorded ones came about.",
    ),
    (
        "R04", "A verdict of an interactive test does not follow",
        "Verdicts in the order of declaration are replayed from the record; they may never change later.",
        "Rely on the replay; ask how the recorded verdict came about.",
    ),
    (
        "R05", "A bound for a basket does not follow",
        "The number of associations that a selection holds at least is recomputed by closed testing over the whole "
        "family.",
        "Rely on the recomputed bound.",
    ),
    (
        "R06", "A test gives another result on the data",
        "Tests were run again on the file given, and its fingerprint compared with the recorded one.",
        "Check that this is the file that was mined; if so, the record is wrong.",
    ),
    (
        "R07", "A permutation p-value is not reproduced by its seed",
        "With the recorded seed the same permutations come again, and with them the same p-value.",
        "Check the versions recorded for the session; if they are the same, the record is wrong.",
    ),
    (
        "C01", "Tests outside any declared family",
        "Without a family declared beforehand nobody can say how many tests there could have been.",
        "Treat these results as unadjusted.",
    ),
    (
        "C02", "A family was declared after its first test",
        "A search space chosen after seeing a result can be chosen to fit it.",
        "Treat these results as unadjusted.",
    ),
    (
        "C03", "m is not the size of the family",
        "m must be the size of the declared search space, less only what margins, Tarone's bound or declared negative "
        "controls removed, and never less than the tests that were run.",
        "Correct again with the right m.",
    ),
    (
        "C04", "One hypothesis counted twice or with different results",
        "The same test on the same data has one result; a second one that differs means chance in the program, and one "
        "that is counted twice distorts the correction.",
        "Find out what differed between the two runs; keep the first.",
    ),
    (
        "C05", "The search space does not add up",
        "The number of tests in the declared grammar must be the number recorded plus the number declared uncomputed.",
        "Ask what became of the rest; correct with the size that the grammar gives.",
    ),
    (
        "C06", "Tests were dropped without a word",
        "Hidden, failed and skipped tests count too: each has a row, or stands in a count with a reason.",
        "Ask what became of them.",
    ),
    (
        "C07", "Failed tests were left out of m",
        "A test that could not be computed was still part of the search; leaving it out makes the rest look better.",
        "Correct again with m as declared.",
    ),
    (
        "C08", "Only survivors were corrected",
        "Correcting only the tests that passed a filter gave 28 to 89 % false discoveries where 5 % was promised.",
        "Correct again over the whole family.",
    ),
    (
        "C09", "The method or the level changed after results were seen",
        "A method chosen after seeing what it gives is chosen for what it gives.",
        "Rely on the method and the level that the family declared.",
    ),
    (
        "C10", "Many results were set aside",
        "Entries can be set aside with a reason, but their tests stay counted; many of them deserve a question.",
        "Read the reasons.",
    ),
    (
        "H01", "One pair of variables under several cut points",
        "Trying several ways to cut a variable and reporting the best is a search of its own.",
        "Count each cut, or correct within the pair.",
    ),
    (
        "H02", "Several tests of one hypothesis, only the smallest p exported",
        "The smaller of several p-values is not a p-value.",
        "Export the one declared as primary, or all.",
    ),
    (
        "H03", "Filters added until a result came",
        "Each added filter is a new test on a smaller group; the last of a chain was chosen because it came out.",
        "Count the whole chain.",
    ),
    (
        "H04", "Rows were excluded after the outcome was seen",
        "An exclusion made after a result is known can be made for its sake.",
        "Show the result with and without the exclusion.",
    ),
    (
        "H05", "The data grew and were tested again",
        "Testing again each time data arrive, and stopping when it comes out, raises the false alarms.",
        "State the looks in the protocol, or use a sequential plan.",
    ),
    (
        "H06", "The sealed part was not kept sealed",
        "The sealed part must be read once per frozen list, after it is frozen, and share no person with discovery.",
        "Do not call these findings 'held up'.",
    ),
    (
        "H07", "p-values bunch just below the level",
        "Honest p-values do not prefer the last stretch below the level. This is information, not proof.",
        "Look at the choices made for these tests.",
    ),
    (
        "H08", "Interactive tests follow the order of earlier p-values",
        "Clicking down a sorted list and calling it a sequence gave 65 % false discoveries where 10 % was promised.",
        "Rely on the family the list came from, not on the sequence.",
    ),
    (
        "H09", "A side was chosen after the estimate was seen",
        "A one-sided test in the direction already seen halves the p-value for nothing.",
        "Double the p-value, or use the sealed part.",
    ),
    (
        "H10", "An export hides how many tests there were",
        "A finding is one of many that were tried; a reader needs that number.",
        "Export again with the denominators.",
    ),
    (
        "E01", "An export lists a part of a family without its m",
        "Rows without the size of their family cannot be judged.",
        "Export again with m.",
    ),
    (
        "E02", "A text lacks the label or speaks of causes",
        "Everything that leaves carries 'Hypothesis, not causation' and uses no causal verb.",
        "Correct the text and export again.",
    ),
    (
        "E03", "Versions are not known",
        "Without the versions of Python and the libraries a result cannot be repeated.",
        "Record the session before running.",
    ),
)  # fmt: skip


def explain(name: str) -> str:
    """What a code means, as printed by ``fortuit audit --explain CODE``.

    Raises
    ------
    UnknownAuditCode
    """
    code = CODES.get(name.strip().upper())
    if code is None:
        raise UnknownAuditCode(name=name, known=", ".join(CODES))
    return f"{code.name}  {code.title}\n\nWhy: {code.why}\nTo do: {code.todo}"
