"""B05, B06: reading and writing variables, within what the station takes at once; in 1.6 configuration keys.

A command may ask more than one request holds. What becomes of each thing asked is told for itself, whatever happens on
the way: what a station does not answer is unknown, what was not sent can be asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.blocks.command import Ask, Calls, Command, Learnt, NotAnswered, Outcome, Unsupported, after, given
from ohmstead.blocks.device_model import learnt, name_of
from ohmstead.domain import answers, keys16
from ohmstead.domain.answers import OutcomeStatus, Result, not_sent, refused, unanswered, was_read, was_written
from ohmstead.domain.device_model import AttributeType, Item, Name, is_secret
from ohmstead.domain.keys16 import Configured, dumped, key_of
from ohmstead.domain.portions import NAMES, Limits, Measure, limits, portions
from ohmstead.domain.values import SLOTS_IN_USE, problem
from ohmstead.domain.vocabulary import MOST_CHARACTERS
from ohmstead.domain.words import home
from ohmstead.ocpp import codec
from ohmstead.shapes.device_model import ChangeResult
from ohmstead.store import device_model
from ohmstead.store.db import Db

Number = Annotated[int, Meta(ge=1)]
Text50 = Annotated[str, Meta(min_length=1, max_length=50)]
NO_ANSWER = "no answer: it may still have worked"
NOT_SENT = "not sent, because the connection ended before"
AFTER_NO_ANSWER = "not sent, because the station did not answer the request before"


class VariableName(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A variable of the device model. For a 1.6 station `variable` alone is the configuration key."""

    component: Text50 | UnsetType = UNSET
    component_instance: Text50 | UnsetType = UNSET
    evse_id: Number | UnsetType = UNSET
    connector_id: Number | UnsetType = UNSET
    variable: Text50
    variable_instance: Text50 | UnsetType = UNSET
    attribute: AttributeType | UnsetType = UNSET

    @property
    def name(self) -> Name:
        """The variable; without a component it is a key of 1.6."""
        if self.component is UNSET:
            return home(self.variable)
        return Name(
            self.component,
            self.variable,
            given(self.component_instance),
            given(self.evse_id),
            given(self.connector_id),
            given(self.variable_instance),
        )

    @property
    def item(self) -> Item:
        return Item(self.name, "Actual" if self.attribute is UNSET else self.attribute)

    def place(self, ask: Ask) -> dict[str, Any]:
        """Component and variable as 2.x names them."""
        v = ask.v
        if self.component is UNSET:
            raise Unsupported(f"{self.variable} needs a component: OCPP {ask.version.name} has no flat keys.")
        evse = UNSET if self.evse_id is UNSET else v.EVSEType(id=self.evse_id, connector_id=self.connector_id)
        component = v.ComponentType(name=self.component, instance=self.component_instance, evse=evse)
        variable = v.VariableType(name=self.variable, instance=self.variable_instance)
        attribute = {} if self.attribute is UNSET else {"attribute_type": self.attribute}
        return {"component": component, "variable": variable, **attribute}

    @property
    def key(self) -> str | None:
        """The configuration key that it is at a 1.6 station; None where 1.6 has none."""
        if self.attribute not in (UNSET, "Actual"):
            return None
        return self.variable if self.component is UNSET else key_of(self.name)


class VariableValue(VariableName, kw_only=True, frozen=True, forbid_unknown_fields=True):
    value: Annotated[str, Meta(max_length=2500)]

    @property
    def item(self) -> Item:
        return Item(self.name, "Actual" if self.attribute is UNSET else self.attribute, self.value)


class _Asked(Struct, frozen=True):
    """One thing asked: its place in the command, what it is to us, and what it is on the wire."""

    number: int
    item: Item
    wire: Any


Learn = Callable[[list[Item], Any], Iterable[answers.Outcome]]


