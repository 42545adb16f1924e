"""What a URL may reach. The list is of ways in which others were fooled."""

from __future__ import annotations

import ipaddress

import pytest

from ohmstead.web.addresses import Forbidden, Reach, choose, is_public, resolve

NOTHING = Reach((), "webhooks.allow_private")
PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "198.18.0.1", "240.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(Forbidden, match="allow_private"):
        choose("hook.example", [ipaddress.ip_address(address)], NOTHING)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_what_is_public(address):
    assert is_public(ipaddress.ip_address(address))


def test_one_private_address_among_public_ones_is_enough():
    found = [ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("10.0.0.1")]
    with pytest.raises(Forbidden):
        choose("hook.example", found, NOTHING)
    with pytest.raises(Forbidden, match="no address"):
        choose("hook.example", [], NOTHING)


@pytest.mark.parametrize("allowed", ["hook.example", "HOOK.example", "10.0.0.0/8", "10.0.0.1"])
def test_what_an_operator_allows(allowed):
    address = ipaddress.ip_address("10.0.0.1")
    assert choose("hook.example", [address], Reach([allowed], "x")) == address
    with pytest.raises(Forbidden):
        choose("hook.example", [ipaddress.ip_address("192.168.0.1")], Reach(["10.0.0.0/8"], "x"))


def test_ipv4_goes_first():
    found = [ipaddress.ip_address("2606:4700:4700::1111"), ipaddress.ip_address("8.8.8.8")]
    assert str(choose("hook.example", found, NOTHING)) == "8.8.8.8"


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
async def test_names_and_numbers_are_looked_at_alike(host):
    with pytest.raises(Forbidden):
        await resolve(host, 80, NOTHING)
    assert (await resolve(host, 80, Reach([host, "127.0.0.0/8", "::1"], "x"))).is_loopback
