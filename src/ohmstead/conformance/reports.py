"""A report for machines that run tests (JUnit), and for people (one page with the frames)."""

from __future__ import annotations

import re
from html import escape
from xml.sax.saxutils import escape as xml
from xml.sax.saxutils import quoteattr

from ohmstead.conformance.verdicts import Report, Result

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24 }
summary { cursor: pointer; padding: .3rem 0 } pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px }
.pass { color: #1a7f37 } .fail, .error { color: #b42318; font-weight: 600 } .partial { color: #9a6700 }
.not_applicable { color: #667085 } .id { font-family: ui-monospace, monospace }
details { border-top: 1px solid #d8dee4 }
"""
NOTE = "This is no certification. It is what a station of ours saw, judged by the official schemas and our reading."


def junit(report: Report, suite: str) -> str:
    """JUnit XML: `partial` passes with a note, `not_applicable` is skipped."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name={quoteattr(suite)} tests="{len(report.cases)}" failures="{report.summary.get("fail", 0)}" '
        f'errors="{report.summary.get("error", 0)}" skipped="{report.summary.get("not_applicable", 0)}">',
    ]
    for one in report.cases:
        head = (
            f'<testcase classname="conformance" name={quoteattr(_clean(f"{one.id} {one.title}"))} time="{one.seconds}"'
        )
        lines.append(f"{head}>{_outcome(one)}</testcase>")
    return "\n".join([*lines, "</testsuite>", ""])


def _outcome(one: Result) -> str:
    reason = _clean(one.reason or "")
    frames = "\n".join(f"{frame.at} {frame.direction} {frame.text}" for frame in one.frames)
    match one.verdict:
        case "fail" | "error":
            tag = "failure" if one.verdict == "fail" else "error"
            return f"<{tag} message={quoteattr(reason)}>{xml(_clean(frames))}</{tag}>"
        case "not_applicable":
            return f"<skipped message={quoteattr(reason)}/>"
        case "partial":
            return f"<system-out>{xml(reason)}</system-out>"
    return ""


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)


def page(report: Report, whom: str) -> str:
    """One HTML page without scripts; whatever the CSMS said is shown as text."""
    counts = ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in report.summary.items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Conformance: {escape(whom)}</title>'
        f"<style>{STYLE}</style><h1>Conformance of {escape(whom)}</h1><p>{counts}</p><p>{NOTE}</p>"
        + "".join(_shown(one) for one in report.cases)
        + "</html>\n"
    )


def _shown(one: Result) -> str:
    arrow = {"sent": "&rarr;", "received": "&larr;"}
    frames = "\n".join(f"{frame.at} {arrow[frame.direction]} {escape(frame.text)}" for frame in one.frames)
    requirements = escape(", ".join(one.requirements))
    reason = f"<p>{escape(one.reason)}</p>" if one.reason else ""
    return (
        f'<details><summary><span class="{one.verdict}">{one.verdict.replace("_", " ")}</span> '
        f'<span class="id">{escape(one.id)}</span> {escape(one.title)}</summary>{reason}<p>{requirements}</p>'
        f"<pre>{frames}</pre></details>"
    )
