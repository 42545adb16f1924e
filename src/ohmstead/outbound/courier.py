"""The courier: brings events of the feed to webhooks, at least once, in order for each station.

Three steps, each of which may be repeated after a crash: events become rows of `deliveries` (the cursor moves in the
same transaction), rows that are due are sent, what came of it is stored. What failed holds back what follows for the
same station, nothing else.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import msgspec

from ohmstead import runtime
from ohmstead.bus.local import Bell
from ohmstead.domain.webhooks import GIVE_UP, SECOND, next_attempt, wait_after
from ohmstead.outbound.post import PATIENCE, Reply, headers, post
from ohmstead.settings import Settings
from ohmstead.store import secrets, webhooks
from ohmstead.store.db import FEED_TOPIC, Db
from ohmstead.store.resources import events
from ohmstead.store.webhooks import Hook, Outcome

LOOK_AGAIN = 1.0
AT_ONCE = 16
"""Stations for which one webhook is called at the same time."""
ROUND = 60 * SECOND
"""After this long a round begins no further call."""
GONE = 410


class Courier:
    """Serves the webhooks that are due; `me` names this process."""

    def __init__(
        self, db: Db, settings: Settings, server_key: bytes, me: str, client: httpx.AsyncClient | None = None
    ) -> None:
        self._db, self._settings, self._key, self._me = db, settings, server_key, me
        self._serving: dict[int, asyncio.Task[None]] = {}
        limits = httpx.Limits(max_connections=400, max_keepalive_connections=100, keepalive_expiry=30)
        self._client = client or httpx.AsyncClient(
            timeout=PATIENCE, limits=limits, trust_env=False, verify=runtime.trusted_by_default()
        )

    async def run(self) -> None:
        """Deliver for ever."""
        try:
            with Bell(self._db.bus, FEED_TOPIC) as bell:
                while True:
                    try:
                        await self.look()
                    except Exception as error:
                        runtime.log.warning("webhooks wait", error=repr(error))
                    await bell.wait(LOOK_AGAIN)
        finally:
            await self.close()

    async def look(self) -> None:
        """Begin with each webhook that is due and not served yet."""
        for id in await webhooks.due(self._db, self._me, runtime.now()):
            if id not in self._serving:
                self._serving[id] = task = runtime.spawn(self._serve(id), f"webhook {id}")
                task.add_done_callback(lambda _, id=id: self._serving.pop(id, None))  # type: ignore[misc]

    async def rest(self) -> None:
        """Wait until nothing is being served."""
        await asyncio.gather(*self._serving.values(), return_exceptions=True)

    async def close(self) -> None:
        await runtime.end(*self._serving.values())
        await self._client.aclose()

    async def _serve(self, id: int) -> None:
        """Rounds until nothing is due for this webhook."""
        while (hook := await webhooks.take(self._db, id, self._me, runtime.now())) is not None:
            moved = await webhooks.fan_out(self._db, hook, self._me, runtime.now())
            batch = await webhooks.waiting(self._db, hook, runtime.now())
            if batch:
                if not await self._round(hook, batch):
                    return
            elif moved.cursor == hook.cursor:
                break
        await webhooks.release(self._db, id, self._me)

    async def _round(self, hook: Hook, batch: list[dict[str, Any]]) -> bool:
        """Send a batch and store what came of it; False when another process took the webhook meanwhile."""
        chains: dict[str, list[dict[str, Any]]] = {}
        for row in batch:
            chains.setdefault(row["subject"], []).append(row)
        turns, until = asyncio.Semaphore(AT_ONCE), runtime.now() + ROUND
        found = await asyncio.gather(*(self._chain(hook, rows, turns, until) for rows in chains.values()))
        outcomes = [one for chain in found for one in chain]
        now = runtime.now()
        failed = bool(outcomes) and all(one.error is not None for one in outcomes)
        failures = hook.failures + 1 if failed else 0
        resume_at = now + wait_after(failures) * SECOND if failed else 0
        kept = await webhooks.settle(
            self._db, hook, self._me, outcomes, failures=failures, resume_at=resume_at, now=now
        )
        await self._judge(hook, outcomes, now)
        return kept

    async def _chain(
        self, hook: Hook, rows: list[dict[str, Any]], turns: asyncio.Semaphore, until: int
    ) -> list[Outcome]:
        """The deliveries of one station, one after the other, until one fails."""
        done: list[Outcome] = []
        for row in rows:
            if row["data"] is None:
                done.append(_outcome(row, Reply(None, "the event is no longer kept"), runtime.now(), dead=True))
                continue
            async with turns:
                if runtime.now() > until:
                    break
                reply = await self._send(hook, row)
            done.append(_outcome(row, reply, runtime.now()))
            if done[-1].state == "waiting":
                break
        return done

    async def _send(self, hook: Hook, row: dict[str, Any]) -> Reply:
        event = events.form({**row, "subject": row["station"], "at": row["happened_at"]})
        body, second = msgspec.json.encode(event), runtime.now() // SECOND
        signed = headers(self._secrets(hook), event.id, second, body)
        return await post(self._client, hook.url, body, signed, self._settings.webhooks.allow_private)

    def _secrets(self, hook: Hook) -> list[str]:
        sealed = [hook.secret]
        if hook.former_secret is not None and (hook.former_until or 0) > runtime.now():
            sealed.append(hook.former_secret)
        return [secrets.unseal(self._key, one) for one in sealed]

    async def _judge(self, hook: Hook, outcomes: list[Outcome], now: int) -> None:
        """Turn off a webhook whose receiver says that it is gone, or that took nothing for as long as we try."""
        silent = now - (hook.delivered_at or hook.created_at) >= GIVE_UP
        reason = None
        if any(one.status == GONE for one in outcomes):
            reason = "the receiver answered 410 Gone"
        elif outcomes and silent and all(one.state == "dead" for one in outcomes):
            reason = f"nothing got through for three days; the last attempt: {outcomes[-1].error}"
        if reason is not None:
            async with self._db.transaction() as tx:
                await webhooks.disable(tx, hook, reason, now)


def _outcome(row: dict[str, Any], reply: Reply, now: int, *, dead: bool = False) -> Outcome:
    attempts, first_at = row["attempts"] + 1, row["first_at"] or now
    if reply.error is None:
        return Outcome(row["sequence"], "delivered", attempts, first_at, now, 0, reply.status, None)
    again = None if dead else next_attempt(attempts, first_at, now, reply.retry_after)
    state = "dead" if again is None else "waiting"
    return Outcome(row["sequence"], state, attempts, first_at, now, again or 0, reply.status, reply.error)
