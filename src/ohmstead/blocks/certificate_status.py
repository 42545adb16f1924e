"""M06, M07: how certificates stand, asked of their authorities for a station.

A station hands the OCSP answer on to a vehicle, which trusts roots of its own: so an answer whose issuer is not known
here goes out too, if it is about that certificate and holds now. What is said in our own words (M07) must be verified.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from typing import Any

from cryptography import x509

from ohmstead.blocks import Call, on
from ohmstead.domain.installed import HashData
from ohmstead.ocpp.versions import V21, V201
from ohmstead.pki.certificate import UNREADABLE, from_pem
from ohmstead.pki.inquiry import Inquiry
from ohmstead.pki.status import Doubtful, Status
from ohmstead.runtime import to_datetime
from ohmstead.store import certificates, contracts
from ohmstead.web.fetching import Unreached

LONGEST = {"2.0.1": 5500, "2.1": 18_000}
"""Characters of ocspResult."""
WITHIN = 6.0
"""Seconds for all URLs of one certificate."""
AGAIN = 300_000_000
"""Microseconds after which a station may ask again about what could not be found out."""
_WORDS = {"good": "Good", "revoked": "Revoked", "unknown": "Unknown"}


@on("GetCertificateStatus", V201, V21)
async def get_certificate_status(call: Call, req: Any) -> Any:
    """Accepted with the answer of the responder in DER (M06.FR.06), or Failed (M06.FR.04)."""
    asked, response = req.ocsp_request_data, call.v.GetCertificateStatusResponse
    try:
        if call.inquiry is None:
            raise Unreached("This process asks no responders.")
        hashed = hash_data_of(asked)
        told = await call.inquiry.ocsp(hashed, asked.responder_url, await _authorities(call, hashed))
        text, limit = base64.b64encode(told.der).decode(), LONGEST[call.version.name]
        if len(text) > limit:
            raise Doubtful(f"The answer has {len(text)} characters; OCPP {call.version.name} takes {limit}.")
        return response(status="Accepted", ocsp_result=text)
    except (Unreached, Doubtful) as error:
        info = call.v.StatusInfoType(reason_code="NoOcspAnswer", additional_info=str(error)[:512])
        return response(status="Failed", status_info=info)


@on("GetCertificateChainStatus", V21)
async def get_certificate_chain_status(call: Call, req: Any) -> Any:
    """For each certificate Good, Revoked or Unknown as its authority says, or Failed where nobody says it credibly."""
    found = await asyncio.gather(*(_status(call, one) for one in req.certificate_status_requests))
    return call.v.GetCertificateChainStatusResponse(certificate_status=list(found))


async def _status(call: Call, asked: Any) -> Any:
    hashed = hash_data_of(asked.certificate_hash_data)
    status = None
    if call.inquiry is not None:
        status = await _first(call.inquiry, hashed, asked, await _authorities(call, hashed))
    return call.v.CertificateStatusType(
        certificate_hash_data=asked.certificate_hash_data,
        source=asked.source,
        status="Failed" if status is None else _WORDS[status.state],
        next_update=to_datetime(call.now + AGAIN if status is None else status.until),
    )


async def _first(inquiry: Inquiry, hashed: HashData, asked: Any, issuers: Sequence[x509.Certificate]) -> Status | None:
    """The first verified word of one of the URLs, in their order; None where there is none in time."""
    try:
        async with asyncio.timeout(WITHIN):
            for url in asked.urls:
                try:
                    if asked.source == "CRL":
                        status = await inquiry.crl(hashed, url, issuers)
                    else:
                        status = (await inquiry.ocsp(hashed, url, issuers)).status
                except (Unreached, Doubtful):
                    continue
                if status.verified:
                    return status
    except TimeoutError:
        pass
    return None


def hash_data_of(said: Any) -> HashData:
    """CertificateHashDataType or OCSPRequestDataType of any version, as the rules want it."""
    return HashData(
        hash_algorithm=said.hash_algorithm,
        issuer_name_hash=said.issuer_name_hash,
        issuer_key_hash=said.issuer_key_hash,
        serial_number=said.serial_number,
    )


async def _authorities(call: Call, hashed: HashData) -> list[x509.Certificate]:
    """Those that may have issued it: what the tenant added, and what stands above the certificate if we issued it."""
    tenant_id, serial_number = call.station.tenant_id, hashed.key[-1]
    texts = await contracts.authorities(call.db, tenant_id, None)
    texts += await certificates.chains(call.db, tenant_id, serial_number)
    found = [] if call.plug_and_charge is None else call.plug_and_charge.ca.authorities
    for text in texts:
        try:
            found += from_pem(text)
        except UNREADABLE:
            continue
    return found
