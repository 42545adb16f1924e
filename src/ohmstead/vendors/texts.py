"""Repairs of text that is no JSON: named pure functions, text in, text out. What is within quotes is not touched, but
for `control_characters`; the caller feeds the result to the ordinary parser, which has the last word."""

from __future__ import annotations

import re
from collections.abc import Callable

LARGEST = 1 << 18
"""Bytes of a text that is repaired at all."""
# a quote that nothing closes takes the rest: to look for its end anew at each quote would take quadratic time
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{},:]|[^\s\[\]{},:"]+|\s+', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\ufffd]")
Tokens = list[str]


def stray_commas(text: str) -> str:
    """`[,{` -> `[{`, `,,` -> `,`, `,]` -> `]`."""
    kept: Tokens = []
    for token in _tokens(text):
        if token == "," and (not kept or kept[-1] in ("[", "{", ",")):
            continue
        if token in ("]", "}") and kept and kept[-1] == ",":
            kept.pop()
        kept.append(token)
    return "".join(kept)


def missing_values(text: str) -> str:
    """`"transactionId":,` -> nothing: the member is left out."""
    tokens, kept = _tokens(text), Tokens()
    skipped = False  # the comma that goes with what was left out
    for number, token in enumerate(tokens):
        after = tokens[number + 1] if number + 1 < len(tokens) else ""
        if token == ":" and after in (",", "}") and kept and kept[-1].startswith('"'):
            kept.pop()
            skipped = after == ","
            if after == "}" and kept and kept[-1] == ",":
                kept.pop()
        elif not (skipped and token == ","):
            kept.append(token)
            skipped = False
    return "".join(kept)


def control_characters(text: str) -> str:
    """Control characters and what is no UTF-8 leave the texts."""
    return "".join(_CONTROL.sub("", token) if token.startswith('"') else token for token in _TOKEN.findall(text))


def _tokens(text: str) -> Tokens:
    return [token for token in _TOKEN.findall(text) if not token.isspace()]


TEXTS: dict[str, Callable[[str], str]] = {
    "stray_commas": stray_commas,
    "missing_values": missing_values,
    "control_characters": control_characters,
}
