"""Every status that a schema knows is in a chain."""

from __future__ import annotations

from typing import get_args

import pytest

from ohmstead.domain.firmware import FIRMWARE, LOG, PUBLISH
from ohmstead.domain.procedures import IDLE, Chain
from ohmstead.ocpp import v16, v21, v201


@pytest.mark.parametrize(
    ("chain", "known"),
    [
        (FIRMWARE, v16.FirmwareStatusEnumType),
        (FIRMWARE, v201.FirmwareStatusEnumType),
        (FIRMWARE, v21.FirmwareStatusEnumType),
        (FIRMWARE, v16.FirmwareStatusNotificationRequest.__annotations__["status"]),
        (PUBLISH, v201.PublishFirmwareStatusEnumType),
        (PUBLISH, v21.PublishFirmwareStatusEnumType),
        (LOG, v16.UploadLogStatusEnumType),
        (LOG, v201.UploadLogStatusEnumType),
        (LOG, v21.UploadLogStatusEnumType),
        (LOG, v16.DiagnosticsStatusNotificationRequest.__annotations__["status"]),
    ],
)
def test_every_status_of_a_schema_is_known(chain: Chain, known: object) -> None:
    if isinstance(known, str):
        known = eval(known, vars(v16))
    assert set(get_args(known)) <= chain.next.keys() | {IDLE}
