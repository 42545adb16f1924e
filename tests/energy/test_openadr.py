"""From an event of a VTN to what stations of a simulated site draw, and back as a report: a real database, the
control of sites, a VTN on loopback that was written from the public specification."""

from __future__ import annotations

import msgspec
import pytest

from ohmstead import runtime
from ohmstead.domain.demand import Target
from ohmstead.energy import demand_response
from ohmstead.energy.openadr import Ven, terms_of
from ohmstead.energy_settings import OpenAdr
from ohmstead.settings import Settings
from ohmstead.store.ids import ROWS, Ids
from ohmstead.store.resources import demand_events as shown
from tests.energy.test_control import Depot, depot  # noqa: F401
from tests.energy.test_demand_response import told
from tests.energy.test_vtn import Books, settings
from tests.pki.external.servers import served

pytestmark = pytest.mark.anyio
PROGRAM = {"id": "p1", "programName": "summer"}


def ven(depot: Depot, url: str) -> Ven:  # noqa: F811
    given = settings(url, sites=("depot=11",), programs=("summer",))
    return Ven(depot.db, Settings(openadr=given), Ids(depot.db, ROWS, 20))


def event(start: int, *levels: int, **more) -> dict:
    return {
        "id": "e1", "programID": "p1", "eventName": "hot day", "targets": ["depot"],
        "intervalPeriod": {"start": runtime.rfc3339(start), "duration": "PT15M"},
        "intervals": [{"id": n, "payloads": [{"type": "SIMPLE", "values": [level]}]} for n, level in enumerate(levels)],
        "reportDescriptors": [{"payloadType": "DEMAND"}, {"payloadType": "BASELINE"}], **more,
    }  # fmt: skip


async def ours(depot: Depot) -> list[tuple]:  # noqa: F811
    found = await shown.page(depot.db, 1, limit=20, cursor=None, state=None)
    return [(row["source"], row["source_id"], row["state"], row["shed_percent"]) for row in reversed(found.rows)]


async def minutes(depot: Depot, count: int, amps: float) -> None:  # noqa: F811
    for _ in range(count):
        for n in (1, 2):
            await depot.measures(n, amps * 690)
        await depot.turn(60)
        await demand_response.advance(depot.db, Ids(depot.db, ROWS, 20), runtime.now())
        await depot.answer()


async def test_from_an_event_to_measured_kw_and_back_as_a_report(depot: Depot) -> None:  # noqa: F811
    books = Books()
    await depot.answer()
    for n in (1, 2):
        await depot.plug(n)
    await depot.turn()
    await depot.answer()
    await minutes(depot, 15, 20)
    books.objects["/programs"] = [PROGRAM]
    books.objects["/events"] = [event(runtime.now(), 1, 2), event(runtime.now(), 3, id="e2", programID="other")]
    with served(books) as url:
        one = ven(depot, url)
        await one.look(runtime.now())
        assert await ours(depot) == [("openadr", f"e1/{n}/SIMPLE/depot", "scheduled", p) for n, p in ((0, 30), (1, 60))]
        await demand_response.advance(depot.db, Ids(depot.db, ROWS, 20), runtime.now())
        await depot.turn(1)
        orders = [amps for purpose, _, amps in await depot.orders() if purpose == "TxProfile"]
        assert orders == [14.0, 14.0]  # 70 % of 20 A
        await depot.answer()
        await minutes(depot, 15, 14)
        await ven(depot, url).look(runtime.now())  # a restart
        await minutes(depot, 15, 8)
        assert len(await ours(depot)) == 2
        assert books.objects["/reports"] == []
        await minutes(depot, 1, 20)
        for _ in range(2):
            await one.look(runtime.now())
        (report,) = books.objects["/reports"]
    assert (report["eventID"], report["clientName"]) == ("e1", "us")
    (resource,) = report["resources"]
    told_kw = [{p["type"]: p["values"][0] for p in interval["payloads"]} for interval in resource["intervals"]]
    assert resource["resourceName"] == "depot"
    assert [one["BASELINE"] for one in told_kw] == [27.6, 27.6]  # the second interval has that of the event
    assert told_kw[0]["DEMAND"] == pytest.approx(28 * 0.69, abs=0.8)
    assert told_kw[1]["DEMAND"] == pytest.approx(16 * 0.69, abs=0.8)


async def test_changed_cancelled_not_understood_and_a_vtn_that_is_dead(depot: Depot) -> None:  # noqa: F811
    books, start = Books(), runtime.now() + 3600 * 1_000_000
    books.objects |= {"/programs": [PROGRAM], "/events": [event(start, 1, 2)]}
    with served(books) as url:
        one = ven(depot, url)
        await one.look(runtime.now())
        books.objects["/events"] = [event(start, 1, 3)]
        await one.look(runtime.now())
        first, second, third = await ours(depot)
        assert [row[2:] for row in (first, second, third)] == [
            ("scheduled", 30), ("cancelled", 60), ("scheduled", 100)
        ]  # fmt: skip
        price = event(start, 1)
        price["intervals"][0]["payloads"] = [{"type": "PRICE", "values": [0.3]}]
        books.objects["/events"] = [price, {"id": "odd", "programID": "p1"}]
        await one.look(runtime.now())
        assert [row[2] for row in await ours(depot)] == ["cancelled"] * 3
        assert (await told(depot)).count("ohmstead.demand_response.not_understood") == 2
        books.objects["/events"] = [event(start, 2)]
        await one.look(runtime.now())
    await one.look(runtime.now())  # dead: nothing changes
    assert [row[2] for row in await ours(depot)] == ["cancelled"] * 3 + ["scheduled"]
    with served(Books()) as url:
        await ven(depot, url).look(runtime.now())  # the event is gone
    assert [row[2] for row in await ours(depot)] == ["cancelled"] * 4


def test_sites_that_are_not_there_are_left_out() -> None:
    terms = terms_of(OpenAdr(sites=("a=1+2", "a=3", "*=9")), {1, 3})
    assert terms.sites == {"a": [1, 3], "*": []}
    assert msgspec.structs.asdict(Target(limit_w=1.0))["limit_w"] == 1.0
