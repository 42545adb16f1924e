"""Two device models side by side: a station and another, a template, or its own past."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from ohmstead.domain.device_model import ATTRIBUTE_TYPES, Attribute, AttributeType, Model, Name, Variable

Kind = Literal["missing", "added", "value", "mutability", "characteristics"]


class Difference(NamedTuple):
    """What `left` has and `right` has instead. `missing`: only left has the variable or attribute; `added`: only right.

    `attribute` is None where the whole variable is meant.
    """

    name: Name
    kind: Kind
    attribute: AttributeType | None = None
    left: str | None = None
    right: str | None = None


def differences(
    left: Model, right: Model, *, template: bool = False, same: Callable[[str, str], bool] | None = None
) -> tuple[Difference, ...]:
    """Every difference, in the order of the names. As a `template`, only what `left` names is looked at: variables, and
    of these the values it gives. `same` judges two values that are not equal as texts (`True` and `true`)."""
    keys = left.variables.keys() if template else left.variables.keys() | right.variables.keys()
    compare = same or (lambda one, other: False)
    found: list[Difference] = []
    for key in sorted(keys):
        before, after = left.variables.get(key), right.variables.get(key)
        if before is not None and after is not None:
            found.extend(_within(before, after, template, compare))
        elif before is not None:
            found.append(Difference(before.name, "missing", left=_actual(before)))
        elif after is not None:
            found.append(Difference(after.name, "added", right=_actual(after)))
    return tuple(found)


def _within(left: Variable, right: Variable, template: bool, same: Callable[[str, str], bool]) -> Iterator[Difference]:
    for type in ATTRIBUTE_TYPES:
        one, other = left.attribute(type), right.attribute(type)
        if one is not None and other is not None:
            yield from _attributes(left.name, one, other, template, same)
        elif one is not None:
            yield Difference(left.name, "missing", type, left=one.value)
        elif other is not None and not template:
            yield Difference(left.name, "added", type, right=other.value)
    told = left.characteristics is not None and right.characteristics is not None
    if told and not template and left.characteristics != right.characteristics:
        yield Difference(left.name, "characteristics")


def _attributes(
    name: Name, one: Attribute, other: Attribute, template: bool, same: Callable[[str, str], bool]
) -> Iterator[Difference]:
    left, right = one.value, other.value
    alike = left == right or (left is not None and right is not None and same(left, right))
    if not alike and not (template and left is None):
        yield Difference(name, "value", one.type, left, right)
    told = one.mutability is not None and other.mutability is not None
    if told and not template and one.mutability != other.mutability:
        yield Difference(name, "mutability", one.type, one.mutability, other.mutability)


def _actual(variable: Variable) -> str | None:
    attribute = variable.attribute()
    return attribute.value if attribute is not None else None
