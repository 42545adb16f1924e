"""What is supported, read from the registry: for each action of each version, who handles or sends it."""

from __future__ import annotations

from msgspec import Struct

from ohmstead import blocks
from ohmstead.blocks.command import COMMANDS, snake
from ohmstead.ocpp.directions import Direction, direction
from ohmstead.ocpp.versions import VERSIONS


class Support(Struct, frozen=True):
    """One action of one version. `module` is None where nothing knows the action: a station's gets NotImplemented, one
    of ours can be sent raw; several modules are separated by commas."""

    version: str
    action: str
    direction: Direction
    module: str | None

    @property
    def test(self) -> str | None:
        """The tests that show it, as pytest names them: those of its first module. `tools/mutants.py` takes away what
        that does for the action, and they must fail."""
        if self.module is None:
            return None
        return f"tests/blocks/test_{self.module.split(', ')[0].rpartition('.')[2]}.py"


class UseCase(Struct, frozen=True):
    """A use case of the specification, what it is made of, and the file of tests that shows it."""

    id: str
    name: str
    actions: tuple[str, ...]
    tests: str


_MODEL, _MONITORS = "tests/acceptance/test_device_model.py", "tests/acceptance/test_monitoring.py"
_CUSTOMERS = "tests/blocks/test_customer_information.py"
_AUTHORIZATION = "tests/acceptance/test_authorization.py"
_TRANSACTIONS = "tests/acceptance/test_transactions.py"
_LIMITS = "tests/acceptance/test_limits.py"
_PAYMENT = "tests/acceptance/test_payment.py"
_RESERVATIONS = "tests/acceptance/test_reservations.py"
_TARIFFS = "tests/acceptance/test_tariffs.py"
_POINTS = "tests/blocks/test_transactions.py"
_TARIFF = "tests/blocks/test_tariff.py"
_SWITCHES = "tests/blocks/test_tariff_switches.py"
USE_CASES = (
    UseCase("B05", "Set variables", ("SetVariables",), _MODEL),
    UseCase("B06", "Get variables", ("GetVariables",), _MODEL),
    UseCase("B07", "Get base report", ("GetBaseReport", "NotifyReport"), _MODEL),
    UseCase("B08", "Get custom report", ("GetReport", "NotifyReport"), _MODEL),
    UseCase("C01", "Authorize by RFID", ("Authorize",), _AUTHORIZATION),
    UseCase("C02", "Start by a button", ("TransactionEvent",), _AUTHORIZATION),
    UseCase("C04", "Authorize by PIN", ("Authorize",), _AUTHORIZATION),
    UseCase("C05", "Authorize for remote start", ("RequestStartTransaction",), _TRANSACTIONS),
    UseCase("C07", "Authorize by contract certificate", ("Authorize",), "tests/acceptance/test_plug_and_charge.py"),
    UseCase("C08", "Authorize by EIM of ISO 15118", ("Authorize",), _AUTHORIZATION),
    UseCase("C09", "Authorize by group", ("Authorize", "TransactionEvent"), _AUTHORIZATION),
    UseCase("C10", "Keep verdicts in the cache", ("Authorize", "TransactionEvent"), _AUTHORIZATION),
    UseCase("C11", "Clear the cache", ("ClearCache",), "tests/blocks/test_local_list.py"),
    UseCase("C12", "Start from the cache", ("TransactionEvent",), _AUTHORIZATION),
    UseCase("C13", "Start offline from the local list", ("TransactionEvent",), _TRANSACTIONS),
    UseCase("C16", "Master pass", ("Authorize", "TransactionEvent"), _LIMITS),
    UseCase("C17", "Prepaid card", ("Authorize", "TransactionEvent"), _LIMITS),
    UseCase("C18", "Terminal of the station; VAT number", ("VatNumberValidation",), _PAYMENT),
    UseCase("C20", "Cancel after the start", ("NotifySettlement",), "tests/simulator/test_payment.py"),
    UseCase("C21", "Settle and receipt", ("NotifySettlement",), _PAYMENT),
    UseCase("C24", "Kiosk", ("RequestStartTransaction", "TransactionEvent"), _PAYMENT),
    UseCase("C25", "QR code with one-time password", ("NotifyWebPaymentStarted",), _PAYMENT),
    UseCase("D01", "Send the local list", ("SendLocalList",), _AUTHORIZATION),
    UseCase("D02", "Get its version", ("GetLocalListVersion",), _AUTHORIZATION),
    UseCase("E01", "Start points", ("TransactionEvent",), _POINTS),
    UseCase("E02", "Start with the cable first", ("TransactionEvent",), _TRANSACTIONS),
    UseCase("E03", "Start with the token first", ("TransactionEvent",), _TRANSACTIONS),
    UseCase("E04", "Start offline", ("TransactionEvent",), _TRANSACTIONS),
    UseCase("E05", "Token not accepted", ("TransactionEvent",), _AUTHORIZATION),
    UseCase("E06", "Stop points", ("TransactionEvent",), _POINTS),
    UseCase("E07", "Stop by token", ("TransactionEvent",), _TRANSACTIONS),
    UseCase("E08", "Stop offline", ("TransactionEvent",), _TRANSACTIONS),
    UseCase("E09", "Cable out at the vehicle: stop", ("TransactionEvent",), _TRANSACTIONS),
    UseCase("E11", "Line lost in a transaction", ("TransactionEvent",), _TRANSACTIONS),
    UseCase("E13", "Sent again until it is answered", ("TransactionEvent",), _TRANSACTIONS),
    UseCase("E14", "Status of a transaction", ("GetTransactionStatus",), "tests/acceptance/test_reconciliation.py"),
    UseCase("E16", "Limits of a transaction", ("TransactionEvent",), _LIMITS),
    UseCase("E17", "Resume after a reset", ("TransactionEvent", "SetChargingProfile"), _LIMITS),
    UseCase("H01", "Reserve", ("ReserveNow",), _RESERVATIONS),
    UseCase("H02", "Take a reservation back", ("CancelReservation",), _RESERVATIONS),
    UseCase("H03", "Use a reserved place", ("TransactionEvent",), _RESERVATIONS),
    UseCase("H04", "A reservation ends", ("ReservationStatusUpdate",), "tests/acceptance/test_statements.py"),
    UseCase("I02", "Running cost", ("TransactionEvent",), _TARIFFS),
    UseCase("I03", "Final cost", ("TransactionEvent",), _TARIFFS),
    UseCase("I07", "Default tariff", ("SetDefaultTariff",), _TARIFFS),
    UseCase("I08", "Driver's tariff", ("Authorize",), "tests/blocks/test_driver_tariff.py"),
    UseCase("I09", "Get tariffs", ("GetTariffs",), _TARIFF),
    UseCase("I10", "Clear tariffs", ("ClearTariffs",), _TARIFF),
    UseCase("I11", "Change the tariff of a transaction", ("ChangeTransactionTariff",), _SWITCHES),
    UseCase("I12", "Cost details", ("TransactionEvent",), "tests/blocks/test_station_cost.py"),
    UseCase("J01", "Values outside transactions", ("MeterValues",), _TRANSACTIONS),
    UseCase("J02", "Values of transactions", ("TransactionEvent",), _TRANSACTIONS),
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
"""Of authorisation, transactions, reservations, cost and meter values, of the device model and its monitors."""


def _senders(action: str) -> str | None:
    """The modules whose commands send it: the one that is called so first, then those that do little else."""
    found = [(kind, one) for kind, one in COMMANDS.items() if action in one.actions]
    found.sort(key=lambda each: (each[0] != snake(action), len(each[1].actions)))
    return ", ".join(dict.fromkeys(one.__module__ for _, one in found)) or None


def support() -> list[Support]:
    """All actions of all versions."""
    blocks.discover()
    rows = []
    for version in VERSIONS:
        for action in version.messages.ACTIONS:
            who = direction(action)
            handler = blocks.HANDLERS.get((version.name, action))
            module = handler.__module__ if handler is not None else None if who == "station" else _senders(action)
            rows.append(Support(version.name, action, who, module))
    return rows
