"""The SDK against a real server in a process of its own: both clients, paging, commands, the feed."""

from __future__ import annotations

import asyncio

import pytest

from ohmstead.client import Client, CommandFailed, Conflict, Invalid, NotFound
from ohmstead.shapes.transaction import Transaction

pytest_plugins = ["ohmstead.client.testing"]
pytestmark = pytest.mark.system


def test_the_life_of_a_command_and_what_the_feed_tells(ohmstead, ohmstead_client, simulated_station):
    client = ohmstead_client
    simulated_station("SDK1", token="04D1")
    client.test_bench.do_step("SDK1", {"do": "plug"})
    with client.commands.start("SDK1", token="04D1", evse_id=1) as command:
        assert command.confirmed().state == "confirmed"
    (begun,) = client.transactions.list(station_id="SDK1")
    assert begun.state == "active"
    with client.commands.stop("SDK1", transaction_id=begun.transaction_id) as command:
        command.confirmed()
    ended = next(
        event.data
        for event in client.events.follow(after=0, types=["ohmstead.transaction.ended"])
        if event.subject == "SDK1"
    )
    assert isinstance(ended, Transaction)
    assert (ended.id, ended.state) == (begun.id, "ended")
    with client.commands.call("SDK1", "ClearCache") as command:
        assert command.answered().answer == {"status": "Accepted"}

    async def again() -> None:
        async with Client(ohmstead.url, ohmstead.key) as one:
            assert (await one.transactions.show(begun.id)).state == "ended"
            assert [found.id async for found in one.stations.list(limit=1)] == [
                found.id for found in client.stations.list()
            ]
            async with one.commands.trigger("SDK1", message="Heartbeat") as command:
                await command.confirmed()
            with pytest.raises(CommandFailed, match=r"stop at SDK1 is rejected"):
                async with one.commands.stop("SDK1", transaction_id="nobody") as command:
                    await command.answered()
            async for event in one.events.follow(after=0):
                assert event.sequence == 1
                break

    asyncio.run(again())


def test_refusals_are_exceptions(ohmstead_client):
    with pytest.raises(NotFound, match="There is no such thing"):
        ohmstead_client.stations.show("NOBODY")
    with pytest.raises(Invalid) as caught:
        ohmstead_client.stations.create(id="a:b")
    assert caught.value.errors[0].pointer == "/id"
    made = ohmstead_client.stations.create(id="OFFLINE1", security_profile="basic")
    assert made.password
    with pytest.raises(Conflict, match="is offline"), ohmstead_client.commands.unlock("OFFLINE1", evse_id=1):
        pass
    with ohmstead_client.commands.clear_cache("OFFLINE1", if_offline="queue") as command:
        assert command.command.state == "queued"
    assert ohmstead_client.commands.show(command.command.id).state == "cancelled"
