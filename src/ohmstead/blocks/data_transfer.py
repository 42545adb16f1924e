"""P: data of vendors."""

from __future__ import annotations

from typing import Any

from ohmstead.blocks import Call, on
from ohmstead.ocpp.versions import V16, V21, V201


@on("DataTransfer", V16, V201, V21)
async def data_transfer(call: Call, req: Any) -> Any:
    """We know no vendor's messages: say so, in an answer and not in an error (P02.FR.06)."""
    return call.v.DataTransferResponse(status="UnknownVendorId")
