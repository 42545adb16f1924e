from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ohmstead.domain.device_model import (
    Attribute,
    Characteristics,
    Model,
    Name,
    Pending,
    ReportState,
    Variable,
    applied,
    in_order,
    model,
)
from ohmstead.domain.reports import (
    MOST_MISSING,
    OPEN,
    Base,
    Part,
    Report,
    Reports,
    ask,
    expire,
    merge,
    part,
    receive,
)

quick = settings(database=None, deadline=None, max_examples=200)
FRAMES = Path(__file__).parents[1] / "frames"


def variable(name: str, value: str | None = "1", at: int = 10, **more: Any) -> Variable:
    return Variable(Name("C", name), (Attribute(value=value, mutability="ReadWrite", updated_at=at, **more),))


def parts_of(count: int, request_id: int = 1) -> list[Part]:
    return [part(request_id, n, n < count - 1, 10 + n, [variable(f"V{n}", at=10 + n)]) for n in range(count)]


def deliver(parts: list[Part], base: Base = "full", reports: Reports | None = None) -> Report:
    reports = ask(Reports(), 1, base, 5) if reports is None else reports
    for one in parts:
        reports = receive(reports, one).reports
    return reports.open[1]


def taken_over(known: Model, report: Report, *, settled: bool = False) -> Model:
    found = merge(known, report, settled=settled)
    return replace(applied(known, found.changes), report=found.report)


@quick
@given(st.lists(st.integers(0, 4), max_size=30), st.permutations(range(5)))
def test_any_delivery_of_all_parts_is_the_same_report(noise: list[int], order: list[int]) -> None:  # D04, B07.FR.10
    parts = parts_of(5)
    reports = ask(Reports(), 1, "full", 5)
    for one in [*(parts[n] for n in noise), *(parts[n] for n in order)]:
        reports = receive(reports, one).reports
    assert reports.open[1].complete
    assert reports.open[1].variables() == deliver(parts).variables()


@quick
@given(st.sets(st.integers(0, 6)))
def test_what_is_missing_is_what_did_not_come(came: set[int]) -> None:  # D05
    report = deliver([one for one in parts_of(7) if one.seq_no in came])
    assert report.complete is (came == set(range(7)))
    end = 7 if 6 in came else max(came, default=-1) + 2
    assert set(report.missing) == set(range(end)) - came
    assert report.state == ReportState(report.complete, report.missing, report.last_at)


def test_the_last_part_may_come_first() -> None:
    report = deliver([parts_of(5)[n] for n in (0, 2, 4)])
    assert not report.complete
    assert report.missing == (1, 3)


def test_a_report_that_never_says_more_grows_with_its_parts() -> None:
    parts = [replace(one, more=False) for one in parts_of(3)]
    known = model([variable("V0"), variable("V1"), variable("V2"), variable("Old")])
    first = deliver(parts[:1])
    assert first.complete
    assert not first.end_is_sure
    assert merge(known, first).gone == []  # so nothing vanishes in between
    whole = deliver(parts)
    assert whole.complete
    assert merge(known, whole).gone == []
    assert [one.name.variable for one in merge(known, whole, settled=True).gone] == ["Old"]


def test_a_report_that_never_ends_is_not_complete() -> None:
    report = deliver([replace(one, more=True) for one in parts_of(3)])
    assert not report.complete
    assert report.missing == (3,)
    known = taken_over(Model(), deliver(parts_of(2)))
    assert merge(known, report, settled=True).changes == ()


def test_a_number_that_is_used_for_several_parts_loses_nothing() -> None:
    parts = [replace(one, seq_no=0) for one in parts_of(3)]
    reports = ask(Reports(), 1, "full", 5)
    codes = []
    for one in [*parts, *parts]:
        received = receive(reports, one)
        reports, codes = received.reports, [*codes, *(finding.code for finding in received.findings)]
    assert len(reports.open[1].variables()) == 3
    assert reports.open[1].complete
    assert codes == ["report_part_number_reused"] * 2


def test_two_reports_are_kept_apart() -> None:  # D06
    one, other = parts_of(3, 1), parts_of(2, 2)
    reports = ask(ask(Reports(), 1, "full", 5), 2, "partial", 6)
    for each in (one[0], other[1], one[2], other[0], one[1]):
        reports = receive(reports, each).reports
    assert reports.open[1].complete
    assert reports.open[2].complete
    assert len(reports.open[1].variables()) == 3
    assert len(reports.open[2].variables()) == 2


def test_a_report_nobody_asked_for_takes_nothing_away() -> None:
    received = receive(Reports(), replace(parts_of(1)[0], request_id=7))
    assert [finding.code for finding in received.findings] == ["report_not_asked"]
    assert received.report.base == "partial"
    assert merge(model([variable("Old")]), received.report, settled=True).gone == []


