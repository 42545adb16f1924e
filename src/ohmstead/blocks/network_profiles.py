"""B09, B10, A05: the network profiles of a 2.x station, in slots, and the list by which it tries them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta

from ohmstead.blocks.command import Ask, Calls, Command, Unsupported, outcome
from ohmstead.domain import upgrade as rules
from ohmstead.domain.device_model import Name
from ohmstead.domain.upgrade import Forbidden
from ohmstead.ocpp.versions import V21
from ohmstead.shapes.common import SecurityProfile, profile_number

PRIORITY = Name("OCPPCommCtrlr", "NetworkConfigurationPriority")
ACTIVE = Name("OCPPCommCtrlr", "ActiveNetworkProfile")
VERSIONS = {"1.6": "OCPP16", "2.0.1": "OCPP20", "2.1": "OCPP21"}
"""ocppVersion of a network profile: 2.0.1 is called OCPP20, in 2.1 too."""
MESSAGE_TIMEOUT = 30
"""Seconds, of a network profile."""
Interface = Literal["Wired0", "Wired1", "Wired2", "Wired3", "Wireless0", "Wireless1", "Wireless2", "Wireless3", "Any"]


class SetNetworkProfile(Command):
    """Put into a slot how the station reaches a CSMS (B09, 2.x). It is used when NetworkConfigurationPriority names the
    slot, after a restart. A password or an identity for the slot goes by the raw call."""

    actions: ClassVar = ("SetNetworkProfile",)
    waits_offline: ClassVar[bool] = True
    slot: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    url: Annotated[str, Meta(pattern=r"^wss?://\S+(?!\n)$", max_length=512)]
    """Without the station's identity."""
    security_profile: SecurityProfile
    interface: Interface = "Wired0"
    message_timeout_s: Annotated[int, Meta(ge=1, le=3600)] = MESSAGE_TIMEOUT

    def to_v2(self, ask: Ask) -> Calls:
        if self.interface == "Any" and ask.version is not V21:
            raise Unsupported("The interface `Any` is of OCPP 2.1.")
        profile = profile_number(self.security_profile)
        answer = yield set_profile(ask, self.slot, self.url, profile, self.interface, timeout=self.message_timeout_s)
        return outcome(answer)


def in_use(ask: Ask) -> Any:
    """The list of network profiles that the station uses now; it is asked where that is not known."""
    known = ask.known.value(PRIORITY)
    if known is not None and rules.slots(known):
        return known
    found = yield from asked(ask)
    for name in (PRIORITY, ACTIVE):
        if rules.slots(found[name]):
            return found[name]
    raise Unsupported("The station does not say which network profiles it uses (NetworkConfigurationPriority).")


def asked(ask: Ask) -> Any:
    """The list and the slot in use, by their names, as the station says them now; empty where it does not."""
    v, names = ask.v, (PRIORITY, ACTIVE)
    component = v.ComponentType(name=PRIORITY.component)
    wanted = [v.GetVariableDataType(component=component, variable=v.VariableType(name=one.variable)) for one in names]
    answer = yield v.GetVariablesRequest(get_variable_data=wanted)
    said = {
        one.variable.name.lower(): one.attribute_value
        for one in answer.get_variable_result
        if one.attribute_status == "Accepted" and one.attribute_value is not UNSET
    }
    return {name: said.get(name.variable.lower(), "") for name in names}


def free_slot(ask: Ask, priority: str, wanted: int | None) -> int:
    """The wanted slot, or one that is not in the list. Raises Unsupported."""
    variable = ask.known.get(PRIORITY)
    told = None if variable is None else variable.characteristics
    try:
        return rules.free_slot(priority, () if told is None else told.options, wanted)
    except Forbidden as forbidden:
        raise Unsupported(str(forbidden)) from None


def set_profile(
    ask: Ask, slot: int, url: str, security_profile: int, interface: Interface, to: str = "",
    timeout: int = MESSAGE_TIMEOUT,
) -> Any:  # fmt: skip
    """The request that puts a profile into a slot; `to` is the version of OCPP, that of the station unless said."""
    data = ask.v.NetworkConnectionProfileType(
        ocpp_version=VERSIONS[to or ask.version.name],
        ocpp_transport="JSON",
        ocpp_csms_url=url,
        message_timeout=timeout,
        security_profile=security_profile,
        ocpp_interface=interface,
    )
    return ask.v.SetNetworkProfileRequest(configuration_slot=slot, connection_data=data)


def set_priority(ask: Ask, value: str) -> Any:
    """The request that sets the list."""
    v = ask.v
    data = v.SetVariableDataType(
        attribute_value=value,
        component=v.ComponentType(name=PRIORITY.component),
        variable=v.VariableType(name=PRIORITY.variable),
    )
    return v.SetVariablesRequest(set_variable_data=[data])


def refused_priority(answer: Any) -> str | None:
    """Why the list was not taken."""
    said: list[str] = [one.attribute_status for one in answer.set_variable_result]
    return None if said and said[0] in ("Accepted", "RebootRequired") else ", ".join(said) or "no result"
