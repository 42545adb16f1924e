"""Every row of the catalogue is run: what fails without it is right with it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ohmstead import vendors
from ohmstead.vendors.fixes import ANSWERS, FIXES
from ohmstead.vendors.rows import Quirk, Sample
from ohmstead.vendors.samples import LONGEST_NAME, named, run
from ohmstead.vendors.texts import TEXTS

ROWS = vendors.ours().rows


def test_all_that_was_found_is_there() -> None:
    assert len(ROWS) >= 42


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_does_what_its_samples_say(row: Quirk) -> None:
    assert [wrong for one in row.sample if (wrong := run(row, one))] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_repair_and_no_capability_without_a_sample_that_needs_it(row: Quirk) -> None:
    """Each part of a row taken away must break one of its samples."""
    for index in range(len(row.repairs)):
        less = msgspec.structs.replace(row, repairs=row.repairs[:index] + row.repairs[index + 1 :])
        assert any(run(less, one) for one in row.sample), row.repairs[index].fix
    for name in row.capabilities.said():
        less = msgspec.structs.replace(row, capabilities=msgspec.structs.replace(row.capabilities, **{name: None}))
        assert any(run(less, one) for one in row.sample), name


def test_every_fix_is_used() -> None:
    used = {one.fix for row in ROWS for one in row.repairs}
    assert used == FIXES.keys() | ANSWERS.keys() | TEXTS.keys()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"becomes": '{"idTag":"other"}'}, "it becomes"),
        ({"becomes": None}, "`becomes` is missing"),
        ({"frame": '[2,"1","Authorize",{"idTag":"plain"}]'}, "nothing is changed"),
        ({"frame": '[2,"1","Authorize",{"idTag":"a_b","x'}, "not even repaired"),
        ({"frame": '[2,"1","BootNotification",{"chargePointVendor":"X","chargePointModel":"Y"}]'}, "not of a station"),
        ({"frame": None, "call": '[2,"1","Reset",{"type":"Soft"}]', "becomes": None, "refused": True}, "not refused"),
        ({"frame": None, "offers": ("ocpp2.1",), "speaks": "1.6"}, "it speaks 2.1"),
        ({"dropped": True}, "not dropped"),
    ],
)
def test_a_sample_that_is_not_right(changes: dict[str, Any], why: str) -> None:
    row = next(row for row in ROWS if row.name == "keba-token-with-serial")
    sample: Sample = msgspec.structs.replace(row.sample[0], **changes)
    assert why in (run(row, sample) or "")


def test_a_boot_names_its_station_in_both_dialects() -> None:
    assert named(b'{"chargePointVendor":"V","chargePointModel":"M"}') == ("V", "M", None)
    v2 = b'{"chargingStation":{"vendorName":"V","model":"M","firmwareVersion":"1"}}'
    assert named(v2) == ("V", "M", "1")
    assert named(b'{"chargePointVendor":"%s"}' % (b"V" * 9999)) == ("V" * LONGEST_NAME, None, None)
    assert named(b"[") == named(b"3") == (None, None, None)
