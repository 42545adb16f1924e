"""The authorities of the built-in provisioning: made once, opened again, and only with the right key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ohmstead import runtime
from ohmstead.plugcharge.contract_ca import CPS_LIFE, DAY, der, open_contract_ca
from ohmstead.simulator.contract_vehicle import new_maker
from tests.plugcharge.vehicles import fits

KEY = b"s" * 32


def test_it_is_the_same_when_it_is_opened_again(tmp_path):
    first, second = (open_contract_ca(tmp_path / "pnc", KEY) for _ in range(2))
    assert der([first.mo.root.certificate, first.v2g.root.certificate]) == der(
        [second.mo.root.certificate, second.v2g.root.certificate]
    )
    assert (tmp_path / "pnc" / "authorities.key").stat().st_mode & 0o077 == 0
    assert b"ENCRYPTED" in (tmp_path / "pnc" / "authorities.key").read_bytes()
    with pytest.raises(ValueError, match="password"):
        open_contract_ca(tmp_path / "pnc", b"x" * 32)
    (tmp_path / "pnc" / "mo-sub1.pem").write_text(new_maker().pem)
    with pytest.raises(ValueError, match=r"key of mo-sub1\.pem"):
        open_contract_ca(tmp_path / "pnc", KEY)


def test_processes_that_start_together_make_it_once(tmp_path):
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(lambda _: open_contract_ca(tmp_path / "pnc", KEY), range(4)))
    assert len({one.mo.root.certificate.serial_number for one in opened}) == 1
    assert len({one.v2g.root.certificate.serial_number for one in opened}) == 1


def test_a_contract_ends_with_its_term(tmp_path):
    ca = open_contract_ca(tmp_path, KEY)
    until = runtime.now() + 5 * DAY
    chain, key = ca.issue_contract("DE8AAC1A2B3C4D", until)
    assert key.public_key() == chain[0].public_key()
    assert abs(chain[0].not_valid_after_utc.timestamp() * 1e6 - until) < 2e6
    assert fits(chain[0])


def test_the_provisioning_service_renews_its_own_certificate(tmp_path, monkeypatch):
    clock = runtime.FakeClock(runtime.now())
    monkeypatch.setattr(runtime, "clock", clock)
    ca = open_contract_ca(tmp_path, KEY)
    first = ca.cps
    assert ca.cps is first
    clock.advance(CPS_LIFE * 0.95 / 1_000_000)
    assert ca.cps is not first
    ca.cps_chain[0].verify_directly_issued_by(ca.cps_chain[1])
