"""Our calls on the wire, and the races around them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ohmstead import blocks
from ohmstead.blocks.remote_control import Unlock
from ohmstead.gateway import asking
from ohmstead.ocpp.versions import V16, V21, Version
from ohmstead.store import commands
from ohmstead.store.db import DatabaseGone, Db
from tests.acceptance.serving import event
from tests.playbook import Playbook, Talk, playing

pytestmark = pytest.mark.anyio

TRIGGER = {"type": "trigger", "message": "Heartbeat"}
UNLOCK = {"type": "unlock", "evse_id": 1}
BOOT_NOW = {"type": "trigger", "message": "BootNotification"}
CLEAR_CACHE = {"ocpp": {"action": "ClearCache", "payload": {}}}
VARIABLES = {"type": "get_variables", "variables": [{"component": "C", "variable": f"V{n}"} for n in range(5)]}
GOOD = '>> [3, "$id", {"status": "Accepted"}]'


@pytest.fixture
async def talk(book: Playbook) -> Talk:
    """A booted station."""
    return await booted(book)


async def booted(book: Playbook) -> Talk:
    await book.add_station()
    talk = await book.connect()
    await talk.boots()
    return talk


async def state(book: Playbook, id: str) -> str:
    await book.quiet()
    word: str = (await book.command(id))["state"]
    return word


# ---------------------------------------------------------------------- the usual life


async def test_one_command_after_the_other(each_book: Playbook) -> None:
    talk = await booted(each_book)
    asked = [await each_book.ask(CLEAR_CACHE) for _ in range(3)]
    await talk.plays("""
        << [2, "$1", "ClearCache", {}]
        --
        >> [3, "$1", {"status": "Accepted"}]
        << [2, "$2", "ClearCache", {}]
        >> [4, "$2", "NotSupported", "no", {}]
        << [2, "$3", "ClearCache", {}]
        >> [3, "$1", {"status": "Accepted"}]
        --
        .. 31 s
        >> [3, "$3", {"status": "Accepted"}]
    """)
    assert [await state(each_book, id) for id in asked] == ["accepted", "error", "timed_out"]
    assert len({talk.names[name] for name in ("$1", "$2", "$3")}) == 3


async def test_calls_cross(talk: Talk) -> None:
    await talk.book.ask(CLEAR_CACHE)
    await talk.plays(f"""
        << [2, "$id", "ClearCache", {{}}]
        >> [2, "1", "Heartbeat", {{}}]
        << [3, "1", {{"currentTime": "*"}}]
        {GOOD}
        >> [2, "2", "Heartbeat", {{}}]
        << [3, "2", {{"currentTime": "*"}}]
    """)


async def test_our_calls_are_logged(book: Playbook, talk: Talk) -> None:
    await book.ask(CLEAR_CACHE)
    await book.ask(CLEAR_CACHE)
    await talk.plays(f"""
        << [2, "$id", "ClearCache", {{}}]
        {GOOD}
        << [2, "$2", "ClearCache", {{}}]
        .. 31 s
    """)
    first, second = [row for row in await book.messages() if row["direction"] == "out"]
    assert first["request"] == f'[2,"{talk.names["$id"]}","ClearCache",{{}}]'
    assert first["answer"] is not None
    assert (second["answer"], second["answered_at"]) == (None, None)


async def test_a_command_waits_for_the_boot(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect()
    await book.ask(TRIGGER)
    await talk.plays("--")
    await talk.boots()
    assert (await talk.hears())[2] == "TriggerMessage"


async def test_nothing_is_said_to_a_rejected_station(book: Playbook) -> None:
    await book.add_station(registration="rejected")
    talk = await book.connect()
    await talk.boots()
    await book.ask(TRIGGER)
    await talk.plays("--")
    await book.change_station(registration="accepted")
    assert (await talk.hears())[2] == "TriggerMessage"


async def test_before_the_first_boot_only_a_boot_can_be_asked_for(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect()
    asked = [await book.ask(body) for body in (TRIGGER, CLEAR_CACHE, BOOT_NOW)]
    await talk.plays(f"""
        << [2, "$1", "TriggerMessage", {{"requestedMessage": "BootNotification"}}]
        {GOOD.replace("$id", "$1")}
        --
    """)
    assert [await state(book, id) for id in asked] == ["queued", "queued", "accepted"]
    await talk.boots()
    assert (await talk.hears())[3] == {"requestedMessage": "Heartbeat"}
    assert await state(book, asked[2]) == "confirmed"


@pytest.mark.parametrize("version", [V16, V21])
async def test_a_station_that_does_not_boot_is_asked_to(db: Db, version: Version) -> None:
    async with playing(db, unasked_calls=("boot",)) as book:
        await book.add_station()
        talk = await book.connect(version=version)
        await talk.plays("""
            .. 9 s
            >> [2, "1", "Heartbeat", {}]
            << [4, "1", "SecurityError", "*", {}]
            --
            .. 2 s
            << [2, "$id", "TriggerMessage", {"requestedMessage": "BootNotification"}]
            .. 20 s
            >> [3, "$id", {"status": "Accepted"}]
            --
        """)
        await talk.boots()
        await talk.plays(".. 60 s")  # once is enough
        assert [event for event in await book.feed() if "command" in event][-1] == "command.confirmed"


async def test_who_booted_before_or_is_rejected_is_not_asked_to_boot(db: Db) -> None:
    async with playing(db, unasked_calls=("boot",)) as book:
        await book.add_station("CS1", booted_at=1, told="accepted")
        await book.add_station("CS2", registration="rejected")
        await book.add_station("CS3")
        talks = [await book.connect(one) for one in ("CS1", "CS2", "CS3")]
        await talks[2].boots()
        for talk in talks:
            await talk.plays(".. 30 s")
        assert not [event for event in await book.feed() if "command" in event]


async def test_an_expired_command_is_not_sent(book: Playbook) -> None:
    await book.add_station()
    asked = await book.ask(TRIGGER, expires_in=10)
    book.clock.advance(11)
    talk = await book.connect()
    await talk.boots()
    await talk.plays("--")
    assert await state(book, asked) == "expired"


# ---------------------------------------------------------------------- the same moment


async def test_a_command_that_is_cancelled_just_before_it_is_written_as_sent(
    each_book: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    await not_sent(each_book, monkeypatch, each_book.cancel, "cancelled")


async def test_a_command_that_expires_just_before_it_is_written_as_sent(
    each_book: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def expire(id: str) -> None:
        await commands.end_overdue(each_book.db, each_book.clock.at + 301_000_000)

    await not_sent(each_book, monkeypatch, expire, "expired")


async def not_sent(book: Playbook, monkeypatch: pytest.MonkeyPatch, end: Any, ended: str) -> None:
    """`end` happens after the session has read the command as queued."""
    talk = await booted(book)
    await book.quiet()  # it looks for commands after its boot, too
    next_queued = commands.next_queued

    async def overtaken(db: Any, station_id: int) -> Any:
        found = await next_queued(db, station_id)
        if found is not None and found.type != "ocpp":
            await end(found.id)
        return found

    monkeypatch.setattr(asking.rows, "next_queued", overtaken)
    asked = await book.ask(UNLOCK)
    after = await book.ask(CLEAR_CACHE, expires_in=1000)
    await talk.plays(f"""
        << [2, "$id", "ClearCache", {{}}]
        {GOOD}
    """)
    assert (await state(book, asked), await state(book, after)) == (ended, "accepted")
    assert (await book.command(asked))["calls"] == "[]"
    told = [kind for kind in await book.feed() if kind.startswith("command.")]
    assert sorted(told) == sorted([*["command.queued"] * 2, f"command.{ended}", "command.sent", "command.accepted"])


async def test_a_change_just_before_it_is_written_as_sent(each_book: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator rejects the station in the moment in which its command would go out."""
    talk = await booted(each_book)
    next_queued = commands.next_queued

    async def overtaken(db: Any, station_id: int) -> Any:
        found = await next_queued(db, station_id)
        await each_book.change_station(registration="rejected")
        return found

    monkeypatch.setattr(asking.rows, "next_queued", overtaken)
    asked = await each_book.ask(TRIGGER)
    await talk.plays("--")
    assert await state(each_book, asked) == "queued"


