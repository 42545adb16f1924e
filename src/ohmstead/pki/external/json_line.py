"""Calls to CAs that speak JSON."""

from __future__ import annotations

from typing import Any

import msgspec
from cryptography import x509

from ohmstead.pki.certificate import UNREADABLE, from_pem
from ohmstead.pki.external.line import Line
from ohmstead.pki.issuer import IssuerDown


async def post(line: Line, path: str, body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Its answer, a JSON object. Raises CannotIssue and IssuerDown."""
    given = {"content-type": "application/json", **(headers or {})}
    answer = await line.call("POST", path, msgspec.json.encode(body), given)
    try:
        return msgspec.json.decode(answer, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise IssuerDown(f"{path} answered no JSON object: {error}.") from None


def certificates(*pem: object) -> list[x509.Certificate]:
    """Of texts of an answer; what is no text is left out. Raises IssuerDown when one cannot be read."""
    try:
        return [one for text in pem if isinstance(text, str) and text for one in from_pem(text)]
    except UNREADABLE as error:
        raise IssuerDown(f"What it answers holds no certificate: {error}.") from None
