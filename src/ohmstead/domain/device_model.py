"""What a station says of itself: components, their variables, and the attributes of those.

A variable is named by the whole tuple: component (name, instance, EVSE, connector) and variable (name, instance). The
same component name stands at the station, at an EVSE and at a connector, so nothing less will do. Names are compared
without case, an EVSE 0 is the station, and the spelling the station used last is kept.

Values are texts, exactly as the station wrote them, in every version; what they mean is `vocabulary`'s business. The
keys of OCPP 1.6 are variables too, see `keys16`. A model may hold some of a station's variables only: who changes a few
needs no more than these, and every function that changes a model says which variables it changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ohmstead.secret_names import is_secret_name

AttributeType = Literal["Actual", "Target", "MinSet", "MaxSet"]
Mutability = Literal["ReadOnly", "WriteOnly", "ReadWrite"]
Source = Literal["report", "get", "set", "event"]
Criterion = Literal["Active", "Available", "Enabled", "Problem"]

ATTRIBUTE_TYPES: tuple[AttributeType, ...] = ("Actual", "Target", "MinSet", "MaxSet")

Key = tuple[str, str, int, int, str, str]
"""Component, its instance, EVSE, connector, variable, its instance: in lower case, "" and 0 where there is none."""


class Name(Struct, frozen=True, gc=False, omit_defaults=True):
    """A variable of a component, in the station's spelling."""

    component: str
    variable: str
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable_instance: str | None = None

    @property
    def key(self) -> Key:
        return (
            plain(self.component),
            plain(self.component_instance),
            self.evse_id or 0,
            self.connector_id or 0,
            plain(self.variable),
            plain(self.variable_instance),
        )

    def __str__(self) -> str:
        """For a person: `Connector.PhaseRotation of EVSE 2, connector 1`."""
        name = f"{_indexed(self.component, self.component_instance)}.{_indexed(self.variable, self.variable_instance)}"
        if not self.evse_id:
            return name
        return f"{name} of EVSE {self.evse_id}{f', connector {self.connector_id}' if self.connector_id else ''}"


def plain(text: str | None) -> str:
    """A name as it is compared: without case, and without blanks around it."""
    return text.strip().casefold() if text else ""


def _indexed(name: str, instance: str | None) -> str:
    return f"{name}[{instance}]" if instance else name


class Pending(Struct, frozen=True, gc=False):
    """A value the station took but uses only after a reboot; `value` None where it is a secret."""

    value: str | None
    since: int


class Attribute(Struct, frozen=True, gc=False, omit_defaults=True):
    """One attribute of a variable.

    `value` is None where the station told none; "" is a value that is not set (B06.FR.13). `mutability` is None where
    the station never said. `updated_at` and `source` tell when and by what the present value was learnt first.
    """

    type: AttributeType = "Actual"
    value: str | None = None
    mutability: Mutability | None = None
    persistent: bool = False
    constant: bool = False
    updated_at: int = 0
    source: Source = "report"
    pending: Pending | None = None


class Characteristics(Struct, frozen=True, gc=False, omit_defaults=True):
    """What values a variable may have. For texts and lists `max_limit` counts characters."""

    data_type: str
    """string, decimal, integer, dateTime, boolean, OptionList (one of), MemberList (a set), SequenceList (in order)"""
    unit: str | None = None
    min_limit: float | None = None
    max_limit: float | None = None
    values_list: str | None = None
    supports_monitoring: bool = False
    max_elements: int | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """The items of `values_list`."""
        return tuple(item.strip() for item in (self.values_list or "").split(",") if item.strip())


class Variable(Struct, frozen=True, gc=False, omit_defaults=True):
    """A variable with its attributes, each type once, in the order of `ATTRIBUTE_TYPES`."""

    name: Name
    attributes: tuple[Attribute, ...] = ()
    characteristics: Characteristics | None = None

    def attribute(self, type: AttributeType = "Actual") -> Attribute | None:
        return next((one for one in self.attributes if one.type == type), None)

    def with_attribute(self, attribute: Attribute) -> Variable:
        """With that attribute in place of the one of its type."""
        kept = [one for one in self.attributes if one.type != attribute.type]
        return replace(self, attributes=in_order([*kept, attribute]))