async def test_changes_while_it_is_on_the_wire(each_book: Playbook) -> None:
    talk = await booted(each_book)
    each_book.hub._leave_bus()  # nobody rings
    asked = await each_book.ask(VARIABLES)
    await each_book.change_station(capabilities='{"items_per_get_variables": 4}')
    talk.session.look()
    for size in (4, 1):
        call = await talk.hears()
        assert len(call[3]["getVariableData"]) == size
        await each_book.change_station(site_id=size)
        results = [
            {"attributeStatus": "Accepted", "component": one["component"], "variable": one["variable"]}
            for one in call[3]["getVariableData"]
        ]
        talk.says([3, call[1], {"getVariableResult": results}])
    assert await state(each_book, asked) == "accepted"


async def test_a_socket_that_goes_before_the_command_is_written(
    book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_queued = commands.next_queued

    async def overtaken(db: Any, station_id: int) -> Any:
        found = await next_queued(db, station_id)
        talk.session.closed(1006, "")
        return found

    monkeypatch.setattr(asking.rows, "next_queued", overtaken)
    asked = await book.ask(TRIGGER)
    assert await state(book, asked) == "queued"
    assert not book.hub._tasks


async def test_a_socket_that_goes_while_the_command_is_written(
    book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = book.db.commit

    async def overtaken(batch: Any, lane: int) -> Any:
        stale = await commit(batch, lane)
        if talk.session.open_answer is not None:
            talk.session.closed(1006, "")
        return stale

    monkeypatch.setattr(book.db, "commit", overtaken)
    asked = await book.ask(TRIGGER)
    assert await state(book, asked) == "timed_out"
    assert talk.wire.said.empty()
    assert not book.hub._tasks


async def test_a_socket_that_goes_between_two_requests_says_what_was_not_sent(
    book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await book.change_station(capabilities='{"items_per_get_variables": 4}')
    asked = await book.ask(VARIABLES)
    call = await talk.hears()
    commit = book.db.commit

    async def overtaken(batch: Any, lane: int) -> Any:
        stale = await commit(batch, lane)
        if talk.session.open_answer is not None:
            talk.session.closed(1006, "")
        return stale

    monkeypatch.setattr(book.db, "commit", overtaken)
    results = [
        {"attributeStatus": "Accepted", "attributeValue": "1", "component": one["component"],
         "variable": one["variable"]}
        for one in call[3]["getVariableData"]
    ]  # fmt: skip
    talk.says([3, call[1], {"getVariableResult": results}])
    assert await state(book, asked) == "timed_out"
    assert talk.wire.said.empty()
    told = (await book.command(asked))["results"]
    statuses = [one["status"] for one in (json.loads(told) if isinstance(told, str) else told)]
    assert statuses == ["accepted"] * 4 + ["not_sent"]


async def test_a_commit_that_takes_longer_than_the_call_may(
    book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = book.db.commit

    async def slow(batch: Any, lane: int) -> Any:
        if talk.session.open_answer is not None:
            book.pass_time(31)
        return await commit(batch, lane)

    monkeypatch.setattr(book.db, "commit", slow)
    asked = await book.ask(TRIGGER)
    assert await state(book, asked) == "timed_out"
    assert talk.wire.said.empty()  # nobody would have waited for the answer


async def test_a_station_that_reconnects_while_its_command_is_open(each_book: Playbook) -> None:
    talk = await booted(each_book)
    asked = await each_book.ask(UNLOCK)
    after = await each_book.ask(CLEAR_CACHE)
    call = await talk.hears()
    again = await each_book.connect()
    again.says([2, "1", "Heartbeat", {}])
    heard = [await again.hears(), await again.hears()]
    assert sorted(one[0] for one in heard) == [2, 3]
    talk.says([3, call[1], {"status": "Unlocked"}])  # on the old socket
    again.says([3, call[1], {"status": "Unlocked"}])  # on the new one
    await talk.plays("<< close 4000")
    await talk.hangs_up()
    again.says([3, next(one[1] for one in heard if one[0] == 2), {"status": "Accepted"}])
    assert (await state(each_book, asked), await state(each_book, after)) == ("timed_out", "accepted")
    assert (await each_book.feed()).count("command.timed_out") == 1


async def test_a_second_socket_that_goes_before_it_has_begun(each_book: Playbook) -> None:
    """It had taken over: what was on the old one's wire is for it to say."""
    talk = await booted(each_book)
    asked = await each_book.ask(UNLOCK)
    await talk.hears()
    second = await each_book.connect(begin=False)
    second.says([2, "1", "Heartbeat", {}])
    second.session.closed(1006, "")
    assert await state(each_book, asked) == "timed_out"
    assert (await each_book.row())["connected_since"] is None


async def test_what_a_crash_left_as_sent(book: Playbook, talk: Talk) -> None:
    asked = await book.ask(UNLOCK)
    await talk.hears()
    book.hub._current.clear()  # as if this process had never been
    again = await book.connect()
    await again.plays("--")
    assert await state(book, asked) == "timed_out"
    await talk.hangs_up()
    assert (await book.feed()).count("command.timed_out") == 1


async def test_what_a_crash_left_as_sent_of_a_station_that_never_comes_back(book: Playbook, talk: Talk) -> None:
    asked = await book.ask(UNLOCK)
    await talk.hears()
    async with book.db.transaction() as tx:
        await tx.execute(commands_offline())
    await commands.end_overdue(book.db, book.clock.at + 5_000_000)
    assert (await book.command(asked))["state"] == "sent"
    await commands.end_overdue(book.db, book.clock.at + 11_000_000)
    assert (await book.command(asked))["state"] == "timed_out"


def commands_offline() -> Any:
    from sqlalchemy import update

    from ohmstead.store.statement import Statement
    from ohmstead.store.tables import stations

    return Statement(update(stations).values(connected_since=None))


# ---------------------------------------------------------------------- confirmed


async def test_confirmed_before_after_and_during_the_answer(each_book: Playbook) -> None:
    talk = await booted(each_book)
    heartbeat = '[2, "h", "Heartbeat", {}]'
    for first in (True, False):
        for together in (True, False):
            asked = await each_book.ask(TRIGGER)
            answer = f'[3, "{(await talk.hears())[1]}", {{"status": "Accepted"}}]'
            for text in (heartbeat, answer) if first else (answer, heartbeat):
                talk.says(text)
                if not together:
                    await each_book.quiet()
            assert (await talk.hears())[0] == 3
            assert await state(each_book, asked) == "confirmed"
            assert talk.session.awaiting == []
    told = [kind for kind in await each_book.feed() if kind.startswith("command.")]
    assert told == ["command.queued", "command.sent", "command.accepted", "command.confirmed"] * 4


async def test_confirmed_on_another_socket(each_book: Playbook) -> None:
    talk = await booted(each_book)
    asked = await each_book.ask({"type": "reset"})
    talk.says([3, (await talk.hears())[1], {"status": "Accepted"}])
    assert await state(each_book, asked) == "accepted"
    await talk.hangs_up()
    await (await each_book.connect()).boots()
    assert await state(each_book, asked) == "confirmed"


async def test_confirmed_too_late(each_book: Playbook) -> None:
    talk = await booted(each_book)
    asked = await each_book.ask(TRIGGER)
    talk.says([3, (await talk.hears())[1], {"status": "Accepted"}])
    await each_book.quiet()
    each_book.clock.advance(61)
    await commands.end_overdue(each_book.db, each_book.clock.at)
    await talk.calls("Heartbeat", {})
    assert await state(each_book, asked) == "unconfirmed"
    assert (await each_book.feed())[-1] == "command.unconfirmed"


async def test_a_rejected_command_is_not_confirmed(book: Playbook, talk: Talk) -> None:
    asked = await book.ask(TRIGGER)
    call = await talk.hears()
    await talk.calls("Heartbeat", {})
    talk.says([3, call[1], {"status": "Rejected"}])
    assert await state(book, asked) == "rejected"


# ---------------------------------------------------------------------- bad answers, mistakes of ours


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ('[4, "$id", "\\u0000Foo", "b\\u0000c", {}]', "Foo"),
        ('[4, "$id"]', "GenericError"),
        ('[4, "$id", null, null, null]', "GenericError"),
        ('[4, "$id", "X", "' + "y" * 5000 + '", {}]', "X"),
    ],
)
async def test_whatever_a_station_calls_an_error(each_book: Playbook, error: str, code: str) -> None:
    talk = await booted(each_book)
    asked = await each_book.ask(UNLOCK)
    await talk.plays(f"""
        << [2, "$id", "UnlockConnector", "*"]
        >> {error}
    """)
    assert await state(each_book, asked) == "error"
    row = await each_book.command(asked)
    assert row["reason"].startswith(f"{code}: ")
    assert len(row["reason"]) < 1100


async def test_a_bad_answer_of_21_is_told_so(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect(version=V21)
    await talk.boots()
    await book.ask(UNLOCK)
    await talk.plays("""
        << [2, "$id", "UnlockConnector", "*"]
        >> [3, "$id", {"status": "Perhaps"}]
        << [5, "$id", "*", "*", {}]
    """)


async def test_a_mistake_in_a_command(book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Unlock, ask: Any) -> Any:
        yield ask.v.UnlockConnectorRequest(evse_id="one", connector_id=1)

    monkeypatch.setattr(Unlock, "to_v2", broken)
    refused = await book.ask(UNLOCK)
    assert await state(book, refused) == "error"
    assert "cannot say this" in (await book.command(refused))["reason"]
    monkeypatch.setattr(Unlock, "to_v2", lambda self, ask: 1 / 0)
    failed = await book.ask(UNLOCK)
    assert await state(book, failed) == "error"
    await book.ask(CLEAR_CACHE)
    assert (await talk.hears())[2] == "ClearCache"


async def test_a_command_that_this_release_does_not_know(book: Playbook, talk: Talk) -> None:
    await talk.hangs_up()
    asked = await book.ask(UNLOCK)
    async with book.db.transaction() as tx:
        await tx.execute(commands_body("{}"))
    again = await book.connect()
    await again.plays("--")
    assert await state(book, asked) == "error"


def commands_body(body: str) -> Any:
    from sqlalchemy import update

    from ohmstead.store.statement import Statement
    from ohmstead.store.tables import commands as table

    return Statement(update(table).values(body=body))


async def test_a_database_that_goes_away_while_a_command_is_open(
    book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What became of it cannot be written: the session ends, and its next one knows that it was sent."""
    asked = await book.ask(UNLOCK)
    call = await talk.hears()

    async def gone(*_: Any, **__: Any) -> Any:
        raise DatabaseGone("gone")

    with monkeypatch.context() as patch:
        patch.setattr(type(talk.session), "commit", gone)
        talk.says([3, call[1], {"status": "Unlocked"}])
        await talk.plays("<< close 1013")
    await talk.hangs_up()
    assert await state(book, asked) == "sent"
    await (await book.connect()).plays("--")
    assert await state(book, asked) == "timed_out"


async def test_a_database_that_cannot_be_read(book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(*_: Any) -> Any:
        raise DatabaseGone("gone")

    with monkeypatch.context() as patch:
        patch.setattr(asking.rows, "next_queued", gone)
        await book.ask(CLEAR_CACHE)
        await talk.plays("--")
    talk.session.look()
    assert (await talk.hears())[2] == "ClearCache"


# ---------------------------------------------------------------------- what may be said


@pytest.mark.parametrize("body", [{"type": "start", "token": "A"}, {"type": "stop", "transaction_id": "1"}])
async def test_a_pending_station_starts_and_stops_nothing(book: Playbook, body: dict[str, Any]) -> None:
    await book.add_station(registration="pending")
    talk = await book.connect()
    await talk.boots()
    asked = await book.ask(body)
    await talk.plays("--")
    assert await state(book, asked) == "error"


async def test_a_raw_start_is_a_start(book: Playbook) -> None:
    await book.add_station(registration="pending")
    talk = await book.connect(version=V16)
    await talk.boots()
    asked = await book.ask({"ocpp": {"action": "RemoteStartTransaction", "payload": {"idTag": "A"}}})
    await talk.plays("--")
    assert await state(book, asked) == "error"


async def test_what_we_trigger_a_pending_station_may_say(book: Playbook) -> None:
    await book.add_station(registration="pending")
    talk = await book.connect()
    await talk.boots()
    await book.ask(TRIGGER)
    await talk.plays(f"""
        << [2, "$id", "TriggerMessage", {{"requestedMessage": "Heartbeat"}}]
        {GOOD}
        >> [2, "1", "Heartbeat", {{}}]
        << [3, "1", {{"currentTime": "*"}}]
        >> [2, "2", "NotifyEvent", {{}}]
        << [4, "2", "*", "*", "*"]
    """)


async def test_a_profile_queued_for_a_transaction_that_ends_is_not_sent(book: Playbook, talk: Talk) -> None:
    """K01.FR.03: what is true when it would leave counts, even between two calls of one command."""
    schedules = [{"unit": "A", "periods": [{"start_s": 0, "limit": 8}]}]
    profile = {"transaction_id": "tx-1", "schedules": schedules}
    await talk.plays(f"""
        >> {json.dumps([2, "s1", "TransactionEvent", event("Started", 0, evse=1)])}
        << [3, "s1", {{}}]
    """)
    first = await book.ask({"type": "set_charging_profile", "evse_id": 1, "profile": {**profile, "id": 5}})
    await talk.plays(f"""<< [2, "$id", "SetChargingProfile", "*"]
        {GOOD}""")
    second = await book.ask({"type": "set_charging_profile", "evse_id": 1, "profile": {**profile, "id": 6}})
    third = await book.ask({"type": "set_charging_profile", "evse_id": 1, "profile": profile})
    await talk.plays(f"""
        << [2, "$2", "ClearChargingProfile", {{"chargingProfileId": 5}}]
        >> {json.dumps([2, "s2", "TransactionEvent", event("Ended", 1, 60, evse=1)])}
        << [3, "s2", {{}}]
        {GOOD.replace("$id", "$2")}
        --
    """)
    assert [await state(book, one) for one in (first, second, third)] == ["accepted", "error", "error"]
    assert "tx-1 does not run" in (await book.command(third))["reason"]


async def test_a_call_that_the_version_does_not_have(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect(version=V16)
    await talk.boots()
    report = {"action": "GetBaseReport", "payload": {"requestId": 1, "reportBase": "FullInventory"}}
    asked = await book.ask({"ocpp": report})
    await talk.plays("--")
    assert await state(book, asked) == "error"


async def test_many_sockets_many_commands(book: Playbook) -> None:
    """No two stations wait for each other, and nothing is left over."""
    assert blocks.HANDLERS
    fleet = [f"S{number}" for number in range(20)]
    await book.add_stations(fleet)
    talks = [await book.connect(identity) for identity in fleet]

    async def live(talk: Talk, identity: str) -> None:
        await talk.boots()
        asked = [await book.ask(CLEAR_CACHE, identity) for _ in range(3)]
        for _ in asked:
            call = await talk.hears()
            talk.says([3, call[1], {"status": "Accepted"}])
        ids.extend(asked)

    ids: list[str] = []
    await asyncio.gather(*(live(talk, identity) for talk, identity in zip(talks, fleet, strict=True)))
    await book.quiet()
    assert {(await book.command(id))["state"] for id in ids} == {"accepted"}
    assert not book.hub._tasks
