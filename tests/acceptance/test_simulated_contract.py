"""The whole way of a car with a contract in the simulator, against the real server: a scenario of a few lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from ohmstead import runtime
from ohmstead.simulator import Ev, Station
from ohmstead.simulator.contract_vehicle import maker_of
from ohmstead.simulator.scenario import script
from tests.acceptance.serving import PASSWORD, Csms

pytestmark = pytest.mark.anyio
FIRST = """
title = "Provisions, authorises, charges"
version = "{version}"
start = {start}

[[step]]
do = "boot"

[[step]]
do = "plug"
pcid = "{pcid}"

[[step]]
do = "contract"

[[step]]
do = "charge"
minutes = 10
at_least_wh = 1000

[[step]]
do = "unplug"

[[step]]
do = "plug"
pcid = "{pcid}"

[[step]]
do = "contract"

[[step]]
do = "check"
sent = "Get15118EVCertificate"
payload = {{ action = "Update" }}
times = {updates}

[[step]]
do = "check"
sent = "Authorize"
times = 2
"""


@pytest.mark.parametrize(("version", "days"), [("2.0.1", 10), ("2.1", 300)])
async def test_provisions_authorises_charges_and_is_revoked(
    csms: Csms, tmp_path: Path, version: str, days: int
) -> None:
    """A contract that ends in ten days is renewed when the car comes again."""
    name, pcid = f"CS15-{version}", f"WMIV9234567890AB{days:02d}"[:18]
    maker = maker_of(
        tmp_path / "maker.pem", Path(csms.server.settings.data_dir) / "pki" / "plugcharge" / "v2g-root.pem"
    )
    await csms.add_station(name)
    await csms.post("certificate-authorities", {"name": "Maker", "certificate": maker.pem, "uses": ["oem"]})
    until = runtime.rfc3339(runtime.now() + days * 86_400_000_000)
    made = await csms.post("contracts", {"emaid": f"DE-8AA-C9A2B{days:04d}", "pcid": pcid, "valid_until": until})
    file = tmp_path / "car.toml"
    start = runtime.rfc3339(runtime.now() - 600_000_000)
    file.write_text(FIRST.format(version=version, updates=int(days < 30), start=start, pcid=pcid))
    loaded = script(file)
    station = loaded.station(csms.url, name, password=PASSWORD, maker=maker)
    await loaded.play(station)
    transactions = await csms.transactions(station_id=name)
    assert transactions[-1]["complete"]
    assert (await csms.get(f"contracts/{made['emaid']}"))["certificates"] == 1 + int(days < 30)

    async with Station(name, url=csms.url, version=version, password=PASSWORD, speed=None) as again:
        again.maker, again._cars = maker, station._cars
        assert await again.boot() == "Accepted"
        await again.plug(2, Ev(contract=again.contract_car(pcid)))
        assert await again.contract_status(2) == "Accepted"
        await csms.post(f"contracts/{made['emaid']}/revoke", None)
        assert await again.wake(2) == "CertificateRevoked"
        assert again.transaction(2) is None
        assert again.controller.books[-1].stopped_reason == "DeAuthorized"
