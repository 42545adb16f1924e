"""One line to a second CSMS, with frames in memory: it hangs, refuses, asks, floods, breaks and comes back."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from ohmstead.domain.forwarding import Outbox, Room
from ohmstead.ocpp.versions import V16, V21, V201, Version
from ohmstead.outbound import mirror as module
from ohmstead.outbound.lines import NoLine
from ohmstead.outbound.mirror import Mirror, Refusal
from ohmstead.store.forwardings import Target

pytestmark = pytest.mark.anyio
OK = {"status": "Accepted", "interval": 5, "currentTime": "2025-01-01T00:00:00Z"}


class Csms:
    """The second CSMS: keeps what it is told, answers with `says` by action (None: it hangs)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.answered: list[Any] = []
        self.says: dict[str, Any] = {"BootNotification": OK}
        self.dialled = 0
        self.refuses: str | None = None
        self._to_station: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.heard = asyncio.Event()

    async def dial(self, address: Any) -> Csms:
        self.dialled += 1
        self.heard.set()
        if self.refuses:
            raise NoLine(self.refuses)
        self._to_station = asyncio.Queue()
        return self

    async def send(self, frame: bytes) -> None:
        message = json.loads(frame)
        self.heard.set()
        if message[0] in (3, 4):
            self.answered.append(message)
            return
        self.told.append((message[2], message[3]))
        answer = self.says.get(message[2], {})
        if answer is not None and message[0] == 2:
            kind = [4, message[1], "InternalError", "", {}] if answer == "error" else [3, message[1], answer]
            self._to_station.put_nowait(json.dumps(kind).encode())

    def ask(self, action: str, payload: Any, id: str = "m1") -> None:
        self._to_station.put_nowait(json.dumps([2, id, action, payload]).encode())

    def breaks(self) -> None:
        self._to_station.put_nowait(None)

    async def receive(self) -> bytes:
        if (frame := await self._to_station.get()) is None:
            raise NoLine("it broke")
        return frame

    async def close(self) -> None:
        pass


class Books:
    def __init__(self, ids: dict[int, int] | None = None) -> None:
        self.ids, self.shown = ids or {}, list[Any]()

    async def running(self) -> dict[int, int]:
        return dict(self.ids)

    def remember(self, ours: int, theirs: int) -> None:
        self.ids[ours] = theirs

    def forget(self, ours: int) -> None:
        del self.ids[ours]

    def show(self, figures: Any) -> None:
        self.shown.append(figures)


def here(version: Version, vendor: str | None = "V") -> Any:
    station = SimpleNamespace(
        identity="CS1", vendor=vendor, model="M", serial_number=None, firmware_version="1", tenant_id=1, id=1
    )
    return SimpleNamespace(version=version, state=SimpleNamespace(station=station, connectors={}))


def target(*commands: str, leave_out: tuple[str, ...] = ()) -> Target:
    return Target(1, 1, 1, "wss://x", None, None, None, None, None, frozenset(commands), frozenset(leave_out))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_WITHIN", 0.03)
    monkeypatch.setattr(module, "GRACE", 0.05)
    monkeypatch.setattr(module, "PACE", 0.0)
    monkeypatch.setattr(module, "SHORTEST_INTERVAL", 0)
    monkeypatch.setattr(module, "wait_before", lambda attempt, dice: 0.001)


@asynccontextmanager
async def mirrored(csms: Csms, to: Target | None = None, version: Version = V201, **more: Any):
    asked: list[tuple[str, Any]] = []

    async def ask(session: Any, to: Target, action: str, payload: bytes) -> bytes:
        asked.append((action, json.loads(payload)))
        if action == "GetLog":
            raise Refusal("GenericError", "no answer")
        return b'{"status":"Accepted"}'

    books = more.pop("books", Books())
    one = Mirror(
        to or target(), more.pop("session", here(version)), Outbox(Room(), most=4), books, ask, csms.dial, "pw"
    )
    one.asked_for, one.books = asked, books  # type: ignore[attr-defined]
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(csms: Csms, wanted: Any) -> None:
    async with asyncio.timeout(5):
        while not wanted():
            csms.heard.clear()
            try:
                async with asyncio.timeout(0.01):
                    await csms.heard.wait()
            except TimeoutError:
                pass


async def test_it_introduces_the_station_and_tells_in_order():
    csms = Csms()
    async with mirrored(csms, target(leave_out=("Heartbeat",)), V21) as one:
        one.tell("Heartbeat", b"{}", b"{}")
        one.tell("SignCertificate", b'{"csr":"x"}', b"{}")
        one.tell("Authorize", b'{"idToken":{"idToken":"1234","type":"KeyCode"}}', b"{}")
        one.tell("NotifyPeriodicEventStream", b'{"id":1}', None)
        await until(csms, lambda: one.told == 2)
    assert [action for action, _ in csms.told] == ["BootNotification", "Authorize", "NotifyPeriodicEventStream"]
    assert csms.told[1][1]["idToken"] == {"idToken": "***", "type": "KeyCode"}


