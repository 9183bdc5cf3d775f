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
├── WordingError (23)       a text on its way out reads as a causal claim
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


class FileNotThere(ReadError):
    code = "E-READ-01"
    what = "There is no file '{name}' that can be read."
    why = "It does not exist, is a folder, or this account may not read it."
    todo = "Check the path and the rights of the file."


class EmptyFile(ReadError):
    code = "E-READ-02"
    what = "'{name}' is empty."
    why = "It holds no character that belongs to a table."
    todo = "Export the table again and check the size of the file before choosing it."


class NoRows(ReadError):
    code = "E-READ-03"
    what = "'{name}' has a header of {columns} columns and no rows."
    why = "A table needs at least one row below the names of the columns."
    todo = "Check the filter of the export, or add the missing header line if the first person was taken for it."


class OneColumn(ReadError):
    code = "E-READ-04"
    what = "'{name}' was read as one single column."
    why = "None of comma, semicolon, tab and vertical bar separates its lines in the same way{hint}."
    todo = "Export the table with one of these separators; one column alone holds no association."


class NotATable(ReadError):
    code = "E-READ-05"
    what = "'{name}' is not a text table: its first bytes are those of {format}."
    why = "The content decides, whatever the file name says; Fortuit reads CSV, TSV and Parquet."
    todo = "{remedy}"


class DamagedFile(ReadError):
    code = "E-READ-06"
    what = "'{name}' is damaged and cannot be read as {format}."
    why = "{detail}"
    todo = "Copy or export the file again."


class LimitExceeded(ReadError):
    code = "E-READ-07"
    what = "'{name}' is beyond the limit: {quantity} is {found:,}, at most {limit:,} are read."
    why = "The limits keep one file from taking the memory of everybody's session."
    todo = "Keep only the columns and rows that the question needs, or raise the limit in the configuration."


class UnreadableText(ReadError):
    code = "E-READ-08"
    what = "'{name}' holds bytes that are no text in any encoding Fortuit knows."
    why = "{share:.0%} of its characters are control characters."
    todo = "Export the table as CSV in UTF-8."


class OutOfMemory(ReadError):
    code = "E-READ-09"
    what = "Reading '{name}' needed more than the {megabytes:,} MB it may take."
    why = "A small file can unpack into a very large table; reading happens in a process with a memory limit."
    todo = "Keep only the columns that the question needs, or raise the memory limit in the configuration."


class OutOfTime(ReadError):
    code = "E-READ-10"
    what = "Reading '{name}' took longer than {seconds:g} seconds and was stopped."
    why = "Reading happens in a process of its own with a time limit, so that a hostile file cannot hold the server."
    todo = "Make the file smaller, or raise the time limit in the configuration."


class ReaderStopped(ReadError):
    code = "E-READ-11"
    what = "'{name}' could not be read: the reading process ended before it had a result."
    why = "A file that is damaged or made to do harm can stop a reader; it ran apart, so nothing else was touched."
    todo = "Export the table again, as CSV in UTF-8 if possible."


class NoValues(ReadError):
    code = "E-READ-12"
    what = "'{name}' has {rows:,} rows and {columns} columns, and no value in any of them."
    why = "Every cell below the header is empty."
    todo = "Check the export: the columns may have lost their values on the way."


# --- dictionary, split ------------------------------------------------------------------------------------------------


class DictionaryError(FortuitError):
    code = "E-DICT-00"
    exit_code = 12


class DictionaryUnreadable(DictionaryError):
    code = "E-DICT-01"
    what = "The dictionary could not be read: {detail}."
    why = "A dictionary is a TOML file with a name and one [[variables]] table per column."
    todo = "Start from the suggested dictionary, which is complete, and change what you need."


class ColumnNotThere(DictionaryError):
    code = "E-DICT-02"
    what = "The dictionary describes '{name}', which the table does not have."
    why = "Names are compared letter by letter; the nearest column is '{nearest}'."
    todo = "Correct the name in the dictionary, or take the variable out."


class UnreadableValues(DictionaryError):
    code = "E-DICT-03"
    what = "{count:,} values of '{name}' cannot be read as {kind} (data rows {rows})."
    why = "{expected}"
    todo = "Declare them as missing codes, correct them in the file, or change the kind of the variable."


