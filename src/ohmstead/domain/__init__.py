"""The rules: pure functions over frozen structs. No I/O, no clock of its own, no OCPP version.

Times are integers, microseconds since 1970 UTC. Words are the specification's (mostly 2.x-shaped: evse, connector,
token, transaction); a 1.6 connector n is EVSE n, connector 1.
"""
