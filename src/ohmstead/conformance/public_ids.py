"""The public ids of test cases for a CSMS, and which of them no case of ours carries."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from ohmstead.ocpp.versions import Version


@cache
def _table() -> dict[str, dict[str, str]]:
    found: dict[str, Any] = tomllib.loads(files("ohmstead.conformance").joinpath("public_ids.toml").read_text())
    return found


def public_ids(version: Version) -> list[str]:
    """All ids of a version (`TC_B_01_CSMS`), in the order of their blocks."""
    blocks = _table()[version.name].items()
    return [
        f"TC_{number}_CSMS" if block == "all" else f"TC_{block}_{number}_CSMS"
        for block, numbers in blocks
        for number in numbers.split()
    ]


def not_asked(version: Version) -> dict[str, str]:
    """The ids that no case carries, with the reason."""
    known = set(public_ids(version))
    return {id: why for name, why in _table()["not_asked"].items() if (id := f"TC_{name}_CSMS") in known}