class RepeatedKey(DictionaryError):
    code = "E-DICT-04"
    what = "The key '{name}' is the same in {count:,} rows that should be different persons (data rows {rows})."
    why = "One row is one {unit} here; counting a person twice makes every p-value too small."
    todo = "Bring the table to one row per person, or declare this column as cluster and another one as key."


class MissingKey(DictionaryError):
    code = "E-DICT-05"
    what = "The key '{name}' is empty in {count:,} rows (data rows {rows})."
    why = "A row without a key cannot be told from another person's, nor put on one side of the split."
    todo = "Fill the key, drop these rows, or declare another column as key."


class TooFewRows(DictionaryError):
    code = "E-DICT-06"
    what = "The table has {rows} rows; at least {least} are needed."
    why = "With so few persons no association can be told from chance, and everyone could be recognised."
    todo = "Use a table with more persons."


class NothingKnown(DictionaryError):
    code = "E-DICT-07"
    what = "No variable of the table has a known value once missing codes are taken out."
    why = "Every cell is empty or one of the declared missing codes."
    todo = "Check the missing codes in the dictionary and the export of the table."


class AfterExposure(DictionaryError):
    code = "E-DICT-08"
    what = "'{covariate}' was measured up to year {end:g}, after the exposure '{exposure}' starts (year {start:g})."
    why = "A covariate measured after the exposure can be changed by it; adjusting for it distorts the association."
    todo = "Take '{covariate}' out of the covariates, or correct its measurement interval in the dictionary."


class AfterOutcome(DictionaryError):
    code = "E-DICT-09"
    what = "The exposure '{exposure}' starts in year {start:g}, not before the outcome '{outcome}' (year {end:g})."
    why = "What comes after an outcome cannot have preceded it; such a pair reverses the order of time."
    todo = "Exchange the two, choose another exposure, or correct the measurement intervals in the dictionary."


class UnusableSplit(DictionaryError):
    code = "E-DICT-10"
    what = "The table cannot be split as asked: {problem}."
    why = "The discovery part is mined and the confirmation part stays sealed; both need persons."
    todo = "Choose a fraction between 0.1 and 0.9, or declare that there is no split."


class AmbiguousDates(DictionaryError):
    code = "E-DICT-11"
    what = "The dates of '{name}' could be day/month or month/day."
    why = "In every row both numbers are at most 12, so nothing in the file tells them apart."
    todo = "Write dd/mm/yyyy or mm/dd/yyyy as the unit of '{name}' in the dictionary."


class InconsistentVariable(DictionaryError):
    code = "E-DICT-12"
    what = "The entry of '{name}' in the dictionary contradicts itself: {problem}."
    why = "{rule}"
    todo = "Correct the entry of '{name}'."


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


class NoItems(MiningError):
    code = "E-MINE-20"
    what = "No item is left on the side of the {side}."
    why = (
        "An item is a condition on one variable with at least two known values; none of the chosen variables gives one."
    )
    todo = "Choose other variables, or look at the list of variables that were set apart and the reason beside each."


class NotAnItemVariable(MiningError):
    code = "E-MINE-21"
    what = "'{name}' is of kind {kind} and cannot be turned into items."
    why = "Items are levels, classes of numbers or thresholds; text, keys and follow-up times have none."
    todo = "Leave '{name}' out, or give it another kind in the dictionary."


class BadSupport(MiningError):
    code = "E-MINE-22"
    what = "The minimum support of {count} persons and a share of {share} is not possible."
    why = "A rule that nobody meets cannot be tested: the count is at least 1, the share from 0 to below 1."
    todo = "Set the minimum support to at least one person."


class BadLength(MiningError):
    code = "E-MINE-23"
    what = "Patterns of {length} items were asked for."
    why = "Patterns have from 1 to {limit} items; the number of tests grows by orders of magnitude with each."
    todo = "Ask for a length from 1 to {limit}."


