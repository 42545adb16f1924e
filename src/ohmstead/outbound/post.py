"""One POST of one event: signed as Standard Webhooks say, to an address that was looked at, without redirects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import httpx

from ohmstead.domain.webhooks import sign
from ohmstead.web.addresses import Forbidden, Reach
from ohmstead.web.fetching import aimed

PATIENCE = 15.0
"""Seconds for one attempt, answer included."""


class Reply(NamedTuple):
    """What came of an attempt. `status` None: there was no answer; `error` None: it was taken."""

    status: int | None
    error: str | None
    retry_after: int = 0
    """Seconds that the receiver asked for."""


def headers(secrets: Sequence[str], id: str, second: int, body: bytes) -> dict[str, str]:
    """The headers of a delivery, signed with each secret that is valid at this moment."""
    return {
        "content-type": "application/cloudevents+json",
        "user-agent": "Ohmstead",
        "webhook-id": id,
        "webhook-timestamp": str(second),
        "webhook-signature": " ".join(sign(secret, id, second, body) for secret in secrets),
    }


async def post(
    client: httpx.AsyncClient, url: str, body: bytes, given: dict[str, str], allow_private: Sequence[str]
) -> Reply:
    """Send it. Every failure is a Reply, nothing is raised."""
    try:
        host = httpx.URL(url).host
        reach = Reach(allow_private, "webhooks.allow_private")
        request = await aimed(client, "POST", url, reach, body, given)
        answer = await client.send(request, stream=True)
        await answer.aclose()
    except Forbidden as error:
        return Reply(None, str(error))
    except (httpx.InvalidURL, ValueError) as error:
        return Reply(None, f"the URL cannot be used: {error}")
    except OSError as error:
        return Reply(None, f"{host} was not found: {error}")
    except httpx.HTTPError as error:
        return Reply(None, f"no answer: {type(error).__name__} {error}".strip())
    if answer.is_success:
        return Reply(answer.status_code, None)
    if answer.is_redirect:
        return Reply(answer.status_code, "redirects are not followed; give the webhook the URL it leads to")
    wait = answer.headers.get("retry-after", "")
    return Reply(answer.status_code, f"answered {answer.status_code}", int(wait) if wait.isdecimal() else 0)