class _Several:
    """Several things asked, cut into requests; collects what becomes of each."""

    def __init__(self, ask: Ask, asked: Sequence[VariableName]) -> None:
        self._ask, self._asked = ask, asked
        self._outcomes: dict[int, answers.Outcome] = {}
        self._error: NotAnswered | None = None
        self._silent = False

    def give_up(self, one: _Asked, reason: str) -> None:
        """This one is not sent."""
        self._outcomes[one.number] = not_sent([one.item], reason)[0]

    def as_keys(self) -> list[_Asked]:
        """What is asked as keys of 1.6; what is none there is not sent."""
        found = [_Asked(number, one.item, one.key) for number, one in enumerate(self._asked)]
        for one in found:
            if one.wire is None:
                self.give_up(one, "is no configuration key in OCPP 1.6")
        return [one for one in found if one.wire is not None]

    def run(self, wanted: Sequence[_Asked], measure: Measure, request: Callable[[list[Any]], Any], learn: Learn) -> Any:
        """Put the requests to the station, one after the other, until one is not answered at all."""
        frame = 0 if measure.bytes is None else len(codec.encode(request([])))
        cut = portions(wanted, measure, lambda one: one.item.key, lambda one: len(codec.encode(one.wire)), frame)
        for one in cut.too_long:
            self.give_up(one, f"is longer than the {measure.bytes} bytes that the station takes in one request")
        for portion in cut.portions:
            items = [one.item for one in portion]
            found: Iterable[answers.Outcome]
            if self._silent:
                found = not_sent(items, AFTER_NO_ANSWER)
            else:
                try:
                    found = learn(items, (yield request([one.wire for one in portion])))
                except NotAnswered as failed:
                    found = self._failed(items, failed)
            self._outcomes.update(zip((one.number for one in portion), found, strict=True))

    def _failed(self, items: list[Item], failed: NotAnswered) -> Iterable[answers.Outcome]:
        if failed.error is None:
            self._silent = True
            return unanswered(items, NO_ANSWER) if failed.sent else not_sent(items, NOT_SENT)
        self._error = failed
        return refused(items, str(failed))

    def outcome(self) -> Outcome:
        """How the command went. Raises NotAnswered when its end is unknown, or when errors are all that came back."""
        outcomes = [self._outcomes[number] for number in range(len(self._asked))]
        self._ask.results = [_result(one, found) for one, found in zip(self._asked, outcomes, strict=True)]
        if self._silent:
            raise NotAnswered(None)
        good = sum(one.status in _GOOD for one in outcomes)
        if not good and self._error is not None:
            raise self._error
        bad = [
            f"{_shown(one)}: {found.reason}" for one, found in zip(self._asked, outcomes, strict=True) if found.reason
        ]
        return Outcome(good > 0, "; ".join(bad) or None)


_GOOD: frozenset[OutcomeStatus] = frozenset({"accepted", "reboot_required"})


def _shown(one: VariableName) -> str:
    return one.variable if one.component is UNSET else str(one.name)


def _result(asked: VariableName, found: answers.Outcome) -> ChangeResult:
    value = found.value if found.item.value is None else found.item.value
    return ChangeResult(
        status=found.status,
        value=None if is_secret(found.item.name) else value,
        variable=asked.variable,
        component=given(asked.component),
        component_instance=given(asked.component_instance),
        evse_id=given(asked.evse_id),
        connector_id=given(asked.connector_id),
        variable_instance=given(asked.variable_instance),
        attribute=given(asked.attribute),
        reason=found.reason,
    )


def _limits(ask: Ask) -> Limits:
    return limits(ask.known, ask.station.capabilities)


async def _known(ask: Ask, db: Db, names: Iterable[Name]) -> None:
    wanted = (*names, *NAMES, *SLOTS_IN_USE)
    ask.known = await device_model.load_some(db, ask.station.tenant_id, ask.station.id, wanted)


class GetVariables(Command):
    """Read variables; of a 1.6 station, configuration keys."""

    actions: ClassVar = ("GetVariables", "GetConfiguration")
    variables: Annotated[list[VariableName], Meta(min_length=1)]

    async def prepare(self, ask: Ask, db: Db) -> None:
        await _known(ask, db, (one.name for one in self.variables))

    def to_v16(self, ask: Ask) -> Calls:
        several, v = _Several(ask, self.variables), ask.v

        def learn(items: list[Item], answer: Any) -> Iterable[answers.Outcome]:
            return keys16.read(ask.known, items, *_configured(answer), 0).outcomes

        yield from several.run(
            several.as_keys(), _limits(ask).get, lambda keys: v.GetConfigurationRequest(key=keys), learn
        )
        return several.outcome()

    def to_v2(self, ask: Ask) -> Calls:
        several, v = _Several(ask, self.variables), ask.v
        wanted = [_Asked(n, one.item, v.GetVariableDataType(**one.place(ask))) for n, one in enumerate(self.variables)]

        def learn(items: list[Item], answer: Any) -> Iterable[answers.Outcome]:
            return was_read(ask.known, items, _results(answer.get_variable_result), 0).outcomes

        yield from several.run(
            wanted, _limits(ask).get, lambda data: v.GetVariablesRequest(get_variable_data=data), learn
        )
        return several.outcome()


