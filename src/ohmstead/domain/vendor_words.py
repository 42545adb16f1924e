"""The vendors' own variables and keys that hold words of the vocabulary, read from `vendor_words.toml`."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib import resources

import msgspec
from msgspec import Struct

from ohmstead.domain.device_model import plain
from ohmstead.domain.words import ANY, Rule


class Vendor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules for the stations of a vendor; `match` are parts of its name, or `*`."""

    name: str
    match: tuple[str, ...]
    evidence: str
    words: tuple[Rule, ...]


@cache
def vendors() -> tuple[Vendor, ...]:
    text = resources.files("ohmstead.domain").joinpath("vendor_words.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text)["vendor"], tuple[Vendor, ...])


@lru_cache(maxsize=256)
def rules_for(vendor: str | None) -> tuple[Rule, ...]:
    """The rules for stations whose BootNotification names this vendor: its own, then those of open-source stacks."""
    name = plain(vendor)
    own = [one for one in vendors() if any(part != ANY and part in name for part in one.match)]
    every = [one for one in vendors() if ANY in one.match]
    return tuple(rule for one in (*own, *every) for rule in one.words)
