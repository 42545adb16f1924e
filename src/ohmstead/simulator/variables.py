"""The station's device model: its settings, under their 2.x names and their 1.6 keys, in one table.

It is honest: what can be written has an effect in the simulator, what has none is read-only. `CATALOGUE` is the table;
`Variables` holds the values of one station and judges writes.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

Kind = Literal["string", "integer", "decimal", "boolean", "dateTime", "OptionList", "MemberList", "SequenceList"]
Mutability = Literal["ReadOnly", "ReadWrite", "WriteOnly"]
SetStatus = Literal["Accepted", "Rejected", "RebootRequired"]


@dataclass
class Variable:
    """One variable with its Actual attribute. `key` is the 1.6 configuration key, None where 1.6 has none; a variable
    with an empty `component` exists in 1.6 only. `live` gives the value of the moment instead of `value`."""

    component: str
    name: str
    value: str = ""
    key: str | None = None
    kind: Kind = "string"
    mutability: Mutability = "ReadOnly"
    component_instance: str | None = None
    instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    live: Callable[[], str] | None = field(default=None, compare=False)
    check: Callable[[str], bool] | None = field(default=None, compare=False)
    """Whether the station can use this value."""

    def read(self) -> str:
        """The value now, as text."""
        return self.live() if self.live is not None else self.value

    def accepts(self, text: str) -> bool:
        """Whether `text` is a value of this variable's type and within its limits."""
        if self.check is not None and not self.check(text):
            return False
        if self.kind in ("integer", "decimal"):
            try:
                number = int(text) if self.kind == "integer" else float(text)
            except ValueError:
                return False
            return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)
        if self.kind == "boolean":
            return text.lower() in ("true", "false")
        if self.kind in ("OptionList", "MemberList", "SequenceList") and self.choices:
            chosen = [part.strip() for part in text.split(",")] if text else []
            return set(chosen) <= set(self.choices) and (self.kind != "OptionList" or len(chosen) == 1)
        return (self.low is None or len(text) >= self.low) and (self.high is None or len(text) <= self.high)


def _integer(component: str, name: str, value: int, key: str | None = None, **more: object) -> Variable:
    given: dict[str, object] = {"kind": "integer", "mutability": "ReadWrite", "low": 0, **more}
    return Variable(component, name, str(value), key, **given)  # type: ignore[arg-type]


def _switch(component: str, name: str, value: bool, key: str | None = None, **more: object) -> Variable:
    given: dict[str, object] = {"kind": "boolean", "mutability": "ReadWrite", **more}
    return Variable(component, name, "true" if value else "false", key, **given)  # type: ignore[arg-type]


_POINTS = ("EVConnected", "Authorized", "PowerPathClosed")
MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "Power.Offered",
    "SoC",
)
_DEFAULT_MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"


def _measurands(name: str, value: str, key: str | None = None) -> Variable:
    return Variable("SampledDataCtrlr", name, value, key, "MemberList", "ReadWrite", choices=MEASURANDS)