def in_order(attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    return tuple(sorted(attributes, key=lambda one: ATTRIBUTE_TYPES.index(one.type)))


class Item(Struct, frozen=True, gc=False, omit_defaults=True):
    """An attribute of a variable to be read, or to be written with `value`."""

    name: Name
    attribute: AttributeType = "Actual"
    value: str | None = None

    @property
    def key(self) -> tuple[Key, AttributeType]:
        return self.name.key, self.attribute


class ReportState(Struct, frozen=True, gc=False, omit_defaults=True):
    """How the last full report went. `at` is when it became what it is; 0: none was ever asked for."""

    complete: bool = False
    missing_parts: tuple[int, ...] = ()
    at: int = 0


class Model(Struct, frozen=True):
    """The known variables of a station, or those of them that somebody needs. Never changed in place."""

    variables: Mapping[Key, Variable] = {}
    report: ReportState = ReportState()

    def get(self, name: Name) -> Variable | None:
        return self.variables.get(name.key)

    def value(self, name: Name, attribute: AttributeType = "Actual") -> str | None:
        variable = self.get(name)
        found = variable.attribute(attribute) if variable is not None else None
        return found.value if found is not None else None

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.variables.values())


def model(variables: Iterable[Variable], report: ReportState = ReportState()) -> Model:  # noqa: B008
    """A model of these variables; of two with one name the later counts."""
    return Model({one.name.key: one for one in variables}, report)


class Change(NamedTuple):
    """A variable that is new (`before` None), gone (`after` None) or different."""

    key: Key
    before: Variable | None
    after: Variable | None


def applied(known: Model, changes: Iterable[Change]) -> Model:
    """The model after the changes."""
    variables = dict(known.variables)
    for key, _, after in changes:
        if after is None:
            variables.pop(key, None)
        else:
            variables[key] = after
    return replace(known, variables=variables)


def is_secret(name: Name) -> bool:
    """Whether the value of this variable must not be kept, even if the station gives it away."""
    return is_secret_name(name.variable)


def withheld(variable: Variable) -> Variable:
    """The variable without values that are never stored: those of WriteOnly attributes, and secrets (B07.FR.15)."""
    secret = is_secret(variable.name)
    hidden = [one for one in variable.attributes if one.value is not None and (secret or one.mutability == "WriteOnly")]
    for one in hidden:
        variable = variable.with_attribute(replace(one, value=None))
    return variable


class Wanted(NamedTuple):
    """A component, and a variable of it, asked for in a report; None stands for any (B08.FR.20 to .25)."""

    component: str
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable: str | None = None
    variable_instance: str | None = None

    def covers(self, key: Key) -> bool:
        own = (
            plain(self.component),
            plain(self.component_instance) or None,
            self.evse_id,
            self.connector_id,
            plain(self.variable) or None,
            plain(self.variable_instance) or None,
        )
        return all(mine is None or mine == theirs for mine, theirs in zip(own, key, strict=True))


def select(known: Model, criteria: Collection[Criterion] = (), wanted: Collection[Wanted] = ()) -> list[Variable]:
    """The variables a GetReport with these would name: of components that meet any criterion, and any of `wanted`.

    A component without the variable Active, Available or Enabled counts as being so, one without Problem has none
    (B08.FR.07 to .13).
    """
    found = [one for key, one in known.variables.items() if not wanted or any(w.covers(key) for w in wanted)]
    if not criteria:
        return found
    return [one for one in found if any(_meets(known, one.name, criterion) for criterion in criteria)]


def _meets(known: Model, name: Name, criterion: Criterion) -> bool:
    said = known.value(replace(name, variable=criterion, variable_instance=None))
    return criterion != "Problem" if not said else plain(said) in ("true", "1")
