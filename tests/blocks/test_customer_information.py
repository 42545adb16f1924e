"""Customer information: parts are joined by the request id."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from ohmstead.blocks.customer_information import CustomerInformation
from ohmstead.store.tables import procedures
from tests.blocks.staging import Stage, converse

pytestmark = pytest.mark.anyio
AT = "2025-11-24T16:00:00Z"


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_parts_in_any_order_are_one_text(stage: Stage, version: str) -> None:  # L09
    for number, text in ((2, "c"), (0, "a"), (1, "b")):
        said = {"requestId": 24, "seqNo": number, "tbc": number < 2, "data": text, "generatedAt": AT}
        assert await stage.say("NotifyCustomerInformation", said, version) == {}
    ((state, told),) = await stage.rows(select(procedures.c.state, procedures.c.told))
    assert (state, json.loads(told)["result"]) == ("done", "abc")
    assert stage.fed == ["customer_information.running", "customer_information.done"]


def test_one_customer_and_one_only() -> None:  # N09.FR.04
    for fields in ({}, {"token": "T", "customer_identifier": "x"}):
        with pytest.raises(ValueError, match="one of"):
            CustomerInformation(**fields)
    talk = converse(CustomerInformation(customer_identifier="x"), "2.0.1", {"status": "Accepted"})
    assert talk.requests == [
        ("CustomerInformation", {"requestId": 77, "report": True, "clear": False, "customerIdentifier": "x"})
    ]
    cleared = CustomerInformation(report=False, clear=True, token="T")
    outcome = converse(cleared, "2.1", {"status": "Accepted"}).outcome
    assert outcome is not None
    assert outcome.expects is None
