"""Which roots are installed and which deleted, and what is in the way."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.installed import HashData, Material
from ohmstead.domain.root_store import Wanted, plan


def root(name: str, *vouched_by: str) -> Wanted:
    material = Material(issuer_name=name.encode(), issuer_key=b"k", serial_number="1f")
    return Wanted(name=name, pem=name, material=material, vouched_by=vouched_by)


OLD, NEW, SIGNED = root("old"), root("new"), root("new", "old")


def there(*roots: Wanted, algorithm: Any = "SHA384") -> list[HashData]:
    return [one.material.hashed(algorithm) for one in roots]


@pytest.mark.parametrize(
    ("wanted", "installed", "fields", "install", "delete", "obstacle"),
    [
        ([OLD, NEW], there(OLD), {}, ["new"], 0, ""),
        ([OLD, NEW], there(OLD, NEW), {}, [], 0, ""),
        ([NEW], there(OLD), {}, ["new"], 0, ""),
        ([NEW], there(OLD), {"remove_others": True}, ["new"], 1, ""),
        ([NEW], there(OLD, NEW), {"remove_others": True}, [], 1, ""),
        ([NEW], there(OLD), {"slots": 1, "remove_others": True}, [], 0, "has room for 1"),
        ([OLD, NEW], there(OLD), {"checks": True}, [], 0, "AdditionalRootCertificateCheck"),
        ([OLD, SIGNED], there(OLD), {"checks": True}, ["new"], 0, ""),
        ([NEW], [], {"checks": True}, ["new"], 0, ""),
    ],
)
def test_what_is_done(
    wanted: list[Wanted], installed: list[HashData], fields: dict[str, Any], install: list[str], delete: int,
    obstacle: str,
) -> None:  # fmt: skip
    found = plan(wanted, installed, **({"remove_others": False, "slots": None, "checks": False} | fields))
    assert [one.name for one in found.install] == install
    assert len(found.delete) == delete
    assert obstacle in (found.obstacle or "")
    assert bool(obstacle) == (found.obstacle is not None)
