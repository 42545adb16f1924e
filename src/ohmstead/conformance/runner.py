"""Play cases, one after the other; whatever the CSMS does, each ends with a verdict."""

from __future__ import annotations

import asyncio
import fnmatch
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from ohmstead import runtime
from ohmstead.conformance import cases, verdicts
from ohmstead.conformance.case import CASES, Broken, Case, NotApplicable, Whom
from ohmstead.conformance.desk import Desk
from ohmstead.conformance.operator import BadDriver, Operator
from ohmstead.conformance.talk import Talk
from ohmstead.conformance.verdicts import Report, Result, Verdict
from ohmstead.ocpp.versions import Version
from ohmstead.simulator.connection import CannotConnect, Endpoint

LONGEST = 120.0
"""Seconds of one case, whatever happens in it."""


class Setup(Struct, frozen=True, kw_only=True):
    """Whom to ask, and how."""

    endpoint: Endpoint
    operator: Operator | None = None
    tokens: dict[str, str] = {}
    """Status -> a token that the CSMS knows so; those of the driver come first."""
    patience: float = 10.0
    """Seconds that the CSMS has for each answer."""


def chosen(version: Version, patterns: Sequence[str] = (), of: Whom = "csms") -> list[Case]:
    """The cases of a version for a CSMS or for a station, in the order of their ids: all, or those whose id matches one
    of `patterns` (`TC_B_*`)."""
    cases.discover()
    fit = [one for one in CASES if version in one.versions and one.of == of]
    if patterns:
        fit = [one for one in fit if any(fnmatch.fnmatchcase(one.id, pattern) for pattern in patterns)]
    return sorted(fit, key=lambda one: one.id)


async def run(setup: Setup, which: Iterable[Case], told: Callable[[Result], None] = lambda _: None) -> Report:
    """Play the cases; `told` hears of each as it ends. Raises BadDriver when the driver cannot prepare the CSMS."""
    if setup.operator is not None:
        password = setup.endpoint.password
        await setup.operator.prepare(setup.endpoint.identity, password if isinstance(password, str) else "")
    results = []
    for one in which:
        results.append(await _play(setup, one))
        told(results[-1])
    return verdicts.report(results)


async def run_station(desk: Desk, which: Iterable[Case], told: Callable[[Result], None] = lambda _: None) -> Report:
    """Ask the station that comes to a desk; `told` hears of each case as it ends."""
    results = []
    for one in which:
        desk.frames, desk.lacks, desk.heard = [], [], []
        results.append(await played(one, desk))
        told(results[-1])
    return verdicts.report(results)


async def _play(setup: Setup, one: Case) -> Result:
    tokens = setup.tokens | (setup.operator.driver.tokens if setup.operator is not None else {})
    talk = Talk(setup.endpoint, setup.operator, tokens, setup.patience)
    result = await played(one, talk)
    try:
        async with asyncio.timeout(setup.patience):
            await talk.close()
    except (OSError, TimeoutError):
        pass  # a CSMS that does not let go is not what the case was about
    return result


async def played(one: Case, talk: Talk) -> Result:
    """Play one case; whatever happens, there is a verdict."""
    began = runtime.monotonic()
    verdict, reason = await _judge(one, talk)
    return Result(
        id=one.id,
        title=one.title,
        requirements=list(one.requirements),
        verdict=verdict,
        reason=reason,
        frames=talk.frames,
        seconds=round(runtime.monotonic() - began, 3),
    )


async def _judge(one: Case, talk: Talk) -> tuple[Verdict, str | None]:
    try:
        async with asyncio.timeout(LONGEST):
            await one.play(talk)
    except NotApplicable as missing:
        return "not_applicable", str(missing)
    except (Broken, CannotConnect) as broken:
        return "fail", str(broken)
    except TimeoutError:
        return "fail", f"nothing came within {talk.patience:g} s"
    except BadDriver as error:
        return "error", str(error)
    except Exception as error:
        return "error", f"{type(error).__name__}: {error}"
    return ("partial", "; ".join(talk.lacks)) if talk.lacks else ("pass", None)
