"""What is supported, read from the registry: for each action of each version, who handles or sends it."""

from __future__ import annotations

from msgspec import Struct

from ohmstead import blocks
from ohmstead.blocks.command import COMMANDS
from ohmstead.ocpp.directions import Direction, direction
from ohmstead.ocpp.versions import VERSIONS


class Support(Struct, frozen=True):
    """One action of one version. `module` is None where nothing knows the action: a station's gets NotImplemented, one
    of ours can be sent raw; several modules are separated by commas."""

    version: str
    action: str
    direction: Direction
    module: str | None


def support() -> list[Support]:
    """All actions of all versions."""
    blocks.discover()
    senders: dict[str, str] = {}
    for command in COMMANDS.values():
        for action in command.actions:
            known = senders.setdefault(action, command.__module__)
            if command.__module__ not in known.split(", "):
                senders[action] = f"{known}, {command.__module__}"
    rows = []
    for version in VERSIONS:
        for action in version.messages.ACTIONS:
            who = direction(action)
            handler = blocks.HANDLERS.get((version.name, action))
            module = handler.__module__ if handler is not None else senders.get(action) if who != "station" else None
            rows.append(Support(version.name, action, who, module))
    return rows