async def test_who_hangs_is_left_and_a_message_is_tried_three_times():
    csms = Csms()
    csms.says["Heartbeat"] = None
    async with mirrored(csms) as one:
        one.tell("Heartbeat", b"{}", b"{}")
        one.tell("NotifyEvent", b'{"n":1}', b"{}")
        await until(csms, lambda: one.told == 1)
        assert (csms.dialled, one.dropped) == (4, 1)
        assert [action for action, _ in csms.told].count("Heartbeat") == 3


async def test_what_it_refuses_or_never_takes_is_counted_and_memory_stays_bounded():
    csms = Csms()
    csms.refuses = "no"
    async with mirrored(csms) as one:
        for n in range(100):
            one.tell("NotifyEvent", b'{"n":%d}' % n, b"{}")
        await until(csms, lambda: csms.dialled > 2)
        assert (len(one.outbox), one.dropped) == (4, 96)
        assert one.state == "connecting"
        csms.refuses, csms.says["NotifyEvent"] = None, "error"
        await until(csms, lambda: one.dropped == 100)
        assert one.told == 0


async def test_it_waits_until_it_is_accepted_and_begins_again_when_it_is_no_more():
    csms = Csms()
    csms.says["BootNotification"] = {"status": "Pending", "interval": 0}
    async with mirrored(csms) as one:
        one.tell("NotifyEvent", b"{}", b"{}")
        await until(csms, lambda: len(csms.told) > 2)
        assert {action for action, _ in csms.told} == {"BootNotification"}
        assert one.state == "not_accepted"
        csms.says["BootNotification"] = OK
        await until(csms, lambda: one.told == 1)
        csms.says["BootNotification"] = {"status": "Rejected", "interval": 0}
        one.tell("BootNotification", b'{"reason":"PowerUp"}', b"{}")
        await until(csms, lambda: csms.dialled == 2)


async def test_transactions_of_1_6_have_its_own_numbers_also_after_a_restart():
    csms, books = Csms(), Books({1: 10})
    csms.says["StartTransaction"] = {"transactionId": 20, "idTagInfo": {"status": "Blocked"}}
    async with mirrored(csms, version=V16, books=books) as one:
        one.tell("StartTransaction", b"{}", b'{"transactionId":2}')
        for number in (1, 2, 3):
            one.tell("StopTransaction", b'{"transactionId":%d}' % number, b"{}")
        await until(csms, lambda: one.told + one.dropped == 4)
    assert [said["transactionId"] for action, said in csms.told if action == "StopTransaction"] == [10, 20]
    assert (one.dropped, books.ids) == (1, {})


async def test_commands_are_let_through_one_at_a_time_or_refused():
    csms = Csms()
    async with mirrored(csms, target("ClearCache", "GetLog")) as one:
        await until(csms, lambda: one.state == "connected")
        csms.ask("ClearCache", {}, "a")
        csms.ask("Reset", {"type": "Immediate"}, "b")
        await until(csms, lambda: len(csms.answered) == 2)
        csms.ask("GetLog", {}, "c")
        await until(csms, lambda: len(csms.answered) == 3)
        csms._to_station.put_nowait(b"nonsense")
        await until(csms, lambda: len(csms.answered) == 4)
        one.tell("NotifyEvent", b"{}", b"{}")  # and still it is told
        await until(csms, lambda: one.told == 1)
    found = {message[1]: message[:1] + message[2:3] for message in csms.answered}
    assert found == {"a": [3, {"status": "Accepted"}], "b": [4, "NotSupported"], "c": [4, "GenericError"],
                     "-1": [4, "RpcFrameworkError"]}  # fmt: skip
    assert one.asked_for == [("ClearCache", {}), ("GetLog", {})]
    assert (one.asked, one.refused) == (2, 1)


async def test_a_line_that_breaks_is_opened_again_and_nothing_is_lost():
    csms = Csms()
    async with mirrored(csms) as one:
        await until(csms, lambda: one.state == "connected")
        csms.breaks()
        await until(csms, lambda: csms.dialled == 2)
        one.tell("NotifyEvent", b"{}", b"{}")
        await until(csms, lambda: one.told == 1)
        assert one.dropped == 0


async def test_a_station_that_comes_back_in_a_moment_keeps_its_line_one_that_does_not_ends_it():
    csms = Csms()
    async with mirrored(csms) as one:
        await until(csms, lambda: one.state == "connected")
        one.leave()
        assert one.back(here(V201))
        assert not one.back(here(V16))
        await asyncio.sleep(0.08)
        assert (csms.dialled, one.over) == (1, False)
        one.leave()
        await until(csms, lambda: one.over)
        assert one.state == "ended"
        assert not one.back(here(V201))


async def test_a_station_that_never_booted_is_not_told():
    csms, session = Csms(), here(V201, vendor=None)
    async with mirrored(csms, session=session) as one:
        await asyncio.sleep(0.02)
        assert csms.dialled == 0
        session.state.station.vendor = "V"
        one.tell("BootNotification", b'{"reason":"PowerUp"}', b"{}")
        await until(csms, lambda: csms.told)
        assert csms.told == [("BootNotification", {"reason": "PowerUp"})]