class SetVariables(Command):
    """Write variables; of a 1.6 station, configuration keys. What the station would refuse is not sent."""

    actions: ClassVar = ("SetVariables", "ChangeConfiguration")
    waits_offline: ClassVar[bool] = True
    variables: Annotated[list[VariableValue], Meta(min_length=1)]

    async def prepare(self, ask: Ask, db: Db) -> None:
        await _known(ask, db, (one.name for one in self.variables))

    def _good(self, ask: Ask, several: _Several, wanted: Iterable[_Asked]) -> list[_Asked]:
        """Those of `wanted` that the station may take."""
        most = MOST_CHARACTERS[ask.version.name]  # type: ignore[index]
        most = min(most, _limits(ask).value_characters or most)
        good = []
        for one in wanted:
            if (why := problem(ask.known, one.item, most)) is None:
                good.append(one)
            else:
                several.give_up(one, why)
        return good

    def to_v16(self, ask: Ask) -> Calls:
        several, v = _Several(ask, self.variables), ask.v
        wanted = [
            _Asked(one.number, one.item, v.ChangeConfigurationRequest(key=one.wire, value=one.item.value))
            for one in several.as_keys()
        ]

        def learn(items: list[Item], answer: Any) -> Iterable[answers.Outcome]:
            return was_written(ask.known, items, [Result(items[0].name, answer.status)], 0).outcomes

        yield from several.run(self._good(ask, several, wanted), Measure(1), lambda calls: calls[0], learn)
        return several.outcome()

    def to_v2(self, ask: Ask) -> Calls:
        several, v = _Several(ask, self.variables), ask.v
        wanted = [
            _Asked(n, one.item, v.SetVariableDataType(attribute_value=one.value, **one.place(ask)))
            for n, one in enumerate(self.variables)
        ]

        def learn(items: list[Item], answer: Any) -> Iterable[answers.Outcome]:
            return was_written(ask.known, items, _results(answer.set_variable_result), 0).outcomes

        yield from several.run(
            self._good(ask, several, wanted),
            _limits(ask).set,
            lambda data: v.SetVariablesRequest(set_variable_data=data),
            learn,
        )
        return several.outcome()


# ---------------------------------------------------------------------- what answers teach, to raw calls too


def _results(results: Any) -> list[Result]:
    return [
        Result(
            name_of(one.component, one.variable),
            one.attribute_status,
            one.attribute_type,
            given(getattr(one, "attribute_value", UNSET)),
            _info(one.attribute_status_info),
        )
        for one in results
    ]


def _info(info: Any) -> str | None:
    if info is UNSET:
        return None
    return ": ".join(part for part in (info.reason_code, given(info.additional_info)) if part)


def _configured(answer: Any) -> tuple[list[Configured], list[str]]:
    """The keys a 1.6 station told, and those it does not have."""
    told = given(answer.configuration_key) or []
    return [Configured(one.key, one.readonly, given(one.value)) for one in told], given(answer.unknown_key) or []


@after("GetVariables")
async def learn_read(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    if answer is None:
        return Learnt()
    items = [Item(name_of(one.component, one.variable), one.attribute_type) for one in req.get_variable_data]
    known = await _load(ask, db, (item.name for item in items))
    found = was_read(known, items, _results(answer.get_variable_result), now)
    return await _learnt(ask, db, found, now, "get", "GetVariables")


@after("SetVariables")
async def learn_written(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    if answer is None:
        return Learnt()
    items = [
        Item(name_of(one.component, one.variable), one.attribute_type, one.attribute_value)
        for one in req.set_variable_data
    ]
    known = await _load(ask, db, (item.name for item in items))
    found = was_written(known, items, _results(answer.set_variable_result), now)
    return await _learnt(ask, db, found, now, "set", "SetVariables")


@after("ChangeConfiguration")
async def learn_written_16(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    if answer is None:
        return Learnt()
    item = Item(home(req.key), value=req.value)
    known = await _load(ask, db, [item.name])
    found = was_written(known, [item], [Result(item.name, answer.status)], now)
    return await _learnt(ask, db, found, now, "set", "ChangeConfiguration")


@after("GetConfiguration")
async def learn_read_16(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    if answer is None:
        return Learnt()
    told, unknown = _configured(answer)
    if not given(req.key):
        known = await device_model.load(db, ask.station.id)
        merge = dumped(known, told, now, _limits_of(known, ask).get.items)
        return await learnt(db, ask.station, merge.changes, now, "report", report=merge.report)
    items = [Item(home(key)) for key in req.key]
    known = await _load(ask, db, (item.name for item in items))
    return await _learnt(ask, db, keys16.read(known, items, told, unknown, now), now, "get", "GetConfiguration")


def _limits_of(known: Any, ask: Ask) -> Limits:
    return limits(known, ask.station.capabilities)


async def _load(ask: Ask, db: Db, names: Iterable[Name]) -> Any:
    return await device_model.load_some(db, ask.station.tenant_id, ask.station.id, names)


async def _learnt(
    ask: Ask, db: Db, found: answers.Learnt, now: int, source: Literal["get", "set"], action: str
) -> Learnt:
    return await learnt(db, ask.station, found.changes, now, source, findings=found.findings, action=action)
