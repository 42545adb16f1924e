"""How a station reaches its CSMS: network profiles in slots, tried in the order of their priority (B09, B10, A05).

It changes its profile only when it starts anew (1.6: when it connects anew). One that does not lead to the CSMS is left
after NetworkProfileConnectionAttempts for the next in the list. Once the CSMS has accepted its boot with a higher
security profile it forgets the lower ones (A05.FR.06).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller
    from ohmstead.simulator.outbox import Words

SLOTS = (1, 2, 3)
PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"
ATTEMPTS = "OCPPCommCtrlr.NetworkProfileConnectionAttempts"
MAY_LOWER = "SecurityCtrlr.AllowSecurityProfileDowngrade"


class NetworkProfile(NamedTuple):
    """What a slot holds; `url` is without the identity. `identity` and `password` where it has others there (2.1)."""

    url: str
    security_profile: int
    identity: str | None = None
    password: str | None = None


class NetworkProfiles:
    """The slots of one station. Slot 1 is how it was set up."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.slots = {1: NetworkProfile("", 1)}
        self.secure_url: str | None = None
        """Where a 1.6 station connects when it is told to use TLS."""
        self.using = 1
        """The slot that it uses, or tries."""
        self._failures = 0
        variables = controller.variables
        variables[PRIORITY].check = self._all_set
        variables["OCPPCommCtrlr.ActiveNetworkProfile"].live = lambda: str(self.using)
        variables["SecurityCtrlr.SecurityProfile"].live = lambda: str(self.now.security_profile)

    def begin(self, url: str, *, has_password: bool, secure_url: str | None = None) -> None:
        """How the station was set up."""
        plain = int(has_password) if self._controller.version.dialect == "v16" else 1
        self.slots = {1: NetworkProfile(url, (2 if has_password else 3) if url.startswith("wss:") else plain)}
        self.secure_url = secure_url

    @property
    def now(self) -> NetworkProfile:
        return self.slots[self.using]

    def _all_set(self, text: str) -> bool:
        wanted = [part.strip() for part in text.split(",")]
        return len(set(wanted)) == len(wanted) and all(part.isdigit() and int(part) in self.slots for part in wanted)

    # ---- what the CSMS says ----

    def set(self, words: Words) -> Words:
        """SetNetworkProfile."""
        slot, data = words["configurationSlot"], words["connectionData"]
        if slot not in SLOTS or slot == self.using or data["ocppTransport"] != "JSON":
            return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidConfSlot"}}
        lower = data["securityProfile"] < self.now.security_profile
        if lower and not (data["securityProfile"] == 2 and self._controller.variables.on(MAY_LOWER)):
            return {"status": "Rejected", "statusInfo": {"reasonCode": "NoSecurityDowngrade"}}
        own = data.get("identity"), data.get("basicAuthPassword")
        self.slots[slot] = NetworkProfile(data["ocppCsmsUrl"], data["securityProfile"], *own)
        return {"status": "Accepted"}

    def raise_to(self, text: str) -> str:
        """The key SecurityProfile of 1.6 is set: it connects anew, and comes back to the old profile if that fails."""
        if text not in ("1", "2", "3") or int(text) <= self.now.security_profile or self.secure_url is None:
            return "Rejected"
        other = 2 if self.using == 1 else 1
        self.slots[other] = NetworkProfile(self.secure_url, int(text))
        self._controller.variables[PRIORITY].value = f"{other},{self.using}"
        self._controller.after(self._connect_anew)
        return "Accepted"

    def _connect_anew(self) -> None:
        self.restarted()
        self._controller.conversation.hang_up = True

    # ---- what becomes of it ----

    def restarted(self) -> None:
        """It begins with the first of the list."""
        self._failures = 0
        self.using = self._order()[0]

    def failed(self) -> None:
        """It could not connect: after some attempts the next one is tried."""
        self._failures += 1
        if self._failures >= self._controller.variables.number(ATTEMPTS):
            order = self._order()
            self._failures = 0
            self.using = order[(order.index(self.using) + 1) % len(order)] if self.using in order else order[0]

    def proved(self) -> None:
        """The CSMS takes it as it is now: lower profiles are forgotten."""
        self._failures = 0
        level = self.now.security_profile
        self.slots = {slot: one for slot, one in self.slots.items() if one.security_profile >= level}
        self._controller.variables[PRIORITY].value = ",".join(map(str, self._order()))

    def _order(self) -> list[int]:
        given = [int(one) for one in self._controller.variables.chosen(PRIORITY)]
        return [slot for slot in given if slot in self.slots] or [self.using]
