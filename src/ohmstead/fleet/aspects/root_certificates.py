"""The roots that a station trusts, of each kind: those it should hold, and none besides where that is declared. The
command lists what it holds before and after (blocks/root_store.py): nothing goes before all that should be there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.installing import in_16
from ohmstead.blocks.root_store import wanted_roots
from ohmstead.domain.desired import Check
from ohmstead.domain.installed import HashData
from ohmstead.domain.root_store import Wanted
from ohmstead.fleet.aspects import Aspect, Seen, register
from ohmstead.shapes.desired import DesiredRoots
from ohmstead.store import installed_certificates
from ohmstead.store.db import Db

MOST_TOLD = 5


async def compare(db: Db, seen: Seen, wanted: list[DesiredRoots]) -> list[Check]:
    """One check for each root, and one for those that are too many."""
    found = await installed_certificates.of_station(db, seen.place.id)
    checks = []
    for kind in wanted:
        held = [one.hash_data for one in found if one.certificate_type == kind.certificate_type]
        checks += _checks(kind, held, _blocked(kind.certificate_type, seen.place.ocpp_version))
    return checks


def _checks(kind: DesiredRoots, held: list[HashData], blocked: str | None) -> list[Check]:
    def check(what: str, wanted: str, actual: str, same: bool) -> Check:
        return Check(
            aspect="root_certificates", what=f"{kind.certificate_type} {what}", wanted=wanted, actual=actual, same=same,
            blocked=blocked, group=kind.certificate_type,
        )  # fmt: skip

    roots = wanted_roots(kind.roots)
    checks = [check(_named(one), "installed", "installed" if (there := one.is_in(held)) else "not installed", there)
              for one in roots]  # fmt: skip
    others = [one.serial_number for one in held if not any(root.is_in([one]) for root in roots)]
    if kind.remove_others:
        told = ", ".join(others[:MOST_TOLD])
        checks.append(check("others", "none", f"{len(others)} ({told})" if others else "none", not others))
    return checks


def _named(one: Wanted) -> str:
    """Roots of one name are told apart by the number of the certificate."""
    return f"{one.name} ({one.material.serial_number})"


def _blocked(kind: str, version: str | None) -> str | None:
    try:
        if version == "1.6":
            in_16(kind)
    except Unsupported as error:
        return str(error)
    return f"OCPP {version} has no {kind}." if kind == "OEMRootCertificate" and version != "2.1" else None


def mend(wanted: list[DesiredRoots], wrong: Sequence[Check]) -> dict[str, Any]:
    return _set_roots(next(one for one in wanted if one.certificate_type == wrong[0].group))


def _set_roots(kind: DesiredRoots) -> dict[str, Any]:
    return {"type": "set_roots", "certificate_type": kind.certificate_type, "roots": kind.roots,
            "remove_others": kind.remove_others}  # fmt: skip


def read(wanted: list[DesiredRoots]) -> dict[str, Any]:
    return {"type": "get_installed_certificate_ids", "certificate_types": [one.certificate_type for one in wanted]}


def asks(wanted: list[DesiredRoots]) -> list[dict[str, Any]]:
    for kind in wanted:
        try:
            names = [_named(one) for one in wanted_roots(kind.roots)]
        except Unsupported as error:
            raise msgspec.ValidationError(str(error)) from None
        if len(set(names)) != len(names):
            raise msgspec.ValidationError(f"`{kind.certificate_type}` has a root twice")
    return [_set_roots(one) for one in wanted]


register(Aspect("root_certificates", compare, mend, asks, read=read))
