from __future__ import annotations

from pathlib import Path

import pytest

from ohmstead.ocpp.versions import V21, V201
from ohmstead.simulator import BadFile, Persona, UnknownPersona
from ohmstead.simulator.persona import load, names
from ohmstead.simulator.traits import ORDINARY

GOOD = """
name = "mine"
title = "Counts as it likes."
why = ["https://example.org/1"]
marks = "odd"
versions = ["2.0.1"]

[transactions]
seq_no = "per-evse"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", list(names()))
def test_ours_are_whole(name: str) -> None:
    persona = load(name)
    assert persona.name == name
    assert persona.title.endswith(".")
    assert all(len(why) > 5 for why in persona.why)
    if name != "default":
        assert persona.breaks
    if persona.marks == "odd" and not persona.synthetic:
        assert any("https://" in why for why in persona.why), "an odd one needs public evidence"


def test_there_are_enough_and_the_ordinary_one_is_first() -> None:
    assert next(names()) == "default"
    found = [load(name) for name in names()]
    careful = [one for one in found if one.marks == "compliant" and set(one.versions) & {"2.0.1", "2.1"}]
    assert len(found) >= 21
    assert len(careful) >= 11
    assert sum(one.name.startswith("tree-") and one.synthetic for one in found) == 2
    default = load("default")
    assert all(getattr(default, name) == getattr(ORDINARY, name) for name in ORDINARY.__struct_fields__)


def test_no_two_are_alike() -> None:
    def switches(persona: Persona) -> str:
        return repr([getattr(persona, name) for name in ORDINARY.__struct_fields__])

    found = [switches(load(name)) for name in names()]
    assert len(set(found)) == len(found)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    persona = load(write(tmp_path, GOOD))
    assert persona.transactions.seq_no == "per-evse"
    assert load(str(tmp_path / "mine.toml")) == persona
    assert persona.version() is V201
    with pytest.raises(ValueError, match=r"no OCPP 2\.1 of the persona mine; known: 2\.0\.1"):
        persona.version(V21)


def test_an_unknown_name() -> None:
    with pytest.raises(UnknownPersona, match=r"no persona 'seq-no-per-evs'; did you mean `seq-no-per-evse`\?"):
        load("seq-no-per-evs")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('marks = "odd"', 'marks = "bad"'), r"mine\.toml:5: marks: expected 'compliant' or 'odd', given 'bad'"),
        (("seq_no =", "seqno ="), r"mine\.toml:9: transactions\.seqno: there is no such key; did you mean `seq_no`"),
        (('"per-evse"', '"per-day"'), r"mine\.toml:9: transactions\.seq_no: expected 'always-zero' or"),
        (('why = ["https://example.org/1"]', ""), r"mine\.toml: the key `why` is missing"),
        (("[transactions]", "[transaction]"), r"mine\.toml:8: transaction: there is no such key; did you mean"),
    ],
)
def test_a_mistake_is_told_by_its_place(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    with pytest.raises(BadFile, match=told):
        load(write(tmp_path, GOOD.replace(*change)))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('[settings]\n"TxCtrlr.TxStartPont" = "Authorized"', r"did you mean `TxCtrlr\.TxStartPoint`\?"),
        ('[settings]\n"TxCtrlr.TxStartPoint" = "Tuesday"', r"mine\.toml:11: .*'Tuesday' is no value of a MemberList"),
        ('[answers]\nReset = "Maybe"', r"mine\.toml:11: answers\.Reset: expected a status of Reset"),
        ('[answers]\nHeartbeat = "ignore"', r"answers\.Heartbeat: no call of the CSMS"),
        ('[faults.answers]\nReset = "error Foo"', r"mine\.toml:11: faults\.answers\.Reset: no error code"),
        ("[faults]\ndrop = 2", r"mine\.toml:11: faults\.drop: expected a number from 0 to 1, given 2"),
    ],
)
def test_what_only_the_device_model_and_the_schemas_know(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(BadFile, match=told):
        load(write(tmp_path, GOOD + more))