class SearchStopped(MiningError):
    code = "E-MINE-25"
    what = "The search was stopped at {number:,} patterns, before its end."
    why = "{reason} A bound on false findings holds only once every pattern that could be significant was looked at."
    todo = "Ask for shorter patterns, fewer items or a greater minimum support, and run the search again."


class TooFewPermutations(MiningError):
    code = "E-MINE-26"
    what = "{permutations} permutations cannot give an adjusted p of {alpha} or less."
    why = "The least p that B permutations can give is 1 / (B + 1)."
    todo = "Ask for at least {needed} permutations."


class BadHierarchy(MiningError):
    code = "E-MINE-27"
    what = "The hierarchy cannot be used: {detail}."
    why = "Each code has at most one parent, and no code is its own ancestor."
    todo = "Correct the entries of the hierarchy that are named here."


class BadStrata(MiningError):
    code = "E-MINE-24"
    what = "The strata do not fit the table: {detail}."
    why = "Each person has one stratum, numbered from 0, or -1 where it is not known."
    todo = "Give one whole number a person, in the order of the table."


class NullModelFailed(MiningError):
    code = "E-MINE-40"
    what = "The {model} model of the covariates alone could not be fitted: {reason}."
    why = "A screen asks of each exposure what it adds to that model, so the model must exist first."
    todo = "Leave out the covariate that determines the outcome, join rare levels, or choose another model."


class BadStability(MiningError):
    code = "E-MINE-42"
    what = "The stability of the findings cannot be examined: {detail}."
    why = "The pipeline is run again on draws of the persons, at least one draw, each of some but not all of them."
    todo = "Ask for a hundred draws of one half of the persons, which is what the published bounds are about."


class BadScreen(MiningError):
    code = "E-MINE-41"
    what = "The screen cannot be run: {detail}."
    why = "A variable has one part in a screen, and weights, clusters and offsets must be known and possible for all."
    todo = "Give the variable one role, or correct its values, and declare the screen again."


# --- statistics -------------------------------------------------------------------------------------------------------


class StatisticsError(FortuitError):
    code = "E-STAT-00"
    exit_code = 15


class ImpossibleCounts(StatisticsError):
    code = "E-STAT-01"
    what = "Cell {cell} of a table holds {value}."
    why = "Counts are whole numbers of persons, none of them negative or missing."
    todo = "Count again from the data; weights and rates do not belong in this table."


class UnknownOption(StatisticsError):
    code = "E-STAT-02"
    what = "'{value}' is not a {option} of this statistic."
    why = "It takes one of: {known}."
    todo = "Choose one of these."


class UnequalLengths(StatisticsError):
    code = "E-STAT-03"
    what = "Two columns of {left} and {right} persons were to be compared."
    why = "Each person needs a place in both; unknown values are NaN."
    todo = "Take both columns from the same table."


class NoPrior(StatisticsError):
    code = "E-STAT-04"
    what = "The shrinkage could not be learnt from {pairs} pairs."
    why = "{reason}"
    todo = "Give the screen more pairs, or use the information component, which needs no learning."


class TooFewControls(StatisticsError):
    code = "E-STAT-05"
    what = "{controls} negative controls were given."
    why = "The systematic error of a design shows in at least {least} of them."
    todo = "Declare more pairs that are believed unrelated, before any p-value is seen."


class TooLarge(StatisticsError):
    code = "E-STAT-06"
    what = "An exact computation over {size:,} possible counts was asked for."
    why = "It is made for at most {limit:,}; beyond that the large-sample methods agree with it."
    todo = "Use the large-sample statistic, or fewer and smaller strata."


class BadDesign(StatisticsError):
    code = "E-STAT-07"
    what = "The weights, strata or sampling units of this table cannot be used: {reason}."
    why = "Errors of a weighted estimate come from the spread between sampling units within strata."
    todo = "Check the weight, stratum and cluster columns in the dictionary, or join strata that hold one unit."


# --- multiplicity -----------------------------------------------------------------------------------------------------


class MultiplicityError(FortuitError):
    code = "E-MULT-00"
    exit_code = 15


