"""Firmware that a local controller fetches once and publishes to the stations behind it (L03, L04; 2.x).

Downloading -> Downloaded -> ChecksumVerified -> Published, with the place where it lies: other simulated stations of
this machine can fetch it there, until it is unpublished.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.transfers import Carried, Transfer

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller


@dataclass
class Publication:
    """One file on its way. `again_at`: the tick of the next try, None while it is carried."""

    number: int
    location: str
    checksum: str
    retries: int
    interval_s: float
    again_at: float | None = None


class Publishing:
    """What one station publishes: `published` by its MD5, in hex."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.published: dict[str, bytes] = {}
        self.now: Publication | None = None
        """What is being fetched."""

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The calls that are answered here."""
        return {"PublishFirmware": self.publish, "UnpublishFirmware": self.unpublish}

    def publish(self, words: Words) -> Words:
        """Fetch it once the answer is out; one at a time."""
        if self.now is not None:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "Busy"}}
        checksum, retries = words["checksum"].lower(), words.get("retries", 0)
        one = Publication(words["requestId"], words["location"], checksum, retries, words.get("retryInterval", 30))
        self.now = one
        self._controller.after(lambda: self._fetch(one))
        return {"status": "Accepted"}

    def unpublish(self, words: Words) -> Words:
        checksum = words["checksum"].lower()
        if self.now is not None and self.now.checksum == checksum:
            return {"status": "DownloadOngoing"}
        return {"status": "NoFirmware" if self.published.pop(checksum, None) is None else "Unpublished"}

    def step(self) -> None:
        """Try again what is due."""
        one = self.now
        if one is not None and one.again_at is not None and self._controller.tick >= one.again_at:
            self._fetch(one)

    def _fetch(self, one: Publication) -> None:
        one.again_at = None
        self._tell(one, "Downloading")
        self._controller.transfers.append(Transfer("GET", one.location, lambda got: self._got(one, got)))

    def _got(self, one: Publication, got: Carried) -> None:
        if not got.well:
            self._controller.say(f"firmware {one.location} cannot be fetched: {got.why}")
            if one.retries > 0:
                one.retries, one.again_at = one.retries - 1, self._controller.tick + one.interval_s
                return
            self._end(one, "DownloadFailed")
            return
        self._tell(one, "Downloaded")
        if hashlib.md5(got.body, usedforsecurity=False).hexdigest() != one.checksum:
            self._end(one, "InvalidChecksum")
            return
        self._tell(one, "ChecksumVerified")
        if self._controller.faults.firmware == "unpublished":
            self._end(one, "PublishFailed")
            return
        self.published[one.checksum] = got.body
        self._controller.transfers.append(Transfer("SHELVE", one.checksum, lambda where: self._shelved(one, where)))

    def _shelved(self, one: Publication, where: Carried) -> None:
        if where.well:
            self._end(one, "Published", location=[where.body.decode()])
            return
        self._controller.say(f"firmware cannot be published: {where.why}")
        del self.published[one.checksum]
        self._end(one, "PublishFailed")

    def _end(self, one: Publication, status: str, **more: object) -> None:
        self._tell(one, status, **more)
        self.now = None

    def _tell(self, one: Publication, status: str, **more: object) -> None:
        words = {"status": status, "requestId": one.number, **more}
        self._controller.say(f"firmware to publish: {status}")
        self._controller.put(Message("PublishFirmwareStatusNotification", lambda _: words))
