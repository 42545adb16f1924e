"""C25 (2.1): a driver scans the QR code of a station, and pays on the page of the CSMS."""

from __future__ import annotations

from ohmstead import runtime
from ohmstead.conformance.case import NotApplicable, case, wanted
from ohmstead.conformance.cases.boot import status_2
from ohmstead.conformance.cases.transactions import Charging
from ohmstead.conformance.operator import Operator, QrCodes
from ohmstead.conformance.rows import ACCEPTED
from ohmstead.conformance.talk import Talk
from ohmstead.ocpp.versions import V21
from ohmstead.simulator.payment import one_time_password

WEB = "WebPaymentsCtrlr"


class _Code:
    """The QR code of EVSE 1, by what the CSMS had the station set."""

    def __init__(self, settings: dict[str, str]) -> None:
        for name in ("URLTemplate", "SharedSecret"):
            wanted(name in settings, f"the station is to show QR codes, and is not told its {WEB}.{name}")
        interval, length = int(settings.get("ValidityTime", "30")), int(settings.get("Length", "12"))
        self.password = one_time_password(settings["SharedSecret"], runtime.now(), interval, length)
        self._template, self._version = settings["URLTemplate"], settings.get("TOTPVersion", "v1")

    def link(self, evse_id: int = 1, password: str | None = None) -> str:
        text = self._template
        words = {"evse": str(evse_id), "totp": password or self.password, "version": self._version}
        for name, value in words.items():
            text = text.replace(f"{{{name}}}", value)
        return text


async def _shown(talk: Talk) -> tuple[_Code, Operator, QrCodes]:
    """The operator lets the station show QR codes."""
    if talk.operator is None or (known := talk.operator.driver.qr_codes) is None:
        raise NotApplicable("the driver does not say how a station gets its QR codes ([qr_codes])")
    await talk.boots()
    await talk.calls("StatusNotification", status_2("Available"))
    await talk.operator.send(known.request, talk.endpoint.identity)
    settings: dict[str, str] = {}
    while "SharedSecret" not in settings or "URLTemplate" not in settings:
        asked = await talk.asked("SetVariables")
        told = asked.payload["setVariableData"]
        settings |= {one["variable"]["name"]: one["attributeValue"] for one in told if one["component"]["name"] == WEB}
        result = [{"attributeStatus": "Accepted", "component": o["component"], "variable": o["variable"]} for o in told]
        await talk.answers(asked, {"setVariableResult": result})
    await talk.alive()
    return _Code(settings), talk.operator, known


@case("TC_C_131_CSMS", "A QR code is scanned and paid for", "C25.FR.07 C25.FR.09 C25.FR.20 C24.FR.01 C24.FR.02", (V21,))
async def paid(talk: Talk) -> None:
    code, operator, known = await _shown(talk)
    status = await operator.browse(code.link())
    wanted(status < 300, f"the code is right, and its page says HTTP {status}")
    told = await talk.asked("NotifyWebPaymentStarted")
    wanted(told.payload["evseId"] == 1, f"somebody pays for EVSE 1, the station is told of {told.payload['evseId']}")
    await talk.answers(told, {})
    status = await operator.browse(code.link(), known.pay)
    wanted(status < 300, f"the driver pays, and the page says HTTP {status}")
    asked = await talk.asked("RequestStartTransaction")
    token = asked.payload["idToken"]
    wanted(token["type"] == "DirectPayment", f"what was paid for begins with a DirectPayment, not with {token['type']}")
    await talk.answers(asked, ACCEPTED)
    charging = Charging(talk)
    info = {"transactionId": charging.id, "chargingState": "Charging", "remoteStartId": asked.payload["remoteStartId"]}
    answer = await charging.tell("Started", "RemoteStart", idToken=token, transactionInfo=info)
    status_of = answer["idTokenInfo"]["status"]
    wanted(status_of == "Accepted", f"it was paid for, and the CSMS says {status_of}")
    wanted("maxCost" in answer.get("transactionLimit", {}), "what was reserved is the maxCost of the transaction")
    await charging.end()


async def _no_page(talk: Talk, operator: Operator, link: str) -> None:
    status = await operator.browse(link)
    wanted(status >= 400, f"this link must lead nowhere, and its page says HTTP {status}: {link}")
    await talk.alive()
    wanted(not talk.waiting, f"nobody pays, and the CSMS calls: {', '.join(talk.waiting)}")


@case("TC_C_132_CSMS", "A QR code with parameters that are not valid", "C25.FR.08", (V21,))
async def wrong_parameters(talk: Talk) -> None:
    code, operator, _ = await _shown(talk)
    await _no_page(talk, operator, code.link(evse_id=99))
    await _no_page(talk, operator, f"{code.link()}&maxenergy=much")


@case("TC_C_133_CSMS", "A QR code whose password is not right", "C25.FR.08", (V21,))
async def wrong_password(talk: Talk) -> None:
    code, operator, _ = await _shown(talk)
    await _no_page(talk, operator, code.link(password=code.password[::-1].swapcase()))
