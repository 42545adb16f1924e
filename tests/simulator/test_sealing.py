"""A station that signs, against an implementation of JWS that is not ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Raw

from ohmstead.ocpp.rpc import Answer, Call, CallError
from ohmstead.ocpp.signing import CALL, CALLRESULT, SigningKey, Unfit, public_key
from ohmstead.simulator.outbox import Message
from ohmstead.simulator.sealing import Seal, opened, seal_of, sealed
from tests.pki.making import Made, name
from tests.signed import header, read, signed

OWN, CSMS, STRANGER = Made(name("CS1")), Made(name("csms")), Made(name("CS2"))
SEAL = Seal(SigningKey(OWN.key_pem, OWN.pem), public_key(CSMS.pem))


def call(made: Made, action: str = "Reset", kind: int = 2) -> Call:
    return Call("1", f"{action}-Signed", Raw(json.dumps(signed(made, action, {"type": "OnIdle"}, kind)).encode()))


def test_what_it_signs_the_witness_reads() -> None:
    one = sealed(SEAL, "Heartbeat", b'{"a":1}', CALL)
    assert one is not None
    assert one.action == "Heartbeat-Signed"
    jws = json.loads(one.payload)
    assert read(OWN.pem, jws) == ({"a": 1}, header(OWN, "Heartbeat"))
    assert json.loads(one.shown("7")) == [2, "7", "Heartbeat", {"a": 1}, jws]
    answer = sealed(SEAL, "Heartbeat", b"{}", CALLRESULT)
    assert answer is not None
    assert json.loads(answer.shown("7"))[:3] == [3, "7", {}]
    assert sealed(None, "Heartbeat", b"{}", CALL) is None


@pytest.mark.parametrize("seal", [None, SEAL, SEAL._replace(csms=None)])
def test_what_the_csms_signed_is_read(seal: Seal | None) -> None:
    event, text = opened(seal, call(CSMS), "Reset", b"raw")
    assert isinstance(event, Call)
    assert (event.action, json.loads(bytes(event.payload))) == ("Reset", {"type": "OnIdle"})
    assert event.signed is not None
    assert json.loads(text)[:4] == [2, "1", "Reset", {"type": "OnIdle"}]
    payload = Raw(json.dumps(signed(CSMS, "Heartbeat", {"a": 1}, 3)).encode())
    answer, text = opened(seal, Answer("1", "Heartbeat-Signed", payload), "Heartbeat", b"raw")
    assert json.loads(bytes(answer.payload or b"")) == {"a": 1}
    assert json.loads(text)[2] == {"a": 1}


def test_what_another_signed_is_refused_by_who_knows_the_csms() -> None:
    with pytest.raises(Unfit):
        opened(SEAL, call(STRANGER), "Reset", b"raw")
    assert opened(SEAL._replace(csms=None), call(STRANGER), "Reset", b"raw")
    with pytest.raises(Unfit):
        opened(None, call(CSMS, kind=3), "Reset", b"raw")


def test_what_is_not_signed_stays_as_it_is() -> None:
    plain = Call("1", "Reset", Raw(b"{}"))
    error = Answer("1", "Heartbeat", None, CallError("GenericError"))
    answer = Answer("1", "Heartbeat", Raw(b'{"currentTime":"x"}'))
    assert opened(SEAL, plain, "Reset", b"raw") == (plain, b"raw")
    assert opened(SEAL, error, "Heartbeat", b"raw") == (error, b"raw")
    assert opened(SEAL, answer, "Heartbeat", b"raw") == (answer, b"raw")


def test_from_files(tmp_path: Path) -> None:
    for file, text in (("c", OWN.pem), ("k", OWN.key_pem), ("s", CSMS.pem)):
        (tmp_path / file).write_text(text)
    seal = seal_of(tmp_path / "c", tmp_path / "k", tmp_path / "s")
    assert seal.csms is not None
    assert opened(seal, call(CSMS), "Reset", b"")
    assert seal_of(tmp_path / "c", tmp_path / "k").csms is None
    (tmp_path / "k").write_text(Made(name("CS1"), key=ec.generate_private_key(ec.SECP384R1())).key_pem)
    with pytest.raises(ValueError, match="P-256"):
        seal_of(tmp_path / "c", tmp_path / "k")


def test_in_a_conversation(bench: Any) -> None:
    """What it says is signed, also its answer to a signed call; a call that is not from the CSMS gets SecurityError."""
    station = bench("2.0.1").up()
    station.talk.seal = SEAL
    hears(station, [2, "1", "ClearCache-Signed", signed(CSMS, "ClearCache", {})])
    answer = said(station)
    assert read(OWN.pem, answer[2]) == ({"status": "Accepted"}, header(OWN, "ClearCache", 3))
    hears(station, [2, "2", "ClearCache-Signed", signed(STRANGER, "ClearCache", {})])
    assert said(station)[:3] == [4, "2", "SecurityError"]
    hears(station, [2, "3", "ClearCache", {}])
    assert said(station) == [3, "3", {"status": "Accepted"}]
    assert [frame.action for frame in station.talk.received[-3:]] == ["ClearCache", "ClearCache-Signed", "ClearCache"]
    heard: list[Any] = []
    for made in (CSMS, STRANGER):
        station.controller.put(Message("DataTransfer", lambda _: {"vendorId": "x"}, heard.append))
        station.talk.turn(station.tick)
        call_ = said(station)
        assert read(OWN.pem, call_[3])[0] == {"vendorId": "x"}
        assert (call_[2], station.talk.sent[-1].action) == ("DataTransfer-Signed", "DataTransfer")
        hears(station, [3, call_[1], signed(made, "DataTransfer", {"status": "Accepted"}, 3)])
    assert heard[0].words == {"status": "Accepted"}
    assert heard[1].code == "SecurityError"


def hears(station: Any, frame: Any) -> None:
    station.controller.receive(json.dumps(frame).encode(), station.tick)


def said(station: Any) -> Any:
    return json.loads(station.talk.outgoing.popleft())
