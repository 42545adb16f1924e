"""An event of a VTN as what it asks."""

from __future__ import annotations

import pytest

from ohmstead.domain import openadr
from ohmstead.domain.demand import Interval, Target
from ohmstead.domain.openadr import Program, Terms, Unmapped

SECOND = 1_000_000
T = 1_893_517_200 * SECOND  # 2030-01-01T17:00:00Z
TERMS = Terms("us", {"depot": [1, 2], "yard": [3]}, (30.0, 60.0, 100.0))
PERIOD = {"start": "2030-01-01T17:00:00Z", "duration": "PT15M"}


def event(*payloads, **more):
    intervals = [{"id": n, "payloads": [{"type": kind, "values": [value]}]} for n, (kind, value) in enumerate(payloads)]
    body = {"id": "e1", "programID": "p1", "intervals": intervals, "intervalPeriod": PERIOD}
    return openadr.read_event(body | more)


def read(one, program=None):
    found = openadr.understand(one, program, TERMS, 5)
    return [
        (a.target_name, a.site_ids, (a.start - T) // SECOND, (a.end - T) // SECOND, a.target) for a in found.asked
    ], found.notes


def test_levels_one_after_the_other_for_all_sites():
    asked, notes = read(event(("SIMPLE", 1), ("SIMPLE", 0), ("SIMPLE", 3)))
    assert asked == [
        ("us", [1, 2, 3], 0, 900, Target(shed_percent=30)),
        ("us", [1, 2, 3], 1800, 2700, Target(shed_percent=100)),
    ]
    assert notes == []


def test_limits_have_units_and_hold_for_each_target_of_both_versions():
    program = Program("p1", "x", [openadr.Descriptor("IMPORT_CAPACITY_LIMIT", "KW")])
    old = [{"type": "GROUP", "values": ["depot", "nobody"]}, {"type": "VEN_NAME", "values": ["us"]}]
    asked, notes = read(event(("IMPORT_CAPACITY_LIMIT", 40), targets=old), program)
    assert asked == [("depot", [1, 2], 0, 900, Target(limit_w=40_000))]
    assert notes == ["the target 'nobody' is mapped to no site"]
    own = [{"payloadType": "DISPATCH_SETPOINT", "units": "MW"}]
    asked, notes = read(event(("DISPATCH_SETPOINT", 0.1), targets=["depot", "yard"], payloadDescriptors=own), program)
    assert [(one[0], one[4]) for one in asked] == [(name, Target(limit_w=100_000)) for name in ("depot", "yard")]


def test_a_target_may_be_a_group_of_ours():
    terms = TERMS._replace(groups={"north": [4, 5], "depot": [9]})
    asked = openadr.understand(event(("SIMPLE", 1), targets=["north", "depot"]), None, terms, 5).asked
    assert [(one.target_name, one.site_ids) for one in asked] == [("north", [4, 5]), ("depot", [1, 2])]
    (every,) = openadr.understand(event(("SIMPLE", 1)), None, terms, 5).asked
    assert every.site_ids == [1, 2, 3]


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (event(("PRICE", 0.2)), "payloads of type PRICE are not mapped"),
        (event(("IMPORT_CAPACITY_LIMIT", 4)), "in no unit"),
        (event(("SIMPLE", 4)), "no level 4"),
        (event(("SIMPLE", True)), "one number"),
        (event(("SIMPLE", "NaN")), "one number"),
        (event(), "0 intervals"),
        (event(("SIMPLE", 1), targets=["other"]), "no target of it is ours"),
        (event(("SIMPLE", 1), intervalPeriod=None), "no start"),
        (event(("SIMPLE", 1), intervalPeriod={"start": "soon", "duration": "PT1H"}), "is no time"),
        (event(("SIMPLE", 1), intervalPeriod={**PERIOD, "duration": "P9999Y"}), "P9999Y"),
        (event(("SIMPLE", 1), intervalPeriod={**PERIOD, "duration": "P32D"}), "more than 31 days"),
        (event(("SIMPLE", 1), duration="PT1H"), "repeated or cut"),
    ],
)
def test_what_cannot_be_mapped_is_told(one, told):
    asked, notes = read(one)
    assert asked == []
    assert told in " ".join(notes)


def test_now_priority_and_no_event_at_all():
    now = event(("SIMPLE", 1), intervalPeriod={"start": "0001-01-01T00:00:00Z", "duration": "P1DT1H"}, priority=2)
    (asked,) = openadr.understand(now, None, TERMS, 5).asked
    assert (asked.start, asked.end, asked.priority) == (5, 5 + 90_000 * SECOND, 998)
    with pytest.raises(Unmapped, match="no event"):
        openadr.read_event({"id": "e1"})


def test_a_report_tells_what_was_measured_and_what_is_missing():
    asks = [{"payloadType": one, "units": "KW", "aggregate": True} for one in ("DEMAND", "USAGE", "WEATHER")]
    types, together, notes = openadr.wanted(event(("SIMPLE", 1), reportDescriptors=asks))
    assert (types, together) == (["DEMAND", "USAGE"], True)
    assert notes == ["reports of WEATHER are not made", "USAGE is told in KWH, not in KW"]
    spans = [
        Interval(
            start=T + n * 900 * SECOND, end=T + (n + 1) * 900 * SECOND, asked_w=1, baseline_w=9_000, measured_w=watts
        )
        for n, watts in enumerate((6_000, None))
    ]
    told = openadr.report("e1", "p1", "us", [*types, "BASELINE", "DELTA_USAGE"], {"depot": spans})
    first, second = told["resources"][0]["intervals"]
    assert first["intervalPeriod"] == {"start": "2030-01-01T17:00:00Z", "duration": "PT900S"}
    assert [(one["type"], one["values"]) for one in first["payloads"]] == [
        ("DEMAND", [6.0]), ("USAGE", [1.5]), ("BASELINE", [9.0]), ("DELTA_USAGE", [-0.75])
    ]  # fmt: skip
    assert [one["type"] for one in second["payloads"]] == ["BASELINE", "DATA_QUALITY"]
