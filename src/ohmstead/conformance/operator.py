"""The operator's hand: how a CSMS is told to make a call to a station. Every CSMS has another API, so it is data.

url = "http://127.0.0.1:8080/api/v1"
headers = { Authorization = "Bearer ${OHMSTEAD_KEY}" }

[call]                                   # any OCPP call
path = "/stations/{station}/commands"
body = '{"ocpp": {"action": "{action}", "payload": {payload}}}'

[actions.Reset]                          # where one needs another request
path = "/stations/{station}/reboot"
body = '{}'

[tokens]                                 # what the CSMS knows, by its status
accepted = "CONFORM-ACCEPTED"

[stations]                               # others that it knows, with the same password
pending = "{station}-PENDING"

[certificates]                           # whom the certificate of a station must name
organization = "Example"
common_name = "{station}"
v2g_common_name = "{station}"            # of a certificate towards vehicles; optional

[vehicle]                                # a car with a contract, for ISO 15118
pcid = "WMICONF1234567890"
v2g_root = "v2g-root.pem"                # what it trusts; optional
revoked_pcid = "WMICONF{new}567890"      # one whose contract a case ends ({new}: unlike any other run); with

[vehicle.revoke]
path = "/contracts/{emaid}/revoke"

[admit]                                  # lets a station that is pending in (stations.admitted)
path = "/stations/{station}"
method = "PATCH"
body = '{"registration": "accepted"}'

[upgrade]                                # leads a station (stations.upgraded) to security profile 2
url = "wss://csms.example/ocpp"          # where it comes then
ca = "csms-root.pem"                     # whom it trusts there
make = { path = "/stations", body = '{"id": "{station}"}' }    # adds that station, as none goes back; optional
request = { path = "/stations/{station}/upgrade", body = '{"url": "{url}"}' }

[qr_codes]                               # lets a station of 2.1 show QR codes
request = { path = "/stations/{station}/qr-codes", body = '{}' }
pay = "card=4111111111111111"            # what a driver's form sends on the page behind the code

[[prepare]]                              # before the first case; {maker} is the certificate of the car's maker
path = "/tokens"
body = '{"token": "CONFORM-ACCEPTED"}'
also = [409]
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tomllib
from dataclasses import replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography import x509
from msgspec import Struct, structs

from ohmstead.conformance.case import NotApplicable
from ohmstead.simulator.contract_vehicle import Maker, new_maker

OHMSTEAD = "ohmstead"
"""The name of the driver that is shipped: it reads OHMSTEAD_URL and OHMSTEAD_KEY."""
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::([^}]*))?\}")
TIMEOUT = 10.0


class BadDriver(Exception):
    """The file is no driver, or the CSMS does not take what it says; the message says where and what was expected."""


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """One HTTP request; `{station}`, `{action}`, `{payload}` and `{password}` stand for what is asked."""

    path: str
    body: str = ""
    method: str = "POST"
    also: tuple[int, ...] = ()
    """Statuses beside 200 to 299 that are well, too."""


class Names(Struct, frozen=True, forbid_unknown_fields=True):
    """The subject of a station's certificate; `{station}` in the common name is the identity."""

    organization: str
    common_name: str = "{station}"
    v2g_common_name: str = ""
    """That of a certificate towards vehicles; empty: the CSMS signs none."""


class Vehicle(Struct, frozen=True, forbid_unknown_fields=True):
    """A car with a contract, by the CN of its provisioning certificate."""

    pcid: str
    v2g_root: str = ""
    """A PEM file of the V2G roots that it trusts; without one it believes every provider whose chain holds together."""
    revoked_pcid: str = ""
    """Another one, whose contract is revoked in a case."""
    revoke: Request | None = None
    """Ends that contract; `{emaid}` stands for it."""


class Upgrade(Struct, frozen=True, forbid_unknown_fields=True):
    """How a station is led to security profile 2."""

    request: Request
    """`{url}` stands for where it shall come."""
    url: str = ""
    ca: str = ""
    """A PEM file of the roots that it trusts there; without one those of this machine."""
    make: Request | None = None
    """Adds the station: after its upgrade none goes back, so the next run needs another (`{new}` in its name)."""


class QrCodes(Struct, frozen=True, forbid_unknown_fields=True):
    """How a station comes to show QR codes, and what a driver's form sends on the page behind one."""

    request: Request
    pay: str = ""


