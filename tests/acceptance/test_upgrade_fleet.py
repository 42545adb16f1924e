"""3. Security: twenty simulated stations from profile 1 over 2 to 3 without a site visit, whatever goes wrong (A05)."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from ohmstead.simulator.station import Station
from tests.acceptance.serving import PASSWORD, Csms, serving

pytestmark = pytest.mark.anyio
COUNT = 20
VERSIONS = ("2.0.1", "2.1", "1.6")
OPEN = ("network_profile", "priority", "reset", "proof")


class Fleet:
    """The stations by their identity, each with what it trusts and shows."""

    def __init__(self, csms: Csms, folder: Path) -> None:
        self.csms, self.folder = csms, folder
        self.ca = str(csms.server.data_dir / "pki" / "ca.pem")
        self.wss = f"wss://localhost:{csms.server.ports['tls']}/ocpp"
        self.contexts = {f"CS{number:02d}": ssl.create_default_context() for number in range(1, COUNT + 1)}
        self.stations: dict[str, Station] = {}

    async def come(self) -> None:
        for number, name in enumerate(self.contexts):
            station = Station(
                name, url=self.csms.url, version=VERSIONS[number % 3], password=PASSWORD, tls=self.contexts[name],
                secure_url=self.wss, speed=None, evses=1,
            )  # fmt: skip
            station.controller.life.downtime_s = 1.0
            serial = station.controller.serial
            await self.csms.add_station(name, serial_number=serial)
            self.stations[name] = station
            await station.connect()
            await station.boot()

    async def live(self, seconds: float) -> None:
        """Let time go by for all of them."""
        await asyncio.gather(*(station.wait(seconds, settle=False) for station in self.stations.values()))
        await asyncio.sleep(0.02)

    async def go(self, name: str, to: int) -> None:
        body = {"security_profile": to, "url": self.wss}
        await self.csms.post(f"stations/{name}/security-profile", body)

    async def moved(self, names: list[str]) -> dict[str, dict[str, Any]]:
        """The upgrades of these, once none is on its way."""
        for _ in range(400):
            rows = {one["id"]: one for one in await self.csms.all("stations")}
            found = {name: rows[name]["upgrade"] for name in names}
            if all(one is not None and one["step"] not in OPEN for one in found.values()):
                return found
            await self.live(1)
        raise AssertionError(found)

    async def profiles(self) -> dict[str, int]:
        return {one["id"]: one["security_profile"] for one in await self.csms.all("stations")}

    async def certify(self, name: str) -> None:
        made = await self.csms.post(f"stations/{name}/certificates", {"generate_key": True})
        path = self.folder / f"{name}.pem"
        path.write_text(made["private_key"] + made["certificate"])
        self.contexts[name].load_cert_chain(path)


async def test_from_1_over_2_to_3(tmp_path: Path) -> None:
    async with serving(tmp_path, {"tls_bind": "127.0.0.1:0"}, call_timeout=2.0) as csms:
        fleet = Fleet(csms, tmp_path)
        names = list(fleet.contexts)
        for name in names[4:]:  # the first four do not trust our CA yet
            fleet.contexts[name].load_verify_locations(fleet.ca)
        await fleet.come()
        try:
            await to_2(fleet, names)
            await to_3(fleet, names)
        finally:
            await asyncio.gather(*(station.close() for station in fleet.stations.values()))


async def to_2(fleet: Fleet, names: list[str]) -> None:
    faulty = {
        names[6]: ("SetNetworkProfile", "Rejected"), names[7]: ("SetNetworkProfile", "silence"),
        names[9]: ("SetVariables", "reboot"), names[10]: ("Reset", "reboot"), names[12]: ("Reset", "Rejected"),
        names[13]: ("SetVariables", "error InternalError"), names[5]: ("ChangeConfiguration", "reboot"),
        names[15]: ("Reset", "silence"),
    }  # fmt: skip
    for name, (action, manner) in faulty.items():
        fleet.stations[name].faults.answers[action] = manner
    await asyncio.gather(*(fleet.go(name, 2) for name in names))
    first = await fleet.moved([name for name in names if name != names[15]])
    failed = [name for name, one in first.items() if one["step"] == "failed"]
    assert set(failed) >= {*names[:4], names[6], names[7], names[9], names[12], names[13]}
    assert all(one["reason"] for one in first.values() if one["step"] == "failed")
    profiles = await fleet.profiles()
    assert all(profiles[name] == (1 if name in failed else 2) for name in first)
    # each of them is still there, or comes back by itself; what stood in the way is mended, and it is asked again
    fleet.stations[names[15]].faults.answers.clear()
    await fleet.stations[names[15]].power_cut()  # it had not gone, though it may have: now it does
    for name in failed:
        fleet.stations[name].faults.answers.clear()
        fleet.contexts[name].load_verify_locations(fleet.ca)
    await online(fleet, names)
    assert (await fleet.moved([names[15]]))[names[15]]["step"] in ("settling", "done")
    await asyncio.gather(*(fleet.go(name, 2) for name in failed))
    again = await fleet.moved(failed)
    assert {one["step"] for one in again.values()} <= {"settling", "done"}, again
    assert set((await fleet.profiles()).values()) == {2}


async def to_3(fleet: Fleet, names: list[str]) -> None:
    await online(fleet, names)
    answer = await fleet.csms.api.post(f"stations/{names[0]}/security-profile", json={"security_profile": 3})
    assert answer.status_code == 409
    for name in names:
        await fleet.certify(name)
    await asyncio.gather(*(fleet.go(name, 3) for name in names))
    await asyncio.sleep(0.05)
    for name in names[::4]:  # some lose their connection on the way, wherever they are
        await fleet.stations[name].go_offline()
        await fleet.stations[name].go_online()
    found = await fleet.moved(names)
    failed = [name for name, one in found.items() if one["step"] == "failed"]
    assert set(failed) <= set(names[::4])
    await online(fleet, names)
    await asyncio.gather(*(fleet.go(name, 3) for name in failed))
    await fleet.moved(names)
    await online(fleet, names)
    assert set((await fleet.profiles()).values()) == {3}
    for name in names[:3]:  # the password opens no door any more
        stranger = Station(name, url=fleet.wss, password=PASSWORD, tls=trusting(fleet.ca), speed=None, version="2.0.1")
        with pytest.raises(Exception, match="HTTP 403"):
            await stranger.connect()


def trusting(ca: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca)


async def online(fleet: Fleet, names: list[str]) -> None:
    for _ in range(200):
        rows = {one["id"]: one for one in await fleet.csms.all("stations")}
        if all(
            rows[name]["online"] and fleet.stations[name].controller.life.registration == "accepted" for name in names
        ):
            return
        await fleet.live(1)
    raise AssertionError([name for name in names if not rows[name]["online"]])