CATALOGUE: tuple[Variable, ...] = (
    _integer("OCPPCommCtrlr", "HeartbeatInterval", 300, "HeartbeatInterval", unit="s", low=1),
    _integer("OCPPCommCtrlr", "WebSocketPingInterval", 60, "WebSocketPingInterval", unit="s"),
    _integer("OCPPCommCtrlr", "MessageTimeout", 30, instance="Default", unit="s", low=1),
    _integer("OCPPCommCtrlr", "MessageAttempts", 5, "TransactionMessageAttempts", instance="TransactionEvent", low=1),
    _integer(
        "OCPPCommCtrlr",
        "MessageAttemptInterval",
        10,
        "TransactionMessageRetryInterval",
        instance="TransactionEvent",
        unit="s",
    ),
    _integer("OCPPCommCtrlr", "RetryBackOffWaitMinimum", 2, unit="s"),
    _integer("OCPPCommCtrlr", "RetryBackOffRandomRange", 3, unit="s"),
    _integer("OCPPCommCtrlr", "RetryBackOffRepeatTimes", 4),
    _integer("OCPPCommCtrlr", "OfflineThreshold", 60, unit="s", mutability="ReadOnly"),
    _integer("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", 3, mutability="ReadOnly"),
    Variable(
        "OCPPCommCtrlr", "NetworkConfigurationPriority", "1", None, "SequenceList", "ReadWrite", choices=("1", "2", "3")
    ),
    _integer("OCPPCommCtrlr", "ActiveNetworkProfile", 1, mutability="ReadOnly"),
    Variable("OCPPCommCtrlr", "FileTransferProtocols", "", kind="MemberList"),
    _integer("OCPPCommCtrlr", "ResetRetries", 0, "ResetRetries", mutability="ReadOnly"),
    _switch(
        "OCPPCommCtrlr",
        "UnlockOnEVSideDisconnect",
        True,
        "UnlockConnectorOnEVSideDisconnect",
        mutability="ReadOnly",
    ),
    Variable("SecurityCtrlr", "Identity", mutability="ReadOnly"),
    _integer("SecurityCtrlr", "SecurityProfile", 1, "SecurityProfile", mutability="ReadOnly"),
    _switch("SecurityCtrlr", "AllowSecurityProfileDowngrade", False),
    Variable("SecurityCtrlr", "OrganizationName", "Ohmstead", "CpoName"),
    _integer("SecurityCtrlr", "CertificateEntries", 0, mutability="ReadOnly", high=20),
    _integer("", "CertificateStoreMaxLength", 20, "CertificateStoreMaxLength", mutability="ReadOnly"),
    _integer(
        "SecurityCtrlr",
        "MaxCertificateChainSize",
        10_000,
        "CertificateSignedMaxChainSize",
        mutability="ReadOnly",
    ),
    _integer("SecurityCtrlr", "CertSigningWaitMinimum", 60, unit="s", low=1),
    _integer("SecurityCtrlr", "CertSigningRepeatTimes", 3),
    _switch(
        "SecurityCtrlr",
        "AdditionalRootCertificateCheck",
        False,
        "AdditionalRootCertificateCheck",
        mutability="ReadOnly",
    ),
    Variable("SecurityCtrlr", "BasicAuthPassword", "", None, "string", "WriteOnly", low=16, high=40),
    Variable("", "AuthorizationKey", "", "AuthorizationKey", "string", "WriteOnly", low=16, high=40),
    _integer("SampledDataCtrlr", "TxUpdatedInterval", 60, "MeterValueSampleInterval", unit="s"),
    _integer("SampledDataCtrlr", "TxEndedInterval", 0, unit="s", mutability="ReadOnly"),
    _measurands("TxStartedMeasurands", "Energy.Active.Import.Register"),
    _measurands("TxUpdatedMeasurands", _DEFAULT_MEASURANDS, "MeterValuesSampledData"),
    _measurands("TxEndedMeasurands", "Energy.Active.Import.Register,SoC"),
    _integer("AlignedDataCtrlr", "Interval", 0, "ClockAlignedDataInterval", unit="s", mutability="ReadOnly"),
    Variable("AlignedDataCtrlr", "Measurands", "", "MeterValuesAlignedData", "MemberList"),
    Variable("TxCtrlr", "TxStartPoint", "PowerPathClosed", None, "MemberList", "ReadWrite", choices=_POINTS),
    Variable("TxCtrlr", "TxStopPoint", "EVConnected,Authorized", None, "MemberList", "ReadWrite", choices=_POINTS),
    _integer("TxCtrlr", "EVConnectionTimeOut", 60, "ConnectionTimeOut", unit="s", low=1),
    _switch("TxCtrlr", "StopTxOnInvalidId", True, "StopTransactionOnInvalidId"),
    _switch("TxCtrlr", "StopTxOnEVSideDisconnect", True, "StopTransactionOnEVSideDisconnect", mutability="ReadOnly"),
    _switch("AuthCtrlr", "Enabled", True, mutability="ReadOnly"),
    _switch("AuthCtrlr", "AuthorizeRemoteStart", False, "AuthorizeRemoteTxRequests"),
    _switch("AuthCtrlr", "LocalAuthorizeOffline", True, "LocalAuthorizeOffline"),
    _switch("AuthCtrlr", "LocalPreAuthorize", False, "LocalPreAuthorize"),
    _switch("AuthCtrlr", "OfflineTxForUnknownIdEnabled", True, "AllowOfflineTxForUnknownId"),
    _switch("AuthCacheCtrlr", "Enabled", True, "AuthorizationCacheEnabled"),
    _switch("LocalAuthListCtrlr", "Enabled", True, "LocalAuthListEnabled"),
    _integer("LocalAuthListCtrlr", "Entries", 0, mutability="ReadOnly", high=1000),
    _integer("LocalAuthListCtrlr", "ItemsPerMessage", 100, "SendLocalListMaxLength", mutability="ReadOnly"),
    _integer("LocalAuthListCtrlr", "BytesPerMessage", 65_536, mutability="ReadOnly"),
    _integer("", "LocalAuthListMaxLength", 1000, "LocalAuthListMaxLength", mutability="ReadOnly"),
    _integer("DeviceDataCtrlr", "ItemsPerMessage", 50, instance="GetVariables", mutability="ReadOnly"),
    _integer("DeviceDataCtrlr", "ItemsPerMessage", 20, instance="SetVariables", mutability="ReadOnly"),
    _integer("DeviceDataCtrlr", "ItemsPerMessage", 50, instance="GetReport", mutability="ReadOnly"),
    _integer("DeviceDataCtrlr", "BytesPerMessage", 65_536, instance="GetVariables", mutability="ReadOnly"),
    _integer("DeviceDataCtrlr", "BytesPerMessage", 65_536, instance="SetVariables", mutability="ReadOnly"),
    _integer("DeviceDataCtrlr", "BytesPerMessage", 65_536, instance="GetReport", mutability="ReadOnly"),
    _switch("SmartChargingCtrlr", "Enabled", True, mutability="ReadOnly"),
    _integer("SmartChargingCtrlr", "ProfileStackLevel", 9, "ChargeProfileMaxStackLevel", mutability="ReadOnly"),
    Variable("SmartChargingCtrlr", "RateUnit", "A,W", None, "MemberList", choices=("A", "W")),
    Variable("", "RateUnit16", "Current,Power", "ChargingScheduleAllowedChargingRateUnit", "MemberList"),
    _integer("SmartChargingCtrlr", "PeriodsPerSchedule", 64, "ChargingScheduleMaxPeriods", mutability="ReadOnly"),
    _integer(
        "SmartChargingCtrlr",
        "Entries",
        0,
        instance="ChargingProfiles",
        mutability="ReadOnly",
        high=40,
    ),
    _integer("", "MaxChargingProfilesInstalled", 40, "MaxChargingProfilesInstalled", mutability="ReadOnly"),
    _switch("MonitoringCtrlr", "Available", True, mutability="ReadOnly"),
    _switch("MonitoringCtrlr", "Enabled", True, mutability="ReadOnly"),
    _integer("MonitoringCtrlr", "ItemsPerMessage", 10, instance="SetVariableMonitoring", mutability="ReadOnly"),
    _integer("MonitoringCtrlr", "ItemsPerMessage", 10, instance="ClearVariableMonitoring", mutability="ReadOnly"),
    Variable("MonitoringCtrlr", "ActiveMonitoringBase", "All", kind="OptionList"),
    _integer("MonitoringCtrlr", "ActiveMonitoringLevel", 9, mutability="ReadOnly", high=9),
    Variable("ClockCtrlr", "DateTime", kind="dateTime"),
    Variable("ClockCtrlr", "TimeSource", "Heartbeat", None, "SequenceList"),
    _integer("", "NumberOfConnectors", 1, "NumberOfConnectors", mutability="ReadOnly"),
    _integer("", "GetConfigurationMaxKeys", 100, "GetConfigurationMaxKeys", mutability="ReadOnly"),
    Variable(
        "",
        "SupportedFeatureProfiles",
        "Core,LocalAuthListManagement,SmartCharging,RemoteTrigger",
        "SupportedFeatureProfiles",
        "MemberList",
    ),
)

