"""A02, A03 towards vehicles: certificates of a station's SECCs, one for each SeccId and edition of ISO 15118.

The common name must be an ISO15118Ctrlr.SeccId that the station has reported, of the station or of an EVSE; one that
reported none may ask under its own name. What another station holds, it does not get.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import UNSET

from ohmstead.blocks import Call
from ohmstead.blocks.certificate_status import hash_data_of
from ohmstead.blocks.command import given
from ohmstead.blocks.security import holder
from ohmstead.domain.device_model import Name
from ohmstead.pki import csr
from ohmstead.pki.issuer import Order
from ohmstead.pki.status import is_issuer
from ohmstead.store import device_model, signing_requests
from ohmstead.store.db import Db
from ohmstead.store.sessions import State

CURVES = {"V2GCertificate": ec.SECP256R1, "V2G20Certificate": ec.SECP521R1}
"""ISO 15118-2 and -20 allow no other of the NIST curves."""


def is_v2g(certificate_type: str | None) -> TypeGuard[str]:
    return certificate_type in CURVES


async def order_of(call: Call, req: Any, certificate_type: str) -> tuple[Order, str]:
    """What the CA for V2G may be asked for by a SignCertificate, and whom it is for. Raises BadCsr."""
    kind = call.settings.v2g_issuer.kind
    if kind == "none":
        raise csr.BadCsr("use", "No CA for certificates towards vehicles (V2G) is set up here (v2g_issuer.kind).")
    if kind == "embedded" and certificate_type == "V2G20Certificate":
        raise csr.BadCsr("use", "The embedded CA signs for ISO 15118-2 only; -20 needs an external one (v2g_issuer).")
    if kind == "embedded":
        _check_root(call, given(getattr(req, "hash_root_certificate", UNSET)))
    order = _order(req.csr, await _names(call), call.settings.pki.organization)
    curve = CURVES[certificate_type]
    if not (isinstance(order.public_key, ec.EllipticCurvePublicKey) and isinstance(order.public_key.curve, curve)):
        raise csr.BadCsr("key_type", f"A {certificate_type} needs a key on the curve {curve.name}.")
    subject = f"{certificate_type}:{order.common_name}"
    other = await signing_requests.held_by(call.db, call.station.tenant_id, subject, call.now)
    if other not in (None, call.station.identity):
        raise csr.BadCsr("common_name", f"{order.common_name} is held by {other}; revoke that certificate first.")
    return order, subject


def _check_root(call: Call, wanted: Any) -> None:
    """In 2.1 a station may say below which root it wants its certificate. Raises BadCsr."""
    if wanted is None or call.plug_and_charge is None:
        return
    root, hashed = call.plug_and_charge.ca.v2g.root.certificate, hash_data_of(wanted)
    if not is_issuer(root, hashed) or hashed.key[-1] != f"{root.serial_number:x}":
        raise csr.BadCsr("use", "The station wants a certificate below another root (hashRootCertificate).")


def common_name(subject: str) -> str:
    """The SECC of a request's subject; empty: it is the station's own."""
    return subject.partition(":")[2]


def _order(text: str, names: Sequence[str], organization: str) -> Order:
    for name in names:
        try:
            return csr.order(text, common_name=name, organization=organization)
        except csr.BadCsr as bad:
            if bad.check != "common_name":
                raise
    shown = " or ".join(map(repr, names)) or "reported first: get the variable"
    raise csr.BadCsr("common_name", f"The common name must be {shown} (ISO15118Ctrlr.SeccId).")


async def _names(call: Call) -> list[str]:
    """The SeccIds that the station has reported; without any the name of the station itself."""
    known = [value for _, value in await _reported(call.db, call.state)]
    own = holder(call.station, call.settings).common_name
    return list(dict.fromkeys(known)) or ([] if own is None else [own])


async def _reported(db: Db, state: State) -> list[tuple[int | None, str]]:
    """EVSE (None: of the station) and SeccId."""
    evses = sorted({None, *(evse for evse, _ in state.connectors if evse)}, key=lambda evse: evse or 0)
    asked = [Name("ISO15118Ctrlr", "SeccId", evse_id=evse) for evse in evses]
    model = await device_model.load_some(db, state.station.tenant_id, state.station.id, asked)
    return [(name.evse_id, value) for name in asked if (value := model.value(name))]


async def evse_of(db: Db, state: State, secc_id: str) -> int | None:
    """The EVSE that has this SECC; None: the station as a whole, or it has reported no such SECC."""
    return next((evse for evse, value in await _reported(db, state) if value == secc_id), None)
