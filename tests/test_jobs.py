"""Jobs go on, whatever happens to one run of them."""

from __future__ import annotations

import asyncio

import pytest

from ohmstead import jobs, runtime
from ohmstead.jobs import LEASE_S, Job, Lead, all_jobs
from ohmstead.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("error", [OSError("gone"), KeyError("a mistake"), TimeoutError()])
async def test_a_job_that_fails_is_tried_again(error):
    runs, enough = [], asyncio.Event()

    async def work() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise error
        enough.set()

    task = asyncio.get_running_loop().create_task(jobs.run(Job("test", 0, work)))
    async with asyncio.timeout(10):
        await enough.wait()
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_job_waits_between_two_runs(monkeypatch):
    steps: list[object] = []

    async def work() -> None:
        steps.append("run")

    async def sleep(seconds: float) -> None:
        steps.append(seconds)
        if len(steps) == 4:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await jobs.run(Job("test", 7.0, work))
    assert steps == ["run", 7.0, "run", 7.0]


async def test_each_job_runs_on_both_databases(db):
    listed = all_jobs(db, Settings())
    assert len({job.name for job in listed}) == len(listed)
    for job in listed:
        assert job.every > 0
        await job.run()


async def test_one_process_has_the_lead_until_it_is_silent(db, monkeypatch):
    monkeypatch.setattr(runtime, "clock", clock := runtime.FakeClock())
    one, other = Lead(db, "one"), Lead(db, "other")
    await one.ask()
    await other.ask()
    assert (one.ours, other.ours) == (True, False)
    clock.advance(LEASE_S + 0.1)
    assert not one.ours, "before anybody else can have it"
    await other.ask()
    await one.ask()
    assert (one.ours, other.ours) == (False, True)


async def test_who_has_not_the_lead_does_what_each_must_do(monkeypatch):
    done: list[str] = []

    async def work(name: str) -> None:
        done.append(name)

    async def sleep(seconds: float) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    for name, led in (("led", True), ("each", False)):
        with pytest.raises(asyncio.CancelledError):
            await jobs.run(Job(name, 1, lambda name=name: work(name), led), Lead(None, "me"))
    assert done == ["each"]
