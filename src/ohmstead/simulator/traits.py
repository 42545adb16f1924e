"""How a station may differ from the ordinary one: the switches that personas set, grouped, each with its meaning.

The defaults are the ordinary station. Nothing here does anything: who speaks, measures or answers looks at its group.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from ohmstead.simulator.faults import Faults
from ohmstead.simulator.variables import Kind, Mutability


class Group(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Switches that belong together."""


class Boot(Group, frozen=True):
    """Who it says it is, and how it registers. In texts `{identity}` is the station's."""

    vendor: Annotated[str, Meta(description="vendor name")] = "Ohmstead"
    model: Annotated[str, Meta(description="model name", min_length=1)] = "Simulator"
    firmware: Annotated[str, Meta(description="firmware version", min_length=1)] = "1.0"
    serial: Annotated[str, Meta(description="serial number")] = "{identity}"
    unasked: Annotated[bool, Meta(description="a power-up sends BootNotification; false: only when triggered")] = True
    on_reconnect: Annotated[bool, Meta(description="every new connection sends BootNotification")] = False
    statuses_at_once: Annotated[
        bool, Meta(description="StatusNotifications go out behind BootNotification, before its answer")
    ] = False
    linger_s: Annotated[float, Meta(description="seconds that it lives on after Reset was accepted", ge=0)] = 0.0
    clock: Annotated[
        Literal["right", "1970"], Meta(description="1970: its clock starts there at power-up and is never set")
    ] = "right"
    history: Annotated[int, Meta(description="sessions of the past that it tells at its first boot", ge=0)] = 0


class Transactions(Group, frozen=True):
    """How it tells of transactions."""

    ids: Annotated[Literal["uuid", "word", "hex"], Meta(description="form of its transaction ids (2.x)")] = "uuid"
    number: Annotated[
        Literal["given", "own-negative", "minus-one-at-stop"],
        Meta(description="1.6: the CSMS's number; one of its own below zero; -1 in StopTransaction"),
    ] = "given"
    values_number: Annotated[
        Literal["given", "none", "other"], Meta(description="1.6: transactionId in MeterValues; other: a wrong one")
    ] = "given"
    seq_no: Annotated[
        Literal["per-transaction", "per-evse", "always-zero"], Meta(description="how seqNo is counted (2.x)")
    ] = "per-transaction"
    evse_before_plug: Annotated[bool, Meta(description="Started names the EVSE before a car is there (2.x)")] = True
    begin_values: Annotated[
        Literal["started", "charging"],
        Meta(description="Transaction.Begin comes with Started, or with the Updated when charging starts (2.x)"),
    ] = "started"
    all_values_at_end: Annotated[bool, Meta(description="the last message repeats all samples")] = False
    split_values: Annotated[bool, Meta(description="each measurand in an Updated of its own, same time (2.x)")] = False
    values_apart: Annotated[bool, Meta(description="periodic samples go as MeterValues, not in events (2.x)")] = False
    values_after_stop: Annotated[bool, Meta(description="one more MeterValues comes after StopTransaction")] = False
    values_kept: Annotated[bool, Meta(description="1.6: unanswered MeterValues are sent again; false: once")] = True
    reason_if_local: Annotated[bool, Meta(description="stoppedReason is written even where it is Local")] = True
    stop_token: Annotated[bool, Meta(description="the last message carries the token that stopped it")] = True
    start_twice: Annotated[bool, Meta(description="the first answer to a start is lost: it is sent again")] = False
    offline_buffer: Annotated[
        int, Meta(description="transaction messages that fit while offline: every second Updated goes; 0: all", ge=0)
    ] = 0


class Metering(Group, frozen=True):
    """What its meter says."""

    register: Annotated[
        Literal["total", "phases"], Meta(description="the energy register: one value, or one for each phase only")
    ] = "total"
    unit: Annotated[
        Literal["Wh", "kWh", "mixed"], Meta(description="of energy; mixed: kWh in samples, Wh at begin and end")
    ] = "Wh"
    multiplier: Annotated[
        Literal[0, 3], Meta(description="power of ten in unitOfMeasure of energy: 3 is thousands of Wh (2.x)")
    ] = 0
    single_precision: Annotated[bool, Meta(description="numbers went through 32-bit floats (2.x)")] = False
    silent: Annotated[bool, Meta(description="accepts every setting and never sends a sample")] = False
    temperature: Annotated[
        Literal["", "Celsius", "Celcius"], Meta(description="a Temperature sample in this unit (1.6)")
    ] = ""
    station_meter: Annotated[bool, Meta(description="the sum of all goes as samples of connector 0, EVSE 0")] = False


