"""The logs of a station, uploaded to where the CSMS says: GetLog, in 1.6 GetDiagnostics too (N01).

The diagnostics hold what happened and which messages went, without their contents: passwords pass by in them. The
security log holds the security events.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ohmstead.runtime import rfc3339
from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.profiles import moment
from ohmstead.simulator.transfers import Carried, Transfer

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

_LINES = 1000
_SECURITY = "SecurityEventNotification"


@dataclass
class Upload:
    """One log under way; `action` tells of its steps, `number` None in 1.6's diagnostics."""

    action: str
    number: int | None
    location: str
    content: bytes
    retries: int
    interval_s: float
    not_before: float = 0.0
    flying: bool = False


class Logs:
    """What a station remembers, and the upload that goes on."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._lines: deque[tuple[int, str]] = deque(maxlen=_LINES)
        self.now: Upload | None = None

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The calls that are answered here."""
        old = {"GetDiagnostics": self._get_diagnostics} if self._controller.version.dialect == "v16" else {}
        return {"GetLog": self._get_log, **old}

    def note(self, text: str) -> None:
        """Remember a line."""
        self._lines.append((self._controller.now, text))

    def _get_log(self, words: Words) -> Words:
        log, kind = words["log"], words["logType"]
        if kind not in ("DiagnosticsLog", "SecurityLog"):
            return {"status": "Rejected"}
        content = self._content(kind, log.get("oldestTimestamp"), log.get("latestTimestamp"))
        upload = Upload("LogStatusNotification", words["requestId"], log["remoteLocation"], content, *_retries(words))
        replaced = self._begin(upload)
        name = f"{self._controller.identity}-{kind}-{words['requestId']}.log"
        return {"status": "AcceptedCanceled" if replaced else "Accepted", "filename": name}

    def _get_diagnostics(self, words: Words) -> Words:
        content = self._content("DiagnosticsLog", words.get("startTime"), words.get("stopTime"))
        self._begin(Upload("DiagnosticsStatusNotification", None, words["location"], content, *_retries(words)))
        return {"fileName": f"{self._controller.identity}-diagnostics.log"}

    def _begin(self, upload: Upload) -> bool:
        """A new upload takes the place of the former, which is told in 2.x (N01.FR.20); whether there was one."""
        former, self.now = self.now, upload
        if former is not None and self._controller.version.dialect == "v2":
            self._controller.after(lambda: self._tell(former, "AcceptedCanceled"))
        return former is not None

    def _content(self, kind: str, oldest: str | None, latest: str | None) -> bytes:
        begin = moment(oldest) if oldest is not None else 0
        end = moment(latest) if latest is not None else self._controller.now + 1
        found = self._security() if kind == "SecurityLog" else self._diagnostics()
        lines = [f"{rfc3339(at)} {text}" for at, text in sorted(found) if begin <= at <= end]
        head = f"{kind} of {self._controller.identity}, firmware {self._controller.updates.version}"
        return "\n".join([head, *lines, ""]).encode()

    def _diagnostics(self) -> Iterator[tuple[int, str]]:
        talk = self._controller.conversation
        yield from self._lines
        for word, frames in (("sent", talk.sent), ("received", talk.received)):
            for frame in frames[-_LINES:]:
                yield frame.at, f"{word} {frame.action} [{frame.kind}]"

    def _security(self) -> Iterator[tuple[int, str]]:
        for frame in self._controller.conversation.sent:
            if frame.kind == 2 and frame.action == _SECURITY:
                yield frame.at, str(frame.payload["type"])

    def step(self) -> None:
        """Set off, or try again."""
        upload = self.now
        if upload is None or upload.flying or self._controller.tick < upload.not_before:
            return None
        upload.flying = True
        self._tell(upload, "Uploading")
        if not upload.location.lower().startswith(("http:", "https:")):
            return self._end(upload, "UploadFailed" if upload.number is None else "NotSupportedOperation")
        done = Transfer("PUT", upload.location, lambda how: self._brought(upload, how), upload.content)
        self._controller.transfers.append(done)

    def _brought(self, upload: Upload, how: Carried) -> None:
        if self.now is not upload:
            return None
        if how.well:
            return self._end(upload, "Uploaded")
        self._controller.say(f"a log cannot be brought: {how.why}")
        if upload.retries > 0:
            upload.retries, upload.flying = upload.retries - 1, False
            upload.not_before = self._controller.tick + upload.interval_s
        elif upload.number is None:
            self._end(upload, "UploadFailed")
        else:
            self._end(upload, "PermissionDenied" if how.status in (401, 403) else "UploadFailure")

    def _end(self, upload: Upload, status: str) -> None:
        self._tell(upload, status)
        self.now = None

    def _tell(self, upload: Upload, status: str) -> None:
        words: Words = {"status": status} | ({} if upload.number is None else {"requestId": upload.number})
        self._controller.put(Message(upload.action, lambda _: words))


def _retries(words: Words) -> tuple[int, float]:
    return words.get("retries", 0), words.get("retryInterval", 30)
