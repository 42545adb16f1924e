"""What a session knows of its station's kind, and what that costs where nothing is known."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from ohmstead.blocks.command import Unsupported
from ohmstead.gateway import kinds
from ohmstead.ocpp import rpc
from ohmstead.ocpp.versions import V16
from ohmstead.store.db import Db
from tests.playbook import playing

pytestmark = pytest.mark.anyio


async def test_a_kind_is_looked_up_once_for_each_state_of_the_row(db: Db) -> None:
    async with playing(db) as book:
        await book.add_station()
        session = (await book.connect(version=V16)).session
        first = kinds.of(session)
        assert kinds.of(session) is first
        assert first.rows == ()
        named = replace(session.state.station, vendor="KEBA", model="P30")
        session.state = replace(session.state, station=named)
        assert [row.name for row in kinds.of(session).rows] == ["keba-token-with-serial", "keba-evbox-milliamperes"]


async def test_an_unmatched_message_is_the_same_object(db: Db) -> None:
    async with playing(db) as book:
        await book.add_station()
        session = (await book.connect(version=V16)).session
        call = rpc.Call("1", "Authorize", Raw(b'{"idTag":"A_B"}'))
        message, frame, findings = kinds.fix_in(session, call, "frame")
        assert message is call
        assert (frame, findings) == ("frame", ())
        payload = b'{"connectorId":1}'
        assert kinds.fix_out(session, "UnlockConnector", payload) is payload
        assert kinds.capable(session, session.state) is session.state


async def test_what_was_signed_is_kept_as_it_was_signed(db: Db) -> None:
    async with playing(db) as book:
        await book.add_station()
        session = (await book.connect(version=V16)).session
        session.state = replace(session.state, station=replace(session.state.station, vendor="KEBA", model="P30"))
        call = rpc.Call("1", "Authorize", Raw(b'{"idTag":"A_B"}'))
        message, frame, findings = kinds.fix_in(session, call, "frame")
        assert bytes(message.payload) == b'{"idTag":"A"}'
        assert msgspec.json.decode(frame) == [2, "1", "Authorize", {"idTag": "A"}]
        assert kinds.words(findings) == "repaired_token_without_suffix row keba-token-with-serial"
        signed = replace(call, signed=Raw(b"{}"))
        message, frame, _ = kinds.fix_in(session, signed, "frame")
        assert (bytes(message.payload), frame) == (b'{"idTag":"A"}', "frame")


async def test_an_operators_own_word_forbids_and_comes_first(db: Db) -> None:
    async with playing(db) as book:
        await book.add_station()
        session = (await book.connect(version=V16)).session
        station = replace(session.state.station, vendor="ABB", model="Terra AC", firmware_version="1.8.21")
        session.state = replace(session.state, station=replace(station, capabilities={"stack_level_max": 2}))
        known = kinds.capable(session, session.state).station.capabilities
        assert known["stack_level_max"] == 2
        assert "measurands" in known
        own = replace(session.state.station, capabilities={"forbidden_commands": ["Reset"]})
        session.state = replace(session.state, station=own)
        with pytest.raises(Unsupported, match="Reset is in this station's forbidden_commands"):
            kinds.fix_out(session, "Reset", b'{"type":"Soft"}')