class NotAProbability(MultiplicityError):
    code = "E-MULT-01"
    what = "The member at position {position} has ln p = {value}, which is not the logarithm of a probability."
    why = "A p-value lies between 0 and 1, so its logarithm is at most 0; one bad value would spoil all the others."
    todo = "Find the test that produced it; give NaN for a test that could not be computed."


class FamilyTooSmall(MultiplicityError):
    code = "E-MULT-02"
    what = "The family is declared with m = {m}, but {members} members were handed in."
    why = "The size of a family is its declared search space; it may exceed the p-values in hand, never fall below."
    todo = "Declare the universe that holds all members, or hand in only the members of this family."


class UnknownCorrection(MultiplicityError):
    code = "E-MULT-03"
    what = "There is no correction called '{name}'."
    why = "The corrections are {known}."
    todo = "Choose one of them."


class LevelOutsideUnit(MultiplicityError):
    code = "E-MULT-04"
    what = "{name} = {value} is not between 0 and 1."
    why = "An error rate, a level or a share is above 0 and at most 1; an adaptive correction cannot do without one."
    todo = "Give a level such as 0.05 or 0.10."


class SelectionOutsideFamily(MultiplicityError):
    code = "E-MULT-05"
    what = "The selection names {index}, but the family has members 0 to {last}."
    why = "The bound holds for members of the declared universe only."
    todo = "Pick among the members, by whole numbers."


class UnusableWeights(MultiplicityError):
    code = "E-MULT-06"
    what = "The weights cannot be used: {problem}."
    why = "A weight says, before any p is seen, how much of the level a hypothesis gets; the weights share one level."
    todo = "Give one finite weight of at least 0 per hypothesis, with at least one above 0."


class AlreadySeen(MultiplicityError):
    code = "E-MULT-07"
    what = "The p-value of '{hypothesis}' was displayed before, so it cannot join the interactive family."
    why = "Testing in the order of p-values already seen gave up to 65 % false discoveries where 10 % was promised."
    todo = "Rest the claim on the family it came from, or freeze it for the sealed confirmation part."


class IndependenceNotAcknowledged(MultiplicityError):
    code = "E-MULT-08"
    what = "{procedure} was asked for without acknowledging that it needs independent tests."
    why = "For a promised 10 % it gave 10 to 18 % on correlated tests, and 47 to 65 % when they came in sorted order."
    todo = "Use alpha spending or LOND, or state the acknowledgement, which is recorded with the result."


class NotAnEValue(MultiplicityError):
    code = "E-MULT-09"
    what = "The member at position {position} has the e-value {value}."
    why = "An e-value is a number of at least 0 whose mean is at most 1 when there is no association."
    todo = "Give e-values, or calibrate p-values first."


class ImpossiblePermutation(MultiplicityError):
    code = "E-MULT-10"
    what = "These data cannot be permuted: {problem}."
    why = "A permutation test compares two groups, each with enough rows, over rows that could be exchanged."
    todo = "Check the group column and the strata."


class OutOfOrder(MultiplicityError):
    code = "E-MULT-11"
    what = "Sequence number {sequence} does not come after {last}."
    why = "An online family is ordered by declaration; a later insertion would change old verdicts."
    todo = "Declare the hypothesis anew; it takes the next place."


class UnusableUniverse(MultiplicityError):
    code = "E-MULT-12"
    what = "The universe cannot be counted: {problem}."
    why = "The number of hypotheses must be known before any p-value exists."
    todo = "Name at least one item on each side and an antecedent length of at least 1."


class ConfirmationListInvalid(MultiplicityError):
    code = "E-MULT-13"
    what = "The frozen list cannot be tested: {problem}."
    why = "Each hypothesis on it is tested once, on the side that the discovery part showed, within one budget."
    todo = "Freeze a list in which every hypothesis stands once, with its direction."


class MemberPending(MultiplicityError):
    code = "E-MULT-15"
    what = "'{hypothesis}' was declared and has no result yet."
    why = "Members of an online family are judged one after the other; a late result would change later verdicts."
    todo = "Record its result first; a test that could not be computed is recorded as not computed."


class NothingPending(MultiplicityError):
    code = "E-MULT-16"
    what = "There is a result, but no declared hypothesis that awaits one."
    why = "In an online family a hypothesis is declared first, and gets its result once."
    todo = "Declare the hypothesis, then record its result."


