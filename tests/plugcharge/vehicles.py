"""A world of Plug & Charge in a database: a maker that is trusted, a vehicle, a contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ohmstead import runtime
from ohmstead.pki.certificate import describe
from ohmstead.plugcharge.contract_ca import open_contract_ca
from ohmstead.plugcharge.opening import PlugAndCharge
from ohmstead.plugcharge.provider import Builtin
from ohmstead.simulator.contract_vehicle import ContractVehicle, Maker, new_maker
from ohmstead.store.db import Db
from ohmstead.store.resources import certificates, contracts

PCID, EMAID = "WMIV1234567890ABCD", "DE8AAC1A2B3C4D"


async def trust(db: Db, maker: Maker, use: str = "oem", id: int = 900) -> None:
    async with db.transaction() as tx:
        one = describe(maker.certificate)
        await certificates.add_authority(tx, 1, id, one, name="maker", pem=maker.pem, uses=[use], now=0)


async def contract(db: Db, emaid: str = EMAID, **fields: Any) -> None:
    values = {"emaid": emaid, "pcid": PCID, "token": emaid, "energy_transfer": None, "valid_until": None} | fields
    async with db.transaction() as tx:
        await contracts.add(tx, 1, values, token_id=int(emaid[-1], 36) + 500, now=runtime.now())


async def revoke(db: Db, emaid: str = EMAID) -> None:
    async with db.transaction() as tx:
        assert await contracts.revoke(tx, 1, emaid, runtime.now())


def opened(db: Db, folder: Path) -> PlugAndCharge:
    ca = open_contract_ca(folder / "plugcharge", b"s" * 32)
    return PlugAndCharge(Builtin(db, ca), ca)


def vehicle(maker: Maker | None = None) -> ContractVehicle:
    return ContractVehicle(PCID, maker or new_maker())


def fits(one: x509.Certificate) -> bool:
    """ISO 15118-2: at most 800 bytes."""
    return len(one.public_bytes(Encoding.DER)) <= 800
