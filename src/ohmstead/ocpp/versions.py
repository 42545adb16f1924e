"""The three OCPP versions: how each is called, and where its messages lie.

There are three versions but two dialects: 2.1 is structurally a superset of 2.0.1, so code that translates between
OCPP and the domain is written for `v16` and for `v2`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Literal

Dialect = Literal["v16", "v2"]


@dataclass(frozen=True)
class Version:
    """One OCPP version; `messages` is the generated module, imported at first use."""

    name: str
    """As people write it: 1.6, 2.0.1, 2.1."""
    subprotocol: str
    """Its WebSocket subprotocol (OCPP-J 3.1.2)."""
    key: str
    """Name of its generated module, and of the folder of its official schemas."""
    dialect: Dialect

    @cached_property
    def messages(self) -> ModuleType:
        """The generated types: `<Action>Request` and `<Action>Response` structs."""
        return importlib.import_module(f"ohmstead.ocpp.{self.key}")


V16 = Version("1.6", "ocpp1.6", "v16", "v16")
V201 = Version("2.0.1", "ocpp2.0.1", "v201", "v2")
V21 = Version("2.1", "ocpp2.1", "v21", "v2")

VERSIONS = (V16, V201, V21)
BY_NAME = {version.name: version for version in VERSIONS}
BY_SUBPROTOCOL = {version.subprotocol: version for version in VERSIONS}