class AnotherLevel(MultiplicityError):
    code = "E-MULT-17"
    what = "These values were adjusted for the level {adjusted}, and cannot decide at {alpha}."
    why = "A two-stage correction estimates the number of nulls at one level; its values mean nothing at another."
    todo = "Adjust again at {alpha}."


class TablesNotCounts(MultiplicityError):
    code = "E-MULT-14"
    what = "The two-by-two tables cannot be used: {problem}."
    why = "Discrete corrections enumerate all tables with the same margins, which needs whole counts of at least 0."
    todo = "Give rows a, b, c, d of whole numbers."


# --- ledger, registry, audit ------------------------------------------------------------------------------------------


class LedgerError(FortuitError):
    code = "E-LEDGER-00"
    exit_code = 16


class LedgerMissing(LedgerError):
    code = "E-LEDGER-01"
    what = "There is no ledger at {place}."
    why = "Nothing was found there, and the action does not make a new project."
    todo = "Check the path of the project, or start a new project."


class NotALedger(LedgerError):
    code = "E-LEDGER-02"
    what = "What is stored at {place} is not a ledger of Fortuit."
    why = "{detail}"
    todo = "Name another file, or restore the project from a backup; the file was left as it is."


class NewerLedger(LedgerError):
    code = "E-LEDGER-03"
    what = "The ledger at {place} has format {found}; this version of Fortuit knows formats up to {known}."
    why = "It was written by a newer version of Fortuit."
    todo = "Open it with a newer version; the file was left as it is."


class LedgerReadOnly(LedgerError):
    code = "E-LEDGER-04"
    what = "The ledger at {place} cannot be written."
    why = "{detail}"
    todo = "Give this account the right to write the project folder, or work on a copy. Nothing was recorded."


class LedgerFull(LedgerError):
    code = "E-LEDGER-05"
    what = "The ledger at {place} could not be written: no room is left, or the disk refused."
    why = "{detail}"
    todo = "Free some space and repeat the action. Nothing of it was recorded."


class LedgerLocked(LedgerError):
    code = "E-LEDGER-06"
    what = "The ledger at {place} is being written by another process."
    why = "It stayed locked for {seconds} seconds."
    todo = "Wait for the other run to end, then repeat the action. Nothing of it was recorded."


class LedgerBroken(LedgerError):
    code = "E-LEDGER-07"
    what = "The ledger at {place} does not hold at entry {seq}; it can only be read."
    why = "{detail}"
    todo = "Run 'fortuit audit' to see what changed, and restore a backup. Fortuit never repairs a ledger."


class LedgerUnreachable(LedgerError):
    code = "E-LEDGER-08"
    what = "The database at {place} does not answer."
    why = "{detail}"
    todo = "Check the address, the name and the password of the database, and that the server runs."


class NotCanonical(LedgerError):
    code = "E-LEDGER-09"
    what = "A value cannot be recorded: {detail}."
    why = "The ledger holds text, numbers, true, false, null, lists and objects with text keys, in one spelling each."
    todo = "This is a fault of the program: please report it. Nothing was recorded."


class UnknownEventKind(LedgerError):
    code = "E-LEDGER-10"
    what = "The ledger has no kind of entry named '{name}'."
    why = "Kinds are a closed list: {known}."
    todo = "This is a fault of the program: please report it. Nothing was recorded."


class UnknownHypothesis(LedgerError):
    code = "E-LEDGER-11"
    what = "The registry has no hypothesis '{name}'."
    why = "It holds {count} hypotheses."
    todo = "Look the number up in the registry."


class AlreadyRegistered(LedgerError):
    code = "E-LEDGER-12"
    what = "This finding is already registered as {name}."
    why = "One finding makes one hypothesis, so that nothing is counted twice."
    todo = "Open {name} and revise it."


class StaleVersion(LedgerError):
    code = "E-LEDGER-13"
    what = "{name} was changed by {person} while being edited: version {found} is the last, yours began at {base}."
    why = "Two people edited the same hypothesis."
    todo = "Compare both texts and save again on top of version {found}. Nothing was overwritten."


