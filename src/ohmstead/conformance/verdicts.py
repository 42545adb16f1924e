"""What a run comes to: a verdict for each case, with the reason and the frames."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from ohmstead.shapes.conformance import CaseFrame as Frame
from ohmstead.shapes.conformance import CaseResult as Result
from ohmstead.shapes.conformance import Verdict

__all__ = ["Frame", "Report", "Result", "Verdict", "report"]


class Report(Struct, frozen=True, kw_only=True):
    """A whole run."""

    cases: list[Result]
    summary: dict[str, int]
    """Verdict -> how many cases."""

    @property
    def failed(self) -> bool:
        return bool(self.summary.get("fail") or self.summary.get("error"))


def report(cases: list[Result]) -> Report:
    return Report(cases=cases, summary=dict(Counter(one.verdict for one in cases)))