class Device(Group, frozen=True):
    """How it shows its device model (2.x)."""

    tbc: Annotated[
        Literal["always", "if-true"], Meta(description="tbc in every part of a report, or only where it is true")
    ] = "always"
    unset: Annotated[
        Literal["empty", "omitted"], Meta(description="a value that is not set: an empty text, or no attributeValue")
    ] = "empty"
    collapse: Annotated[bool, Meta(description="a variable asked for twice has one result")] = False
    part: Annotated[int, Meta(description="variables in one part of a report", ge=1)] = 20
    without: Annotated[
        tuple[str, ...], Meta(description="components, or COMPONENT.VARIABLE, that it does not have")
    ] = ()


class Status(Group, frozen=True):
    """How it tells of its connectors."""

    by: Annotated[
        Literal["StatusNotification", "NotifyEvent"], Meta(description="NotifyEvent: by AvailabilityState (2.x)")
    ] = "StatusNotification"
    time: Annotated[
        Literal["clock", "1970", "none"], Meta(description="timestamp of StatusNotification; none: 1.6 only")
    ] = "clock"
    connector_zero: Annotated[bool, Meta(description="a status of EVSE 0, connector 0 too (2.x)")] = False


class Wire(Group, frozen=True):
    """How it writes what it says, right or wrong."""

    message_ids: Annotated[
        Literal["unique", "per-connection"], Meta(description="per-connection: they restart at 1 each time")
    ] = "unique"
    times: Annotated[
        Literal["utc", "no-zone", "offset", "ticks"],
        Meta(description="Z; nothing; +02:00; seven digits of a second"),
    ] = "utc"
    numbers: Annotated[
        Literal["quoted", "bare"], Meta(description="1.6 sampled values: texts as the schema says, or numbers")
    ] = "quoted"
    meter_value: Annotated[Literal["list", "object"], Meta(description="meterValue: a list, or its only element")] = (
        "list"
    )
    transaction_id: Annotated[
        Literal["written", "nothing"], Meta(description='nothing: MeterValues has `"transactionId":,` (no JSON)')
    ] = "written"
    sampled_value: Annotated[
        Literal["right", "empty", "leading-comma"],
        Meta(description="of periodic samples: all of them, `[]`, or `[,{...}]` (no JSON)"),
    ] = "right"
    nulls: Annotated[bool, Meta(description="optional fields that are not set are written as null")] = False


class Charging(Group, frozen=True):
    """What it makes of charging profiles that it accepted."""

    obeys: Annotated[bool, Meta(description="false: it accepts them and charges as it likes")] = True
    keeps_profiles: Annotated[bool, Meta(description="false: a new connection finds it without any")] = True
    steps_a: Annotated[tuple[float, ...], Meta(description="the only currents it knows; it rounds down")] = ()


class Security(Group, frozen=True):
    """What it does with certificates. In `common_name`, `{serial}` and `{identity}` are the station's."""

    common_name: Annotated[str, Meta(description="whom its signing requests name")] = "{serial}"
    uses_new_certificate: Annotated[
        bool, Meta(description="false: it accepts a new certificate and goes on with the old one")
    ] = True
    asks_chain_status: Annotated[
        bool, Meta(description="it asks the CSMS whether a contract's chain was revoked before it authorises (2.1)")
    ] = False
    hash_algorithm: Annotated[
        Literal["SHA256", "SHA384", "SHA512"], Meta(description="of the hash data of what is installed")
    ] = "SHA256"


class Visits(Group, frozen=True):
    """What happens while one of its drivers charges. In `token`, `{token}` is the token and `{serial}` the serial."""

    token: Annotated[str, Meta(description="how its reader names a token")] = "{token}"
    token_first: Annotated[bool, Meta(description="drivers show the token before they plug in")] = False
    drop_after_s: Annotated[float, Meta(description="the line breaks so long after charging began; 0: it holds")] = 0.0
    offline_s: Annotated[float, Meta(description="for how long it is broken then")] = 90.0


class Component(Group, frozen=True):
    """One variable that the ordinary station does not have."""

    component: str
    variable: str
    value: str = ""
    instance: str | None = None
    variable_instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    type: Kind = "string"
    mutability: Mutability = "ReadOnly"
    unit: str | None = None
    values: tuple[str, ...] = ()


class Traits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """All of them; `Traits()` is the ordinary station."""

    boot: Boot = field(default_factory=Boot)
    transactions: Transactions = field(default_factory=Transactions)
    metering: Metering = field(default_factory=Metering)
    device: Device = field(default_factory=Device)
    status: Status = field(default_factory=Status)
    wire: Wire = field(default_factory=Wire)
    charging: Charging = field(default_factory=Charging)
    security: Security = field(default_factory=Security)
    visits: Visits = field(default_factory=Visits)
    settings: dict[str, str] = field(default_factory=dict)
    """Variables of the device model by their 2.x names: `TxCtrlr.TxStartPoint` -> value; 1.6 stations obey them too."""
    answers: dict[str, str] = field(default_factory=dict)
    """Action -> how the CSMS's call is answered, as `Faults.answers` says."""
    faults: Faults = field(default_factory=Faults)
    """With which faults it is born."""
    component: tuple[Component, ...] = ()


ORDINARY = Traits()