class StatusNotReachable(LedgerError):
    code = "E-LEDGER-14"
    what = "{name} cannot go from '{old}' to '{new}'."
    why = "{detail}"
    todo = "Take the steps between, or record the evidence that is missing."


class ReasonMissing(LedgerError):
    code = "E-LEDGER-15"
    what = "A reason is missing for: {action}."
    why = "Nothing is deleted here; what is set aside stays visible with the reason why."
    todo = "Write the reason in a few words."


class BadCheckpoint(LedgerError):
    code = "E-LEDGER-16"
    what = "The checkpoint cannot be read: {detail}."
    why = "A checkpoint has a line for origin, size and root, then lines of its own, in one fixed spelling."
    todo = "Use the file as it was saved or sent; do not edit it."


class BadPack(LedgerError):
    code = "E-LEDGER-17"
    what = "The audit pack cannot be read: {detail}."
    why = "A pack is a zip file written by 'fortuit pack'."
    todo = "Ask for the pack again and compare the size and the checksum."


class UnknownAuditCode(LedgerError):
    code = "E-LEDGER-18"
    what = "There is no audit code '{name}'."
    why = "Codes go from A01 to E03."
    todo = "Use one of: {known}."


class UnknownEntry(LedgerError):
    code = "E-LEDGER-19"
    what = "The ledger has no entry {seq}."
    why = "It holds {size} entries, numbered from 1."
    todo = "Look the number up in the ledger page."


# --- privacy ----------------------------------------------------------------------------------------------------------


class PrivacyError(FortuitError):
    code = "E-PRIV-00"
    exit_code = 17


class ThresholdTooLow(PrivacyError):
    code = "E-PRIV-01"
    what = "The threshold {asked} is below the {least} of the norm {norm}."
    why = "A norm may be made stricter by a project, never weaker; only data declared public have no threshold."
    todo = "Choose a threshold of at least {least}, or another norm, which is recorded."


class UnknownNorm(PrivacyError):
    code = "E-PRIV-02"
    what = "There is no disclosure norm or setting called '{name}'."
    why = "The known ones are {known}."
    todo = "Choose one of them."


class CannotProtect(PrivacyError):
    code = "E-PRIV-03"
    what = "This table cannot be shown: no choice of masked cells hides its small counts."
    why = "Its totals are known, and with so few large cells every mask can be undone by subtraction."
    todo = "Join sparse levels, leave out the totals, or use a coarser variable."


class TooCloseToEarlier(PrivacyError):
    code = "E-PRIV-04"
    what = "This selection is too close to an earlier one: the difference would concern fewer than {threshold} persons."
    why = "Two counts that are each allowed give a third by subtraction, and that one would be about very few persons."
    todo = "Keep the earlier selection, or change it by a larger step."


class TooCloseToEarlierExport(PrivacyError):
    code = "E-PRIV-05"
    what = "This export is refused: the data differ from those of an earlier export by fewer than {threshold} persons."
    why = "Comparing the two exports would tell what is recorded about exactly these persons."
    todo = "Export from the earlier version again, or wait until at least {threshold} persons differ."


class AuthorisationExpired(PrivacyError):
    code = "E-PRIV-06"
    what = "Nothing leaves this project: its authorisation ended on {expiry}."
    why = "The declaration of the project says until when its data may be used."
    todo = "Have the authorisation renewed and record the new date; the work done stays in the project."


class DeclarationIncomplete(PrivacyError):
    code = "E-PRIV-07"
    what = "The declaration of the project lacks: {missing}."
    why = "In the secure room counts are visible because it is on record who works there, under which authorisation."
    todo = "Fill in the declaration, or work under the protected profile."


# --- diagrams ---------------------------------------------------------------------------------------------------------


class DagError(FortuitError):
    code = "E-DAG-00"
    exit_code = 18


class DagCycle(DagError):
    code = "E-DAG-01"
    what = "The diagram has a cycle: {cycle}."
    why = "An arrow says what comes first; nothing can come before itself."
    todo = "Remove or turn one arrow of the cycle, or split a variable into its values at two times."


