"""Simulated charging stations of OCPP 1.6, 2.0.1 and 2.1, one or hundreds in a process.

An independent witness: it shares the wire (`ohmstead.ocpp`) with the server, never its rules, and works against any
CSMS. `Station` is one station under a script's hands, `Fleet` many that live by seeded dice, `simulate` what the
command line runs. docs/howto/simulate.md shows each.
"""

from __future__ import annotations

from ohmstead.simulator.connection import CannotConnect, Endpoint, tls_context
from ohmstead.simulator.controller import Happening
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.evse import Connector, Evse
from ohmstead.simulator.fleet import Fleet, Summary
from ohmstead.simulator.outbox import Acknowledged, Answered, Failed
from ohmstead.simulator.running import Unmet
from ohmstead.simulator.session import Transaction
from ohmstead.simulator.simulate import PERSONAS, Options, UnknownPersona, simulate
from ohmstead.simulator.station import Station
from ohmstead.simulator.wire import Frame

__all__ = [
    "PERSONAS",
    "Acknowledged",
    "Answered",
    "CannotConnect",
    "Connector",
    "Endpoint",
    "Ev",
    "Evse",
    "Failed",
    "Fleet",
    "Frame",
    "Happening",
    "Options",
    "Station",
    "Summary",
    "Transaction",
    "UnknownPersona",
    "Unmet",
    "simulate",
    "tls_context",
]