def test_a_broken_report_never_overwrites_a_good_one() -> None:  # D05
    known = taken_over(Model(), deliver(parts_of(2)))
    broken = deliver(
        [replace(one, received_at=50, variables=(variable("V0", "other", 50),)) for one in parts_of(3)[:2]]
    )
    after = taken_over(known, broken, settled=True)
    assert after.variables == known.variables
    assert not after.report.complete
    assert after.report.missing_parts == (2,)


def test_a_first_report_that_stays_broken_is_better_than_nothing() -> None:
    broken = deliver(parts_of(3)[:2])
    assert merge(Model(), broken).changes == ()
    after = taken_over(model([variable("V0", "known")]), broken, settled=True)
    assert {one.name.variable: one.attributes[0].value for one in after} == {"V0": "known", "V1": "1"}
    assert not after.report.complete


def test_what_is_new_changed_and_gone() -> None:
    known = model([variable("V0", "old", 3), variable("V1", "1", 3), variable("Old", "1", 3)])
    found = merge(known, deliver(parts_of(3)))
    assert [one.name.variable for one in found.new] == ["V2"]
    assert [one.name.variable for one in found.gone] == ["Old"]
    after = applied(known, found.changes)
    changed = after.variables[Name("C", "V0").key].attributes[0]
    assert (changed.value, changed.updated_at, changed.source) == ("1", 10, "report")
    same = after.variables[Name("C", "V1").key].attributes[0]
    assert same.updated_at == 3


def test_a_partial_report_takes_nothing_away() -> None:
    known = model([variable("Old").with_attribute(Attribute("Target", "5"))])
    told = part(1, 0, False, 20, [variable("Old", "2", 20)])
    after = taken_over(known, deliver([told], "partial"), settled=True)
    assert [one.value for one in next(iter(after)).attributes] == ["2", "5"]
    assert after.report == known.report
    full = taken_over(known, deliver([told]), settled=True)
    assert [one.value for one in next(iter(full)).attributes] == ["2"]


def test_a_value_learnt_since_its_part_came_stays() -> None:
    known = model([variable("V0", "set later", 99, source="set"), variable("New", "1", 99, source="get")])
    found = merge(known, deliver(parts_of(2)))
    after = applied(known, found.changes)
    assert after.value(Name("C", "V0")) == "set later"
    assert after.value(Name("C", "New")) == "1"
    assert found.gone == []


def test_a_pending_value_waits_until_it_is_reported() -> None:
    known = model([variable("V0", "old", 3, pending=Pending("1", 4)), variable("V1", "1", 3, pending=Pending("9", 4))])
    after = applied(known, merge(known, deliver(parts_of(2))).changes)
    assert [one.attributes[0].pending for one in after] == [None, Pending("9", 4)]


def test_attributes_without_value_are_kept_and_secrets_are_not() -> None:  # D08, B07.FR.11, .15
    told = part(
        1,
        0,
        False,
        10,
        [
            Variable(Name("C", "A"), (Attribute("Actual", "1"), Attribute("Target"), Attribute("MaxSet"))),
            Variable(Name("SecurityCtrlr", "BasicAuthPassword"), (Attribute(value="secret", mutability="WriteOnly"),)),
        ],
    )
    after = taken_over(Model(), deliver([told]))
    assert [one.type for one in next(iter(after)).attributes] == ["Actual", "Target", "MaxSet"]
    assert after.value(Name("SecurityCtrlr", "BasicAuthPassword")) is None


def test_a_variable_told_piece_by_piece_is_joined() -> None:
    limits = Characteristics("decimal", "A", max_limit=32)
    pieces = [
        Variable(Name("EVSE", "ACCurrent", evse_id=1), (Attribute("MaxSet", "16"),), limits),
        Variable(Name("evse", "accurrent", evse_id=1), (Attribute("Actual", "10"),)),
    ]
    [joined] = deliver([part(1, 0, False, 10, pieces)]).variables().values()
    assert [(one.type, one.value) for one in joined.attributes] == [("Actual", "10"), ("MaxSet", "16")]
    assert joined.characteristics == limits


def test_a_long_value_is_stored_whole() -> None:  # D09
    told = variable("V0", "x" * 2500)
    assert taken_over(Model(), deliver([part(1, 0, False, 10, [told])])).value(told.name) == "x" * 2500


@quick
@given(st.lists(st.sampled_from("ABCDE"), unique=True), st.lists(st.sampled_from("ABCDE"), unique=True))
def test_after_a_full_report_the_model_is_the_report(before: list[str], told: list[str]) -> None:
    known = model(variable(name, "old", 3) for name in before)
    report = deliver([part(1, 0, True, 10, [variable(name) for name in told]), part(1, 1, False, 11, [])])
    after = taken_over(known, report)
    assert {one.name.variable: one.attributes[0].value for one in after} == dict.fromkeys(told, "1")
    assert merge(after, report).changes == ()