class DagUnknownNode(DagError):
    code = "E-DAG-02"
    what = "The diagram has no node named '{name}'."
    why = "Names are compared letter by letter; the nearest one is '{nearest}'."
    todo = "Correct the name, or draw the node."


class DagUnknownColumn(DagError):
    code = "E-DAG-03"
    what = "The node '{name}' is drawn as observed, but the data have no such column."
    why = "Names are compared letter by letter; the nearest column is '{nearest}'."
    todo = "Correct the name, or mark the node as latent or as measurable but not measured."


class DagName(DagError):
    code = "E-DAG-04"
    what = "A node cannot be named '{name}': {reason}."
    why = "Two names that look alike but differ make a diagram say something else than it shows."
    todo = "Give the node a visible name that no other node has."


class DagTooLarge(DagError):
    code = "E-DAG-05"
    what = "The diagram is too large: {nodes} nodes, {edges} edges (at most {limit} nodes)."
    why = "Nobody can defend the missing arrows of such a diagram, and searching it would not end."
    todo = "Draw the variables of one question; merge those that share all their arrows."


class DagSyntax(DagError):
    code = "E-DAG-06"
    what = "This is not a diagram in the {format} format: line {line}, {reason}."
    why = "A diagram read wrongly gives a wrong answer without a sign of it."
    todo = "Correct the line, or export the diagram again from the program that drew it."


class DagUnsafe(DagError):
    code = "E-DAG-07"
    what = "The diagram holds an instruction that is not a drawing: {found} (line {line})."
    why = "Links and scripts in a diagram would run in the browser of whoever opens it."
    todo = "Remove the line; nodes and arrows are all that is read."


class DagQuestion(DagError):
    code = "E-DAG-08"
    what = "The question put to the diagram cannot be asked: {reason}."
    why = "An exposure and an outcome are two different observed nodes of the diagram."
    todo = "Choose one or more exposures and an outcome among the observed nodes."


class AdjustmentRefused(DagError):
    code = "E-DAG-09"
    what = "The set {names} is not a valid adjustment: {reason}."
    why = "Under this diagram, adjusting for it would add or leave a bias (rule G08)."
    todo = "Choose one of the valid sets listed, or correct the diagram if it does not say what you think."


class DowhyRefused(DagError):
    code = "E-DAG-10"
    what = "DoWhy was not asked: {reason}."
    why = "Given such data it returns a number that looks fine, or fails without saying why."
    todo = "Mend the variable named, or choose a method that takes it."


class DowhyFailed(DagError):
    code = "E-DAG-11"
    what = "DoWhy stopped: {reason}."
    why = "It is a second opinion from another program; our own results do not rest on it."
    todo = "Go on without it, or report the question and the data set with this message."


# --- studies ----------------------------------------------------------------------------------------------------------


class StudyError(FortuitError):
    code = "E-STUDY-00"
    exit_code = 19


class UnassignedItem(StudyError):
    code = "E-STUDY-01"
    what = "The item '{item}' of the finding has no part in the question yet."
    why = "Whether an item is exposure, eligibility, covariate, modifier or outcome is a decision, not a result."
    todo = "Give it a part: exposure, eligibility, covariate, modifier or outcome."


class QuestionIncomplete(StudyError):
    code = "E-STUDY-02"
    what = "The question is not complete: {missing}."
    why = "An estimate without one exposure, one outcome and a comparator answers no question."
    todo = "Complete the question, then estimate."


class OneLevelExposure(StudyError):
    code = "E-STUDY-03"
    what = "'{exposure}' has one level only among {n} persons with known values: {exposed} exposed, {unexposed} not."
    why = "Without persons in both arms there is nothing to compare."
    todo = "Choose another contrast, widen the eligibility, or drop the covariate whose gaps remove one arm."


class PerfectSeparation(StudyError):
    code = "E-STUDY-04"
    what = "{model}: the covariates separate the two groups perfectly, so no finite coefficient exists."
    why = "Some persons have an estimated probability of 0 or 1; a number here would come from the stopping rule."
    todo = "Merge small categories, drop the covariate that tells them apart, or restrict to where both occur."


