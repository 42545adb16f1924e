"""How a station is brought to what is declared of it: one step at a time, with patience, and saying why. Pure.

Each thing declared is a `Check` at each look. What is not so is tried; a refusal, or an acceptance after which it is
still not so, is waited over for longer and longer. What was so and is no longer was changed at the station: that is
told, and set back a few times at most, because then somebody there wants it otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

State = Literal["undeclared", "unknown", "in_step", "working", "waiting", "held", "offline"]
MINUTE = 60_000_000
BACKOFF = (1, 5, 30, 120, 720)
"""Minutes before the next try, after so many that did not help; then always the last."""
MOST_IN_VAIN = 5
"""Times that a station may accept something that is not so after it."""
MOST_RESTORED = 3
"""Times that a local change is set back."""


class Check(Struct, frozen=True, kw_only=True):
    """One thing declared, beside what is known of it."""

    aspect: str
    what: str
    wanted: Any
    actual: Any
    same: bool
    blocked: str | None = None
    """Why nothing that we could send would help."""
    after_restart: bool = False
    """The station took it; it counts after a restart."""
    group: str | None = None
    """Of one aspect, only those of one group are mended by the same command."""
    known: Any = None
    """What else the mending must know."""
    near: bool = False
    """What it has may be what was wanted, as the station keeps or tells it: rounded, without a language, not told at
    all. Where it is still so after the station took it, it counts as so."""

    @property
    def key(self) -> str:
        return f"{self.aspect} {self.what}"


class Trial(Struct, frozen=True, omit_defaults=True):
    """What became of our tries to make one thing so."""

    wanted: Any
    attempts: int = 0
    not_before: int = 0
    reason: str | None = None
    held: bool = False


class Kept(Struct, frozen=True):
    wanted: Any
    actual: Any


class Record(Struct, frozen=True, omit_defaults=True):
    """What is remembered of a station between two looks."""

    command_id: str | None = None
    asked: tuple[str, ...] = ()
    """What that command is to bring about."""
    trials: dict[str, Trial] = field(default_factory=dict)
    settled: dict[str, Any] = field(default_factory=dict)
    """key -> what was wanted when it was seen to be so."""
    restored: dict[str, int] = field(default_factory=dict)
    """key -> how often a local change was met."""
    unproved: tuple[str, ...] = ()
    """What the station took, without having shown yet that it is so."""
    kept_as: dict[str, Kept] = field(default_factory=dict)
    """key -> as what a station keeps something that it took."""
    asked_at: dict[str, int] = field(default_factory=dict)
    """aspect -> when the station was last asked itself."""
    heartbeat: int | None = None
    """The heartbeat interval that is declared (s): our answer to a boot sets it, and must not undo what is declared."""


class Ended(NamedTuple):
    """How a command ended: `tried` is false where it never reached the station."""

    accepted: bool
    tried: bool
    reason: str | None


class Noticed(NamedTuple):
    record: Record
    local: tuple[Check, ...]
    """Changed at the station since they were in step."""


class Step(NamedTuple):
    """What to do now: the checks to be mended by one command, and when to look again if nothing happens."""

    state: State
    reason: str | None
    due: tuple[Check, ...] = ()
    restart: bool = False
    look_at: int | None = None


def as_kept(record: Record, checks: Sequence[Check]) -> list[Check]:
    """The checks, with that being so which a station keeps in its own way since it took it."""
    return [
        replace(one, same=True) if one.near and record.kept_as.get(one.key) == Kept(one.wanted, one.actual) else one
        for one in checks
    ]


def concluded(record: Record, ended: Ended, checks: Sequence[Check], now: int) -> Record:
    """After a command ended: what it did not bring about was tried in vain, unless the station keeps it its own way."""
    trials, kept_as = dict(record.trials), dict(record.kept_as)
    for one in checks:
        if one.key not in record.asked or one.same or not ended.tried:
            continue
        if ended.accepted and one.near:
            kept_as[one.key] = Kept(one.wanted, one.actual)
            continue
        before = trials.get(one.key) or Trial(one.wanted)
        attempts = before.attempts + 1
        wait = BACKOFF[min(attempts, len(BACKOFF)) - 1] * MINUTE
        held = ended.accepted and not one.after_restart and attempts >= MOST_IN_VAIN
        reason = _in_vain(one, ended) + (f"; after {attempts} times it is not tried again" if held else "")
        trials[one.key] = replace(before, attempts=attempts, not_before=now + wait, reason=reason, held=held)
    return replace(record, command_id=None, asked=(), trials=trials, kept_as=kept_as)


def _in_vain(one: Check, ended: Ended) -> str:
    if one.after_restart:
        return "the station took it; it counts after a restart"
    if ended.accepted and ended.reason is None:
        return f"the station accepted it, and it is still {_shown(one.actual)}"
    return ended.reason or "the station refused it"


def _shown(value: Any) -> str:
    return "unknown" if value is None else str(value)


def noticed(record: Record, checks: Sequence[Check], restores: bool) -> Noticed:
    """Compare with what was so at the last look. What is declared otherwise since begins anew."""
    wanted = {one.key: one.wanted for one in checks}
    trials = {key: one for key, one in record.trials.items() if key in wanted and one.wanted == wanted[key]}
    settled = {key: value for key, value in record.settled.items() if key in wanted and value == wanted[key]}
    restored = {key: count for key, count in record.restored.items() if key in settled}
    kept_as = {key: one for key, one in record.kept_as.items() if key in wanted and one.wanted == wanted[key]}
    local = []
    for one in checks:
        if one.same and one.key in record.unproved:
            continue
        if one.same:
            trials.pop(one.key, None)
            settled[one.key] = one.wanted
        elif one.key in settled and one.key not in trials and not one.after_restart:
            local.append(one)
            restored[one.key] = restored.get(one.key, 0) + 1
            trials[one.key] = _of_local_change(one, restored[one.key], restores)
    now = replace(record, trials=trials, settled=settled, restored=restored, kept_as=kept_as)
    return Noticed(now, tuple(local))


def _of_local_change(one: Check, times: int, restores: bool) -> Trial:
    if not restores:
        return Trial(one.wanted, reason="it was changed at the station, which is only reported", held=True)
    if times > MOST_RESTORED:
        reason = f"it was set back {MOST_RESTORED} times and changed at the station again: somebody there wants it so"
        return Trial(one.wanted, reason=reason, held=True)
    return Trial(one.wanted, reason="it was changed at the station")


def next_step(record: Record, checks: Sequence[Check], now: int, *, may_restart: bool) -> Step:
    """What the station needs now; aspects in the order of the checks, one at a time."""
    wrong = [one for one in checks if not one.same]
    if not wrong:
        return Step("in_step", None)
    trials = {one.key: record.trials.get(one.key) or Trial(one.wanted) for one in wrong}
    open_ = [one for one in wrong if one.blocked is None and not one.after_restart and not trials[one.key].held]
    due = [one for one in open_ if trials[one.key].not_before <= now]
    if due:
        kind = (due[0].aspect, due[0].group)
        return Step("working", None, tuple(one for one in due if (one.aspect, one.group) == kind))
    restarts = [one for one in wrong if one.after_restart and may_restart]
    if any(trials[one.key].not_before <= now for one in restarts):
        return Step("working", None, tuple(restarts), restart=True)
    later = [trials[one.key].not_before for one in (*open_, *restarts)]
    text = in_words(wrong, record)
    return Step("waiting" if later else "held", text, look_at=min(later, default=None))


def in_words(wrong: Sequence[Check], record: Record) -> str:
    """Why these are not so."""
    return "; ".join(f"{one.what}: {why(one, record)}" for one in wrong)


def why(one: Check, record: Record) -> str:
    """Why it is not so."""
    if one.blocked is not None:
        return one.blocked
    if one.after_restart:
        return "the station took it; it counts after a restart"
    trial = record.trials.get(one.key)
    if trial is not None and trial.reason is not None:
        return trial.reason
    return "a command is under way" if one.key in record.asked else "it was not asked yet"
