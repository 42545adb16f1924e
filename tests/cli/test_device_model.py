from __future__ import annotations

import json

import pytest

REPORT = {"complete": True, "missing_parts": [], "at": None}
ATTRIBUTE = {"type": "Actual", "value": "32", "mutability": "ReadWrite", "source": "report"}
COMPONENT = {"name": "EVSE", "instance": None, "evse_id": 2, "connector_id": None}
VARIABLE = {"name": "Limit", "instance": "A", "attributes": [ATTRIBUTE], "characteristics": None}
RAW = {"components": [COMPONENT | {"variables": [VARIABLE]}], "report": REPORT}
WORD = {"name": "evse.current.max", "value": 32, "unit": "A", "writable": True, "evse_id": 2, "source": "report",
        "variable": {"component": "EVSE", "variable": "Limit", "evse_id": 2}}  # fmt: skip


def test_model_has_a_line_for_each_attribute(wire, run):
    wire.answers = [(200, RAW)]
    lines = run("station model CS1 --find limit")[1].splitlines()
    assert lines[1].split() == ["EVSE", "2:", "EVSE.Limit[A]", "32", "ReadWrite", "Actual", "report"]
    assert (wire.last[1], wire.last[2]) == ("stations/CS1/device-model", {"view": "raw"})
    assert run("station model CS1 --find other")[2] == "(none)\n"


def test_model_in_words(wire, run):
    wire.answers = [(200, {"values": [WORD], "unmapped": [], "report": REPORT})]
    line = run("station model CS1 --view vocabulary")[1].splitlines()[1]
    assert line.split() == ["evse.current.max", "2", "32", "A", "yes", "report", "EVSE", "2:", "EVSE.Limit"]
    out = run("station model CS1 --view vocabulary --json")[1]
    assert json.loads(out)["values"] == [WORD]


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("evse.current.max=16 --evse 2", {"values": [{"name": "evse.current.max", "value": 16, "evse_id": 2}]}),
        ("meter.measurands=Energy", {"values": [{"name": "meter.measurands", "value": "Energy"}]}),
        ("HeartbeatInterval=60 --variables", {"variables": [{"variable": "HeartbeatInterval", "value": "60"}]}),
        (
            "C[a].V[b]=1 --variables --evse 1 --connector 2",
            {"variables": [{"component": "C", "component_instance": "a", "evse_id": 1, "connector_id": 2,
                            "variable": "V", "variable_instance": "b", "value": "1"}]},
        ),
    ],
)  # fmt: skip
def test_set(wire, run, line, body):
    wire.answers = [(200, {"results": [{"name": "n", "value": 1, "status": "accepted"}]})]
    assert run(f"station set CS1 {line}")[0] == 0
    assert (wire.last[0], wire.last[3]) == ("PATCH", body)


def test_set_tells_what_was_not_taken(wire, run):
    wire.answers = [
        (200, {"results": [{"variable": "V", "component": "C", "value": 1, "status": "rejected", "reason": "no"}]})
    ]
    status, out, _ = run("station set CS1 C.V=1 --variables")
    assert (status, out.splitlines()[1].split()) == (1, ["C.V", "1", "rejected", "no"])
    for wrong in ("", "evse.current.max", "C.V=1 --connector 1", "a.b.c.=1 --variables"):
        assert run(f"station set CS1 {wrong}")[0] == 1


def test_diff_history_refresh(wire, run):
    difference = {"component": "C", "variable": "V", "kind": "value", "left": "1", "right": "2"}
    wire.answers = [(200, {"station_id": "CS1", "against": "CS2", "differences": [difference]})]
    status, out, _ = run("station diff CS1 --against CS2")
    assert (status, out.splitlines()[1].split()) == (1, ["C.V", "value", "-", "1", "2"])
    wire.answers = [
        (
            200,
            {
                "data": [{"since": "a", "until": None, "attribute": "Actual", "value": "1", "source": "set"}],
                "next_cursor": None,
            },
        )
    ]
    assert run("station history CS1 C.V --evse 1")[1].splitlines()[1].split() == ["a", "-", "Actual", "1", "set"]
    assert wire.last[2] == {"component": "C", "variable": "V", "evse_id": "1", "limit": "1000"}
    wire.answers = [(200, {"id": "cmd_1", "state": "confirmed"})]
    assert run("station refresh CS1")[0] == 0
    assert wire.last[1] == "stations/CS1/device-model/refresh"


def test_diffs_with_a_template(wire, run, tmp_path):
    word = {"name": "evse.current.max", "kind": "value", "left": 32, "right": 16, "unit": "A", "evse_id": 2}
    file = tmp_path / "depot.json"
    file.write_text('{"values": [{"name": "evse.current.max", "value": 16}]}')
    wire.answers = [(200, {"station_id": "CS1", "against": "template", "differences": [], "words": [word]})]
    status, out, _ = run(f"station diff CS1 --template {file}")
    assert (status, out.splitlines()[1].split()) == (1, ["EVSE", "2:", "evse.current.max", "value", "-", "32", "16"])
    assert wire.last[3] == json.loads(file.read_text())
    row = {"station_id": "CS1", "vendor": "V", "model": "M", "words": [word]}
    wire.answers = [(200, {"data": [row], "next_cursor": "c"}), (200, {"data": [], "next_cursor": None})]
    status, out, _ = run(f"station fleet-diff --template {file} --vendor V")
    assert (status, len(out.splitlines()), wire.last[2]["cursor"]) == (1, 2, "c")
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run("station fleet-diff evse.current.max")[0] == 0
    assert wire.last[1:3] == ("device-models/diff", {"limit": "1000", "word": ["evse.current.max"]})
    assert run("station diff CS1")[0] == run("station fleet-diff")[0] == 1


def test_custom_components(wire, run):
    row = {"vendor": "V", "model": "M", "component": "AcmeCtrlr", "variable": None, "stations": 3}
    wire.answers = [(200, {"data": [row], "next_cursor": None})]
    assert run("station custom --vendor V")[1].splitlines()[1].split() == ["V", "M", "AcmeCtrlr", "-", "3"]
    assert wire.last[1:3] == ("device-models/custom-components", {"vendor": "V", "limit": "1000"})
