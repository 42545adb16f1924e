"""Conformance: is a CSMS, or a station, what the specification says? The other side is played by us, case by case.

It is no certification. The cases carry the public test ids and requirement ids and are written in our own words from
the specification; they are judged by the official schemas. The station here shares only the wire with the server.
"""

from ohmstead.conformance.case import CASES, Case
from ohmstead.conformance.operator import BadDriver, Operator
from ohmstead.conformance.runner import Setup, chosen, run, run_station
from ohmstead.conformance.verdicts import Report, Verdict

__all__ = ["CASES", "BadDriver", "Case", "Operator", "Report", "Setup", "Verdict", "chosen", "run", "run_station"]