Address = tuple[str, str | None, int | None, int | None, str, str | None]
"""(component, its instance, EVSE, connector, variable, its instance), names in lower case."""


class Variables:
    """The values of one station: read and written by 2.x address or by 1.6 key."""

    def __init__(self, more: tuple[Variable, ...] = (), without: Container[str] = ()) -> None:
        """The catalogue and `more`; what is in `without` (COMPONENT or COMPONENT.VARIABLE) works, but is not shown."""
        self._all = [replace(variable) for variable in (*CATALOGUE, *more)]
        self._hidden = without
        self._by_key = {variable.key.lower(): variable for variable in self._all if variable.key is not None}
        self._by_address = {_address(variable): variable for variable in self._all if variable.component}
        self.components = {_address(variable)[:4] for variable in self}

    def __iter__(self) -> Iterator[Variable]:
        """Those that 2.x shows."""
        return (variable for variable in self._all if self._shown(variable))

    def _shown(self, variable: Variable) -> bool:
        hidden = variable.component in self._hidden or f"{variable.component}.{variable.name}" in self._hidden
        return bool(variable.component) and not hidden

    def keys(self) -> list[Variable]:
        """Those of 1.6, by the order of the catalogue."""
        return [variable for variable in self._all if variable.key is not None]

    def by_key(self, key: str) -> Variable | None:
        """The variable behind a 1.6 key (case-insensitive)."""
        return self._by_key.get(key.lower())

    def find(self, address: Address) -> Variable | None:
        """The variable that is shown at a 2.x address whose names are in lower case."""
        variable = self._by_address.get(address)
        return variable if variable is not None and self._shown(variable) else None

    def __getitem__(self, name: str) -> Variable:
        """The one variable `Component.Name` or `Component.Name[Instance]` of the station itself."""
        variable = self.named(name)
        if variable is None:
            raise KeyError(name)
        return variable

    def named(self, name: str) -> Variable | None:
        """As `self[name]`, None when there is no such."""
        return self._by_address.get(_read_name(name))

    def number(self, name: str) -> float:
        """The value of `Component.Name` as a number."""
        return float(self[name].value)

    def on(self, name: str) -> bool:
        """The value of `Component.Name` as a boolean."""
        return self[name].value.lower() == "true"

    def chosen(self, name: str) -> tuple[str, ...]:
        """The value of `Component.Name` as a list."""
        return tuple(part.strip() for part in self[name].value.split(",") if part.strip())

    def write(self, variable: Variable, text: str) -> SetStatus:
        """Write `text`; Rejected when it is read-only or `text` is no value of it."""
        if variable.mutability == "ReadOnly" or not variable.accepts(text):
            return "Rejected"
        variable.value = text.lower() if variable.kind == "boolean" else text
        return "Accepted"


def _address(variable: Variable) -> Address:
    place = (variable.component.lower(), _lower(variable.component_instance), variable.evse_id, variable.connector_id)
    return (*place, variable.name.lower(), _lower(variable.instance))


@lru_cache(maxsize=1024)
def _read_name(name: str) -> Address:
    """The address of `Component.Name[Instance]`."""
    component, _, rest = name.partition(".")
    variable, _, instance = rest.rstrip("]").partition("[")
    return component.lower(), None, None, None, variable.lower(), instance.lower() or None


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()
