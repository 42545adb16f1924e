"""Webhooks at the receiver: is this from Ohmstead, and what does it say? (Standard Webhooks 1.0)"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Mapping

from ohmstead import runtime
from ohmstead.client import events
from ohmstead.client.errors import OhmsteadError
from ohmstead.domain.webhooks import sign
from ohmstead.shapes.feed import Event

TOLERANCE_S = 300


class NotGenuine(OhmsteadError):
    """The message was not signed with this secret, or is too old; answer 400 and do nothing else."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, tolerance_s: int = TOLERANCE_S) -> Event:
    """The event in a delivery; `body` byte for byte as it came. Keep the ids you have seen: it may come twice.

    Raises NotGenuine, and ValueError where `secret` is no secret of a webhook.
    """
    given = {name.lower(): value for name, value in headers.items()}
    id, second = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not (second.isascii() and second.isdecimal()):
        raise NotGenuine("webhook-timestamp is missing, or no time")
    if abs(runtime.now() // 1_000_000 - int(second)) > tolerance_s:
        raise NotGenuine("webhook-timestamp is too far from now; is this machine's clock right?")
    try:
        right = sign(secret, id, int(second), body).encode()
    except binascii.Error:
        raise ValueError("this is no secret of a webhook; it begins with whsec_") from None
    signatures = given.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(right, one.encode()) for one in signatures):
        raise NotGenuine("webhook-signature is of another secret, or the body was changed")
    return events.read(body)
