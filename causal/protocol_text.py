"""A protocol as a document a committee can read: the same blocks as Markdown and as DOCX, in English or French."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from causal.protocol import Protocol, readiness
from causal.protocol_checklists import CHECKLISTS, checklist
from causal.protocol_words import Language, phrase, word


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One piece of a document: a heading with its level, a paragraph, a list of items, or a table with its header."""

    heading: str = ""
    level: int = 0
    text: str = ""
    items: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def _translated(block: Block, language: Language) -> Block:
    """Cells and list items that are fixed sentences, alone or after a colon, in the language of the document."""

    def told(text: str) -> str:
        whole = phrase(text, language)
        if whole != text:
            return whole
        head, colon, tail = text.rpartition(": ")
        return f"{head}{colon}{phrase(tail, language)}"

    return replace(
        block, items=tuple(told(item) for item in block.items), rows=tuple(tuple(map(told, row)) for row in block.rows)
    )


def to_markdown(protocol: Protocol, language: Language = Language.ENGLISH) -> str:
    """The protocol as Markdown."""
    lines: list[str] = []
    for block in (_translated(b, language) for b in blocks(protocol, language)):
        if block.heading:
            lines += [f"{'#' * block.level} {block.heading}", ""]
        if block.text:
            lines += [_escaped(block.text), ""]
        if block.items:
            lines += [*(f"- {_escaped(item)}" for item in block.items), ""]
        if block.header:
            lines.append("| " + " | ".join(_cell(cell) for cell in block.header) + " |")
            lines.append("|" + "---|" * len(block.header))
            lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in block.rows]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def to_docx(protocol: Protocol, language: Language = Language.ENGLISH) -> bytes:
    """The protocol as a Word document with real headings and tables; the label stands in the page header."""
    import docx

    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = word("label", language)
    document.sections[0].footer.paragraphs[0].text = word("foot", language)
    for block in (_translated(b, language) for b in blocks(protocol, language)):
        if block.heading:
            document.add_heading(block.heading, level=block.level - 1)
        if block.text:
            document.add_paragraph(block.text)
        for item in block.items:
            document.add_paragraph(item, style="List Bullet")
        if block.header:
            table = document.add_table(rows=1, cols=len(block.header))
            table.style = "Table Grid"
            for cell, text in zip(table.rows[0].cells, block.header, strict=True):
                cell.text = text
            for row in block.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def blocks(protocol: Protocol, language: Language) -> Iterator[Block]:
    """The document as a sequence of blocks."""
    d = protocol.document

    def w(key: str) -> str:
        return word(key, language)

    yield Block(heading=f"{w('title')}: {protocol.identifier}", level=1)
    yield Block(text=w("label"))
    state = f"{w('status')}: {w(protocol.status.value)}. {w('content_hash')}: {protocol.content_hash}"
    yield Block(text=state)

    yield Block(heading=w("question"), level=2)
    if d["plain_question"]:
        yield Block(text=str(d["plain_question"]))
    else:
        yield Block(text=f"{w('suggested')}: {d['suggested_question']}")
    yield Block(items=tuple(f"{item}: {part}" for item, part in d["question"]["parts"].items()))
    yield Block(heading=w("rationale"), level=2)
    yield Block(text=_said(d["rationale"], w))

    yield Block(heading=w("finding"), level=2)
    yield Block(text=w("finding_note"), items=_pairs(d["mining_context"], w))

    yield from _trial(d["target_trial"], w)
    yield from _model(d["causal_model"], w)
    yield from _analysis(d, w)
    yield from _planning(d, w)

    yield Block(heading=w("negative_controls"), level=2)
    controls = d["negative_controls"]
    yield Block(
        text="" if controls["proposed"] else _said(controls["reason_for_none"], w),
        items=tuple(f"{c.get('name')} ({c.get('type')}): {c.get('why')}" for c in controls["proposed"]),
    )
    yield Block(heading=w("sensitivity"), level=2)
    yield Block(text=w("bigger"))
    rows = tuple(
        (str(r["analysis"]), _number(r.get("value")), str(r.get("reading", ""))) for r in d["sensitivity"]["rows"]
    )
    yield _table((w("analysis_name"), w("value"), w("reading")), rows)
    yield Block(heading=w("refutation"), level=2)
    yield _table(
        (w("analysis_name"), w("method"), w("rule"), w("found"), w("verdict")),
        tuple((r["check"], r["estimator"], r["rule"], r["found"], r["verdict"]) for r in d["refutation"]["results"]),
    )
    yield Block(heading=w("guardrails"), level=2)
    verdicts = {True: "passed", False: "flagged", None: "not_assessed"}
    yield _table(
        ("id", w("rule"), w("verdict"), w("found")),
        tuple(
            (f["id"], str(f.get("rule", "")), w(verdicts[f["passed"]]), str(f.get("finding", "")))
            for f in d["guardrails"]
        ),
    )
    yield Block(heading=w("study_type"), level=2)
    yield _table(
        (w("rule"), w("design"), w("verdict"), w("found")),
        tuple((str(r["rule"]), r["recommend"], r["verdict"], r["reason"]) for r in d["study_type"]),
    )
    yield Block(heading=w("data_plan"), level=2)
    yield Block(items=_pairs(d["data_plan"], w))
    yield Block(heading=w("success"), level=2)
    yield Block(items=_pairs(d["success"], w))
    yield Block(heading=w("limitations"), level=2)
    yield Block(items=tuple(str(item) for item in d["limitations"]) or (w("unknown"),))
    yield Block(heading=w("gates"), level=2)
    yield _table(
        (w("gates"), w("verdict"), w("found")),
        tuple((g.name, w("met") if g.met else w("open"), g.reason) for g in readiness(protocol)),
    )
    if d["amendments"]:
        yield Block(heading=w("amendments"), level=2)
        yield Block(items=tuple(f"{a['date']} {a['by']}: {a['field']}. {a['why']}" for a in d["amendments"]))
    yield Block(heading=w("signatures"), level=2)
    yield Block(items=tuple(f"{s['name']}, {s['date']}" for s in d["signatures"]) or (w("unknown"),))
    yield Block(heading=w("checklist"), level=2)
    yield Block(text=w("checklists"))
    yield _table(
        (w("part"), *CHECKLISTS, w("verdict")),
        tuple(
            (row["part"], *(row[name] for name in CHECKLISTS), w("met") if row["answered"] else w("open"))
            for row in checklist(protocol)
        ),
    )
    yield Block(text=w("foot"))


