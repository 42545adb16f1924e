"""How drivers without a contract pay at a 2.1 station: its card terminal (C18 to C21), and the QR code it shows (C25).

At the terminal a payment service reserves money; its reference is the token. When the CSMS has told what the
transaction costs, the station settles and says so, unless the CSMS settles (`PaymentCtrlr.SettlementByCSMS`). The
one-time password in the QR code is worked out here: nothing of the CSMS's own is used.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ohmstead.runtime import rfc3339
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words
from ohmstead.simulator.session import Happened, Token, Transaction
from ohmstead.simulator.variables import Variable

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

DIRECT = "DirectPayment"
_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WEB = "WebPaymentsCtrlr"


def variables() -> Iterator[Variable]:
    """What a 2.1 station says and takes about payment."""
    yield Variable("PaymentCtrlr", "Enabled", "true", kind="boolean")
    yield Variable("PaymentCtrlr", "SettlementByCSMS", "false", kind="boolean", mutability="ReadWrite")
    yield Variable("PaymentCtrlr", "ReceiptByCSMS", "false", kind="boolean", mutability="ReadWrite")
    yield Variable(_WEB, "Enabled", "true", kind="boolean")
    yield Variable(_WEB, "URLTemplate", mutability="ReadWrite")
    yield Variable(_WEB, "SharedSecret", mutability="WriteOnly")
    yield Variable(_WEB, "ValidityTime", "30", None, "integer", "ReadWrite", unit="s", low=1)
    yield Variable(_WEB, "Length", "12", None, "integer", "ReadWrite", low=4, high=32)
    yield Variable(_WEB, "TOTPVersion", "v1", None, "OptionList", "ReadWrite", choices=("v1",))


def one_time_password(secret: str, at: int, interval_s: int, length: int) -> str:
    """The password of a moment (microseconds UTC): signs read off an HMAC-SHA256 of the number of its interval."""
    mac = hmac.new(secret.encode(), (at // (interval_s * 1_000_000)).to_bytes(8, "big"), "sha256").digest()
    first = mac[31] % 16
    return "".join(_SIGNS[mac[place % 32] % 62] for place in range(first, first + length))


class Payment:
    """The terminal and the QR codes of one station."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._reserved: dict[str, str | None] = {}
        """Reference -> the VAT number of who pays."""
        self.settled: list[Words] = []
        """What was told of settlements, with the receipt of the CSMS where it made one."""
        self.awaited: dict[int, int] = {}
        """EVSE -> until when somebody pays for it on the web, microseconds UTC."""

    def started(self, words: Words) -> Words:
        """NotifyWebPaymentStarted: somebody has opened the page."""
        self.awaited[words["evseId"]] = self._controller.now + words["timeout"] * 1_000_000
        self._controller.say(f"EVSE {words['evseId']}: somebody pays on the web")
        return {}

    def tap(self, evse_id: int, then: Callable[[str], None], vat_number: str | None = None) -> None:
        """A driver pays by card at the terminal; `then` hears the status. Raises LookupError."""
        reference = f"PSP-{self._controller.ids.uuid()[:18]}"
        self._reserved[reference] = vat_number
        if vat_number is not None:
            self._validate(evse_id, reference, vat_number)
        self._controller.say(f"EVSE {evse_id}: money is reserved as {reference}")

        def heard(status: str) -> None:
            if status != "Accepted":
                del self._reserved[reference]
            then(status)

        self._controller.authorisation.swipe(evse_id, Token(reference, DIRECT), heard)

    def _validate(self, evse_id: int, reference: str, vat_number: str) -> None:
        """Ask the CSMS about a VAT number (C18.FR.10); one that it rejects is not on the receipt."""
        words = {"vatNumber": vat_number, "evseId": evse_id}

        def answered(outcome: Outcome) -> None:
            accepted = isinstance(outcome, Answered) and outcome.words["status"] == "Accepted"
            self._controller.say(f"the VAT number {vat_number} is {'valid' if accepted else 'not valid'}")
            if not accepted and reference in self._reserved:
                self._reserved[reference] = None

        self._controller.put(Message("VatNumberValidation", lambda _: words, answered))

    def heard(self, transaction: Transaction, happened: Happened, words: Words) -> None:
        """The CSMS has answered an event of a transaction: with its end it tells what is to be paid."""
        token = transaction.token
        if happened.kind != "Ended" or token is None or token.id not in self._reserved:
            return
        vat_number = self._reserved.pop(token.id)
        if self._controller.variables.on("PaymentCtrlr.SettlementByCSMS"):
            return
        amount = words.get("totalCost", 0)
        told: Words = {
            "pspRef": token.id,
            "status": "Settled" if amount else "Canceled",  # C20: of what costs nothing the money is let go
            "settlementAmount": amount,
            "settlementTime": rfc3339(self._controller.clock),
            "transactionId": transaction.id,
        }
        if vat_number is not None:
            told["vatNumber"] = vat_number

        def answered(outcome: Outcome) -> None:
            receipt = outcome.words if isinstance(outcome, Answered) else {}
            self.settled.append(told | receipt)

        self._controller.put(Message("NotifySettlement", lambda _: told, answered))

    # ---- the QR code ----

    def link(self, evse_id: int, **limits: str) -> str:
        """What the QR code of an EVSE holds now, with limits that the driver chose (`maxcost`, `maxenergy`, `maxtime`).
        Raises ValueError where no CSMS has said how, LookupError without that EVSE."""
        self._controller.session(evse_id)
        template = self._controller.variables[f"{_WEB}.URLTemplate"].value
        if not template:
            raise ValueError("No CSMS has said yet what its QR codes are to hold (WebPaymentsCtrlr.URLTemplate).")
        version = self._controller.variables[f"{_WEB}.TOTPVersion"].value
        for name, value in (("evse", str(evse_id)), ("totp", self.password()), ("version", version)):
            template = template.replace(f"{{{name}}}", value)
        return template + "".join(f"&{name}={value}" for name, value in limits.items())

    def password(self) -> str:
        """The one-time password of now."""
        kept = self._controller.variables
        interval_s, length = (int(kept.number(f"{_WEB}.{name}")) for name in ("ValidityTime", "Length"))
        return one_time_password(kept[f"{_WEB}.SharedSecret"].value, self._controller.clock, interval_s, length)
