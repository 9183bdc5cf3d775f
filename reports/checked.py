"""What the linter reads before a file leaves: the sentences that the program wrote, and, as a remark, those of persons.

A file whose generated text reads as a cause is not made at all; the report of the linter goes into the export's entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from causal.protocol import Protocol
from causal.protocol_text import blocks
from causal.protocol_words import Language
from miner.project import Project
from reports.translation import LANGUAGES, catalogue, translator
from reports.wording import Passage, Report, lint_export

# Sections of the catalogue that stand in a report or registry outside the study sections.
FINDING_SECTIONS = ("report.", "registry.denominators", "denominators", "level.", "status.", "effect.", "column.")
STUDY = "study"
# In a protocol the assumptions are stated: its target trial and estimand may speak of effects.
PROTOCOL = "protocol.target_trial"


def sentences(language: str) -> Iterator[Passage]:
    """The sentences of the catalogue that reports and registries are made of."""
    for key, text in catalogue(language).items():
        if key == "label" or key.startswith(FINDING_SECTIONS):
            context = STUDY if key.startswith("report.study") else "finding_export"
            yield Passage(where=key, text=text, context=context)


def registry_passages(project: Project, columns: Sequence[str] = ()) -> Iterator[Passage]:
    """Generated sentences and column names of a registry, and the statements of persons as remarks."""
    for language in LANGUAGES:
        yield from sentences(language)
    for name in columns:
        yield Passage(where=f"column {name}", text=name, context="column_name")
    for one in project.hypotheses():
        yield Passage(where=one.id, text=one.statement, generated=False)


def protocol_passages(protocol: Protocol, language: str) -> Iterator[Passage]:
    """What the program wrote in a protocol's document, and the question a person stated as a remark."""
    t = translator(language)
    yield Passage(where="label", text=t("label"))
    for place, block in enumerate(blocks(protocol, Language(language))):
        for text in (block.heading, block.text, *block.header):
            if text:
                yield Passage(where=f"block {place}", text=text, context=PROTOCOL)
    for path in ("plain_question", "rationale"):
        if protocol[path]:
            yield Passage(where=path, text=str(protocol[path]), generated=False)


def checked_registry(project: Project, columns: Sequence[str] = ()) -> Report:
    """Raises CausalLanguage where a generated sentence of a report or registry reads as a cause."""
    return lint_export(registry_passages(project, columns))


def checked_protocol(protocol: Protocol, language: str) -> Report:
    """Raises CausalLanguage where what the program wrote in a protocol reads as a cause."""
    return lint_export(protocol_passages(protocol, language))
