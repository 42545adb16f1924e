from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list", ("GET", "sites", {"limit": "1000"}, None)),
        ("show 4", ("GET", "sites/4", {}, None)),
        ("add Depot --limit-a 63", ("POST", "sites", {}, {"name": "Depot", "limit_a": [63, 63, 63]})),
        ("circuits 4", ("GET", "sites/4/circuits", {"limit": "1000"}, None)),
        (
            "circuit 4 B 32 CS1/1 CS1/2/L1,L2",
            ("POST", "sites/4/circuits", {}, {"name": "B", "limit_a": 32, "evses": [
                {"station_id": "CS1", "evse_id": 1}, {"station_id": "CS1", "evse_id": 2, "phases": ["L1", "L2"]}]}),
        ),
        ("load 4 6000 --circuit 9", ("PUT", "sites/4/load", {}, {"load_w": 6000, "circuit_id": "9"})),
        ("limit 4 80000", ("PUT", "sites/4/limit", {}, {"limit_w": 80000, "ramp_s": 0})),
        (
            "limit 4 80000 --from 2026-12-01T17:00:00Z --until 2026-12-01T19:00:00Z",
            ("POST", "sites/4/limits", {}, {"limit_w": 80000, "from": "2026-12-01T17:00:00Z",
                                            "to": "2026-12-01T19:00:00Z", "ramp_s": 0}),
        ),
        ("limit 4 --amps 63", ("PUT", "sites/4/limit", {}, {"limit_a": [63, 63, 63], "ramp_s": 0})),
        (
            "change 4 --reset-if-disobedient idle --limit-a 40",
            ("PATCH", "sites/4", {}, {"reset_if_disobedient": "idle", "limit_a": [40, 40, 40]}),
        ),
        ("unlimit 4", ("DELETE", "sites/4/limit", {}, None)),
        ("unlimit 4 7", ("DELETE", "sites/4/limits/7", {}, None)),
        ("plan 4 --everyone", ("POST", "sites/4/plan", {}, {"limit_w": None, "everyone_charges": True})),
        ("prices 4", ("GET", "sites/4/prices", {}, None)),
        ("series 4", ("GET", "sites/4/series", {}, None)),
        ("forget-series 4 pv --circuit 9", ("DELETE", "sites/4/series/pv", {"circuit_id": "9"}, None)),
        ("schedule 4", ("GET", "sites/4/schedule", {}, None)),
        ("timeline 4", ("GET", "sites/4/timeline", {"resolution": "60"}, None)),
    ],
)  # fmt: skip
def test_each_asks_its_route(wire, run, line, asked):
    wire.answers = [
        (
            200,
            {
                "data": [],
                "next_cursor": None,
                "evses": [],
                "limit_w": 1,
                "limited_by": "x",
                "violations": [],
                "slots": [],
                "cars": [],
                "from": "a",
                "to": "b",
                "by": "optimiser",
                "solve_ms": 1.0,
                "why": "",
                "cost": 2.0,
                "unit": "EUR/kWh",
            },
        )
    ]
    status, _, error = run(f"site {line}")
    assert status == 0, error
    assert wire.last == asked


def test_a_plan_for_people(wire, run):
    evse = {"station_id": "CS1", "evse_id": 1, "limit_a": 9, "ordered_a": 9, "measured_w": None,
            "reason": {"code": "full", "text": "9 A: circuit B is full"}}  # fmt: skip
    wire.answers = [(200, {"evses": [evse], "limit_w": 80000, "limited_by": "evening", "violations": ["B L1: 2 A"]})]
    _, out, _ = run("site plan 4")
    for part in ("limit 80000 W by evening", "9 A: circuit B is full", "! B L1: 2 A"):
        assert part in out


def test_what_names_no_evse(wire, run):
    status, _, error = run("site circuit 4 B 32 CS1")
    assert (status, "STATION/EVSE" in error) == (1, True)


def test_prices_from_a_file(wire, run, tmp_path):
    file = tmp_path / "prices.csv"
    file.write_text("2030-01-01T00:00:00Z,2030-01-01T01:00:00Z,0.31\n")
    wire.answers = [(200, {"slots": []})]
    status, _, error = run(f"site prices 4 {file}")
    assert status == 0, error
    slot = {"from": "2030-01-01T00:00:00Z", "to": "2030-01-01T01:00:00Z", "price": 0.31}
    assert wire.asked[0][3] == {"unit": "EUR/kWh", "slots": [slot]}
    wire.answers = [(200, {"data": []})]
    status, _, error = run(f"site series 4 battery {file} --phases L1")
    assert status == 0, error
    slot = {"from": slot["from"], "to": slot["to"], "power_w": 0.31}
    assert (wire.asked[-2][0], wire.asked[-2][1].endswith("sites/4/series/battery")) == ("PUT", True)
    assert wire.last[:2] == ("GET", "sites/4/series")
    assert wire.asked[-2][3] == {"phases": ["L1"], "slots": [slot]}
    for wrong in ("1,2\n", "a,b,c\n"):
        file.write_text(wrong)
        assert "FROM,TO,PRICE" in run(f"site prices 4 {file}")[2]
