from __future__ import annotations

from ohmstead.keyfiles import server_key
from ohmstead.pki.certificate import key_sha256
from ohmstead.pki.local_ca import open_ca


def test_authorities(wire, run, tmp_path):
    wire.answers = [(200, {"data": [{"id": "embedded", "certificate": "PEM\n"}], "next_cursor": None})]
    assert "embedded" in run("pki list")[1]
    assert run("pki root")[1] == "PEM\n"
    file = tmp_path / "maker.pem"
    file.write_text("PEM")
    assert run(f"pki add Maker {file} station manufacturer")[0] == 0
    body = {"name": "Maker", "certificate": "PEM", "uses": ["station", "manufacturer"]}
    assert wire.last == ("POST", "certificate-authorities", {}, body)
    assert run("pki add Maker /nowhere.pem station")[0] == 1
    wire.answers = [(200, {"id": "7"}), (200, {"added": 2, "removed": 0})]
    assert run("pki remove 7")[0] == 0
    assert wire.last[:3] == ("DELETE", "certificate-authorities/7", {})
    assert "2" in run("pki sync")[1]
    assert wire.last[:2] == ("POST", "certificate-authorities/sync")


def test_removed_though_stations_rest_on_it(wire, run):
    assert run("pki remove 7 --force")[0] == 0
    assert wire.last[:3] == ("DELETE", "certificate-authorities/7", {"force": "true"})


def test_certificates_by_acme(wire, run):
    wire.answers = [(200, {"directory": "https://ca/dir", "failures": 0})]
    assert "https://ca/dir" in run("pki acme")[1]
    assert wire.last[:2] == ("GET", "acme")
    assert run("pki acme --renew")[0] == 0
    assert wire.last[:2] == ("POST", "acme/renew")


def test_another_issuing_ca(run, tmp_path, monkeypatch):
    monkeypatch.setenv("OHMSTEAD_DATA_DIR", str(tmp_path))
    status, _, error = run("pki new-issuing")
    assert (status, "holds no CA" in error) == (1, True)
    key = server_key(tmp_path)
    before = open_ca(tmp_path / "pki", key, "Ohmstead", ())
    assert run("pki new-issuing")[0] == 0
    after = open_ca(tmp_path / "pki", key, "Ohmstead", ())
    assert (after.root, after.former) == (before.root, (before.issuing,))
    assert key_sha256(after.issuing) != key_sha256(before.issuing)
    after.issuing.verify_directly_issued_by(after.root)
    (tmp_path / "pki" / "root.key").unlink()
    status, _, error = run("pki new-issuing")
    assert (status, "root.key" in error) == (1, True)
