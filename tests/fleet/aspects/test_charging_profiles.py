"""Charging profiles beside those of a station, by EVSE, purpose and stack level."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from ohmstead.blocks import profile_words
from ohmstead.blocks.command import parse
from ohmstead.domain.device_model import Model
from ohmstead.domain.profiles import Period, Schedule
from ohmstead.fleet.aspects import Seen
from ohmstead.fleet.aspects.charging_profiles import asks, compare, mend
from ohmstead.shapes.desired import DesiredChargingProfile
from ohmstead.store import charging
from tests.fleet.test_layers import PLACE

pytestmark = pytest.mark.anyio


def wanted(limit: float, purpose: str = "TxDefaultProfile") -> list[DesiredChargingProfile]:
    schedules = [{"unit": "A", "periods": [{"start_s": 0, "limit": limit}]}]
    return msgspec.convert(
        [{"evse_id": 1, "profile": {"purpose": purpose, "schedules": schedules}}], list[DesiredChargingProfile]
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_profile_lies_at_its_place(db):
    seen = Seen(PLACE, Model())
    (found,) = await compare(db, seen, wanted(16.5))
    assert (found.same, found.near, found.actual) == (False, False, None)
    body = mend(wanted(16.5), [found])
    assert parse(msgspec.json.encode(body)).evse_id == 1  # type: ignore[union-attr]
    one = profile_words.from_shape(wanted(16.5)[0].profile, 1, 77, 5)
    await db.store([], [charging.asked(1, 1, one, 5)])
    (found,) = await compare(db, seen, wanted(16.5))
    assert (found.same, found.near) == (False, False), "it did not answer yet"
    await db.store([], [charging.installed(1, 1, one, "CSO", 5)])
    assert [one.same for one in await compare(db, seen, wanted(16.5))] == [True]
    # the station keeps whole amperes
    whole = replace(one, schedules=(Schedule("A", (Period(0, 16.0),)),))
    await db.store([], [charging.installed(1, 1, whole, "CSO", 6)])
    (found,) = await compare(db, seen, wanted(16.5))
    assert (found.same, found.near) == (False, True)
    await db.store([], [charging.installed(1, 1, one, "EMS", 7)])
    assert (await compare(db, seen, wanted(16.5)))[0].actual is None, "somebody else's is not ours"


def test_a_transaction_has_its_own():
    with pytest.raises(msgspec.ValidationError, match="belongs to one transaction"):
        asks(wanted(16, "TxProfile"))
    for body in asks(wanted(16)):
        parse(msgspec.json.encode(body))
