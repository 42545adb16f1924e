"""P: data of vendors, both ways.

What a station sends is for whoever registered for it:

    @on_data("com.example", "Lamp", Lamp)
    async def lamp(call, lamp):
        ...
        return {"seen": lamp.lux}       # or None; Declined says no

Modules of others are found by an entry point of the group `ohmstead.data_transfer`, which names a module to import. A
platform without Python of its own lists its vendors in `stations.data_transfer_vendors` and reads the feed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from importlib import metadata
from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ohmstead import runtime
from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Outcome, given
from ohmstead.ocpp.versions import V16, V21, V201

GROUP = "ohmstead.data_transfer"

DataHandler = Callable[[Call, Any], Awaitable[Any]]


class Declined(Exception):
    """Answer Rejected, with the reason as the answer's data."""


class _Registered(NamedTuple):
    shape: Any
    handler: DataHandler


_VENDORS: dict[str, dict[str | None, _Registered]] = {}


def on_data(vendor_id: str, message_id: str | None, shape: Any = Any) -> Callable[[DataHandler], DataHandler]:
    """Register who takes this message of this vendor. `shape` is a type that msgspec can decode: data that is not so is
    Rejected. The handler works like that of an action (blocks/__init__.py); what it returns is the answer's data."""

    def register(handler: DataHandler) -> DataHandler:
        messages = _VENDORS.setdefault(vendor_id, {})
        if message_id in messages:
            raise ValueError(f"{message_id} of {vendor_id} has two handlers")
        messages[message_id] = _Registered(shape, handler)
        return handler

    return register


@on("DataTransfer", V16, V201, V21)
async def data_transfer(call: Call, req: Any) -> Any:
    """A vendor or a message that nobody knows is answered so, not refused (P02.FR.06)."""
    _load_others()
    message_id = given(req.message_id) or None
    messages = _VENDORS.get(req.vendor_id)
    if messages is None:
        return _told(call, req) or call.v.DataTransferResponse(status="UnknownVendorId")
    known = messages.get(message_id)
    if known is None:
        return call.v.DataTransferResponse(status="UnknownMessageId")
    try:
        back = await known.handler(call, _read(req.data, known.shape))
    except (Declined, msgspec.MsgspecError) as no:
        return call.v.DataTransferResponse(status="Rejected", data=str(no)[:512])
    return call.v.DataTransferResponse(status="Accepted", data=UNSET if back is None else _written(call, back))


def _told(call: Call, req: Any) -> Any:
    """The answer to data that a platform reads in the feed; None where no platform does."""
    if req.vendor_id not in call.settings.stations.data_transfer_vendors:
        return None
    call.emit("data_transfer.received", {
        "vendor_id": req.vendor_id, "message_id": given(req.message_id), "data": given(req.data),
    })  # fmt: skip
    return call.v.DataTransferResponse(status="Accepted")


def _read(data: Any, shape: Any) -> Any:
    """1.6 has texts alone, and stations of 2.x send JSON in a text too."""
    if isinstance(data, str) and shape is not str:
        return msgspec.json.decode(data, type=shape)
    return msgspec.convert(None if data is UNSET else data, shape)


def _written(call: Call, back: Any) -> Any:
    if call.version is V16:
        return back if isinstance(back, str) else text_of(back)
    return msgspec.to_builtins(back)


@cache
def _load_others() -> None:
    """Import the modules of others; one that fails costs its own vendor only."""
    for one in metadata.entry_points(group=GROUP):
        try:
            one.load()
        except Exception as error:
            runtime.log.exception("not loaded", entry_point=one.name, error=repr(error))


class DataTransfer(Command):
    """Send data of a vendor (P01). `reason` of the command is the station's answer: its status where it did not accept,
    and the data that it gave back."""

    actions: ClassVar = ("DataTransfer",)
    vendor_id: Annotated[str, Meta(min_length=1, max_length=255)]
    message_id: Annotated[str, Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    data: Any = UNSET
    """Anything; 1.6 has texts alone, and gets other things as JSON."""

    def to_v16(self, ask: Ask) -> Calls:
        text = self.data if self.data is UNSET or isinstance(self.data, str) else text_of(self.data)
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
            words.append(answer.data if isinstance(answer.data, str) else text_of(answer.data))
        return Outcome(accepted, ": ".join(word for word in words if word) or None)


def text_of(data: Any) -> str:
    """JSON as 1.6 carries it."""
    return msgspec.json.encode(data).decode()
