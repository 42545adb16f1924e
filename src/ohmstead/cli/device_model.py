"""`ohmstead station model|history|diff|fleet-diff|refresh|set|custom`: the device models of stations."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.command import finished
from ohmstead.cli.files import GivenFile, read_json
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote
from ohmstead.domain.words import spelled

HERE = Remote()
MOST = 100_000
"""Stations that a fleet's list is as long as."""
GOOD = frozenset({"accepted", "reboot_required"})


def add_to(app: App) -> None:
    """Make these verbs of `ohmstead station`."""
    for name, verb in (
        ("model", model),
        ("history", history),
        ("diff", diff),
        ("fleet-diff", fleet_diff),
        ("refresh", refresh),
        ("set", set_),
        ("custom", custom),
    ):
        app.command(verb, name=name)


def model(
    id: str,
    /,
    *,
    view: Literal["raw", "tree", "vocabulary"] = "raw",
    at: str | None = None,
    find: Annotated[str | None, Parameter(help="only names with this in them")] = None,
    to: Remote = HERE,
) -> None:
    """Show what a station says of itself; --view vocabulary shows it in the same words for every station."""
    found = to.get("stations", id, "device-model", view=view, at=at)
    if to.json or view == "tree":
        show(found, True)
    elif view == "vocabulary":
        rows = [row | {"variable": _name(row["variable"]) if row.get("variable") else None} for row in found["values"]]
        show_list(
            _having(rows, "name", find), ("name", "evse_id", "value", "unit", "writable", "source", "variable"), False
        )
    else:
        show_list(_having(_flat(found), "variable", find), ("variable", "value", "mutability", "type", "source"), False)


def history(
    id: str, variable: str, /, *, evse: int | None = None, connector: int | None = None, to: Remote = HERE
) -> None:
    """Show what a variable holds and held: Component[instance].Variable[instance], or a 1.6 key."""
    query = {name: value for name, value in _place(variable, evse, connector).items() if value is not None}
    rows = to.all("stations", id, "device-model", "history", limit=1000, **query)
    show_list(rows, ("since", "until", "attribute", "value", "source"), to.json)


Template = Annotated[GivenFile | None, Parameter(help="a JSON file with values or variables; - is standard input")]


def diff(id: str, /, *, against: str | None = None, template: Template = None, to: Remote = HERE) -> int:
    """Compare a station with another one, with itself at a time, the standard, desired:LAYER, or a template in a file.
    Exit 1 if they differ."""
    if (against is None) == (template is None):
        raise Failed("give either --against or --template")
    path = ("stations", id, "device-model", "diff")
    found = to.get(*path, against=against) if template is None else to.post(*path, body=read_json(template))
    words = found.get("words", [])
    rows = [row | {"variable": _name(row)} for row in found["differences"]] + [_word_row(row) for row in words]
    shown = found["differences"] + words if to.json else rows
    show_list(shown, ("variable", "kind", "attribute", "left", "right"), to.json)
    return 1 if rows else 0


def _word_row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"variable": _name({"variable": row["name"], **row})}


def fleet_diff(
    *words: Annotated[str, Parameter(help="words of the vocabulary: which stations differ from most others")],
    desired: Annotated[str | None, Parameter(help="a layer of desired state is the template")] = None,
    template: Template = None,
    vendor: str | None = None,
    model: str | None = None,
    firmware: str | None = None,
    to: Remote = HERE,
) -> int:
    """List stations that are not as a template says, or that differ from most others in a word. Exit 1 if any does."""
    if sum((bool(words), desired is not None, template is not None)) != 1:
        raise Failed("give words, or --desired, or --template")
    query: dict[str, Any] = {"vendor": vendor, "model": model, "firmware_version": firmware}
    if template is None:
        rows = to.all("device-models", "diff", limit=MOST, word=list(words) or None, desired=desired, **query)
    else:
        rows, body = [], read_json(template)
        while True:
            found = to.post("device-models", "diff", body=body, limit=1000, **query)
            rows += found["data"]
            if found["next_cursor"] is None:
                break
            query["cursor"] = found["next_cursor"]
    lines = [_word_row(word) | {"station": row["station_id"]} for row in rows for word in row["words"]]
    show_list(rows if to.json else lines, ("station", "variable", "kind", "left", "right", "unit"), to.json)
    return 1 if rows else 0


