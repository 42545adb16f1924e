"""The device model of one station: the catalogue, and one component for the station, each EVSE and each connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ohmstead.ocpp.versions import V21
from ohmstead.runtime import rfc3339
from ohmstead.simulator import der, payment, v2x
from ohmstead.simulator.evse import Connector
from ohmstead.simulator.session import Session
from ohmstead.simulator.traits import Traits
from ohmstead.simulator.variables import MEASURANDS, Variable, Variables

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

_V2X_MEASURANDS = (*MEASURANDS, "Energy.Active.Export.Register", "Power.Active.Export")
_STATES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")


def inventory(controller: Controller) -> Variables:
    """The variables of this controller's station, alive where their value moves."""
    more = list(_station(controller))
    for session in controller.sessions.values():
        more += _evse(session)
        for connector in session.evse.connectors:
            more += _connector(session, connector)
    if controller.version.dialect != "v16":
        more += _vehicles()
    if controller.version is V21:
        more += _both_ways(controller)
        more += payment.variables()
    more += extras(controller.traits)
    variables = Variables(tuple(more), controller.traits.device.without)
    for name, value in controller.traits.settings.items():
        variables[name].value = value
    variables["SecurityCtrlr.Identity"].value = controller.identity
    variables["ClockCtrlr.DateTime"].live = lambda: rfc3339(controller.clock)
    variables["LocalAuthListCtrlr.Entries"].live = lambda: str(len(controller.authorisation.tokens))
    variables["SmartChargingCtrlr.Entries[ChargingProfiles]"].live = lambda: str(len(controller.profiles))
    connectors = variables.by_key("NumberOfConnectors")
    assert connectors is not None
    connectors.value = str(len(controller.sessions))
    return variables


def extras(traits: Traits) -> Iterator[Variable]:
    """The variables that a persona adds."""
    for one in traits.component:
        yield Variable(
            one.component,
            one.variable,
            one.value,
            kind=one.type,
            mutability=one.mutability,
            component_instance=one.instance,
            instance=one.variable_instance,
            evse_id=one.evse,
            connector_id=one.connector,
            unit=one.unit,
            choices=one.values,
        )


def connector_status(session: Session, connector: Connector) -> str:
    """Available, Occupied, Reserved or Unavailable (2.x words)."""
    if not connector.operative:
        return "Unavailable"
    if session.evse.connector_id == connector.id:
        return "Occupied"
    return "Reserved" if session.reserved else "Available"


def _station(controller: Controller) -> list[Variable]:
    def state() -> str:
        working = any(controller.availability.operative(evse_id) for evse_id in controller.sessions)
        return "Available" if working else "Unavailable"

    phases = str(controller.grid.phases)
    boot = controller.traits.boot
    return [
        Variable("ChargingStation", "VendorName", boot.vendor),
        Variable("ChargingStation", "Model", boot.model),
        Variable("ChargingStation", "SerialNumber", controller.serial),
        Variable("ChargingStation", "FirmwareVersion", live=lambda: controller.updates.version),
        Variable("ChargingStation", "Available", "true", kind="boolean"),
        Variable("ChargingStation", "Problem", "false", kind="boolean"),
        Variable("ChargingStation", "SupplyPhases", phases, kind="integer"),
        Variable("ChargingStation", "AvailabilityState", kind="OptionList", choices=_STATES, live=state),
    ]


def _vehicles() -> list[Variable]:
    """How cars that talk are served."""
    return [
        Variable("ISO15118Ctrlr", "PnCEnabled", "true", kind="boolean", mutability="ReadWrite"),
        Variable(
            "ISO15118Ctrlr", "CentralContractValidationAllowed", "true", kind="boolean", mutability="ReadWrite"
        ),
        Variable("ISO15118Ctrlr", "ContractValidationOffline", "false", kind="boolean", mutability="ReadWrite"),
    ]  # fmt: skip


def _both_ways(controller: Controller) -> list[Variable]:
    """What 2.1 has for energy both ways, for the grid and for battery swaps."""
    measurands = ",".join(_V2X_MEASURANDS)

    def measured(name: str, value: str) -> Variable:
        return Variable("V2XChargingCtrlr", name, value, None, "MemberList", "ReadWrite", choices=_V2X_MEASURANDS)

    watts = f"{sum(session.evse.rating_w for session in controller.sessions.values()):.0f}"
    return [
        Variable("V2XChargingCtrlr", "Enabled", "true", kind="boolean", mutability="ReadWrite"),
        Variable("V2XChargingCtrlr", "SupportedOperationModes", ",".join(v2x.MODES), kind="MemberList"),
        Variable("V2XChargingCtrlr", "SupportedEnergyTransferModes", "AC_BPT,DC_BPT", kind="MemberList"),
        measured("TxStartedMeasurands", "Energy.Active.Import.Register,Energy.Active.Export.Register"),
        measured("TxUpdatedMeasurands", measurands),
        measured("TxEndedMeasurands", "Energy.Active.Import.Register,Energy.Active.Export.Register,SoC"),
        Variable("TariffCostCtrlr", "Enabled", "false", None, "boolean", "ReadWrite", instance="RunningCost"),
        Variable("DCDERCtrlr", "Enabled", "true", kind="boolean"),
        Variable("DCDERCtrlr", "ModesSupported", ",".join(der.TYPES), kind="MemberList"),
        Variable("DCDERCtrlr", "MaxW", watts, kind="decimal", unit="W"),
        Variable("BatterySwapCtrlr", "TargetSoC", "80", None, "integer", "ReadWrite", unit="Percent", low=0, high=100),
        Variable(
            "BatterySwapCtrlr", "Timeout", "300", None, "integer", "ReadWrite", instance="Out", unit="s", low=1
        ),
    ]  # fmt: skip


def _evse(session: Session) -> list[Variable]:
    evse = session.evse

    def here(name: str, value: str = "", **more: object) -> Variable:
        return Variable("EVSE", name, value, evse_id=evse.id, **more)  # type: ignore[arg-type]

    def state() -> str:
        states = {connector_status(session, connector) for connector in evse.connectors}
        return "Occupied" if "Occupied" in states else min(states)

    return [
        here("Available", "true", kind="boolean"),
        here("AvailabilityState", kind="OptionList", choices=_STATES, live=state),
        here("SupplyPhases", str(evse.phases), kind="integer"),
        here("Power", kind="decimal", unit="W", high=evse.rating_w, live=lambda: f"{evse.power_w:.0f}"),
        Variable(
            "TemperatureSensor", "Temperature", kind="decimal", evse_id=evse.id, unit="Celsius",
            live=lambda: f"{20 + evse.power_w / 500:.1f}",  # each 500 W warm it by a degree
        ),
    ]  # fmt: skip


def _connector(session: Session, connector: Connector) -> list[Variable]:
    def here(name: str, value: str = "", **more: object) -> Variable:
        return Variable("Connector", name, value, evse_id=session.evse.id, connector_id=connector.id, **more)  # type: ignore[arg-type]

    state: Callable[[], str] = lambda: connector_status(session, connector)  # noqa: E731
    return [
        here("Available", "true", kind="boolean"),
        here("AvailabilityState", kind="OptionList", choices=_STATES, live=state),
        here("ConnectorType", connector.type),
        here("SupplyPhases", str(session.evse.phases), kind="integer"),
    ]
