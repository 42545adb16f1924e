"""Models on disk: what is written is what is read, in whole and in part, now and as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.device_model import (
    Attribute,
    Change,
    Characteristics,
    Model,
    Name,
    Pending,
    ReportState,
    Variable,
    model,
)
from ohmstead.domain.differences import differences
from ohmstead.store.db import Db
from ohmstead.store.device_model import changed, load, load_past, load_pending, load_report_state, load_some
from ohmstead.store.terms import terms_of

pytestmark = pytest.mark.anyio


def variable(name: str, value: str | None, at: int = 10, **more: Any) -> Variable:
    return Variable(Name("C", name), (Attribute(value=value, updated_at=at, **more),), Characteristics("string"))


async def write(db: Db, changes: list[Change], now: int = 10, report: ReportState | None = None, to: int = 7) -> None:
    await db.store([], await changed(db, 1, to, changes, now, report))


async def put(db: Db, known: Model, after: Model, now: int = 10, report: ReportState | None = None) -> None:
    keys = known.variables.keys() | after.variables.keys()
    both = [Change(key, known.variables.get(key), after.variables.get(key)) for key in sorted(keys)]
    await write(db, [one for one in both if one.before != one.after], now, report)


EVERYTHING = model([
    Variable(
        Name("Connector", "Power", "left", 2, 1, "max"),
        (
            Attribute("Actual", "7.5", "ReadOnly", True, False, 11, "report"),
            Attribute("Target", None, "ReadWrite", False, True, 12, "get"),
            Attribute("MinSet", "", "WriteOnly", True, True, 13, "set", Pending("8", 9)),
            Attribute("MaxSet", "äöü", None, False, False, 14, "event", Pending(None, 9)),
        ),
        Characteristics("decimal", "kW", 0.5, 22.0, "a,b", True, 3),
    ),
    Variable(Name("Connector", "Power"), (Attribute(value="x" * 2500),)),
    Variable(Name("C", "V"), (Attribute(),), Characteristics("OptionList", values_list="é" * 1000)),
])  # fmt: skip


async def test_what_is_written_is_read(db: Db) -> None:
    await put(db, Model(), EVERYTHING, report=ReportState(True, (3, 4), 99))
    assert await load(db, 7) == Model(EVERYTHING.variables, ReportState(True, (3, 4), 99))
    assert await load(db, 8) == Model()
    assert await load_report_state(db, 8) == ReportState()
    terms_of(db)._terms.clear()  # as after a restart
    assert (await load(db, 7)).variables == EVERYTHING.variables


async def test_the_known_tuple_is_six_distinct_variables(db: Db) -> None:  # D07
    names = [
        Name("Same", "V"),
        Name("Same", "V", evse_id=1),
        Name("Same", "V", evse_id=1, connector_id=1),
        Name("Same", "V", component_instance="A"),
        Name("Same", "V", component_instance="B"),
        Name("Same", "V", variable_instance="A"),
    ]
    await put(db, Model(), model(Variable(name, (Attribute(value=str(n)),)) for n, name in enumerate(names)))
    known = await load(db, 7)
    assert [known.value(name) for name in names] == list("012345")


async def test_some_are_found_in_any_spelling(db: Db) -> None:
    await put(db, Model(), EVERYTHING)
    wanted = [Name("CONNECTOR", "POWER", "Left", 2, 1, "MAX"), Name("c", "v"), Name("not", "there")]
    known = await load_some(db, 1, 7, wanted)
    assert known.variables == {name.key: EVERYTHING.variables[name.key] for name in wanted[:2]}
    assert await load_some(db, 1, 7, []) == Model()
    many = await load_some(db, 1, 7, [Name("C", f"V{n}") for n in range(200)] + [Name("C", "V")])
    assert list(many.variables) == [Name("C", "V").key]


async def test_what_waits_for_a_reboot(db: Db) -> None:
    await put(db, Model(), EVERYTHING)
    (found,) = await load_pending(db, 7)
    assert [one.type for one in found.attributes] == ["MinSet", "MaxSet"]


async def test_only_what_differs_is_written(db: Db) -> None:
    await put(db, Model(), EVERYTHING)
    one = EVERYTHING.variables[Name("Connector", "Power", "left", 2, 1, "max").key]
    other = one.with_attribute(replace(one.attributes[0], value="8", updated_at=20))
    rows = await changed(db, 1, 7, [Change(one.name.key, one, other)], 20)
    tables = [statement.clause.table.name for statement, _ in rows]  # type: ignore[attr-defined]
    assert sorted(tables) == ["device_history", "device_models", "device_values"]
    assert await changed(db, 1, 7, [], 20) == []


async def test_a_variable_that_goes_and_comes_back(db: Db) -> None:
    before, after = model([variable("A", "1"), variable("B", "1")]), model([variable("A", "1")])
    await put(db, Model(), before, 10)
    await put(db, before, after, 20)
    assert (await load(db, 7)).variables == after.variables
    await put(db, after, before, 30)
    assert (await load(db, 7)).variables == before.variables


async def test_another_spelling_takes_the_place_of_the_first(db: Db, store: Any) -> None:
    before = model([Variable(Name("C", "Name"), (Attribute(value="1"), Attribute("Target", "2")))])
    after = model([Variable(Name("c", "NAME"), (Attribute(value="1"),))])
    await put(db, Model(), before)
    await put(db, before, after, 20)
    assert (await load(db, 7)).variables == after.variables
    assert len(await store.rows(db, "device_values", "name_id")) == 1
    assert [row["value"] for row in await store.rows(db, "device_history", "until")] == ["2"]


async def test_other_characteristics_are_written(db: Db) -> None:
    before = model([variable("A", "1")])
    after = model([replace(variable("A", "1"), characteristics=Characteristics("integer"))])
    await put(db, Model(), before)
    await put(db, before, after)
    assert (await load(db, 7)).variables == after.variables


async def test_the_past(db: Db) -> None:
    steps = [
        model([]),
        model([variable("A", "1", 10), variable("B", "1", 10)]),
        model([variable("A", "2", 20), variable("B", "1", 10)]),
        model([variable("A", "3", 30), variable("C", "1", 30)]),
        model([variable("A", "3", 30, mutability="ReadOnly"), variable("C", None, 40)]),
        model([variable("B", "9", 50)]),
    ]
    for n in range(1, len(steps)):
        await put(db, steps[n - 1], steps[n], n * 10)
    for at, n in [(9, 0), (10, 1), (19, 1), (20, 2), (29, 2), (30, 3), (50, 5), (99, 5)]:
        assert {one.name.variable: one.value("Actual") for one in named(await load_past(db, 7, at))} == {
            one.name.variable: one.value("Actual") for one in named(steps[n])
        }, at
    assert (await load_past(db, 8, 20)) == Model()


class Valued(Variable):
    def value(self, type: Any) -> str | None:
        found = self.attribute(type)
        return found.value if found else None


def named(known: Model) -> list[Valued]:
    return [Valued(one.name, one.attributes, one.characteristics) for one in known]


async def test_one_moment_for_two_changes_of_a_value(db: Db) -> None:
    steps = [model([variable("A", str(n))]) for n in range(3)]
    await put(db, Model(), steps[0], 10)
    await put(db, steps[0], steps[1], 10)
    await put(db, steps[1], steps[2], 10)
    assert (await load(db, 7)).variables == steps[2].variables


async def test_versions_count_the_changes(db: Db, store: Any) -> None:
    await put(db, Model(), model([variable("A", "1")]))
    await put(db, model([variable("A", "1")]), model([variable("A", "2")]))
    (row,) = await store.rows(db, "device_models")
    assert (row["version"], row["worded"], row["report_at"]) == (2, 0, 0)


async def test_stations_are_apart(db: Db) -> None:
    for to in (7, 8):
        await write(db, [Change(variable("A", str(to)).name.key, None, variable("A", str(to)))], to=to)
    assert (await load(db, 7)).value(Name("C", "A")) == "7"
    assert differences(await load(db, 7), await load(db, 8))[0].right == "8"


async def test_a_recorded_inventory(db: Db) -> None:
    """The 355 variables that a production stack reported."""
    found = []
    for line in (Path(__file__).parents[1] / "frames" / "libocpp-201-sp2.jsonl").read_text().splitlines():
        frame = json.loads(line)["frame"]
        if isinstance(frame, list) and frame[2:3] == ["NotifyReport"]:
            for said in frame[3]["reportData"]:
                component, told = said["component"], said["variableAttribute"][0]
                evse = component.get("evse", {})
                name = Name(
                    component["name"],
                    said["variable"]["name"],
                    component.get("instance"),
                    evse.get("id"),
                    evse.get("connectorId"),
                    said["variable"].get("instance"),
                )
                found.append(Variable(name, (Attribute(value=told.get("value"), mutability=told.get("mutability")),)))
    assert len(found) == 355
    await put(db, Model(), model(found))
    assert (await load(db, 7)).variables == model(found).variables
