"""The device model of a station: as it reports it, as a tree, in the words of the vocabulary; and changes to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import Identity

AttributeType = Literal["Actual", "Target", "MinSet", "MaxSet"]
Mutability = Literal["ReadOnly", "WriteOnly", "ReadWrite"]
Source = Literal["report", "get", "set", "event"]
ChangeStatus = Literal["accepted", "rejected", "reboot_required", "unknown", "not_sent"]
"""`unknown`: it was sent and nobody knows what became of it. `not_sent`: the reason says why."""

Text50 = Annotated[str, Meta(min_length=1, max_length=50)]
Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class PendingValue(Struct, frozen=True, kw_only=True):
    """A value the station took and uses after its next reboot; null where it is a secret."""

    value: str | None
    since: datetime


class AttributeView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attribute. `value` is null where the station told none, or none is kept because it is a secret."""

    type: AttributeType
    value: str | None
    mutability: Mutability | None
    """Null where the station never said."""
    persistent: bool
    constant: bool
    updated_at: datetime | None
    source: Source
    pending: PendingValue | None = None


class Characteristics(Struct, frozen=True, kw_only=True):
    """What values a variable may have. For texts and lists the limits count characters."""

    data_type: str
    unit: str | None
    min_limit: float | None
    max_limit: float | None
    values_list: list[str] | None
    max_elements: int | None
    supports_monitoring: bool


class VariableView(Struct, frozen=True, kw_only=True):
    name: str
    instance: str | None
    attributes: list[AttributeView]
    characteristics: Characteristics | None


class ComponentView(Struct, frozen=True, kw_only=True):
    """A component of the station, of an EVSE or of a connector.

    The keys of a 1.6 station are variables too: those that are the same as a 2.x variable under its name, all others in
    the component `Ocpp16`.
    """

    name: str
    instance: str | None
    evse_id: int | None
    connector_id: int | None
    variables: list[VariableView]


class ReportView(Struct, frozen=True, kw_only=True):
    """The last full report. While it is not complete the model is what was known before."""

    complete: bool
    missing_parts: list[int]
    at: datetime | None


class DeviceModel(Struct, frozen=True, kw_only=True):
    """`?view=raw`: everything, in the station's own spelling."""

    components: list[ComponentView]
    report: ReportView


class Branch(Struct, frozen=True, kw_only=True):
    """A connector, or what stands above it."""

    id: int
    components: list[ComponentView]


class EvseBranch(Branch, frozen=True, kw_only=True):
    connectors: list[Branch]


class DeviceModelTree(Struct, frozen=True, kw_only=True):
    """`?view=tree`: the station's components, then those of each EVSE and of its connectors."""

    components: list[ComponentView]
    evses: list[EvseBranch]
    report: ReportView


class VariableName(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A variable, or one attribute of it. Of a 1.6 station `variable` alone is the configuration key."""

    variable: Text50
    component: Text50 | None = None
    component_instance: Text50 | None = None
    evse_id: Number | None = None
    connector_id: Number | None = None
    variable_instance: Text50 | None = None
    attribute: AttributeType | None = None


class WordValue(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A word of the vocabulary (docs/reference/vocabulary.md) and its value, in the vocabulary's unit."""

    name: str
    value: Any
    """A boolean, number, text, list of texts, or object of texts or booleans, as the word says."""
    unit: str | None
    writable: bool
    evse_id: int | None
    """Null: it holds for the whole station."""
    source: str
    """report, get, set, event: the device model; boot, status, registration: what else is known; absent: the station
    has no such thing."""
    connector_id: int | None = None
    updated_at: datetime | None = None
    variable: VariableName | None = None
    """The variable, in 1.6 the key, that holds it."""
    options: list[str] = []
    """What it may be, where the station says so."""


class Unmapped(VariableName, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A variable the vocabulary has no word for; with a reason where it has one and the text means nothing."""

    reason: str | None = None


class VocabularyView(Struct, frozen=True, kw_only=True):
    """`?view=vocabulary`: the same words and units for every version and vendor."""

    values: list[WordValue]
    unmapped: list[Unmapped]
    report: ReportView


class PastValue(Struct, frozen=True, kw_only=True):
    """What an attribute held from `since` until `until`; null: it still does. `source` is how it was learnt."""

    attribute: AttributeType
    value: str | None
    source: Source
    since: datetime
    until: datetime | None


class WordChange(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A word to be set; without `evse_id` wherever the station has it."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    value: Any
    evse_id: Number | None = None


class VariableChange(VariableName, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A variable to be set."""

    value: Annotated[str, Meta(max_length=2500)]


class DeviceModelChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to set, in words or in variables; one of the two."""

    values: Annotated[list[WordChange], Meta(min_length=1, max_length=500)] | UnsetType = UNSET
    variables: Annotated[list[VariableChange], Meta(min_length=1, max_length=500)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.values is UNSET) == (self.variables is UNSET):
            raise ValueError("give either `values` or `variables`")


class ChangeResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one thing asked: what was asked, as it was asked, and how it went.

    `name` of a word, `variable` and what goes with it of a variable; `value` is null where it is a secret. Of a monitor
    `monitor_id` is the number that the station gave it.
    """

    status: ChangeStatus
    value: Any
    name: str | None = None
    variable: str | None = None
    component: str | None = None
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable_instance: str | None = None
    attribute: AttributeType | None = None
    monitor_id: int | None = None
    monitor_type: str | None = None
    severity: int | None = None
    reason: str | None = None


class DeviceModelChanged(Struct, frozen=True, kw_only=True):
    """One result for each thing asked, in that order."""

    results: list[ChangeResult]


DifferenceKind = Literal["missing", "added", "value", "mutability", "characteristics"]


class Difference(VariableName, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`missing`: only this station has it; `added`: only what it was compared with; else both, and not the same.

    Against the standard `missing` is a variable of the vendor's own, `added` one that the standard requires, and
    `characteristics` a data type that is not the standard's.
    """

    kind: DifferenceKind
    left: str | None = None
    right: str | None = None


class WordDifference(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A word that the station has not as the template says; `added`: it has not got it at all."""

    name: str
    kind: Literal["added", "value"]
    left: Any
    """What the station has."""
    right: Any
    """What the template says."""
    unit: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None


class DeviceModelDiff(Struct, frozen=True, kw_only=True):
    """This station (left) against another, its own past, the standard or a template (right)."""

    station_id: Identity
    against: str
    differences: list[Difference]
    words: list[WordDifference] = []
    """Against a template of words."""


class WordTemplate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stations should be, in words of the vocabulary."""

    values: Annotated[list[WordChange], Meta(min_length=1, max_length=500)]


class StationDifferences(Struct, frozen=True, kw_only=True):
    """A station that is not as a template says."""

    station_id: Identity
    vendor: str | None
    model: str | None
    words: list[WordDifference]


class WordGroup(Struct, frozen=True, kw_only=True):
    """A value that a word has at so many stations; null: they do not have the word."""

    value: Any
    unit: str | None
    stations: int


class CustomComponent(Struct, frozen=True, kw_only=True):
    """A component that neither the standard nor the vocabulary knows; of OCPP 1.6 a key: a `variable` of `Ocpp16`."""

    vendor: str | None
    model: str | None
    component: str
    variable: str | None
    stations: int
    """How many stations of the model have it."""
