"""A drafted row is a row: it is read, and its samples are right."""

from __future__ import annotations

from ohmstead.ocpp.versions import V16
from ohmstead.shapes.tables import Table
from ohmstead.vendors.drafting import draft, guess
from ohmstead.vendors.rows import parse
from ohmstead.vendors.samples import run

ABOUT = {"ocpp_version": "1.6", "vendor": 'Acme "One"', "model": "M 1", "firmware_version": "2.1.0 (beta)"}
METER = '{"timestamp":"2025-03-01T10:00:00Z","sampledValue":[,{"value":1}]}'
BROKEN = f'[2,"1","MeterValues",{{"connectorId":1,"meterValue":[{METER}]}}]'
FINDING = {"code": "repaired_stray_commas", "action": "MeterValues", "count": 41, "text": "row everybody"}


def test_a_drafted_repair_has_right_samples() -> None:
    text = draft(ABOUT, [FINDING], [BROKEN, BROKEN])
    assert text.startswith("# repaired_stray_commas MeterValues: 41 times")
    (row,) = parse(Table("drafted", text))
    assert row.name == "acme-one-m-1"
    assert row.match.firmware == "=2.1.0"
    assert [one.fix for one in row.repairs] == ["stray_commas", "numbers_as_text"]
    assert [run(row, one) for one in row.sample] == [None]


def test_a_station_that_showed_nothing_is_drafted_too() -> None:
    for version in ("1.6", "2.0.1", None):
        (row,) = parse(Table("drafted", draft({"ocpp_version": version, "vendor": "V", "model": "M"}, [], [])))
        assert row.answered_by == "advice"
        assert [run(row, one) for one in row.sample] == [None]


def test_only_what_makes_a_frame_readable_is_guessed() -> None:
    assert guess(V16, BROKEN)[0] == ["stray_commas", "numbers_as_text"]
    assert guess(V16, '[2,"1","Heartbeat",{}]') == ([], None)
    assert guess(V16, '[2,"1","Authorize",{"idTag":7}]') == ([], None)
    assert guess(V16, "nonsense") == ([], None)
