"""Fixes on payloads of any shape: they mend what they are for, leave the rest, and never raise."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.vendors.fixes import ANSWERS, FIXES

ALL = {**FIXES, **ANSWERS}


def value(samples: Any) -> dict[str, Any]:
    return {"meterValue": [{"timestamp": "t", "sampledValue": samples}]}


@pytest.mark.parametrize(
    ("name", "argument", "before", "after"),
    [
        ("vendor_name", "X", {"chargePointVendor": " "}, {"chargePointVendor": "X"}),
        ("vendor_name", "X", {"chargingStation": {"vendorName": ""}}, {"chargingStation": {"vendorName": "X"}}),
        ("boot_placeholders", "", {"chargePointModel": "timeout", "imsi": "Timeout"}, {"chargePointModel": "timeout"}),
        ("numbers_as_text", "", value([{"value": Decimal("1.50")}]), value([{"value": "1.50"}])),
        ("without_empty_samples", "", {"meterStop": 1, "transactionData": [{"sampledValue": []}]}, {"meterStop": 1}),
        ("without_empty_samples", "", value([]), None),
        ("without_empty_samples", "", {"eventType": "Updated", **value([])}, {"eventType": "Updated"}),
        ("token_without_suffix", "_", {"idTag": "A_B_18"}, {"idTag": "A_B"}),
        ("printable_token", "", {"idTag": "A\x7fB"}, {"idTag": "AB"}),
    ],
)  # fmt: skip
def test_what_a_fix_mends(name: str, argument: str, before: dict[str, Any], after: dict[str, Any] | None) -> None:
    assert ALL[name].function(before, argument) == after


@pytest.mark.parametrize(
    ("name", "argument", "payload"),
    [
        ("vendor_name", "X", {"chargePointVendor": "V"}),
        ("numbers_as_text", "", value([{"value": "1"}, {"value": True}])),
        ("without_empty_samples", "", value([{"value": "1"}])),
        ("token_without_suffix", "_", {"idTag": "_18"}),
        ("token_without_suffix", "", {"idTag": "A_B"}),
        ("total_current", "", value([{"value": "31", "measurand": "Current.Import"}])),
        ("unquoted_values", "", {"configurationKey": [{"key": "a", "value": '"'}]}),
    ],
)
def test_what_a_fix_leaves(name: str, argument: str, payload: dict[str, Any]) -> None:
    assert ALL[name].function(payload, argument) is payload


LEAF = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", '"', "Current.Import", "L1", "1.5", "NaN", "a_b"])
)
SAMPLE = LEAF | st.dictionaries(st.sampled_from(["value", "measurand", "phase"]), LEAF, max_size=3)
VALUE = LEAF | st.fixed_dictionaries({}, optional={"sampledValue": LEAF | st.lists(SAMPLE, max_size=3), "value": LEAF})
ANYTHING = VALUE | st.lists(VALUE, max_size=3)


@given(st.dictionaries(st.sampled_from(["meterValue", "transactionData", "idTag", "configurationKey"]), ANYTHING))
def test_no_payload_makes_a_fix_raise_or_changes_in_place(payload: dict[str, Any]) -> None:
    before = deepcopy(payload)
    for fix in ALL.values():
        fix.function(payload, "_")
    assert payload == before
