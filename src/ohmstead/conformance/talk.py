"""The station's side of a case: it says what it is told to say, right or wrong, and judges every answer by the official
schema. Every frame is kept."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
from collections.abc import Mapping
from dataclasses import replace as replace_endpoint
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.conformance.case import Broken, NotApplicable
from ohmstead.conformance.operator import BadDriver, Names, Operator, Upgrade
from ohmstead.conformance.verdicts import Frame
from ohmstead.ocpp import schemas
from ohmstead.ocpp.versions import Version
from ohmstead.simulator.connection import CannotConnect, Endpoint, Line, LineClosed, dial, tls_context
from ohmstead.simulator.contract_vehicle import ContractVehicle

Words = dict[str, Any]
MOST_FRAMES = 500


class Asked(NamedTuple):
    """A CALL of the CSMS."""

    message_id: str
    action: str
    payload: Words


class Talk:
    """The conversation of one case. `patience` is how many seconds the CSMS has for each thing."""

    def __init__(
        self, endpoint: Endpoint, operator: Operator | None, tokens: Mapping[str, str], patience: float
    ) -> None:
        self.endpoint, self.operator, self.tokens, self.patience = endpoint, operator, tokens, patience
        self.frames: list[Frame] = []
        self.lacks: list[str] = []
        """What should be, and is not, though the case goes on: the verdict becomes `partial`."""
        self._line: Line | None = None
        self._ids = itertools.count(1)
        self._asked: list[Asked] = []

    @property
    def version(self) -> Version:
        return self.endpoint.version

    def token(self, kind: str) -> str:
        """A token that the CSMS knows as `accepted`, `blocked`, `expired`, ... Raises NotApplicable."""
        if not self.tokens.get(kind):
            raise NotApplicable(f"no token is named that the CSMS knows as {kind} (tokens.{kind} of the driver)")
        return self.tokens[kind]

    def becomes(self, name: str) -> None:
        """From now on it speaks as another station of the CSMS, by its name in the driver. Raises NotApplicable."""
        if self.operator is None or name not in self.operator.driver.stations:
            raise NotApplicable(f"the driver names no such station (stations.{name})")
        words = self.operator.driver.stations[name].replace("{new}", self.operator.new)
        identity = words.replace("{station}", self.endpoint.identity)
        self.endpoint = replace_endpoint(self.endpoint, identity=identity)

    async def is_admitted(self) -> None:
        """The operator lets the station in, which was kept pending. Raises NotApplicable."""
        if self.operator is None or self.operator.driver.admit is None:
            raise NotApplicable("the driver does not say how a pending station is let in ([admit])")
        await self.operator.send(self.operator.driver.admit, self.endpoint.identity)

    async def is_led_upwards(self) -> None:
        """The operator leads the station to security profile 2. Raises NotApplicable, BadDriver."""
        operator, known = self._upgrade()
        await operator.send(known.request, self.endpoint.identity, url=known.url)

    async def starts_below(self) -> tuple[str, ssl.SSLContext]:
        """It becomes a station that is going to be led to security profile 2: where it will come, and whom it trusts
        there. Raises NotApplicable, BadDriver."""
        operator, known = self._upgrade()
        try:
            trusted = tls_context(Path(known.ca) if known.ca else None)
        except (OSError, ssl.SSLError) as error:
            raise BadDriver(f"upgrade.ca {known.ca}: {error}") from None
        self.becomes("upgraded")
        if known.make is not None:
            await operator.send(known.make, self.endpoint.identity, password=str(self.endpoint.password))
        return known.url, trusted

    def _upgrade(self) -> tuple[Operator, Upgrade]:
        known = None if self.operator is None else self.operator.driver.upgrade
        if self.operator is None or known is None or not known.url:
            raise NotApplicable("the driver does not say how a station is led to security profile 2 ([upgrade])")
        return self.operator, known

    def certificate_names(self) -> Names:
        """Whom the station's certificate must name. Raises NotApplicable."""
        names = None if self.operator is None else self.operator.driver.certificates
        if names is None:
            raise NotApplicable("the driver does not say whom a station's certificate names ([certificates])")
        own = self.endpoint.identity
        return replace(
            names,
            common_name=names.common_name.replace("{station}", own),
            v2g_common_name=names.v2g_common_name.replace("{station}", own),
        )

    def vehicle(self, *, last: bool = False) -> ContractVehicle:
        """A new car with a contract; `last`: one whose contract may be revoked. Raises NotApplicable."""
        if self.operator is None or self.operator.driver.vehicle is None:
            raise NotApplicable("the driver names no car with a contract ([vehicle])")
        known = self.operator.driver.vehicle
        if last and not (known.revoked_pcid and known.revoke):
            raise NotApplicable("the driver names no contract that may be revoked (vehicle.revoked_pcid, .revoke)")
        pcid = known.revoked_pcid.replace("{new}", self.operator.new) if last else known.pcid
        return ContractVehicle(pcid, self.operator.maker)

    # ------------------------------------------------------------------ the line

    async def connect(self, **changes: Any) -> None:
        """Open a line; `changes` are fields of the endpoint. Raises CannotConnect."""
        await self.close()
        names = ("url", "identity", "version", "password", "tls", "ping_s")
        told = {name: getattr(self.endpoint, name) for name in names} | changes
        self._line = await dial(Endpoint(**told))

    async def close(self) -> None:
        line, self._line = self._line, None
        self._asked.clear()
        if line is not None:
            await line.close()

    async def refused(self, wanted: int | None, **changes: Any) -> None:
        """The CSMS must not let this one in; `wanted` is the HTTP status that says why."""
        try:
            await self.connect(**changes)
        except CannotConnect as refusal:
            if wanted is not None and refusal.status not in (wanted, None):
                self.lacks.append(f"the refusal should be HTTP {wanted}, it was {refusal.status}")
            return
        try:
            await self._read(self.patience)
        except Broken:
            return  # let in and closed at once
        except TimeoutError:
            pass
        raise Broken("the CSMS let the station in, which it must refuse")

    async def boots(self) -> Words:
        """Connect and be accepted."""
        await self.connect()
        answer = await self.calls("BootNotification", self.boot_words())
        if answer["status"] != "Accepted":
            raise NotApplicable(f"the station is not accepted by the CSMS (status {answer['status']})")
        return answer

    def boot_words(self, **more: Any) -> Words:
        serial = f"SN-{self.endpoint.identity}"[:25]
        if self.version.name == "1.6":
            point = {"chargePointModel": "Conformance", "chargePointVendor": "Ohmstead"}
            return point | {"chargePointSerialNumber": serial, **more}
        station = {"model": "Conformance", "vendorName": "Ohmstead", "serialNumber": serial}
        return {"reason": "PowerUp", "chargingStation": station, **more}

    # ------------------------------------------------------------------ the station's calls

    async def calls(self, action: str, payload: Words) -> Words:
        """Make a call; its answer, which must be a CALLRESULT that the official schema takes."""
        frame = await self._exchange(action, payload)
        if frame[0] == 4:
            raise Broken(f"{action} was answered with CALLERROR {frame[2]} {frame[3]}".rstrip())
        return self._judged(action, "response", frame[2])

    async def errs(self, text: str, message_id: str | None, *codes: str) -> None:
        """Say something wrong; the answer must be a CALLERROR with one of these codes."""
        await self.say(text)
        frame = await self._answer_to(message_id)
        if frame[0] != 4:
            raise Broken(f"wanted a CALLERROR, got {json.dumps(frame)[:200]}")
        if frame[2] not in codes:
            raise Broken(f"wanted the code {' or '.join(codes)}, got {frame[2]}")
        if len(frame) < 5 or not isinstance(frame[4], dict) or len(frame[3]) > 255:
            raise Broken("a CALLERROR has a description of at most 255 characters and an object of details")

    async def wrongs(self, action: str, payload: Any, *codes: str) -> None:
        """Make a call that must be answered with one of these error codes."""
        message_id = self.next_id()
        await self.errs(json.dumps([2, message_id, action, payload]), message_id, *codes)

    async def alive(self) -> None:
        """The line still stands and the CSMS still answers."""
        await self.calls("Heartbeat", {})

    def next_id(self) -> str:
        return f"c{next(self._ids)}"

    async def say(self, text: str) -> None:
        self._keep("sent", text)
        try:
            await self._open.send(text.encode())
        except LineClosed as closed:
            raise Broken(f"the line was closed: {closed}") from None

    async def hears(self) -> list[Any]:
        """The next frame that is no CALL."""
        return await self._answer_to(None)

    async def _exchange(self, action: str, payload: Words) -> list[Any]:
        message_id = self.next_id()
        await self.say(json.dumps([2, message_id, action, payload]))
        return await self._answer_to(message_id)

    async def _answer_to(self, message_id: str | None) -> list[Any]:
        """The answer with this id; None takes any answer."""
        async with asyncio.timeout(self.patience):
            while True:
                frame = await self._read(None)
                if frame[0] == 2:
                    await self._came(self._as_asked(frame))
                elif message_id is None or frame[1] == message_id:
                    return frame

    # ------------------------------------------------------------------ the CSMS's calls

    async def order(self, action: str, payload: Words) -> Asked:
        """Let the operator ask for a call; the call as it came, which the station has yet to answer."""
        if self.operator is None:
            raise NotApplicable("the CSMS must be told to make a call: give --api-driver")
        await self.operator.call(self.endpoint.identity, action, payload)
        return await self.asked(action)

    async def asked(self, action: str) -> Asked:
        """The next CALL of this action. Others that come before it are answered harmlessly."""
        try:
            async with asyncio.timeout(self.patience):
                while True:
                    while self._asked:
                        one = self._asked.pop(0)
                        if one.action == action:
                            return one
                        await self._brush_off(one)
                    frame = await self._read(None)
                    if frame[0] == 2:
                        await self._came(self._as_asked(frame))
        except TimeoutError:
            raise Broken(f"{action} did not come within {self.patience:g} s") from None

    async def next_call(self) -> Asked:
        """The next CALL, whichever it is."""
        async with asyncio.timeout(self.patience):
            while not self._asked:
                frame = await self._read(None)
                if frame[0] == 2:
                    await self._came(self._as_asked(frame))
        return self._asked.pop(0)

    @property
    def waiting(self) -> list[str]:
        """Calls of the CSMS that have come and are not looked at yet."""
        return [one.action for one in self._asked]

    async def answers(self, asked: Asked, payload: Words) -> None:
        if found := schemas.problems(self.version, asked.action, "response", payload):
            raise ValueError(f"our own answer to {asked.action} is wrong: {found[0]}")
        await self.say(json.dumps([3, asked.message_id, payload]))

    async def denies(self, asked: Asked, code: str, description: str = "") -> None:
        await self.say(json.dumps([4, asked.message_id, code, description, {}]))

    async def _came(self, asked: Asked) -> None:
        """A CALL of the other side."""
        self._asked.append(asked)

    async def _brush_off(self, asked: Asked) -> None:
        await self.denies(asked, "NotSupported", "not in this case")

    def _as_asked(self, frame: list[Any]) -> Asked:
        if len(frame) != 4 or len(str(frame[1])) > 36:
            raise Broken(f"a CALL has four elements and an id of at most 36 characters: {json.dumps(frame)[:200]}")
        return Asked(frame[1], frame[2], self._judged(frame[2], "request", frame[3]))

    # ------------------------------------------------------------------ frames

    @property
    def _open(self) -> Line:
        if self._line is None:
            raise Broken("there is no line")
        return self._line

    async def _read(self, patience: float | None) -> list[Any]:
        """The next frame, which must be an array; raises Broken when the line ends, TimeoutError when nothing comes."""
        try:
            async with asyncio.timeout(patience):
                text = (await self._open.receive()).decode(errors="replace")
        except LineClosed as closed:
            self._line = None
            raise Broken(f"the line was closed: {closed}") from None
        self._keep("received", text)
        try:
            frame = json.loads(text)
        except ValueError:
            frame = None
        if not isinstance(frame, list) or len(frame) < 3:
            raise Broken(f"this is no OCPP-J message: {text[:200]}")
        return frame

    def _judged(self, action: str, kind: schemas.Kind, payload: Any) -> Words:
        try:
            found = schemas.problems(self.version, action, kind, payload)
        except schemas.UnknownMessage as error:
            raise Broken(str(error)) from None
        if found or not isinstance(payload, dict):
            what = f"{found[0].pointer}: {found[0].message}" if found else "it is no object"
            raise Broken(f"the {kind} {action} breaks the schema: {what}")
        return payload

    def _keep(self, direction: Any, text: str) -> None:
        if len(self.frames) < MOST_FRAMES:
            self.frames.append(Frame(runtime.rfc3339(runtime.now()), direction, text[:65_536]))
