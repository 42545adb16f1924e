"""Commands: what an operator asks of a station, in our words, and how each version says it.

A typed command is a struct whose `to_v16` and `to_v2` are generators: they yield OCPP requests one after the other, get
each answer back, and return an `Outcome`. So a command may be several calls, and the next may depend on the last.

    class Reset(Command):
        when: Literal["immediately", "idle"] = "idle"

        def to_v2(self, ask):
            answer = yield ask.v.ResetRequest(type="OnIdle")
            return outcome(answer, expects=("boot",))

A call that fails raises NotAnswered where it was yielded; a command that does not catch it fails with it. What our
calls teach us about a station is learnt by `before` and `after`, for typed and raw commands alike.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any, ClassVar, Literal, TypeVar, Union

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from ohmstead.domain.commands import Happening
from ohmstead.domain.device_model import Model
from ohmstead.domain.local_list import Entry
from ohmstead.domain.profiles import Profile
from ohmstead.domain.tariffs import Tariff
from ohmstead.ocpp.rpc import CallError
from ohmstead.ocpp.versions import Version
from ohmstead.pki.tls import Chains
from ohmstead.shapes.device_model import ChangeResult
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Event, Write
from ohmstead.store.links import Links
from ohmstead.store.local_lists import LocalList
from ohmstead.store.sessions import State, Station

DEFAULT_EXPIRY = 300
"""Seconds a queued command waits for its station."""


class Unsupported(Exception):
    """The station's OCPP version, or the station itself, cannot do this."""


class NotAnswered(Exception):
    """A call of a command failed: with an error, or (None) without any answer, and then it may still have worked;
    unless it was not even `sent`, because the socket was gone."""

    def __init__(self, error: CallError | None, *, sent: bool = True) -> None:
        words = () if error is None else (error.code, error.description)
        super().__init__(": ".join(word for word in words if word) or "no answer")
        self.error = error
        self.sent = sent


class Outcome(Struct, frozen=True):
    """How the station took a command."""

    accepted: bool
    reason: str | None = None
    expects: Happening | None = None
    """What on the wire will confirm it; None if nothing can."""
    window: float | None = None
    """Seconds to wait for that; None is `stations.confirm_window`."""


class Handover(Struct, frozen=True):
    """A certificate on its way to its station."""

    chain: str
    """PEM, the station's own first, without the root."""
    certificate_type: str | None
    """What the station asked for, in its own word; None: it named none."""
    request_id: int | None


class Also(Struct):
    """What a command wants stored and told with its next step: with the call that it yields next, or with its end."""

    rows: list[Changed] = msgspec.field(default_factory=list)
    events: list[Event] = msgspec.field(default_factory=list)

    def put(self, write: Write) -> None:
        write.changed += self.rows
        write.events += self.events

    def clear(self) -> None:
        self.rows, self.events = [], []


class Ask(Struct):
    """What a command knows of the station while it is put to it."""

    version: Version
    state: State
    command_id: str
    remote_start_id: int = 0
    """A number that is this command's own, for `start` and for reports."""
    known: Model = Model()
    """Those of the station's variables that `prepare` found to matter."""
    tariff: Tariff | None = None
    """The one that the command names, found by `prepare`."""
    profiles: Sequence[Profile] = ()
    """The charging profiles it has, where `prepare` found them to matter."""
    local_list: LocalList = LocalList(0, None)
    """What its local list holds, where `prepare` found that to matter."""
    wanted: Mapping[str, Entry] = {}
    """And what it should hold."""
    certificate: Handover | None = None
    """The certificate that the command hands over, found by `prepare`."""
    inner: Any = None
    """The command that this one stands for, found by `prepare`."""
    found: Any = None
    """What else `prepare` looked up."""
    links: Links | None = None
    """To the file store."""
    shown: Chains = ()
    """What stations are shown at our TLS ports."""
    urls: tuple[str | None, str | None] = (None, None)
    """Where stations connect, plain and with TLS, as the settings say; the settings themselves hold secrets."""
    results: list[ChangeResult] | None = None
    """What became of each thing asked; a command that asks several fills it."""
    also: Also = msgspec.field(default_factory=Also)
    may_lower: bool = False
    """It was judged already that its calls may lower the security profile (upgrading.py)."""

    @property
    def v(self) -> ModuleType:
        return self.version.messages

    @property
    def station(self) -> Station:
        return self.state.station

    def at_once(self, now: int) -> int:
        """Now by the station's clock where that is late: else it would wait until that says so. Microseconds."""
        return now + min(0, self.station.clock_skew_us or 0)


Calls = Generator[Any, Any, Outcome]

COMMANDS: dict[str, type[Command]] = {}
"""type -> class."""


