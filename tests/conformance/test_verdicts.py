"""A report counts its verdicts; only what failed or erred fails it."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.conformance.verdicts import Result, report


@pytest.mark.parametrize(
    ("verdicts", "summary", "failed"),
    [
        ([], {}, False),
        (["pass", "pass", "partial", "not_applicable"], {"pass": 2, "partial": 1, "not_applicable": 1}, False),
        (["pass", "fail"], {"pass": 1, "fail": 1}, True),
        (["error"], {"error": 1}, True),
    ],
)
def test_a_summary(verdicts: list[Any], summary: dict[str, int], failed: bool) -> None:
    found = report([Result(id="X", title="x", requirements=[], verdict=one) for one in verdicts])
    assert (found.summary, found.failed) == (summary, failed)
