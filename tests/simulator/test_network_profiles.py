"""Network profiles of a simulated station: set, tried in their order, forgotten when a higher one is proved."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.network_profiles import MAY_LOWER, PRIORITY, NetworkProfiles
from ohmstead.simulator.station import Station


def networks(url: str = "ws://h/o", version: str = "2.0.1", **more: Any) -> NetworkProfiles:
    return Station("CS1", url=url, version=version, speed=None, **more).controller.networks


def told(slot: int, profile: int = 2, url: str = "wss://h/o") -> dict[str, Any]:
    data = {"ocppTransport": "JSON", "ocppCsmsUrl": url, "securityProfile": profile}
    return {"configurationSlot": slot, "connectionData": data}


def prefer(one: NetworkProfiles, text: str) -> str:
    variables = one._controller.variables
    return variables.write(variables[PRIORITY], text)


@pytest.mark.parametrize(
    ("url", "password", "version", "profile"),
    [
        ("ws://h", "p", "2.0.1", 1),
        ("ws://h", None, "1.6", 0),
        ("wss://h", "p", "2.1", 2),
        ("wss://h", None, "2.1", 3),
    ],
)
def test_how_it_was_set_up(url: str, password: str | None, version: str, profile: int) -> None:
    one = networks(url, version, password=password)
    assert one.now[:2] == (url, profile)
    assert one._controller.variables["SecurityCtrlr.SecurityProfile"].read() == str(profile)


def test_a_slot_is_set_and_preferred() -> None:
    one = networks()
    assert prefer(one, "2,1") == "Rejected"  # nothing is in it
    assert one.set(told(2)) == {"status": "Accepted"}
    assert prefer(one, "2,2") == "Rejected"
    assert prefer(one, "2,1") == "Accepted"
    assert one.using == 1
    one.restarted()
    assert one.now[:2] == ("wss://h/o", 2)
    one.failed()
    one.failed()
    assert one.using == 2
    one.failed()
    assert one.using == 1  # it falls back
    one.restarted()
    one.proved()
    assert (list(one.slots), one._controller.variables[PRIORITY].value) == ([2], "2")  # A05.FR.06


@pytest.mark.parametrize(("slot", "profile"), [(1, 2), (7, 2), (2, 0)])
def test_what_it_does_not_take(slot: int, profile: int) -> None:
    assert networks().set(told(slot, profile))["status"] == "Rejected"


def test_a_lower_one_only_where_that_is_allowed() -> None:
    one = networks("wss://h/o", "2.1")
    assert one.set(told(2, 2))["status"] == "Rejected"
    one._controller.variables[MAY_LOWER].value = "true"
    assert one.set(told(2, 1))["status"] == "Rejected"
    assert one.set(told(2, 2))["status"] == "Accepted"


def test_16_connects_anew() -> None:
    one = networks(version="1.6", password="p", secure_url="wss://h/o")
    assert (one.raise_to("1"), one.raise_to("x")) == ("Rejected", "Rejected")
    assert networks(version="1.6").raise_to("2") == "Rejected"
    assert one.raise_to("2") == "Accepted"
    one._controller.answered()
    assert one.now[:2] == ("wss://h/o", 2)