def snake(name: str) -> str:
    """GetVariables -> get_variables."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Command(Struct, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag=snake):
    """A typed command. Subclasses are found by their `type`: the class name in snake_case."""

    actions: ClassVar[tuple[str, ...]] = ()
    """The OCPP actions it sends, for the support matrix."""
    waits_offline: ClassVar[bool] = False
    """Whether it is queued for an offline station unless `if_offline` says otherwise."""
    needs_accepted: ClassVar[bool] = False
    """Whether a Pending station must not get it (B02.FR.05)."""

    if_offline: Literal["queue", "fail"] | UnsetType = UNSET
    expires_in: float = DEFAULT_EXPIRY

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        COMMANDS[snake(cls.__name__)] = cls

    @property
    def queues(self) -> bool:
        return self.if_offline == "queue" if self.if_offline is not UNSET else self.waits_offline

    async def prepare(self, ask: Ask, db: Db) -> None:
        """Read what `to_v16` and `to_v2` must know."""

    def to_v16(self, ask: Ask) -> Calls:
        raise Unsupported(f"OCPP 1.6 has no {snake(type(self).__name__)}.")

    def to_v2(self, ask: Ask) -> Calls:
        raise Unsupported(f"OCPP {ask.version.name} has no {snake(type(self).__name__)}.")

    def calls(self, ask: Ask) -> Calls:
        """The requests in the station's version; raises Unsupported."""
        return self.to_v16(ask) if ask.version.dialect == "v16" else self.to_v2(ask)


class Learnt(Struct, frozen=True):
    """What a call taught: rows to change, and events for the feed."""

    rows: Sequence[Changed] = ()
    events: Sequence[Event] = ()


Before = Callable[[Ask, Any, int], Sequence[Changed]]
After = Callable[[Ask, Db, Any, Any, int], Awaitable[Learnt]]
BEFORE: dict[str, Before] = {}
"""action -> what is stored with the step `sent`, made from (ask, request, now)."""
AFTER: dict[str, After] = {}
"""action -> what the answer teaches, made from (ask, db, request, answer, now); the answer is None for a CALLERROR."""
H = TypeVar("H")


def before(*actions: str) -> Callable[[H], H]:
    """Register what to store before these calls leave."""
    return _registering(BEFORE, actions)


def after(*actions: str) -> Callable[[H], H]:
    """Register what to learn from the answers to these calls."""
    return _registering(AFTER, actions)


def _registering(registry: dict[str, Any], actions: Sequence[str]) -> Callable[[H], H]:
    def register(hook: H) -> H:
        if twice := registry.keys() & set(actions):
            raise ValueError(f"{', '.join(sorted(twice))} has such a hook already: the later one would silence it")
        registry.update(dict.fromkeys(actions, hook))
        return hook

    return register


class Raw_(Struct, frozen=True, forbid_unknown_fields=True):
    """`{"action", "payload"}`: any call of the station's version; its keys go out in the order given."""

    action: str
    payload: Raw = Raw(b"{}")


class RawCall(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`{"ocpp": {...}}`."""

    ocpp: Raw_
    if_offline: Literal["queue", "fail"] = "fail"
    expires_in: float = DEFAULT_EXPIRY
    needs_accepted: ClassVar[bool] = False

    @property
    def queues(self) -> bool:
        return self.if_offline == "queue"


AnyCommand = Command | RawCall


@cache
def _typed() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(Union[tuple(COMMANDS.values())])  # noqa: UP007


_raw = msgspec.json.Decoder(RawCall)
_peek = msgspec.json.Decoder(dict[str, Raw])


def parse(body: bytes | str) -> AnyCommand:
    """A command from its JSON body; raises msgspec.ValidationError (with a path) or DecodeError."""
    if "ocpp" in _peek.decode(body):
        return _raw.decode(body)
    command: Command = _typed().decode(body)
    return command


def type_of(command: AnyCommand) -> str:
    """The `type` of a typed command; `ocpp` for a raw one."""
    return "ocpp" if isinstance(command, RawCall) else snake(type(command).__name__)


def given(value: Any) -> Any:
    """UNSET as None: the domain's way to say that something was not said."""
    return None if value is UNSET else value


def unless_none(value: Any) -> Any:
    """None as UNSET: what we do not know is left out of a message, never null (OCPP-J 4.1.5)."""
    return UNSET if value is None else value


GOOD = frozenset({"Accepted", "Scheduled", "RebootRequired", "Unlocked", "EmptyResultSet", "AcceptedCanceled"})


def outcome(answer: Any, *, expects: Happening | None = None, window: float | None = None) -> Outcome:
    """The usual outcome: by the answer's status, with the station's own words as the reason."""
    status = answer.status
    info = given(getattr(answer, "status_info", UNSET))
    words = [status] if status not in ("Accepted",) else []
    if info is not None:
        words += [info.reason_code, given(info.additional_info) or ""]
    reason = ": ".join(word for word in words if word) or None
    good = status in GOOD
    return Outcome(good, reason, expects if good else None, window)
