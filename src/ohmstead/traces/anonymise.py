"""Traces without people in them: what does not belong to OCPP itself becomes a pseudonym (HMAC-SHA-256), the same for
the same value as long as the key is the same.

It goes by what may stay, not by what must go: field names, values of enumerations, times, numbers, and a short list of
texts about the machine (vendor, model, firmware version, names of settings). Everything else goes: tokens, serial
numbers, SIM ids, URLs, keys, certificates, coordinates, texts, whatever a vendor adds. And what went in one place goes
in every other: a token in a firmware version, in a key, in another token. Frames that cannot be read keep their size
alone. Passwords become `***`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ohmstead.ocpp import masking
from ohmstead.traces.ledger import moment
from ohmstead.traces.reading import Trace
from ohmstead.traces.record import NAMES, Frame, Record, frame
from ohmstead.traces.vocabulary import words

SHORTEST = 4
"""Characters: what is shorter is replaced in its own place, and not looked for in other texts."""
KEPT = frozenset(
    {
        "chargePointVendor", "chargePointModel", "vendorName", "model", "firmwareVersion", "meterType", "vendorId",
        "vendorErrorCode", "unit", "errorCode", "techCode", "ocppInterface", "ocppVersion",
    }
)  # fmt: skip
"""Fields that tell of the machine; their texts stay."""
_PERSONAL = re.compile(
    r"serial|iccid|imsi|imei|msisdn|ssid|mac|ident|token|tag|ur[il]|host|addr|apn|user|pass|secret|key|pin|phone|mail"
    r"|lat|lon|lng|gps|coord|geo|cert|csr|emaid|evcc|vin|plate|owner|customer|pcid|account|contract|signature|meterid",
    re.IGNORECASE,
)
"""Fields and settings of which even a number is about somebody."""
_SETTING_VALUES = frozenset({"value", "attributeValue", "actualValue", "defaultValue", "variableAttribute"})
_PLACES = {"latitude": 90.0, "longitude": 180.0, "lat": 90.0, "lon": 180.0, "lng": 180.0}
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d{1,9})?(?:[eE][+-]?\d{1,2})?")
_PLAIN = re.compile(r"\d{1,8}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""Message and transaction ids that tell nothing: short numbers and UUIDs."""
_WORD = re.compile(r"[A-Z][A-Za-z0-9_.\-]{0,59}")


class Where(NamedTuple):
    """Where in a message a value stands: its field, the object's own field, the variable or key that the object tells
    of; `free`: within customData, where a vendor writes what it likes."""

    field: str = ""
    parent: str = ""
    setting: str | None = None
    free: bool = False

    def below(self, name: str, setting: str | None) -> Where:
        return Where(name, self.field, setting, self.free or self.field == "customData")

    @property
    def personal(self) -> bool:
        """Whether by its name it is about somebody."""
        if self.field in _SETTING_VALUES and self.setting is not None:
            return _PERSONAL.search(self.setting) is not None
        return _PERSONAL.search(self.field) is not None and self.field not in ("location", "keys")

    @property
    def names_a_setting(self) -> bool:
        if self.field in ("name", "instance"):
            return self.parent in ("component", "variable")
        return self.field in ("key", "unknownKey") and self.parent in ("", "configurationKey")