def test_reports_under_way_come_back_from_json() -> None:
    reports = receive(ask(Reports(), 1, "full", 5), parts_of(3)[1]).reports
    assert msgspec.json.decode(msgspec.json.encode(reports), type=Reports) == reports


def test_silence_ends_a_report() -> None:
    reports = ask(ask(Reports(), 1, "full", 5), 2, "full", 90)
    reports = receive(reports, parts_of(3)[0]).reports
    kept, over = expire(reports, 100, 60)
    assert [report.request_id for report in over] == [1]
    assert list(kept.open) == [2]
    never = expire(kept, 200, 60)[1][0]
    assert never.missing == (0,)
    assert never.state == ReportState(False, (0,), 90)


def test_an_older_report_does_not_speak_over_a_newer_one() -> None:
    old = deliver(parts_of(3)[:1])
    known = replace(model([variable("V0", at=50)]), report=ReportState(True, (), 60))
    assert merge(known, old, settled=True).report == known.report


def test_what_a_hostile_station_can_fill_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    report = deliver([replace(parts_of(2)[1], seq_no=2**31)])
    assert len(report.missing) == MOST_MISSING
    reports = Reports()
    for request_id in range(3 * OPEN):
        reports = receive(reports, replace(parts_of(1)[0], request_id=request_id, received_at=request_id)).reports
    assert sorted(reports.open) == list(range(2 * OPEN, 3 * OPEN))
    monkeypatch.setattr("ohmstead.domain.reports.MOST_VARIABLES", 2)
    reports, codes = ask(Reports(), 1, "full", 5), []
    for one in parts_of(4):
        received = receive(reports, one)
        reports, codes = received.reports, [finding.code for finding in received.findings]
    assert codes == ["report_too_long"]
    assert not reports.open[1].complete


def test_five_thousand_variables_are_cheap() -> None:
    parts = [
        part(
            1,
            n,
            n < 49,
            10,
            [Variable(Name("Component", f"V{at}", evse_id=n), (Attribute(value="1"),)) for at in range(100)],
        )
        for n in range(50)
    ]
    begun = perf_counter()
    after = taken_over(Model(), deliver(parts))
    assert len(after.variables) == 5000
    assert merge(after, deliver(parts)).changes == ()
    assert perf_counter() - begun < 5


def test_a_recorded_report() -> None:
    """355 variables in four parts, as a production station stack sent them."""
    parts = []
    for line in (FRAMES / "libocpp-201-sp2.jsonl").read_text().splitlines():
        frame = json.loads(line)["frame"]
        if isinstance(frame, list) and frame[2:3] == ["NotifyReport"]:
            told = frame[3]
            variables = [recorded(row) for row in told["reportData"]]
            parts.append(part(told["requestId"], told["seqNo"], told.get("tbc", False), 10, variables))
    assert len(parts) == 4
    after = taken_over(Model(), deliver([parts[n] for n in (2, 0, 3, 1)]))
    assert after.report.complete
    assert len(after.variables) == 355
    assert after.value(Name("OCPPCommCtrlr", "HeartbeatInterval")) == "10"
    assert after.value(Name("Connector", "AvailabilityState", evse_id=2, connector_id=1)) == "Available"
    hidden = after.get(Name("NetworkConfiguration", "SimPin", component_instance="2"))
    assert hidden is not None
    assert hidden.attributes[0].mutability == "WriteOnly"


def recorded(row: dict[str, Any]) -> Variable:
    """A variable as a NotifyReport says it."""
    component, told = row["component"], row["variable"]
    evse = component.get("evse", {})
    limits = row["variableCharacteristics"]
    return Variable(
        Name(
            component["name"],
            told["name"],
            component_instance=component.get("instance"),
            evse_id=evse.get("id"),
            connector_id=evse.get("connectorId"),
            variable_instance=told.get("instance"),
        ),
        in_order(
            Attribute(one["type"], one.get("value"), one["mutability"], updated_at=10)
            for one in row["variableAttribute"]
        ),
        Characteristics(limits["dataType"], limits.get("unit"), limits.get("minLimit"), limits.get("maxLimit")),
    )


def test_a_part_stands_for_what_lies_elsewhere() -> None:
    """Reports are assembled without what their parts say, which is read when they are taken over."""
    parts = parts_of(3)
    bare = [replace(one, variables=()) for one in parts]
    assert deliver(bare).complete
    assert deliver([*bare, parts[1]]).parts[1] == (bare[1],)
    later = part(1, 1, True, 99, [variable("V1", at=99)])
    other = part(1, 1, True, 99, [variable("V1", "2", at=99)])
    assert (later.digest, parts[1].count) == (parts[1].digest, 1)
    assert other.digest != later.digest
    assert deliver([*bare, other]).parts[1] == (bare[1], other)
