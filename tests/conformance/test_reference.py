from __future__ import annotations

from ohmstead.conformance.public_ids import not_asked
from ohmstead.conformance.reference import page
from ohmstead.ocpp.versions import V21


def test_each_requirement_has_its_cases() -> None:
    lines = page().splitlines()
    (row,) = [line for line in lines if line.startswith("| A01.FR.03 |")]
    assert row == "| A01.FR.03 | TC_073 | TC_A_09 | TC_A_09 |"
    order = [line.split()[1] for line in lines if line.startswith("| K01.FR.")]
    assert order == sorted(order, key=lambda one: int(one.rpartition(".")[2]))
    assert all(any(id in line for line in lines) for id in not_asked(V21))
