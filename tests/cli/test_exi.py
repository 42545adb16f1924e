from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path

import pytest

from ohmstead.simulator.contract_vehicle import ContractVehicle, new_maker

VECTORS = json.loads((Path(__file__).parents[1] / "plugcharge/exi/vectors.json").read_text())["documents"]
FIRST, TWENTY = VECTORS[0], VECTORS[-1]


def test_there_and_back(run, tmp_path):
    file = tmp_path / "message"
    file.write_text(FIRST["exi"])
    status, out, _ = run(f"exi decode {file} --base64")
    assert (status, json.loads(out)) == (0, FIRST["message"])
    file.write_text(json.dumps(TWENTY["message"]))
    assert run(f"exi encode {file} --schema iso15118-20 --base64")[1].strip() == TWENTY["exi"]


def test_bytes_on_standard_input_and_output(monkeypatch, capsysbinary):
    from ohmstead.cli import main

    data = base64.b64decode(FIRST["exi"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(FIRST["message"]).encode())))
    assert main(["exi", "encode"]) == 0
    assert capsysbinary.readouterr().out == data
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["exi", "decode"]) == 0
    assert json.loads(capsysbinary.readouterr().out) == FIRST["message"]


@pytest.mark.parametrize(
    ("verb", "text", "said"),
    [
        ("decode", "nothing", "0x80"),
        ("decode --base64", "???", "base64"),
        ("encode", "{", "is not JSON"),
        ("encode", "[]", "one member"),
        ("encode", '{"Heartbeat": {}}', "none of the messages"),
        ("decode", None, "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_line(run, tmp_path, verb, text, said):
    file = tmp_path / "message"
    if text is not None:
        file.write_text(text)
    name, *options = verb.split()
    status, _, error = run(["exi", name, str(file), *options])
    assert status == 1
    assert said in error.lower() or said in error


def test_whose_signature_is_on_it(run, tmp_path):
    """A vehicle's request, by its maker; then by nobody that is trusted; then changed on the way."""
    maker, other = new_maker(), new_maker("Other")
    file, root = tmp_path / "request", tmp_path / "maker.pem"
    asked = ContractVehicle("WMIV1234567890ABCD", maker).ask()
    file.write_text(asked)
    root.write_text(maker.pem)
    status, out, _ = run(f"exi verify {file} --base64 --root {root}")
    found = json.loads(out)
    assert (status, found["message"], found["odd"]) == (0, "CertificateInstallationReq", [])
    assert (found["signer"], found["signed"]) == ("CN=WMIV1234567890ABCD", ["CertificateInstallationReq"])
    root.write_text(other.pem)
    status, _, error = run(f"exi verify {file} --base64 --root {root}")
    assert (status, "No chain of valid certificates" in error) == (1, True)
    data = bytearray(base64.b64decode(asked))
    data[-3] ^= 1
    file.write_bytes(bytes(data))
    status, _, error = run(f"exi verify {file}")
    assert (status, "not what was signed" in error) == (1, True)
    root.write_text("nothing")
    file.write_text(asked)
    assert run(f"exi verify {file} --base64 --root {root}")[0] == 1
