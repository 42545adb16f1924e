"""What a station answered to its orders, whether it obeys what it accepted, as its meter tells, and what is tried where
it does not; when the meter must be asked. Pure (regulation.py)."""

from __future__ import annotations

from msgspec.structs import replace

from ohmstead.domain.profiles import SECOND
from ohmstead.domain.regulation import FULL, STAGES, STRIKES, Account, Answers, Evse, Rules, Sent, Told, fresh

LAST = len(STAGES) - 1
RESET_S = 300
"""For how long a station that was reset may stay away, or say nothing, until that is taken to have failed."""


def settled(account: Account, answers: Answers, now: int) -> Account:
    """The account after what became of its orders."""
    for one in account.sent:
        state = answers.get(one.command_id, "gone")
        if state in ("queued", "sent"):
            continue
        account = replace(account, sent=tuple(other for other in account.sent if other != one))
        if state in ("accepted", "confirmed", "unconfirmed"):
            account = _accepted(account, one, now)
        elif state in ("rejected", "error"):
            account = _refused(account, one, now)
        elif state in ("timed_out", "gone") and not one.is_fail_safe:  # it may have worked
            later, until = ((), one.lapses_at) if one.tail is None else (one.tail.amps, one.tail.end)
            doubt = max(one.limit_a, account.doubt_a if account.doubt_until > now else 0.0, *later)
            account = replace(account, doubt_a=doubt, doubt_until=max(account.doubt_until, until))
    return account


def _accepted(account: Account, one: Sent, now: int) -> Account:
    if one.is_fail_safe:
        if one.purpose != "TxDefaultProfile":
            return account
        return replace(account, default_a=one.limit_a, default_at=now)
    same = account.transaction_id == one.transaction_id
    before = (account.accepted_a if account.accepted_a is not None else FULL) if same else FULL
    if one.limit_a < before:
        unseen = same and not account.applied and account.lowered_at > account.judged_at
        if unseen:  # what was lowered before is not seen yet either: it is due when that was
            account = replace(account, before_a=max(before, account.before_a))
        else:
            account = replace(account, before_a=before, lowered_at=now)
    changed = before != one.limit_a
    return replace(
        account, accepted_a=one.limit_a, accepted_at=now, lapses_at=one.lapses_at, transaction_id=one.transaction_id,
        setpoint_w=one.setpoint_w, tail=one.tail, accepted_phase=one.phase,
        default_a=one.limit_a if one.purpose == "TxDefaultProfile" else account.default_a,
        seen_a=account.seen_a if same else 0.0, doubt_a=0.0, doubt_until=0, applied=account.applied and not changed,
    )  # fmt: skip


def _refused(account: Account, one: Sent, now: int) -> Account:
    if one.is_fail_safe:
        return account
    stage = min(account.stage + 1, len(STAGES) - 1)
    if STAGES[stage] == "reset":  # who refuses it now refuses it afterwards
        stage += 1
    return replace(account, stage=stage, staged_for=one.transaction_id, staged_at=now, strikes=0)


# ---------------------------------------------------------------------- what was measured


def judged(evse: Evse, now: int, rules: Rules) -> tuple[Account, list[Told]]:
    """Whether what is measured obeys what was accepted."""
    account, measured = evse.account, evse.measured_a
    other = account.staged_for != evse.transaction_id
    # what was refused before its car had told what it needs is to be said again (K15.FR.17)
    too_early = not account.strikes and evse.asked_at > account.staged_at
    if (account.stage or account.strikes) and (other or too_early):
        ended = [Told("calmed", evse.key, account.limit_a, None)] if account.stage == LAST else []
        return replace(account, stage=0, strikes=0, applied=False, seen_a=0.0), ended
    if STAGES[account.stage] == "reset":
        return _reset(evse, account, now)
    if evse.transaction_id is None or account.transaction_id != evse.transaction_id:
        return account, []
    ordered = account.accepted_a
    if ordered is None or measured is None or fresh(evse, now, rules) is None:
        return account, []
    if evse.measured_at <= account.judged_at or evse.measured_at < account.staged_at + rules.settle_s * SECOND:
        return account, []
    most, since = ordered * 1.05 + 0.5, evse.measured_at - account.lowered_at
    if since < rules.react_s * SECOND and measured <= account.before_a * 1.05 + 0.5:
        return replace(account, seen_a=measured), []
    fell = account.seen_a > most >= measured > 0.8 * ordered  # a car that is full falls to nothing
    account = replace(account, judged_at=evse.measured_at, seen_a=measured)
    if measured <= most:
        told = [] if account.applied else [Told("limit.applied", evse.key, ordered, measured)]
        if account.stage == LAST:
            if not fell:  # its car takes less by itself
                return account, []
            told.append(Told("calmed", evse.key, ordered, measured))
            account = replace(account, stage=0)
        return replace(account, applied=True, strikes=0, trusted=True if fell else account.trusted), told
    settling = since < rules.settle_s * SECOND
    strikes = max(account.strikes, 1) if settling else account.strikes + 1
    account = replace(
        account, strikes=strikes, staged_for=evse.transaction_id, applied=False, trusted=account.trusted and None
    )
    return _disobeyed(evse, account, measured, now)


def _disobeyed(evse: Evse, account: Account, measured: float, now: int) -> tuple[Account, list[Told]]:
    ordered = account.accepted_a or 0.0
    told = (
        [Told("limit.violated", evse.key, ordered, measured)]
        if account.strikes == STRIKES and account.stage == 0
        else []
    )
    if account.strikes < STRIKES or account.stage == LAST:
        return account, told
    account = replace(account, stage=_next(evse, account), staged_at=now, strikes=1, trusted=False)
    if account.stage == LAST:
        told.append(Told("alarm", evse.key, ordered, measured))
        due = evse.reset != "never" and account.reset_for != evse.transaction_id
        account = replace(account, reset_due=due)
    return account, told


def _next(evse: Evse, account: Account) -> int:
    """The stage after this one, for an EVSE in a transaction."""
    if account.reset_for == evse.transaction_id:
        return LAST
    stage = account.stage + 1
    if STAGES[stage] == "station_profile" and not evse.alone:
        stage += 1
    if STAGES[stage] == "reset" and (evse.reset != "always" or evse.others_charge):
        stage += 1
    return stage


def _reset(evse: Evse, account: Account, now: int) -> tuple[Account, list[Told]]:
    """Back from its reset it is ordered anew; one that does not come back obeys nothing."""
    ordered = account.accepted_a or 0.0
    if evse.connected_since is not None and evse.connected_since > account.reset_at >= account.staged_at:
        return replace(account, stage=0, strikes=0, staged_at=now, applied=False), []
    if now - account.staged_at < RESET_S * SECOND:
        return account, []
    return replace(account, stage=LAST, staged_at=now), [Told("alarm", evse.key, ordered, evse.measured_a)]


def meter_due(evse: Evse, account: Account, rules: Rules) -> int | None:
    """From when on a measurement is wanted, so that it is known whether it obeys; None: it is known."""
    if not evse.online or evse.transaction_id is None or account.transaction_id != evse.transaction_id:
        return None
    if STAGES[account.stage] in ("reset", "disobedient") or account.applied:
        return None
    if account.strikes:
        return max(account.staged_at + rules.settle_s * SECOND, account.judged_at + 2 * rules.react_s * SECOND)
    return account.lowered_at + rules.react_s * SECOND if account.lowered_at > account.judged_at else None
