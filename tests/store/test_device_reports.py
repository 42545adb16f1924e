"""Reports under way: their parts in any order, without their texts, and with them."""

from __future__ import annotations

import pytest

from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.domain.reports import Part, Reports, ask, part, receive
from ohmstead.store.db import Db
from ohmstead.store.device_reports import asked, dropped, load_reports, overdue, received, told

pytestmark = pytest.mark.anyio


def a_part(seq_no: int, more: bool, request_id: int = 5, value: str = "1", at: int | None = None) -> Part:
    said = Variable(Name("C", f"V{seq_no}"), (Attribute(value=value, updated_at=20 + seq_no),))
    return part(request_id, seq_no, more, 20 + seq_no if at is None else at, [said])


async def take(db: Db, one: Part, station: int = 7) -> Reports:
    """As the handler does it; the reports as they are read afterwards."""
    found = receive(await load_reports(db, station), one)
    await db.store([], received(1, station, found.report, one))
    return await load_reports(db, station)


async def test_parts_in_any_order(db: Db) -> None:  # D04
    await db.store([], asked(1, 7, 5, "full", 10))
    expected = ask(Reports(), 5, "full", 10)
    for seq_no in (0, 2, 1, 4, 3):
        one = a_part(seq_no, seq_no < 4)
        assert (await load_reports(db, 7)).open[5].complete is False
        reports = await take(db, one)
        expected = receive(expected, one).reports
    assert reports.open[5].complete
    whole = await told(db, 7, reports.open[5])
    assert whole == expected.open[5]
    assert len(whole.variables()) == 5


async def test_the_latest_part_need_not_be_stored(db: Db) -> None:
    await take(db, a_part(0, True))
    last = a_part(1, False)
    report = receive(await load_reports(db, 7), last).report
    assert [one.name.variable for one in (await told(db, 7, report, last)).variables().values()] == ["V0", "V1"]


async def test_a_part_that_comes_twice_and_one_that_differs(db: Db) -> None:
    await take(db, a_part(0, True))
    assert len((await take(db, a_part(0, True, at=90))).open[5].parts[0]) == 1
    reports = await take(db, a_part(0, True, value="2", at=95))
    assert len(reports.open[5].parts[0]) == 2
    (said,) = (await told(db, 7, reports.open[5])).variables().values()
    assert said.attributes[0].value == "2"


async def test_reports_are_apart_and_end(db: Db) -> None:  # D06
    await db.store([], asked(1, 7, 5, "full", 10) + asked(1, 7, 6, "partial", 11))
    for seq_no in range(2):
        for request_id in (5, 6):
            await take(db, a_part(seq_no, True, request_id))
    await take(db, a_part(0, True), station=8)
    reports = await load_reports(db, 7)
    assert {number: (one.base, len(one.parts)) for number, one in reports.open.items()} == {
        5: ("full", 2),
        6: ("partial", 2),
    }
    await db.store([], dropped(7, [5]))
    assert list((await load_reports(db, 7)).open) == [6]
    assert list((await load_reports(db, 8)).open) == [5]


async def test_a_number_that_is_used_again_begins_anew(db: Db) -> None:
    await take(db, a_part(0, True))
    await db.store([], asked(1, 7, 5, "full", 90))
    assert await load_reports(db, 7) == ask(Reports(), 5, "full", 90)


async def test_which_are_overdue(db: Db) -> None:
    await db.store([], asked(1, 7, 5, "full", 10))  # nothing ever came
    await take(db, a_part(0, False, 6, at=100), station=8)  # complete
    await take(db, a_part(0, True, 6, at=100), station=9)  # broken
    found = {now: [one.station_id for one in await overdue(db, now, 10, 60)] for now in (69, 70, 109, 110, 159, 160)}
    assert found == {69: [], 70: [7], 109: [7], 110: [7, 8], 159: [7, 8], 160: [7, 8, 9]}
