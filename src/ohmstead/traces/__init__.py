"""Recorded conversations of stations: read in any of the usual formats, written as OCPP trace 1.1, judged, made
anonymous, said again, compared, and turned into the draft of a persona.

A trace comes from somebody else: nothing in it is run, no path in it is opened, and its size, lines and depth are
bounded (`reading.py`). docs/howto/traces.md shows each verb.
"""
