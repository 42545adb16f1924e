"""Which roots a station is to get and to lose, so that it holds those it should: never fewer than it needs to reach us.

New ones come first; what is to go goes only when all that should be there are there (the overlap of a rollover).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ohmstead.domain.installed import HashData, Material


class Wanted(Struct, frozen=True, kw_only=True):
    """A root that a station should hold."""

    name: str
    """Its subject, for people."""
    pem: str
    material: Material
    vouched_by: tuple[str, ...] = ()
    """Names of the other wanted roots whose key signed it."""

    def is_in(self, installed: Sequence[HashData]) -> bool:
        """Whether the station says that it holds it, in whatever algorithm."""
        return any(self.material.hashed(one.hash_algorithm).key == one.key for one in installed)


class Plan(Struct, frozen=True, kw_only=True):
    """What is to be done; `obstacle` says why nothing may be done."""

    install: tuple[Wanted, ...] = ()
    delete: tuple[HashData, ...] = ()
    """Once all that are to be installed are."""
    obstacle: str | None = None


def plan(
    wanted: Sequence[Wanted], installed: Sequence[HashData], *, remove_others: bool, slots: int | None, checks: bool
) -> Plan:
    """`slots`: how many certificates the station can hold, None where it never said. `checks`: it takes a new root
    only if one it has vouches for it (AdditionalRootCertificateCheck, M05.FR.09 to .12)."""
    install = tuple(one for one in wanted if not one.is_in(installed))
    there = [one for one in wanted if one.is_in(installed)]
    delete = tuple(
        one for one in installed if not any(root.material.hashed(one.hash_algorithm).key == one.key for root in wanted)
    )
    if slots is not None and len(installed) + len(install) > slots:
        text = f"It holds {len(installed)} certificates and has room for {slots}; {len(install)} are to be added."
        return Plan(obstacle=f"{text} Delete one first (delete_certificate).")
    if checks and installed:
        known = {one.name for one in there}
        for one in install:
            if not known & set(one.vouched_by):
                text = f"It takes {one.name} only if a root that it has signed it (AdditionalRootCertificateCheck)"
                return Plan(obstacle=f"{text}: give it the new root signed by the old one.")
    return Plan(install=install, delete=delete if remove_others else ())
