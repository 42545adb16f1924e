"""Simulated charging stations of OCPP 1.6, 2.0.1 and 2.1, one or hundreds in a process.

An independent witness: it shares the wire (`ohmstead.ocpp`) with the server, never its rules, and works against any
CSMS. `Station` is one station under a script's hands, `Fleet` many that live by seeded dice, `simulate` what the
command line runs, `script` a scenario from a file. docs/howto/simulate.md shows each.
"""

from __future__ import annotations

from ohmstead.shapes.tables import BadFile
from ohmstead.simulator.accounts import Account, Accounts, Prices, Rate
from ohmstead.simulator.connection import CannotConnect, Endpoint, tls_context
from ohmstead.simulator.dialect import Happening
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.evse import Connector, Evse
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.fleet import Fleet, Summary
from ohmstead.simulator.keys import Keys
from ohmstead.simulator.outbox import Acknowledged, Answered, Failed
from ohmstead.simulator.persona import Persona, UnknownPersona
from ohmstead.simulator.running import Unmet
from ohmstead.simulator.scenario import ScenarioFailed, Script, script
from ohmstead.simulator.sealing import Seal, seal_of
from ohmstead.simulator.session import Transaction
from ohmstead.simulator.simulate import Options, play, simulate
from ohmstead.simulator.station import Station
from ohmstead.simulator.wire import Frame

__all__ = [
    "Account",
    "Accounts",
    "Acknowledged",
    "Answered",
    "BadFile",
    "CannotConnect",
    "Connector",
    "Endpoint",
    "Ev",
    "Evse",
    "Failed",
    "Faults",
    "Fleet",
    "Frame",
    "Happening",
    "Keys",
    "Options",
    "Persona",
    "Prices",
    "Rate",
    "ScenarioFailed",
    "Script",
    "Seal",
    "Station",
    "Summary",
    "Transaction",
    "UnknownPersona",
    "Unmet",
    "play",
    "script",
    "seal_of",
    "simulate",
    "tls_context",
]