class Anonymiser:
    """One run, or several with the same `key` where pseudonyms shall agree."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("expected a key of 16 bytes or more")
        self._key = key
        self._secrets: dict[str, str] = {}
        """What was replaced, in lower case -> its pseudonym."""
        self._starts: dict[str, list[str]] = {}
        self._words = words()

    def trace(self, trace: Trace) -> list[Record]:
        """All records anew, without anything that is not OCPP's own."""
        for record in trace.records:  # once, to know all there is to hide
            self._record(record)
        for secret in sorted(self._secrets, key=len, reverse=True):
            self._starts.setdefault(secret[:SHORTEST], []).append(secret)
        return [self._record(record) for record in trace.records]

    def _record(self, record: Record) -> Record:
        identity = self.pseudonym(record.identity, "cs") if record.identity else ""
        connection = None if record.connection is None else self.pseudonym(record.connection, "line")
        parts = frame(record.text) if record.kind == "frame" else None
        if record.kind != "frame":
            text = ""
        elif parts is None:
            text = f"(unreadable, {len(record.text)} characters, {self._digest(record.text, 12)})"
        else:
            text = msgspec.json.encode(self._frame(parts)).decode()
        version = record.version if record.version in ("1.6", "2.0.1", "2.1") else None
        return replace(record, identity=identity, connection=connection, text=text, version=version)

    def _frame(self, parts: Frame) -> list[Any]:
        message_id = self._plain(parts.message_id, "id")
        payload = self._value(masking.hide(parts.payload), Where())
        if parts.kind == 3:
            return [3, message_id, payload]
        assert parts.kind in NAMES
        if parts.kind in (4, 5):
            code = parts.code if parts.code in self._words.codes else self.pseudonym(parts.code, "code")
            told = self.pseudonym(parts.description, "text") if parts.description else ""
            return [parts.kind, message_id, code, told, payload]
        action = parts.action.removesuffix("-Signed")
        known = action in self._words.actions
        return [parts.kind, message_id, parts.action if known else self.pseudonym(parts.action, "action"), payload]

    # ---- values ----

    def _value(self, value: Any, where: Where) -> Any:
        if isinstance(value, dict):
            setting = _setting(value) or where.setting
            return {self._field(name): self._value(part, where.below(name, setting)) for name, part in value.items()}
        if isinstance(value, list):
            return [self._value(part, where) for part in value]
        if value is None or isinstance(value, bool):
            return value
        return self._text(value, where) if isinstance(value, str) else self._number(value, where)

    def _field(self, name: str) -> str:
        return name if name in self._words.fields else self.pseudonym(name, "field")

    def _number(self, value: int | float, where: Where) -> Any:
        if where.field not in self._words.fields or where.personal or where.free:
            return (
                self._place(where.field, value) if where.field.lower() in _PLACES else self.pseudonym(str(value), "n")
            )
        return value

    def _place(self, field: str, value: object) -> float:
        """Somewhere else on earth, the same for the same place."""
        self._hide(str(value), "n-" + self._digest(str(value), 12))
        share = int(self._digest(f"{field} {value}", 8), 16) / 0xFFFFFFFF
        return round((share * 2 - 1) * _PLACES[field.lower()], 5)

    def _text(self, text: str, where: Where) -> str:
        if text in ("", masking.MASK):
            return text
        if self._may_stay(text, where):
            return self._scrubbed(text)
        if where.field in ("transactionId", "id") and not where.free:
            return self._plain(text, "tx")
        if "://" in text:
            return f"https://{self.pseudonym(text, 'u')}.invalid/"
        if where.field.lower() in _PLACES:
            return str(self._place(where.field, text))
        return self.pseudonym(text, "x")

    def _may_stay(self, text: str, where: Where) -> bool:
        known, field = self._words, where.field
        if where.free or field not in known.fields:
            return where.free and field == "vendorId"
        if text in known.values.get(field, ()) or field in KEPT:
            return "://" not in text
        if field in known.times:
            return moment(text) is not None
        if where.names_a_setting:
            return _WORD.fullmatch(text) is not None
        if field not in _SETTING_VALUES or where.personal:
            return False
        if _NUMBER.fullmatch(text) or text.lower() in ("true", "false"):
            return True
        return where.setting is not None and all(part.strip() in known.any_value for part in text.split(","))

    # ---- pseudonyms ----

    def pseudonym(self, text: str, kind: str) -> str:
        """The word that stands for `text`: of at most 20 characters, as an idTag has; case does not count, as in
        tokens."""
        known = self._secrets.get(text.lower())
        if known is None:
            known = f"{kind}-{self._digest(text, 12)}"
            self._hide(text, known)
        return known

    def _hide(self, text: str, instead: str) -> None:
        if len(text) >= SHORTEST and not self._starts:
            self._secrets.setdefault(text.lower(), instead)

    def _plain(self, text: str, kind: str) -> str:
        return self._scrubbed(text) if _PLAIN.fullmatch(text) else self.pseudonym(text, kind)

    def _digest(self, text: str, length: int) -> str:
        return hmac.new(self._key, text.lower().encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:length]

    def _scrubbed(self, text: str) -> str:
        """A text that may stay, without what was hidden elsewhere."""
        if not self._starts or text in self._words.any_value:
            return text
        lower = text.lower()
        if len(lower) != len(text):  # a letter whose lower case is longer: no places can be told
            return text if not any(True for _ in self._found(lower)) else f"x-{self._digest(text, 12)}"
        parts, done = [], 0
        for begin, secret in self._found(lower):
            if begin >= done:
                parts += [text[done:begin], self._secrets[secret]]
                done = begin + len(secret)
        return "".join((*parts, text[done:]))

    def _found(self, lower: str) -> Iterator[tuple[int, str]]:
        for begin in range(len(lower) - SHORTEST + 1):
            for secret in self._starts.get(lower[begin : begin + SHORTEST], ()):
                if lower.startswith(secret, begin):
                    yield begin, secret
                    break


def _setting(value: dict[str, Any]) -> str | None:
    """The name of the variable (2.x) or key (1.6) that this tells of."""
    variable = value.get("variable")
    if isinstance(variable, dict) and isinstance(variable.get("name"), str):
        return str(variable["name"])
    key = value.get("key", variable)
    return key if isinstance(key, str) else None


def secrets_left(records: Sequence[Record], secrets: Sequence[str]) -> list[str]:
    """Which of these texts still stand anywhere in the records: what somebody who publishes a trace may check."""
    everything = "\n".join(f"{one.identity}\n{one.connection}\n{one.text}" for one in records).lower()
    return [secret for secret in secrets if secret.lower() in everything]
