"""M, C07: a car with a contract at the station: it gets its certificate through the CSMS, and authorises by it.

The car is the simulator's; the driver says which one (`[vehicle]`), and makes the CSMS trust its maker. M06 needs none.
"""

from __future__ import annotations

import base64

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ohmstead import runtime
from ohmstead.conformance.case import Broken, case, wanted
from ohmstead.conformance.talk import Talk, Words
from ohmstead.simulator.certificates import hash_data
from ohmstead.simulator.contract_vehicle import NAMESPACE, ContractVehicle, Held, NotBelieved, new_maker

TIMER_S = 4.5
"""Seconds that a vehicle waits (ISO 15118-2, CertificateInstallationReq)."""
RESPONDER = "http://127.0.0.1:1/ocsp"
EMPTY = "NOBODY-7f3a"


async def _given(talk: Talk, car: ContractVehicle, action: str, request: str) -> Held:
    """The certificate that the car gets, and believes."""
    words = {"iso15118SchemaVersion": NAMESPACE, "action": action, "exiRequest": request}
    began = runtime.monotonic()
    answer = await talk.calls("Get15118EVCertificate", words)
    took = runtime.monotonic() - began
    wanted(answer["status"] == "Accepted", f"the vehicle has a contract, and the CSMS says {str(answer)[:300]}")
    wanted(took < TIMER_S, f"the answer took {took:.1f} s, the vehicle waits {TIMER_S:g}")
    try:
        return car.take(answer["exiResponse"])
    except (NotBelieved, ValueError, KeyError) as error:
        raise Broken(f"the vehicle does not take the answer: {error}") from None


async def _provisioned(talk: Talk, *, last: bool = False) -> tuple[ContractVehicle, Held]:
    """A car with its contract; `last`: that whose contract is going to be revoked."""
    car = talk.vehicle(last=last)
    await talk.boots()
    return car, await _given(talk, car, "Install", car.ask())


@case("TC_M_26_CSMS", "A vehicle gets its contract certificate", "M01.FR.01")
async def install(talk: Talk) -> None:
    await _provisioned(talk)
    await talk.alive()


@case("TC_M_28_CSMS", "A vehicle renews its contract certificate", "M02.FR.01")
async def update(talk: Talk) -> None:
    car, first = await _provisioned(talk)
    second = await _given(talk, car, "Update", car.ask_for_update())
    wanted(second.emaid == first.emaid, f"the contract was {first.emaid}, after the update it is {second.emaid}")
    wanted(second.chain[0] != first.chain[0], "the update brought the certificate that the vehicle had")


@case("OHM_M01", "A request of a vehicle that is no EXI", "M01.FR.01")
async def garbage(talk: Talk) -> None:
    await talk.boots()
    exi = base64.b64encode(b"\x80\x00 this is none").decode()
    words = {"iso15118SchemaVersion": NAMESPACE, "action": "Install", "exiRequest": exi}
    status = (await talk.calls("Get15118EVCertificate", words))["status"]
    wanted(status == "Failed", f"what nobody can read is {status}")
    await talk.alive()


# ---------------------------------------------------------------------- authorisation by contract (C07)


def _shown(held: Held) -> Words:
    return {"idToken": {"idToken": held.emaid, "type": "eMAID"}}


def _hashed(held: Held) -> Words:
    leaf, above = held.chain[0], held.chain[1]
    return {"iso15118CertificateHashData": [{**hash_data(leaf, above, "SHA256"), "responderURL": RESPONDER}]}


async def _accepted(talk: Talk, words: Words) -> None:
    answer = await talk.calls("Authorize", words)
    found = answer.get("certificateStatus"), answer["idTokenInfo"]["status"]
    wanted(found == ("Accepted", "Accepted"), f"certificate and contract are good, and the CSMS says {found}")


@case("TC_C_50_CSMS", "A contract, validated by the station: hash data", "C07.FR.04")
async def by_hashes(talk: Talk) -> None:
    _, held = await _provisioned(talk)
    await _accepted(talk, _shown(held) | _hashed(held))


@case("TC_C_52_CSMS", "A contract, validated by the CSMS: the certificate", "C07.FR.04 C07.FR.05")
async def by_certificate(talk: Talk) -> None:
    _, held = await _provisioned(talk)
    await _accepted(talk, _shown(held) | {"certificate": held.pem} | _hashed(held))


@case("TC_C_51_CSMS", "A contract that was revoked, validated by the station", "C07.FR.16")
async def revoked(talk: Talk) -> None:
    _, held = await _provisioned(talk, last=True)
    await _accepted(talk, _shown(held) | _hashed(held))
    assert talk.operator is not None
    await talk.operator.revoke(held.emaid)
    answer = await talk.calls("Authorize", _shown(held) | _hashed(held))
    found = answer.get("certificateStatus"), answer["idTokenInfo"]["status"]
    wanted(found == ("CertificateRevoked", "Invalid"), f"the contract is revoked, and the CSMS says {found}")


@case("OHM_C07", "A contract certificate that nobody vouches for", "C07.FR.17")
async def unvouched(talk: Talk) -> None:
    await talk.boots()
    maker = new_maker("Nobody")
    stranger = ContractVehicle("WMINOBODY12345678", maker)
    key = ec.generate_private_key(ec.SECP256R1())
    held = Held(EMPTY, (stranger.certificate, maker.certificate), key)
    answer = await talk.calls("Authorize", _shown(held) | {"certificate": held.pem} | _hashed(held))
    found = answer.get("certificateStatus"), answer["idTokenInfo"]["status"]
    wanted("Accepted" not in found, f"nobody vouches for the certificate, and the CSMS says {found}")
    wanted(found[0] is not None, "an answer about a certificate has a certificateStatus")


@case("OHM_M06", "The state of a certificate whose responder nobody reaches", "M06.FR.02 M06.FR.04")
async def no_responder(talk: Talk) -> None:
    await talk.boots()
    maker = new_maker("Nobody")
    one: x509.Certificate = ContractVehicle("WMINOBODY12345678", maker).certificate
    data = {**hash_data(one, maker.certificate, "SHA256"), "responderURL": RESPONDER}
    answer = await talk.calls("GetCertificateStatus", {"ocspRequestData": data})
    wanted(answer["status"] == "Failed", f"there is no such responder, and the CSMS says {answer['status']}")
    wanted("ocspResult" not in answer, "an answer that failed brings no result")
    await talk.alive()
