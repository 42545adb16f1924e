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


class UseCase(Struct, frozen=True):
    """A use case of the specification, what it is made of, and the file of tests that shows it."""

    id: str
    name: str
    actions: tuple[str, ...]
    tests: str


_MODEL, _MONITORS = "tests/acceptance/test_device_model.py", "tests/acceptance/test_monitoring.py"
_CUSTOMERS = "tests/blocks/test_customer_information.py"
USE_CASES = (
    UseCase("B05", "Set variables", ("SetVariables",), _MODEL),
    UseCase("B06", "Get variables", ("GetVariables",), _MODEL),
    UseCase("B07", "Get base report", ("GetBaseReport", "NotifyReport"), _MODEL),
    UseCase("B08", "Get custom report", ("GetReport", "NotifyReport"), _MODEL),
    UseCase("N01", "Retrieve log", ("GetLog", "LogStatusNotification"), "tests/blocks/test_logs.py"),
    UseCase("N02", "Get monitoring report", ("GetMonitoringReport", "NotifyMonitoringReport"), _MONITORS),
    UseCase("N03", "Set monitoring base", ("SetMonitoringBase",), _MONITORS),
    UseCase("N04", "Set variable monitoring", ("SetVariableMonitoring",), _MONITORS),
    UseCase("N05", "Set monitoring level", ("SetMonitoringLevel",), _MONITORS),
    UseCase("N06", "Clear monitoring", ("ClearVariableMonitoring",), _MONITORS),
    UseCase("N07", "Alert event", ("NotifyEvent",), _MONITORS),
    UseCase("N08", "Periodic event", ("NotifyEvent",), _MONITORS),
    UseCase("N09", "Get customer information", ("CustomerInformation", "NotifyCustomerInformation"), _CUSTOMERS),
    UseCase("N10", "Clear customer information", ("CustomerInformation",), _CUSTOMERS),
    UseCase("N11", "Open an event stream", ("OpenPeriodicEventStream",), _MONITORS),
    UseCase("N12", "Get event streams", ("GetPeriodicEventStream",), "tests/blocks/test_streams.py"),
    UseCase("N13", "Close an event stream", ("ClosePeriodicEventStream",), _MONITORS),
    UseCase("N14", "Adjust an event stream", ("AdjustPeriodicEventStream",), _MONITORS),
    UseCase("N15", "Event stream", ("NotifyPeriodicEventStream",), _MONITORS),
)
"""Of the device model and its monitors."""


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
