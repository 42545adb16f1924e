"""A run on the bench: cases of conformance against this very Ohmstead, or a scenario."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Literal

from ohmstead import conformance, runtime
from ohmstead.api.bench import BenchRefuses, Seat
from ohmstead.conformance import BadDriver, Operator, Setup, operator
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.shapes.conformance import CaseResult
from ohmstead.shapes.tables import BadFile, Table
from ohmstead.shapes.testbench import ConformanceRunNew, Run, RunNew, RunResult, RunState, ScenarioRunNew
from ohmstead.simulator import CannotConnect, Endpoint, Happening, ScenarioFailed, Script
from ohmstead.simulator.simulate import line

LONGEST = {"conformance": 3600.0, "scenario": 600.0}
"""Real seconds of a run."""
STEPS, LASTS_S, LINES = 500, 7 * 86_400.0, 2000
"""The most that a scenario may hold, last in its own time, and tell."""


@dataclass(frozen=True)
class Doors:
    """How a run comes in: the gateway, and the API with the credentials of who asked for the run."""

    gateway: str
    tls: SSLContext | None
    api: str
    credentials: dict[str, str] = field(repr=False)
    files: str = "http://127.0.0.1:1"
    """What the addresses of files begin with that its stations may use."""


@dataclass
class Findings:
    """What a run has found so far."""

    cases: list[CaseResult] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    steps: int = 0

    def say(self, text: str) -> None:
        if len(self.lines) < LINES:
            self.lines.append(text)


@dataclass(frozen=True)
class Plan:
    """What a run will do; `play` returns why it failed, None when it did not."""

    type: Literal["conformance", "scenario"]
    title: str
    total: int
    play: Callable[[Findings], Awaitable[str | None]]


def planned(seat: Seat, new: RunNew, doors: Doors) -> Plan:
    """The plan of a run; raises BenchRefuses with the field that is wrong."""
    return _cases(seat, new, doors) if isinstance(new, ConformanceRunNew) else _scenario(seat, new, doors)


def _cases(seat: Seat, new: ConformanceRunNew, doors: Doors) -> Plan:
    version = BY_NAME[new.ocpp_version]
    which = conformance.chosen(version, new.cases)
    if not which:
        raise BenchRefuses(f"OCPP {version.name} has no such case", "/cases")
    driver = operator.shipped(f"{doors.api}/api/v1", doors.credentials)

    async def play(findings: Findings) -> str | None:
        endpoint = Endpoint(doors.gateway, seat.identity, version, seat.password, doors.tls)
        hand = Operator(driver)
        try:
            setup = Setup(endpoint=endpoint, operator=hand, patience=new.patience_s)
            report = await conformance.run(setup, which, findings.cases.append)
        finally:
            await hand.close()
        bad = report.summary.get("fail", 0) + report.summary.get("error", 0)
        return f"{bad} of {len(which)} cases did not pass." if report.failed else None

    return Plan("conformance", f"OCPP {version.name}", len(which), play)


def _scenario(seat: Seat, new: ScenarioRunNew, doors: Doors) -> Plan:
    try:
        script = Script(Table("scenario", new.scenario), None)
    except BadFile as error:
        raise BenchRefuses(str(error), "/scenario") from None
    scenario = script.scenario
    if len(scenario.step) > STEPS or sum(step.lasts_s for step in scenario.step) > LASTS_S:
        raise BenchRefuses(f"has more than {STEPS} steps, or lasts longer than {LASTS_S:g} s", "/scenario")

    async def play(findings: Findings) -> str | None:
        def watch(happening: Happening) -> None:
            findings.say(line(happening))

        def say(text: str) -> None:
            findings.steps += 1
            findings.say(text)

        station = script.station(
            doors.gateway, seat.identity, password=seat.password, tls=doors.tls, watch=watch, files=doors.files
        )
        await script.play(station, say)
        return None

    return Plan("scenario", scenario.title, len(scenario.step), play)


class BenchRun:
    """A run that goes on, or is over."""

    def __init__(self, seat: Seat, plan: Plan) -> None:
        self.seat, self._plan = seat, plan
        self.id = f"run_{secrets.token_hex(8)}"
        self.state: RunState = "running"
        self._findings = Findings()
        self._reason: str | None = None
        self._created_at = runtime.now()
        self._ended_at: int | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Let it run."""
        self._task = runtime.spawn(self._play(), f"test bench {self.id}")

    async def end(self) -> None:
        """Cancel it, unless it is over."""
        if self._task is not None:
            await runtime.end(self._task)

    async def _play(self) -> None:
        longest = LONGEST[self._plan.type]
        try:
            async with asyncio.timeout(longest):
                self._reason = await self._plan.play(self._findings)
        except TimeoutError:
            self._reason = f"It was not over after {longest:g} s."
        except (ScenarioFailed, CannotConnect, BadDriver) as error:
            self._reason = str(error)
        except asyncio.CancelledError:
            self.state = "cancelled"
            raise
        except Exception as error:
            runtime.log.exception("a run of the test bench failed", run=self.id, error=repr(error))
            self._reason = f"{type(error).__name__}: {error}"
        finally:
            self._ended_at = runtime.now()
            if self.state == "running":
                self.state = "passed" if self._reason is None else "failed"

    def shown(self) -> RunResult:
        """With all that it found."""
        found, short = self._findings, self.summary()
        fields = {name: getattr(short, name) for name in Run.__struct_fields__}
        return RunResult(**fields, cases=list(found.cases), lines=list(found.lines))

    def summary(self) -> Run:
        """In a few words."""
        found = self._findings
        return Run(
            id=self.id,
            type=self._plan.type,
            title=self._plan.title,
            station_id=self.seat.identity,
            state=self.state,
            reason=self._reason,
            done=len(found.cases) or found.steps,
            total=self._plan.total,
            summary=dict(Counter(one.verdict for one in found.cases)),
            created_at=runtime.to_datetime(self._created_at),
            ended_at=None if self._ended_at is None else runtime.to_datetime(self._ended_at),
        )