Words = Any


def _trial(trial: Mapping[str, Any], w: Words) -> Iterator[Block]:
    yield Block(heading=w("target_trial"), level=2)
    names = ("eligibility", "strategies", "assignment", "time_zero", "follow_up", "outcome", "causal_contrast")
    rows = tuple(
        (w(n), _said(trial[n]["target"], w), _said(trial[n]["emulation"], w), _said(trial[n]["gap"], w)) for n in names
    )
    yield _table((w("component"), w("target"), w("emulation"), w("gap")), rows)
    yield Block(heading=w("estimand"), level=3)
    yield Block(items=_pairs(trial["estimand"], w))


def _model(model: Mapping[str, Any], w: Words) -> Iterator[Block]:
    yield Block(heading=w("causal_model"), level=2)
    items = [
        f"{w('verdict')}: {model['identifiability']['verdict']}",
        f"{w('chosen')}: {_said(model['adjustment']['chosen'], w)}",
    ]
    for remedy in model["identifiability"]["must_measure"]:
        items.append(f"{w('must_measure')}: {', '.join(remedy['measure'])}")
    if model["second_opinion"]:
        items.append(f"{w('second_opinion')}: {_said(model['second_opinion'], w)}")
    absent = model["dag"].get("assumed_absent_edges") or []
    items.append(f"{w('absent')}: {len(absent)}")
    yield Block(items=tuple(items))
    yield Block(text="; ".join(f"{a} - {b}" for a, b in absent))


def _analysis(d: Mapping[str, Any], w: Words) -> Iterator[Block]:
    plan = d["analysis_plan"]["primary"]
    laid = plan["specification"]
    yield Block(heading=w("analysis"), level=2)
    yield Block(
        items=(
            f"{w('method')}: {plan['method']} ({laid['estimand']}, {laid['measure']})",
            f"{w('covariates')}: {', '.join(laid['covariates']) or w('unknown')}",
        )
    )
    yield Block(heading=w("estimates"), level=2)
    rows = tuple(
        (
            e["method"],
            e["estimand"],
            e["scale"],
            _number(e["value"]),
            f"{_number(e['ci_low'])} - {_number(e['ci_high'])}",
            str(e["n"]),
        )
        for e in d["design_stage"]["estimates"]
    )
    yield _table((w("method"), w("estimand"), w("scale"), w("estimate"), w("interval"), "n"), rows)


def _planning(d: Mapping[str, Any], w: Words) -> Iterator[Block]:
    yield Block(heading=w("sample_size"), level=2)
    size = d["sample_size"]
    headline = _said(size["n_headline"], w)
    source = w(size["headline_from"]) if size["headline_from"] else w("unknown")
    yield Block(text=f"{w('headline')}: {headline} ({source})")
    columns = ("mined", "shrunken", "smallest_of_interest", "detectable")
    rows = tuple((str(r["design"]), *(_number(r.get(c)) for c in columns)) for r in size["rows"])
    yield _table((w("design"), *(w(c) for c in columns)), rows)
    yield Block(heading=w("precision"), level=2)
    rows = tuple(
        (
            f"{r['variable']}: {r['group']}",
            str(r["n"]),
            _number(r["half_width"]) if r.get("evaluable") else w("not_evaluable"),
        )
        for r in d["precision"]
    )
    yield _table((w("group"), w("persons"), w("half_width")), rows)


def _table(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Block:
    return Block(header=header, rows=rows) if rows else Block()


def _said(value: Any, w: Words) -> str:
    if value is None or value == "" or value == []:
        return str(w("unknown"))
    if isinstance(value, Mapping):
        if "text" in value:
            return str(value["text"])
        return "; ".join(f"{key}: {_said(item, w)}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(_said(item, w) for item in value)
    return _number(value) if isinstance(value, float) else str(value)


def _pairs(value: Mapping[str, Any], w: Words) -> tuple[str, ...]:
    return tuple(f"{key.replace('_', ' ')}: {_said(item, w)}" for key, item in value.items()) or (w("unknown"),)


def _number(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:d}" if isinstance(value, int) else f"{value:.4g}"


def _escaped(text: str) -> str:
    """User text cannot open a tag, a link or a heading in Markdown."""
    for sign in "\\`*_[]<>#|":
        text = text.replace(sign, f"\\{sign}") if sign != "<" else text.replace("<", "&lt;")
    return text.replace("\n", " ").replace("\r", " ")


def _cell(text: str) -> str:
    return _escaped(text)
