"""Where an ACME CA sees that a name is ours (http-01, RFC 8555, 8.3): an ASGI application in front of the API, or on an
address of its own.

    GET /.well-known/acme-challenge/{token}
"""

from __future__ import annotations

import re
from typing import Any

from ohmstead import runtime
from ohmstead.api.context import Context
from ohmstead.store import acme

PREFIX = "/.well-known/acme-challenge/"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,255}")


class ChallengeDoor:
    """The application; everything but challenges goes to `inner` (None: nothing else is here)."""

    def __init__(self, context: Context, inner: Any = None) -> None:
        self._context, self._inner = context, inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            status, text = await self._answer(scope["path"].removeprefix(PREFIX))
        elif self._inner is not None:
            await self._inner(scope, receive, send)
            return
        elif scope["type"] == "http":
            status, text = 404, ""
        else:
            return
        head = [(b"content-type", b"application/octet-stream"), (b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": text.encode()})

    async def _answer(self, token: str) -> tuple[int, str]:
        try:
            found = await acme.get(self._context.db, acme.challenge(token)) if _TOKEN.fullmatch(token) else None
        except Exception as error:
            runtime.log.warning("a challenge cannot be answered", error=repr(error))
            return 503, ""
        return (404, "") if found is None else (200, found)
