"""Whether a station obeys what it accepted, as its meter tells; when the meter must be asked. Pure (regulation.py)."""

from __future__ import annotations

from msgspec.structs import replace

from ohmstead.domain.profiles import SECOND
from ohmstead.domain.regulation import STAGES, STRIKES, Account, Evse, Rules, Told, fresh


def judged(evse: Evse, now: int, rules: Rules) -> tuple[Account, list[Told]]:
    """Whether what is measured obeys what was accepted."""
    account, measured = evse.account, evse.measured_a
    if (account.stage or account.strikes) and account.staged_for != evse.transaction_id:
        ended = [Told("calmed", evse.key, account.limit_a, None)] if account.stage == len(STAGES) - 1 else []
        return replace(account, stage=0, strikes=0, applied=False, seen_a=0.0), ended
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
        if account.stage == len(STAGES) - 1:
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
    if account.strikes < STRIKES or account.stage == len(STAGES) - 1:
        return account, told
    stage = account.stage + 1
    if STAGES[stage] == "station_profile" and not evse.alone:
        stage += 1
    if stage == len(STAGES) - 1:
        told.append(Told("alarm", evse.key, ordered, measured))
    return replace(account, stage=stage, staged_at=now, strikes=1, trusted=False), told


def meter_due(evse: Evse, account: Account, rules: Rules) -> int | None:
    """From when on a measurement is wanted, so that it is known whether it obeys; None: it is known."""
    if not evse.online or evse.transaction_id is None or account.transaction_id != evse.transaction_id:
        return None
    if STAGES[account.stage] == "disobedient" or account.applied:
        return None
    if account.strikes:
        return max(account.staged_at + rules.settle_s * SECOND, account.judged_at + 2 * rules.react_s * SECOND)
    return account.lowered_at + rules.react_s * SECOND if account.lowered_at > account.judged_at else None
