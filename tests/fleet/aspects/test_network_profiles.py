"""Network profiles beside what stations tell of their slots: 2.1 tells them, 2.0.1 does not."""

from __future__ import annotations

import msgspec
import pytest

from ohmstead.blocks.command import parse
from ohmstead.domain.desired import Ended, Record, as_kept, concluded
from ohmstead.domain.device_model import Attribute, Model, Name, Variable, model
from ohmstead.fleet.aspects import Seen
from ohmstead.fleet.aspects.network_profiles import TOLD, _check, mend, read
from ohmstead.shapes.desired import DesiredNetworkProfile
from tests.fleet.test_layers import PLACE

ONE = DesiredNetworkProfile(slot=2, url="wss://h/o", security_profile=2)
SAID = {"url": "wss://h/o", "security_profile": "2", "interface": "Wired0", "message_timeout_s": "30"}


def told(active: str = "1", **values: str) -> Model:
    slot = {Name("NetworkConfiguration", TOLD[name], "2"): value for name, value in values.items()}
    slot[Name("OCPPCommCtrlr", "ActiveNetworkProfile")] = active
    return model(Variable(name, (Attribute(value=value),)) for name, value in slot.items())


def seen(known: Model, version: str = "2.1") -> Seen:
    return Seen(PLACE._replace(ocpp_version=version), known)


def test_what_a_slot_holds_is_compared():
    assert _check(ONE, seen(told(**SAID))).same
    other = _check(ONE, seen(told(**SAID | {"url": "wss://other/o"})))
    assert (other.same, other.near, other.blocked) == (False, False, None)
    used = _check(ONE, seen(told("2", **SAID | {"url": "wss://other/o"})))
    assert "uses this slot now" in str(used.blocked), "B09.FR.21"
    body = mend([ONE], [other])
    assert parse(msgspec.json.encode(body)).slot == 2  # type: ignore[union-attr]
    parse(msgspec.json.encode(read([ONE])))
    assert "1.6 has no network profiles" in str(_check(ONE, seen(Model(), "1.6")).blocked)


@pytest.mark.parametrize("known", [Model(), told(), told(url="wss://h/o")])
def test_what_is_not_told_counts_once_the_station_took_it(known):
    check = _check(ONE, seen(known, "2.0.1"))
    assert (check.same, check.near) == (False, True)
    record = concluded(Record(asked=(check.key,)), Ended(True, True, None), [check], 0)
    assert as_kept(record, [check])[0].same
    assert not as_kept(concluded(Record(asked=(check.key,)), Ended(False, True, "Rejected"), [check], 0), [check])[
        0
    ].same
