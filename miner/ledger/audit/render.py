"""An audit report as text for a terminal, as JSON for programs, and as one page for a file or a printout.

The page stands alone: no script, no outside request, everything escaped.
"""

from __future__ import annotations

from html import escape
from typing import Final

from miner.ledger.audit.catalogue import CODES
from miner.ledger.audit.report import AuditFinding, AuditReport
from miner.ledger.canonical import canonical
from miner.ledger.events import LABEL

_COLOURS: Final = {0: "#1a6b3c", 20: "#a3161f", 21: "#a3161f", 22: "#8a5a00"}
_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2430; background: #fff; max-width: 60rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.label { color: #4a5568; margin: 0 0 1.5rem; }
.verdict { border-left: .4rem solid; padding: .75rem 1rem; background: #f5f7fa; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; }
dt { color: #4a5568; } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: #4a5568; padding-bottom: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem; border-bottom: 1px solid #d9dee5; }
td:first-child { font-weight: 600; white-space: nowrap; }
.why { color: #4a5568; font-size: .9rem; }
@media print { body { margin: 0; } .verdict { background: none; } }
"""


def as_text(report: AuditReport) -> str:
    """The report for a terminal, ending with a line end."""
    lines = [
        LABEL,
        f"ledger {report.origin}: {report.size} entries, {report.families} families, {report.tests} tests",
        f"head {report.head or '(none)'}",
        "",
    ]
    for finding in report.findings:
        lines += [f"{finding.code}  {CODES[finding.code].title}{_places(finding)}", f"     {finding.message}"]
    lines += [f"not checked: {text}" for text in report.not_checked]
    lines += [f"checked: {' '.join(report.checked)}", "", report.verdict]
    return "\n".join(lines) + "\n"


def as_json(report: AuditReport) -> str:
    """The report as one JSON object, ending with a line end."""
    return canonical({"label": LABEL, **report.to_dict()}).decode() + "\n"


def as_html(report: AuditReport) -> str:
    """The report as one self-contained page."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Audit of {escape(report.origin)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Audit of the ledger</h1>
<p class="label">{escape(LABEL)}</p>
<p class="verdict" style="border-color: {_COLOURS[report.exit_code]}">{escape(report.verdict)}</p>
<dl>
{_facts(report)}
</dl>
<h2>Findings</h2>
{_findings(report)}
<h2>Not checked</h2>
<ul>
{_list(report.not_checked)}
</ul>
<h2>Checked</h2>
<p>{escape(" ".join(report.checked))}</p>
</main>
</body>
</html>
"""


def _places(finding: AuditFinding) -> str:
    if not finding.seqs:
        return ""
    word = "entry" if len(finding.seqs) == 1 else "entries"
    shown = ", ".join(map(str, finding.seqs[:8])) + (" ..." if len(finding.seqs) > 8 else "")
    return f" ({word} {shown})"


def _facts(report: AuditReport) -> str:
    facts = {
        "Ledger": report.origin,
        "Entries": str(report.size),
        "Families": str(report.families),
        "Tests recorded": str(report.tests),
        "Head": report.head or "none",
        "Exit code": str(report.exit_code),
    }
    return "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())


def _findings(report: AuditReport) -> str:
    if not report.findings:
        return "<p>None.</p>"
    rows = []
    for finding in report.findings:
        code = CODES[finding.code]
        title = f"<strong>{escape(code.title)}</strong>{escape(_places(finding))}"
        why = f'<span class="why">{escape(code.why)} {escape(code.todo)}</span>'
        rows.append(f"<tr><td>{finding.code}</td><td>{title}<br>{escape(finding.message)}<br>{why}</td></tr>")
    head = '<thead><tr><th scope="col">Code</th><th scope="col">What was found</th></tr></thead>'
    body = "\n".join(rows)
    return f"<table><caption>{len(rows)} findings</caption>{head}<tbody>\n{body}\n</tbody></table>"


def _list(texts: tuple[str, ...]) -> str:
    return "\n".join(f"<li>{escape(text)}</li>" for text in texts) or "<li>Nothing was left out.</li>"
