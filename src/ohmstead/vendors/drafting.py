"""A row drafted from what a station showed: TOML text for a person to finish."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ohmstead.ocpp import codec, rpc
from ohmstead.ocpp.versions import BY_NAME, Version
from ohmstead.vendors.fixes import FIXES
from ohmstead.vendors.mending import Mending, Step
from ohmstead.vendors.texts import TEXTS

_WITH_MEANING = frozenset({"vendor_name", "token_without_suffix", "total_current"})
GUESSES = tuple(name for name in (*TEXTS, *FIXES) if name not in _WITH_MEANING)
"""Fixes that are tried on a frame: those that need no argument and only act where something is wrong."""
MOST_SAMPLES = 5


def draft(about: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], frames: Iterable[str]) -> str:
    """The row of a station (its API document), its findings, and its frames that were refused or odd."""
    version = BY_NAME[about.get("ocpp_version") or "1.6"]
    vendor, model = about.get("vendor") or "", about.get("model") or ""
    fixes = [name for one in findings if (name := one["code"].removeprefix("repaired_")) in FIXES.keys() | TEXTS.keys()]
    samples: list[str] = []
    for frame in dict.fromkeys(frames):
        needed, becomes = guess(version, frame)
        fixes += needed
        if len(samples) < MOST_SAMPLES:
            samples.append(_sample(version, frame, becomes))
    lines = [f"# {one['code']} {one['action']}: {one['count']} times ({one['text']})" for one in findings]
    lines += [
        "[[quirk]]",
        f'name = "{re.sub("[^a-z0-9]+", "-", f"{vendor} {model}".lower()).strip("-") or "station"}"',
        'title = "TODO: what it does"',
        'why = "TODO: what is done about it"',
        'evidence = ["https://TODO"]',
        f"match = {{ vendor = [{_text(vendor)}], model = [{_text(model)}], "
        f'firmware = "{_firmware(about)}", versions = ["{version.name}"] }}',
    ]
    if fixes:
        named = ", ".join(f'{{ fix = "{name}" }}' for name in dict.fromkeys(fixes))
        lines += ['answered_by = "repair"', f"repairs = [{named}]"]
    else:
        lines += ['answered_by = "advice"', 'advice = "TODO: what helps"']
    return "\n".join([*lines, *(samples or [_sample(version, _boot(version, vendor, model), None)])])


def guess(version: Version, frame: str) -> tuple[list[str], str | None]:
    """The fixes that make a refused frame readable, and its payload then; none where they do not, or it is taken."""
    used: list[str] = []
    text = frame.encode()
    event = rpc.Peer(version).receive(text, 0.0)
    if isinstance(event, rpc.Unreadable):
        texts = Mending(texts=tuple(Step(name, "", "guess") for name in GUESSES if name in TEXTS))
        mended = texts.text(text)
        used = [step.name for step in mended.steps]
        event = rpc.Peer(version).receive(mended.payload or b"", 0.0)
    if not isinstance(event, rpc.Call):
        return [], None
    payload = bytes(event.payload)
    if not _taken(version, event.action, payload):
        steps = tuple(Step(name, "", "guess") for name in GUESSES if name in FIXES)
        fit = tuple(step for step in steps if event.action in FIXES[step.name].actions)
        again = Mending(calls={event.action: fit}).call(event.action, payload)
        if again.payload is None or not _taken(version, event.action, again.payload):
            return [], None
        used += [step.name for step in again.steps]
        payload = again.payload
    return used, payload.decode() if used else None


def _taken(version: Version, action: str, payload: bytes) -> bool:
    try:
        codec.decode_request(version, action, payload)
    except codec.Refused:
        return False
    return True


def _sample(version: Version, frame: str, becomes: str | None) -> str:
    lines = ["", "[[quirk.sample]]", f"frame = {_text(frame)}"]
    if becomes is not None:
        lines.append(f"becomes = {_text(becomes)}")
    return "\n".join([*lines, f'version = "{version.name}"'])


def _firmware(about: Mapping[str, Any]) -> str:
    said = re.match(r"[\w.\-]+", about.get("firmware_version") or "")
    return f"={said[0]}" if said else "*"


def _boot(version: Version, vendor: str, model: str) -> str:
    if version.dialect == "v16":
        told: dict[str, Any] = {"chargePointVendor": vendor, "chargePointModel": model}
    else:
        told = {"reason": "PowerUp", "chargingStation": {"vendorName": vendor, "model": model}}
    return json.dumps([2, "1", "BootNotification", told])


def _text(text: str) -> str:
    """A TOML string: plain quotes where it can be read so."""
    return f"'{text}'" if "'" not in text and text.isprintable() and '"' in text else _escaped(text)


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
