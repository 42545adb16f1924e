"""P: data of vendors."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Outcome, given
from ohmstead.ocpp.versions import V16, V21, V201


@on("DataTransfer", V16, V201, V21)
async def data_transfer(call: Call, req: Any) -> Any:
    """We know no vendor's messages: say so, in an answer and not in an error (P02.FR.06)."""
    return call.v.DataTransferResponse(status="UnknownVendorId")


class DataTransfer(Command):
    """Send data of a vendor (P01). `reason` of the command is the station's answer: its status where it did not accept,
    and the data that it gave back."""

    actions: ClassVar = ("DataTransfer",)
    vendor_id: Annotated[str, Meta(min_length=1, max_length=255)]
    message_id: Annotated[str, Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    data: Any = UNSET
    """Anything; 1.6 has texts alone, and gets other things as JSON."""

    def to_v16(self, ask: Ask) -> Calls:
        text = self.data if self.data is UNSET or isinstance(self.data, str) else _text(self.data)
        return self._send(ask, text)

    def to_v2(self, ask: Ask) -> Calls:
        return self._send(ask, self.data)

    def _send(self, ask: Ask, data: Any) -> Calls:
        answer = yield ask.v.DataTransferRequest(vendor_id=self.vendor_id, message_id=self.message_id, data=data)
        accepted = answer.status == "Accepted"
        words = [] if accepted else [answer.status]
        info = given(getattr(answer, "status_info", UNSET))
        words += [] if info is None else [info.reason_code, given(info.additional_info) or ""]
        if answer.data is not UNSET:
            words.append(answer.data if isinstance(answer.data, str) else _text(answer.data))
        return Outcome(accepted, ": ".join(word for word in words if word) or None)


def _text(data: Any) -> str:
    return msgspec.json.encode(data).decode()
