"""Whatever happens in a case, it ends with a verdict, and the next one is played."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.conformance import Case, Setup, chosen, run
from ohmstead.conformance.case import Broken, NotApplicable
from ohmstead.conformance.operator import BadDriver
from ohmstead.conformance.talk import Talk
from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.simulator.connection import CannotConnect, Endpoint

pytestmark = pytest.mark.anyio
NOWHERE = Setup(endpoint=Endpoint("ws://127.0.0.1:1/ocpp", "CS1", V201), patience=0.2)


def case(play: Any) -> Case:
    return Case(id="X", title="x", requirements=("R",), versions=(V201,), play=play)


def raising(error: Exception | None, lacks: str | None = None) -> Any:
    async def play(talk: Talk) -> None:
        if lacks is not None:
            talk.lacks.append(lacks)
        if error is not None:
            raise error

    return play


ENDINGS = [
    (None, None, "pass", None),
    (None, "it should", "partial", "it should"),
    (Broken("wrong"), "it should", "fail", "wrong"),
    (CannotConnect("refused", 401), None, "fail", "refused"),
    (TimeoutError(), None, "fail", "nothing came within 0.2 s"),
    (NotApplicable("no driver"), None, "not_applicable", "no driver"),
    (BadDriver("HTTP 500"), None, "error", "HTTP 500"),
    (KeyError("status"), None, "error", "KeyError: 'status'"),
]


@pytest.mark.parametrize(("error", "lacks", "verdict", "reason"), ENDINGS)
async def test_a_verdict(error: Exception | None, lacks: str | None, verdict: str, reason: str | None) -> None:
    told: list[str] = []
    report = await run(
        NOWHERE, [case(raising(error, lacks)), case(raising(None))], lambda one: told.append(one.verdict)
    )
    assert (report.cases[0].verdict, report.cases[0].reason) == (verdict, reason)
    assert told == [verdict, "pass"]


async def test_a_csms_that_is_not_there() -> None:
    report = await run(NOWHERE, chosen(V201, ["TC_B_01_CSMS"]))
    assert report.failed
    assert "cannot connect" in (report.cases[0].reason or "")


def test_cases_are_chosen_by_version_and_pattern() -> None:
    found = [one.id for one in chosen(V16, ["TC_00[1-4]*"])]
    assert found == ["TC_001_CSMS", "TC_003_CSMS", "TC_004_1_CSMS", "TC_004_2_CSMS"]
    assert [one.id for one in chosen(V21, ["TC_G_01_CSMS", "TC_B_01_CSMS"])] == ["TC_B_01_CSMS", "TC_G_01_CSMS"]
    assert chosen(V201, ["TC_G_01_CSMS"]) == []
