"""The only clock, the only create_task."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ohmstead import runtime
from ohmstead.runtime import Clock, FakeClock, from_datetime, rfc3339, spawn, to_datetime


def test_times_are_microseconds_and_lose_nothing() -> None:
    moment = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
    at = from_datetime(moment)
    assert at == 1_772_368_215_123_456
    assert to_datetime(at) == moment
    assert from_datetime(moment.replace(tzinfo=None)) == at
    assert from_datetime(moment.astimezone(timezone(timedelta(hours=-5, minutes=-30)))) == at
    for far in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)):
        assert to_datetime(from_datetime(far)) == far


def test_text_has_three_decimals_and_z() -> None:
    assert rfc3339(1_772_368_215_123_999) == "2026-03-01T12:30:15.123Z"
    assert rfc3339(0) == "1970-01-01T00:00:00.000Z"
    assert rfc3339(-1) == "1969-12-31T23:59:59.999Z"


def test_the_clock_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    assert abs(Clock().now() - from_datetime(datetime.now(UTC))) < 60_000_000
    assert runtime.monotonic() <= runtime.monotonic()
    fake = FakeClock(1_000_000)
    monkeypatch.setattr(runtime, "clock", fake)
    fake.advance(2.5)
    assert (runtime.now(), runtime.monotonic()) == (3_500_000, 2.5)


@pytest.mark.anyio
async def test_a_spawned_task_is_kept_and_its_result_can_be_had() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    task = spawn(work(), "test")
    assert task in runtime._running
    assert await task == 7
    await asyncio.sleep(0)
    assert task not in runtime._running


@pytest.mark.anyio
async def test_a_failure_is_logged_and_a_cancel_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []

    class Log:
        def error(self, event: str, *, task: str, **_: object) -> None:
            logged.append(f"{event}: {task}")

    monkeypatch.setattr(runtime, "log", Log())

    async def fail() -> None:
        raise KeyError("x")

    failing, idle = spawn(fail(), "failing"), spawn(asyncio.sleep(60), "idle")
    idle.cancel()
    await asyncio.gather(failing, idle, return_exceptions=True)
    await asyncio.sleep(0)
    assert logged == ["task failed: failing"]


@pytest.mark.anyio
async def test_who_loses_a_cancellation_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "TELL_AGAIN", 0.01)
    lost: list[int] = []

    async def deaf() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                lost.append(1)
                if len(lost) == 3:
                    raise

    async def failing() -> None:
        raise ValueError

    one, other = spawn(deaf(), "deaf"), spawn(failing(), "failing")
    await asyncio.sleep(0)
    await runtime.end(one, other)
    assert (len(lost), one.cancelled(), other.done()) == (3, True, True)
    await runtime.end(one)
    await runtime.end()
