"""Reports for machines and people, whatever the CSMS said."""

from __future__ import annotations

from xml.etree import ElementTree

from ohmstead.conformance.reports import junit, page
from ohmstead.conformance.verdicts import Frame, Result, report

EVIL = "</pre><script>alert(1)</script>\x00\x1b & \ufffe"
FRAMES = [Frame("now", "sent", EVIL)]
REPORT = report(
    [
        Result(id="TC_1", title="good", requirements=["B01.FR.02"], verdict="pass", seconds=0.5),
        Result(id="TC_2", title="bad", requirements=[], verdict="fail", reason=EVIL, frames=FRAMES),
        Result(id="TC_3", title="ours", requirements=[], verdict="error", reason="ValueError: x"),
        Result(id="TC_4", title="none", requirements=[], verdict="not_applicable", reason="no driver"),
        Result(id="TC_5", title="half", requirements=[], verdict="partial", reason="it should"),
    ]
)


def test_junit() -> None:
    suite = ElementTree.fromstring(junit(REPORT, "OCPP 2.0.1"))
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["5", "1", "1", "1"]
    kinds = [[child.tag for child in one] for one in suite]
    assert kinds == [[], ["failure"], ["error"], ["skipped"], ["system-out"]]
    failure = suite[1][0]
    assert failure.get("message", "").startswith("</pre><script>alert(1)</script>\ufffd\ufffd &")
    assert "sent </pre>" in (failure.text or "")


def test_a_page() -> None:
    text = page(REPORT, "ws://<csms>")
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "ws://&lt;csms&gt;" in text
    assert "This is no certification" in text
    assert "1 pass, 1 fail, 1 error, 1 not applicable, 1 partial" in text
