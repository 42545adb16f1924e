"""Sites: list, show, add, change, circuits, circuit, load, limit, unlimit, plan, prices, series, schedule, timeline."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="site", help="Sites: their circuits, limits and plans.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "name", "parent_id", "limit_w", "limit_a")
CIRCUIT_COLUMNS = ("id", "name", "parent_id", "limit_a", "unmanaged_load_w", "evses")
SERIES_COLUMNS = ("kind", "circuit_id", "from", "to", "power_w")
PLAN_COLUMNS = ("station_id", "evse_id", "limit_a", "ordered_a", "measured_w", "why")
SAMPLE_COLUMNS = ("at", "limit_w", "measured_w", "load_w", "pv_w", "battery_w", "held_back_w")


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List sites."""
    show_list(to.all("sites", limit=limit), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show a site."""
    show(to.get("sites", id), to.json)


@app.command
def add(
    name: str, /, *, limit_w: float | None = None, limit_a: list[float] | None = None, parent: str | None = None,
    time_zone: str | None = None, to: Remote = HERE,
) -> None:  # fmt: skip
    """Make a site; --limit-a once for all phases, or three times."""
    body = {"name": name, "limit_w": limit_w, "limit_a": _phases(limit_a), "parent_id": parent, "time_zone": time_zone}
    show(to.post("sites", body={field: value for field, value in body.items() if value is not None}), to.json)


def _phases(amps: list[float] | None) -> list[float] | None:
    return amps * 3 if amps is not None and len(amps) == 1 else amps


@app.command
def change(
    id: str, /, *, name: str | None = None, limit_w: float | None = None, limit_a: list[float] | None = None,
    reset_if_disobedient: Literal["never", "idle", "always"] | None = None, to: Remote = HERE,
) -> None:  # fmt: skip
    """Change a site."""
    body = {"name": name, "limit_w": limit_w, "limit_a": _phases(limit_a), "reset_if_disobedient": reset_if_disobedient}
    show(to.patch("sites", id, body={field: value for field, value in body.items() if value is not None}), to.json)


@app.command
def circuits(id: str, /, *, to: Remote = HERE) -> None:
    """List the circuits of a site."""
    show_list(to.all("sites", id, "circuits", limit=1000), CIRCUIT_COLUMNS, to.json)


@app.command
def circuit(
    id: str, name: str, limit_a: float, /, *evses: str, parent: str | None = None, unmanaged_w: float | None = None,
    to: Remote = HERE,
) -> None:  # fmt: skip
    """Make a circuit with its fuse, and EVSEs such as CS1/1 or CS1/2/L1 on it."""
    body = {
        "name": name, "limit_a": limit_a, "evses": [_evse(one) for one in evses], "parent_id": parent,
        "unmanaged_load_w": unmanaged_w,
    }  # fmt: skip
    body = {field: value for field, value in body.items() if value is not None}
    show(to.post("sites", id, "circuits", body=body), to.json)


def _evse(text: str) -> dict[str, object]:
    station, *rest = text.split("/")
    if not rest or not rest[0].isdigit() or len(rest) > 2:
        raise Failed(f"{text} names no EVSE: write STATION/EVSE, or STATION/EVSE/L1,L2")
    return {"station_id": station, "evse_id": int(rest[0])} | ({"phases": rest[1].split(",")} if rest[1:] else {})


@app.command
def load(id: str, watts: float, /, *, circuit: str | None = None, to: Remote = HERE) -> None:
    """Say what is drawn at a site beside its EVSEs, as measured."""
    body = {"load_w": watts} | ({} if circuit is None else {"circuit_id": circuit})
    show(to.put("sites", id, "load", body=body), to.json)


@app.command
def limit(
    id: str,
    watts: float | None = None,
    /,
    *,
    amps: list[float] | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    until: str | None = None,
    ramp_s: int = 0,
    to: Remote = HERE,
) -> None:
    """Limit a site now, or --from a time --until another (RFC 3339): WATTS in all, or --amps per phase, once or three
    times."""
    body = {"limit_w": watts, "limit_a": _phases(amps), "from": from_, "to": until, "ramp_s": ramp_s}
    body = {field: value for field, value in body.items() if value is not None}
    show(
        to.put("sites", id, "limit", body=body) if from_ is None else to.post("sites", id, "limits", body=body), to.json
    )


@app.command
def unlimit(id: str, limit: str | None = None, /, *, to: Remote = HERE) -> None:
    """Take away the limit that was put, or the one of this number."""
    to.delete(*(("sites", id, "limit") if limit is None else ("sites", id, "limits", limit)))
    show({"id": id, "removed": True}, to.json)


@app.command
def plan(id: str, /, *, limit_w: float | None = None, everyone: bool = False, to: Remote = HERE) -> None:
    """What each EVSE would get now, and why; --limit-w and --everyone suppose something else."""
    found = to.post("sites", id, "plan", body={"limit_w": limit_w, "everyone_charges": everyone})
    if to.json:
        return show(found, True)
    rows = [{**one, "why": one["reason"]["text"]} for one in found["evses"]]
    watts = "no limit in W" if found["limit_w"] is None else f"limit {found['limit_w']:g} W"
    print(watts if found["limit_w"] is None else f"{watts} by {found['limited_by']}")
    show_list(rows, PLAN_COLUMNS, False)
    for one in found["violations"]:
        print(f"! {one}")
    return None


@app.command
def prices(id: str, file: Path | None = None, /, *, unit: str = "EUR/kWh", to: Remote = HERE) -> None:
    """Show the prices of a site, or set them from a CSV file of lines FROM,TO,PRICE (times as RFC 3339)."""
    if file is not None:
        to.put("sites", id, "prices", body={"unit": unit, "slots": _slots(file, "price")})
    found = to.get("sites", id, "prices")
    show(found, True) if to.json else show_list(found["slots"], ("from", "to", "price"), False)


def _slots(file: Path, value: str) -> list[dict[str, object]]:
    rows = [line for line in csv.reader(file.read_text().splitlines()) if line]
    try:
        return [{"from": start, "to": end, value: float(number)} for start, end, number in rows]
    except ValueError:
        raise Failed(f"{file}: each line is FROM,TO,{value.upper()}") from None


@app.command
def series(
    id: str, kind: Literal["pv", "battery"] | None = None, file: Path | None = None, /, *, circuit: str | None = None,
    phases: str | None = None, to: Remote = HERE,
) -> None:  # fmt: skip
    """Show what sun and batteries feed in, or set one from a CSV file of lines FROM,TO,POWER_W (below 0: a battery that
    is charged)."""
    if kind is not None and file is not None:
        body = {"slots": _slots(file, "power_w"), "circuit_id": circuit, "phases": phases and phases.split(",")}
        to.put("sites", id, "series", kind, body={field: value for field, value in body.items() if value is not None})
    found = to.get("sites", id, "series")
    rows = [{**one, **slot} for one in found["data"] if kind in (None, one["kind"]) for slot in one["slots"]]
    show(found, True) if to.json else show_list(rows, SERIES_COLUMNS, False)


@app.command
def forget_series(id: str, kind: Literal["pv", "battery"], /, *, circuit: str | None = None, to: Remote = HERE) -> None:
    """Forget a series: nothing is fed in there any more."""
    to.delete("sites", id, "series", kind, **({} if circuit is None else {"circuit_id": circuit}))
    show({"id": id, "removed": True}, to.json)


@app.command
def schedule(id: str, /, *, to: Remote = HERE) -> None:
    """The plan of the hours to come: which car charges when."""
    found = to.get("sites", id, "schedule")
    if to.json:
        return show(found, True)
    print(f"{found['from']} to {found['to']} by {found['by']} in {found['solve_ms']:g} ms {found['why']}".rstrip())
    if found["cost"] is not None:
        print(f"cost {found['cost']:g} ({found['unit']})")
    rows = [{**car, **period} for car in found["cars"] for period in car["periods"]]
    show_list(rows, ("station_id", "evse_id", "charging_need_id", "from", "to", "limit_a"), False)
    return None


@app.command
def timeline(id: str, /, *, resolution: int = 60, to: Remote = HERE) -> None:
    """The last hour: limit, measured power, and what cars were kept from."""
    show_list(to.get("sites", id, "timeline", resolution=resolution)["data"], SAMPLE_COLUMNS, to.json)
