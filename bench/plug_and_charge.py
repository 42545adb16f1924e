"""Plug & Charge: EXI, provisionings, and Authorize by a contract of another operator, against the vehicle's timers.

    plug_and_charge.py [--messages 300] [--authorizations 300]

EXI and provisionings are CPU of one thread. Authorize goes over real sockets to a real server on SQLite, whose OCSP
questions go to a responder on loopback that takes `--responder-ms` to answer: live with a new certificate each time,
cached with the same one. Prints one JSON document; times are milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ohmstead import runtime  # noqa: E402
from ohmstead.api.httpd import Httpd  # noqa: E402
from ohmstead.plugcharge import provisioning  # noqa: E402
from ohmstead.plugcharge.contract_ca import open_contract_ca  # noqa: E402
from ohmstead.plugcharge.exi import SCHEMAS  # noqa: E402
from ohmstead.settings import Pki  # noqa: E402
from tests.acceptance.serving import Station, serving  # noqa: E402
from tests.pki.answering import answer  # noqa: E402
from tests.pki.making import CA, Made, ca, name  # noqa: E402
from tests.plugcharge.vehicles import EMAID, vehicle  # noqa: E402

MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
EXI = SCHEMAS["iso15118-2"]


def each(work: Callable[[], Any], count: int) -> float:
    """Milliseconds of CPU for one."""
    begun = time.process_time()
    for _ in range(count):
        work()
    return round((time.process_time() - begun) / count * 1e3, 2)


def messages(count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ohmstead-exi-", dir=MEMORY) as folder:
        authority, asked = open_contract_ca(Path(folder), b"s" * 32), base64.b64decode(vehicle().ask())

        def provided() -> bytes:
            return provisioning.provide(provisioning.read(asked), EMAID, authority, None).exi

        exi = provided()
        document = EXI.decode(exi)
        assert EXI.encode(document) == exi
        return {
            "bytes": len(exi),
            "decode": each(lambda: EXI.decode(exi), count),
            "encode": each(lambda: EXI.encode(document), count),
            "provisioning": each(provided, count),
        }


class Responder:
    """The responders of another operator's authorities, as a web server."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.asked = seconds, 0
        self.known: dict[int, Made] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (part := await receive())["type"] == "http.request":
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        self.asked += 1
        await asyncio.sleep(self.seconds)
        said = answer(self.known[ocsp.load_der_ocsp_request(body).serial_number], made=runtime.now())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": said})


def contracts(url: str, issuer: Made, count: int) -> Iterator[tuple[str, Made]]:
    asks = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))
    named = [(x509.AuthorityInformationAccess([asks]), False)]
    for number in range(count):
        emaid = f"DE7XYCA{number:07X}"
        yield emaid, Made(name(emaid), issuer, extensions=named, begins=runtime.now() - 86_400_000_000,
                          ends=runtime.now() + 86_400_000_000)  # fmt: skip


async def authorizations(count: int, seconds: float) -> dict[str, Any]:
    valid = {"begins": runtime.now() - 86_400_000_000, "ends": runtime.now() + 86_400_000_000}
    root, responder = ca("Foreign MO Root", **valid), Responder(seconds)
    issuer = Made(name("Foreign MO Sub-CA"), root, extensions=CA, **valid)
    with socket.socket() as bound, tempfile.TemporaryDirectory(prefix="ohmstead-pnc-", dir=MEMORY) as folder:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        bound.setblocking(False)
        server = Httpd(responder, bound)
        server.start()
        cars = list(contracts(f"http://127.0.0.1:{server.port}/ocsp", issuer, count))
        responder.known = {car.x509.serial_number: car for _, car in cars}
        async with serving(Path(folder), more={"pki": Pki(ocsp_allow_private=("127.0.0.1",))}) as csms:
            await csms.post("certificate-authorities", {"name": "MO", "certificate": root.pem, "uses": ["mo"]})
            for emaid, _ in cars:
                await csms.post("tokens", {"token": emaid, "type": "eMAID"})
            await csms.add_station("CS1")
            async with csms.station("CS1") as station:
                live = [await _authorized(station, emaid, car, issuer) for emaid, car in cars]
                emaid, car = cars[0]
                cached = [await _authorized(station, emaid, car, issuer) for _ in range(count)]
        await server.stop()
    assert responder.asked == count, "one question for each certificate, and none for what is known"
    return {"live": _percentiles(live), "cached": _percentiles(cached), "responder": seconds * 1e3}


async def _authorized(station: Station, emaid: str, car: Made, issuer: Made) -> float:
    said = {"idToken": {"idToken": emaid, "type": "eMAID"}, "certificate": car.pem + issuer.pem}
    begun = time.perf_counter()
    told = await station.call("Authorize", said)
    assert (told["certificateStatus"], told["idTokenInfo"]["status"]) == ("Accepted", "Accepted"), told
    return (time.perf_counter() - begun) * 1e3


def _percentiles(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50": round(ordered[len(ordered) // 2], 1), "p99": round(ordered[int(len(ordered) * 0.99)], 1)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--authorizations", type=int, default=300)
    parser.add_argument("--responder-ms", type=float, default=50.0)
    options = parser.parse_args()
    found = messages(options.messages)
    found["authorize"] = asyncio.run(authorizations(options.authorizations, options.responder_ms / 1e3))
    json.dump(found, sys.stdout)
