"""Everything at once, in an order that nobody chose: takeovers, changes, cancellations, commands, ends.

Whatever the order, these hold: a command goes out at most once, and never after it was cancelled or expired; what the
books say of it is what the station saw; an answered call is in the log; nobody is shown as connected who is gone.
"""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from ohmstead.ocpp.versions import V201
from ohmstead.store import commands
from tests.playbook import Playbook, Talk

pytestmark = pytest.mark.anyio

CLEAR_CACHE = {"ocpp": {"action": "ClearCache", "payload": {}}}
TRIGGER = {"type": "trigger", "message": "Heartbeat"}
SENT = {"sent", "accepted", "rejected", "error", "timed_out", "confirmed", "unconfirmed"}


class Chaos:
    def __init__(self, book: Playbook, seed: int) -> None:
        self.book, self.dice = book, random.Random(seed)
        self.talks: list[Talk] = []
        self.asked: list[str] = []
        self.cancelled: set[str] = set()
        self.on_the_wire: list[str] = []
        """Ids of our CALLs, as the stations saw them."""
        self.calls = 0
        self.answered: list[str] = []

    @property
    def open(self) -> list[Talk]:
        return [talk for talk in self.talks if talk.wire.ending is None and not talk.session.dead]

    def listen(self) -> None:
        """What we have said until now; answer some of our calls."""
        for talk in self.talks:
            while not talk.wire.said.empty():
                text = talk.wire.said.get_nowait()
                message = [None] if text.startswith("close ") else json.loads(text)
                if message[0] == 2:
                    self.on_the_wire.append(message[1])
                    if not talk.session.dead and self.dice.random() < 0.8:
                        talk.says([3, message[1], {"status": self.dice.choice(["Accepted", "Rejected"])}])
                elif message[0] == 3:
                    self.answered.append(message[1])

    async def step(self) -> None:
        book, dice = self.book, self.dice
        match dice.choice(["come", "come", "say", "say", "say", "ask", "ask", "ask", "cancel", "change", "go", "time"]):
            case "come":
                self.talks.append(await book.connect(version=V201, begin=False))
                self.talks[-1].wire.alive = dice.random() < 0.7
            case "say" if self.open:
                self.calls += 1
                dice.choice(self.open).says([2, f"{self.calls}", "Heartbeat", {}])
            case "ask":
                self.asked.append(await book.ask(dice.choice([CLEAR_CACHE, TRIGGER]), expires_in=dice.choice([3, 300])))
            case "cancel" if self.asked:
                one = dice.choice(self.asked[-3:])
                if await book.cancel(one):
                    self.cancelled.add(one)
            case "change":
                await book.change_station(strictness=dice.choice(["strict", "lenient"]))
            case "go" if self.open:
                dice.choice(self.open).session.closed(1006, "")
            case "time":
                book.pass_time(dice.choice([1, 6, 31]))
                await commands.end_overdue(book.db, book.clock.at)
        for _ in range(dice.choice([0, 0, 1, 3, 30])):
            await asyncio.sleep(0)
        self.listen()

    async def run(self, steps: int) -> None:
        """At least so many steps, and on until something was said in both directions: how far a step comes is the
        database's to say."""
        await self.book.add_station(booted_at=1, told="accepted")
        for done in range(50 * steps):
            if done >= steps and self.on_the_wire and self.answered:
                break
            await self.step()
        for talk in self.open:
            talk.session.closed(1006, "")
        await self.book.quiet()
        self.listen()

    async def check(self) -> None:
        assert len(self.on_the_wire) == len(set(self.on_the_wire))
        written: list[str] = []
        for id in self.asked:
            row = await self.book.command(id)
            calls = [call["message_id"] for call in json.loads(row["calls"])]
            assert len(calls) == (row["state"] in SENT), row
            written += calls
            if id in self.cancelled:
                assert row["state"] == "cancelled", row
            assert row["state"] != "sent", "the socket is gone: what became of it is known"
        assert set(self.on_the_wire) <= set(written)
        assert (await self.book.row())["connected_since"] is None
        logged = {json.loads(row["request"])[1]: row for row in await self.book.messages() if row["direction"] == "in"}
        assert all(logged[id]["answer"] is not None for id in self.answered)
        feed = [kind for kind in await self.book.feed() if kind.startswith("station.")]
        assert feed[-1:] in (["station.disconnected"], [])
        assert not self.book.hub._tasks
        assert not self.book.hub.current
        assert not self.book.hub._rivals
        assert not self.book.hub._beginning


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_the_order(each_book: Playbook, seed: int) -> None:
    chaos = Chaos(each_book, seed)
    await chaos.run(120)
    await chaos.check()
    assert chaos.on_the_wire
    assert chaos.answered


async def test_a_fleet_of_them(book: Playbook) -> None:
    """Stations that come and go do not disturb those that stay."""
    await book.add_stations(["STAYS", "GOES"], booted_at=1, told="accepted")
    stays = await book.connect("STAYS")
    answers: list[Any] = []
    for number in range(30):
        goes = await book.connect("GOES", begin=number % 2 == 0)
        goes.says([2, "1", "Heartbeat", {}])
        stays.says([2, str(number), "Heartbeat", {}])
        if number % 3:
            goes.session.closed(1006, "")
        answers.append(await stays.hears())
    assert [answer[:2] for answer in answers] == [[3, str(number)] for number in range(30)]
