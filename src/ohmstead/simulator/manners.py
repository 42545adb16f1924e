"""Answering the CSMS otherwise than one should: a persona's `answers`, a script's `faults.answers`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ohmstead.ocpp.directions import direction
from ohmstead.ocpp.rpc import CODES_2, CODES_16
from ohmstead.ocpp.versions import Version
from ohmstead.shapes.tables import nearest
from ohmstead.simulator import wire
from ohmstead.simulator.conversation import Refusal, Silence
from ohmstead.simulator.outbox import Words

TRUNCATE = "truncate"
"""The answer is right, but only its first half is sent."""
REBOOT = "reboot"
"""There is no answer: the station falls over and boots again."""
_OTHERS = ("ignore", "silence", TRUNCATE, REBOOT)


def objection(action: str, manner: str, versions: Sequence[Version]) -> str | None:
    """Why no station of any of these versions can answer `action` so, or None."""
    having = [version for version in versions if action in version.messages.ACTIONS and direction(action) != "station"]
    if not having:
        known = {one for version in versions for one in version.messages.ACTIONS if direction(one) != "station"}
        return f"no call of the CSMS; {nearest(action, sorted(known))}"
    if manner in _OTHERS:
        return None
    if manner.startswith("error "):
        code = manner.removeprefix("error ")
        return None if code in CODES_2 | CODES_16 else f"no error code; {nearest(code, sorted(CODES_2 | CODES_16))}"
    for version in having:
        try:
            wire.compose(version, f"{action}Response", {"status": manner})
        except (msgspec.ValidationError, ValueError):
            return f"expected a status of {action}, `error CODE`, {', '.join(f'`{one}`' for one in _OTHERS)}"
    return None


def answer(manner: str, action: str, words: Words) -> Words:
    """The answer to `action` in this manner, without doing anything; raises Refusal or Silence."""
    if manner == "silence":
        raise Silence
    if manner.startswith("error "):
        raise Refusal(manner.removeprefix("error "))
    if manner != "ignore":
        return {"status": manner}
    return _accepted(action, words)


def _accepted(action: str, words: Words) -> Words:
    """Yes to everything."""
    if action == "SetVariables":
        return {"setVariableResult": [*_results(words["setVariableData"])]}
    plain = action == "UpdateFirmware" and "location" in words  # of 1.6, which is answered without a word
    return {} if plain or action in _WITHOUT_STATUS else {"status": _YES.get(action, "Accepted")}


def _results(items: Iterable[Words]) -> Iterable[Words]:
    for item in items:
        result: Words = {name: item[name] for name in ("component", "variable", "attributeType") if name in item}
        yield {**result, "attributeStatus": "Accepted"}


_WITHOUT_STATUS = ("CostUpdated", "GetConfiguration", "GetDiagnostics")
_YES = {"UnlockConnector": "Unlocked"}