class NoOverlap(StudyError):
    code = "E-STUDY-05"
    what = "The two arms do not overlap: {detail}."
    why = "Where only one arm exists the comparison would rest on the model alone (positivity)."
    todo = "Restrict the question to persons found in both arms, or choose the overlap population as the estimand."


class NoEvents(StudyError):
    code = "E-STUDY-06"
    what = "'{outcome}': {events} events among {n} persons ({detail})."
    why = "No measure with an interval exists where an arm holds no event, or nothing but events."
    todo = "Choose a longer follow-up, a wider outcome, or an exact method for the counts."


class TooFewPersons(StudyError):
    code = "E-STUDY-07"
    what = "{n} persons with known values for a model of {columns} columns."
    why = "A model needs more persons than columns; near that limit its numbers are noise."
    todo = "Use fewer covariates or merge categories, or bring more persons."


class UnsuitableVariable(StudyError):
    code = "E-STUDY-08"
    what = "'{name}' cannot serve as {part}: {reason}."
    why = "A study needs numbers or declared levels in that place."
    todo = "Declare its kind and levels in the dictionary, or choose another variable or contrast."


class CollinearCovariates(StudyError):
    code = "E-STUDY-09"
    what = "'{column}' is a combination of the other columns of the model."
    why = "Its coefficient, and perhaps the exposure's, has no single value."
    todo = "Drop it, or drop the column it repeats."


class PlanningInput(StudyError):
    code = "E-STUDY-11"
    what = "{name} = {value} cannot be planned with: {reason}."
    why = "The formula has no answer there."
    todo = "Correct the value."


class MissingValues(StudyError):
    code = "E-STUDY-12"
    what = "{n} values of '{name}' are not finite numbers."
    why = "Unknown values must be left out with a count, or imputed; arithmetic would hide them."
    todo = "Analyse complete cases, or impute."


class WeakInstrument(StudyError):
    code = "E-STUDY-13"
    what = "The instrument '{instrument}' does not move the exposure (first-stage F = {statistic:.2g})."
    why = "The ratio of two noises has no usable interval."
    todo = "Look for a stronger instrument (F above 10), or design without one."


class NotFrozen(StudyError):
    code = "E-STUDY-14"
    what = "The protocol '{protocol}' is not frozen (its status is {status})."
    why = "Only a plan fixed beforehand can be confirmed or reproduced."
    todo = "Meet the readiness gates and freeze it."


class ProtocolAltered(StudyError):
    code = "E-STUDY-15"
    what = "The protocol '{protocol}' does not match its content hash."
    why = "Something in it changed after it was frozen."
    todo = "Take the frozen version from the ledger, or record the change as an amendment and freeze again."


class NotReady(StudyError):
    code = "E-STUDY-16"
    what = "The protocol '{protocol}' cannot be frozen: {gates}."
    why = "Each readiness gate stands for a question that a reviewer will ask."
    todo = "Answer what is open, or keep the protocol as a draft."


class InvalidProtocol(StudyError):
    code = "E-STUDY-17"
    what = "The protocol does not follow its schema at {place}: {problem}."
    why = "Other programs read it by that schema."
    todo = "Correct the field."


class PersonsReused(StudyError):
    code = "E-STUDY-18"
    what = "{overlap} of the {n} persons were among those who were mined."
    why = "Who helped to find a hypothesis cannot confirm it."
    todo = "Bring persons who were not mined, or report an in-sample plausibility check without a p-value."


class AlreadyConfirmed(StudyError):
    code = "E-STUDY-19"
    what = "The protocol '{protocol}' was already run on this source."
    why = "A frozen protocol is run once; a second look would be a second chance."
    todo = "Read the recorded result, or amend the protocol and bring another source."


# --- wording --------------------------------------------------------------------------------------------------------


class WordingError(FortuitError):
    code = "E-WORD-00"
    exit_code = 23


class CausalLanguage(WordingError):
    code = "E-WORD-01"
    what = "A text of this export reads as a causal claim, so nothing was exported ({where}: {words})."
    why = "A finding is a hypothesis, not causation; a text that says more would be quoted as proof (rule G02)."
    todo = "This text was written by the program: please report it. Nothing in your project was changed."