def refresh(id: str, /, *, wait: float = 60, to: Remote = HERE) -> int:
    """Ask a station for all its variables, and wait until they have come."""
    return finished(to.post("stations", id, "device-model", "refresh", wait=wait, until="confirmed"), to)


def set_(
    id: str,
    /,
    *changes: Annotated[str, Parameter(help="NAME=VALUE; the value is JSON, or else text")],
    evse: int | None = None,
    connector: int | None = None,
    variables: Annotated[
        bool, Parameter(help="names are the station's own, values are sent as they are", negative="")
    ] = False,
    wait: float = 30,
    to: Remote = HERE,
) -> int:
    """Set words of the vocabulary: ohmstead station set CS1 evse.current.max=16 --evse 2. Exit 1 unless all are taken.

    With --variables the station's own: Component[instance].Variable[instance], or a 1.6 key.
    """
    if not changes:
        raise Failed("nothing to set: give NAME=VALUE")
    if connector is not None and not variables:
        raise Failed("--connector goes with --variables: a word is of the station or of an EVSE")
    pairs = [_pair(one) for one in changes]
    if variables:
        body: dict[str, Any] = {"variables": [_place(name, evse, connector) | {"value": text} for name, text in pairs]}
    else:
        where = {} if evse is None else {"evse_id": evse}
        body = {"values": [{"name": name, "value": _typed(text)} | where for name, text in pairs]}
    results = to.patch("stations", id, "device-model", body=body, wait=wait)["results"]
    rows = [row | {"name": row.get("name") or _name(row)} for row in results]
    show_list(results if to.json else rows, ("name", "value", "status", "reason"), to.json)
    return 0 if all(row["status"] in GOOD for row in results) else 1


def custom(*, vendor: str | None = None, model: str | None = None, to: Remote = HERE) -> None:
    """List the components that no standard knows, for each model, and how many stations have them."""
    rows = to.all("device-models", "custom-components", limit=MOST, vendor=vendor, model=model)
    show_list(rows, ("vendor", "model", "component", "variable", "stations"), to.json)


def _pair(given: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if not sign:
        raise Failed(f"{given!r} is not NAME=VALUE")
    return name, value


def _typed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _place(text: str, evse: int | None, connector: int | None) -> dict[str, Any]:
    """The fields that name a variable; without a dot it is a key of 1.6."""
    if "." not in text:
        return {"variable": text}
    try:
        name = spelled(text)
    except ValueError as error:
        raise Failed(str(error)) from None
    found = {
        "component": name.component,
        "component_instance": name.component_instance,
        "evse_id": evse,
        "connector_id": connector,
        "variable": name.variable,
        "variable_instance": name.variable_instance,
    }
    return {field: value for field, value in found.items() if value is not None}


def _name(row: dict[str, Any]) -> str:
    """A variable for a person, as `set --variables` takes it, with its place in front."""

    def indexed(name: str, instance: str | None) -> str:
        return f"{name}[{instance}]" if instance else name

    name = indexed(row["variable"], row.get("variable_instance"))
    if row.get("component"):
        name = f"{indexed(row['component'], row.get('component_instance'))}.{name}"
    where = [
        f"{word} {row[field]}" for word, field in (("EVSE", "evse_id"), ("connector", "connector_id")) if row.get(field)
    ]
    return f"{' '.join(where)}: {name}" if where else name


def _flat(found: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each attribute."""
    return [
        attribute
        | {
            "variable": _name({
                "component": component["name"],
                "component_instance": component["instance"],
                "evse_id": component["evse_id"],
                "connector_id": component["connector_id"],
                "variable": variable["name"],
                "variable_instance": variable["instance"],
            })
        }
        for component in found["components"]
        for variable in component["variables"]
        for attribute in variable["attributes"]
    ]  # fmt: skip


def _having(rows: list[dict[str, Any]], column: str, text: str | None) -> list[dict[str, Any]]:
    return rows if text is None else [row for row in rows if text.lower() in row[column].lower()]