class Driver(Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    url: str
    headers: dict[str, str] = {}
    call: Request | None = None
    actions: dict[str, Request] = {}
    tokens: dict[str, str] = {}
    stations: dict[str, str] = {}
    prepare: tuple[Request, ...] = ()
    admit: Request | None = None
    """Lets in a station that is pending."""
    upgrade: Upgrade | None = None
    qr_codes: QrCodes | None = None
    certificates: Names | None = None
    """Whom the certificate of a station names."""
    vehicle: Vehicle | None = None
    """A car with a contract; its maker's certificate, as a JSON text, is `{maker}` in what prepares the CSMS."""


def shipped(url: str, headers: dict[str, str]) -> Driver:
    """The driver of an Ohmstead whose API is at `url` (with /api/v1) and takes these headers."""
    driver = msgspec.convert(tomllib.loads(_VARIABLE.sub(lambda one: one[2] or "", _shipped())), Driver)
    return structs.replace(driver, url=url, headers=headers)


def _shipped() -> str:
    return files("ohmstead.conformance").joinpath("ohmstead.toml").read_text()


def load(name: str) -> Driver:
    """The driver in this file, or the shipped one of this name; raises BadDriver."""
    try:
        text = _shipped() if name == OHMSTEAD else Path(name).read_text()
        return msgspec.convert(tomllib.loads(_VARIABLE.sub(_from_environment, text)), Driver)
    except OSError as error:
        raise BadDriver(f"{name}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise BadDriver(f"{name}: {error}") from None


def _from_environment(found: re.Match[str]) -> str:
    value = os.environ.get(found[1], found[2])
    if value is None:
        raise BadDriver(f"the environment has no {found[1]}, which the driver needs")
    return json.dumps(value)[1:-1]


class Operator:
    """Uses a driver; `close` it."""

    def __init__(self, driver: Driver, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.driver = driver
        self._api = httpx.AsyncClient(
            base_url=driver.url, headers=driver.headers, timeout=TIMEOUT, transport=transport, trust_env=False
        )

    @cached_property
    def new(self) -> str:
        """Four letters or digits that no earlier run used, as far as chance goes."""
        return "".join(secrets.choice("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(4))

    @cached_property
    def maker(self) -> Maker:
        """Who made the cars of this run. Raises BadDriver where the roots that they trust cannot be read."""
        path = self.driver.vehicle.v2g_root if self.driver.vehicle is not None else ""
        try:
            roots = x509.load_pem_x509_certificates(Path(path).read_bytes()) if path else []
        except (OSError, ValueError) as error:
            raise BadDriver(f"vehicle.v2g_root {path}: {error}") from None
        return replace(new_maker("Conformance vehicles"), v2g_roots=tuple(roots))

    async def prepare(self, station: str, password: str) -> None:
        """What must be there before the first case; raises BadDriver. Where the station has no password (profile 3),
        others get one that nobody knows."""
        password = password or secrets.token_urlsafe(24)
        for request in self.driver.prepare:
            words = {"{station}": station, "{password}": password, "{maker}": json.dumps(self.maker.pem)}
            words["{new}"] = self.new
            await self._send(request, words)

    async def call(self, station: str, action: str, payload: dict[str, Any]) -> None:
        """Let the CSMS make this call; raises NotApplicable, BadDriver."""
        request = self.driver.actions.get(action, self.driver.call)
        if request is None:
            raise NotApplicable(f"the driver does not say how to make the CSMS send {action}")
        words = {"{station}": station, "{action}": action, "{payload}": json.dumps(payload)}
        await self._send(request, words)

    async def revoke(self, emaid: str) -> None:
        """Let the CSMS end this contract; raises NotApplicable, BadDriver."""
        request = None if self.driver.vehicle is None else self.driver.vehicle.revoke
        if request is None:
            raise NotApplicable("the driver does not say how a contract is revoked ([vehicle.revoke])")
        await self._send(request, {"{emaid}": emaid})

    async def send(self, request: Request, station: str, **words: str) -> None:
        """A request of the driver about a station; raises BadDriver."""
        await self._send(request, {"{station}": station} | {f"{{{name}}}": word for name, word in words.items()})

    async def browse(self, link: str, form: str | None = None) -> int:
        """What a driver's telephone gets: the HTTP status of a page, or of a form sent to it. Raises BadDriver."""
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as telephone:
                if form is None:
                    return (await telephone.get(link)).status_code
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                return (await telephone.post(link, content=form, headers=kind)).status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise BadDriver(f"{link}: {error or type(error).__name__}") from None

    async def _send(self, request: Request, words: dict[str, str]) -> None:
        path, body = request.path, request.body
        for name, word in words.items():
            path, body = path.replace(name, word), body.replace(name, word)
        try:
            answer = await self._api.request(
                request.method, path, content=body or None, headers={"Content-Type": "application/json"}
            )
        except httpx.HTTPError as error:
            raise BadDriver(f"{request.method} {path}: {error or type(error).__name__}") from None
        if not (answer.is_success or answer.status_code in request.also):
            raise BadDriver(f"{request.method} {path}: HTTP {answer.status_code} {answer.text[:300]}")

    async def close(self) -> None:
        await self._api.aclose()
