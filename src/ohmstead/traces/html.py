"""The report of `trace lint` for people: one file, nothing from elsewhere, everything from the trace escaped."""

from __future__ import annotations

from html import escape

from ohmstead.traces.lint import Finding, Report

_MOST_ACTIONS = 60
_STYLE = """
:root{color-scheme:light dark;--line:#8884;--error:#b3261e;--warning:#9a6700;--note:#57606a}
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid var(--line);padding:.35rem .6rem;
text-align:left;vertical-align:top;overflow-wrap:anywhere}th{font-weight:600}td.n{text-align:right;white-space:nowrap}
code{font:.9em ui-monospace,monospace}.error{color:var(--error)}.warning{color:var(--warning)}.note{color:var(--note)}
@media(prefers-color-scheme:dark){:root{--error:#ff8a80;--warning:#e3b341;--note:#9aa4ae}}
"""


def page(report: Report) -> str:
    """The whole document."""
    name = escape(report.file)
    facts = (
        f"{report.frames} frames of {len(report.stations)} station(s), OCPP {_joined(report.versions) or 'unknown'}"
        + (f"; {report.skipped} other lines were left out" if report.skipped else "")
    )
    return "".join(
        (
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>Trace {name}</title><style>{_STYLE}</style>",
            f"<h1>Trace <code>{name}</code></h1><p>{facts}.</p>",
            _findings(report.findings),
            *(_examples(finding) for finding in report.findings),
            _actions(report),
            "</html>\n",
        )
    )


def _joined(words: list[str]) -> str:
    return ", ".join(escape(word) for word in words)


def _findings(findings: list[Finding]) -> str:
    if not findings:
        return "<p>Nothing odd was found.</p>"
    rows = (
        f'<tr><td class="{one.severity}">{one.severity}</td><td><a href="#{one.code}"><code>{one.code}</code></a></td>'
        f'<td class="n">{one.count}</td><td>{escape(one.meaning)}</td></tr>'
        for one in findings
    )
    return f"<h2>Findings</h2><table><tr><th>How bad<th>Code<th>Count<th>Meaning</tr>{''.join(rows)}</table>"


def _examples(finding: Finding) -> str:
    rows = (
        f'<tr><td class="n">{one.line}</td><td>{escape(one.station)}</td><td><code>{escape(one.text)}</code></td></tr>'
        for one in finding.examples
    )
    head = f'<h2 id="{finding.code}"><code>{finding.code}</code>: first {len(finding.examples)} of {finding.count}</h2>'
    return f"{head}<table><tr><th>Line<th>Station<th>What</tr>{''.join(rows)}</table>"


def _actions(report: Report) -> str:
    shown = list(report.actions.items())[:_MOST_ACTIONS]
    rows = (f'<tr><td><code>{escape(action)}</code></td><td class="n">{count}</td></tr>' for action, count in shown)
    return f"<h2>Calls</h2><table><tr><th>Action<th>Count</tr>{''.join(rows)}</table>"
