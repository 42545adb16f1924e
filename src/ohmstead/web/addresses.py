"""Which hosts may be called: a URL that somebody typed must not reach what only this machine can reach (SSRF).

The name is resolved here, once, and the connection goes to the very address that was looked at: a name that answers
differently the second time (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from typing import NamedTuple

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(Exception):
    """The host may not be called; the message says why."""


class Reach(NamedTuple):
    """How far a call may go beside the public internet."""

    private: Sequence[str]
    """Names of hosts, addresses and networks that may be called though they are private."""
    setting: str
    """Where an operator allows them."""


ANYWHERE = Reach(("0.0.0.0/0", "::/0"), "")
"""For addresses that an operator wrote into the settings, and nobody else."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet. IPv4 inside IPv6 (mapped, 6to4, NAT64) counts as that IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def is_allowed(host: str, address: Address, allowed: Sequence[str]) -> bool:
    """Whether `allowed` (names of hosts, addresses, networks) names this host or its address."""
    for one in allowed:
        try:
            if address in ipaddress.ip_network(one, strict=False):
                return True
        except ValueError:
            if one.lower() == host.lower():
                return True
    return False


def choose(host: str, found: Sequence[Address], reach: Reach) -> Address:
    """The address to connect to: one alone is tried, so IPv4 goes first. Raises Forbidden when the host has any that
    may not be called."""
    if not found:
        raise Forbidden(f"{host} has no address")
    for address in found:
        if not is_public(address) and not is_allowed(host, address, reach.private):
            raise Forbidden(f"{host} is {address}, no public address; the setting {reach.setting} allows it")
    return min(found, key=lambda one: one.version)


async def resolve(host: str, port: int, reach: Reach) -> Address:
    """The address of `host` that may be called. Raises Forbidden, and OSError where the name is not known."""
    try:
        return choose(host, [ipaddress.ip_address(host.strip("[]"))], reach)
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    rows = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return choose(host, [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows], reach)
