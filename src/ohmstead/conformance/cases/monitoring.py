"""N: monitors, beside the first of them in `commands`."""

from __future__ import annotations

from typing import Any

from ohmstead.conformance.case import V2
from ohmstead.conformance.cases.boot import event_2
from ohmstead.conformance.rows import (
    ACCEPTED,
    AT,
    HEARTBEAT_INTERVAL,
    OFFLINE_THRESHOLD,
    REJECTED,
    Row,
    Told,
    add_rows,
    add_told,
    told,
)  # fmt: skip
from ohmstead.conformance.talk import Words
from ohmstead.ocpp.versions import V21, V201

THRESHOLD = {"value": 90.0, "type": "UpperThreshold", "severity": 5}
PERIODIC = {"value": 60.0, "type": "Periodic", "severity": 5}
BOTH = [HEARTBEAT_INTERVAL, OFFLINE_THRESHOLD]


def _report(number: int) -> tuple[tuple[str, Words], ...]:
    monitor = {"id": 1, "transaction": False, **THRESHOLD, "eventNotificationType": "CustomMonitor"}
    words = {"requestId": number, "seqNo": 0, "generatedAt": AT, "tbc": False}
    one = {**HEARTBEAT_INTERVAL, "variableMonitoring": [monitor]}
    return told("NotifyMonitoringReport", words | {"monitor": [one]})


def _report_20(number: int) -> tuple[tuple[str, Words], ...]:
    ((action, words),) = _report(number)
    del words["monitor"][0]["variableMonitoring"][0]["eventNotificationType"]
    return ((action, words),)


def _set(*monitors: Words) -> Words:
    results = [
        {"id": n, "status": "Accepted", "type": one["type"], "severity": 5, "component": one["component"],
         "variable": one["variable"]}
        for n, one in enumerate(monitors, 1)
    ]  # fmt: skip
    return {"setMonitoringResult": results}


TWO = [THRESHOLD | HEARTBEAT_INTERVAL, THRESHOLD | OFFLINE_THRESHOLD]
CLEARED = {"clearMonitoringResult": [{"id": 1, "status": "Accepted"}]}


def rows(report: Any) -> list[Row]:
    """Those whose report looks different in the two versions."""
    return [
        Row("TC_N_01_CSMS", "Monitoring report: by criteria", "N02.FR.01", "GetMonitoringReport", {"requestId": 81, "monitoringCriteria": ["ThresholdMonitoring"]}, ACCEPTED, report(81)),
        Row("TC_N_02_CSMS", "Monitoring report: of a variable", "N02.FR.01", "GetMonitoringReport", {"requestId": 82, "componentVariable": [HEARTBEAT_INTERVAL]}, ACCEPTED, report(82)),
        Row("TC_N_03_CSMS", "Monitoring report: of a variable, by criteria", "N02.FR.01", "GetMonitoringReport", {"requestId": 83, "componentVariable": [HEARTBEAT_INTERVAL], "monitoringCriteria": ["ThresholdMonitoring"]}, ACCEPTED, report(83)),
        Row("TC_N_47_CSMS", "Monitoring report: everything", "N02.FR.01", "GetMonitoringReport", {"requestId": 84}, ACCEPTED, report(84)),
        Row("TC_N_60_CSMS", "Monitoring report: of several variables, by criteria", "N02.FR.01", "GetMonitoringReport", {"requestId": 85, "componentVariable": BOTH, "monitoringCriteria": ["DeltaMonitoring", "PeriodicMonitoring"]}, ACCEPTED, report(85)),
    ]  # fmt: skip


ROWS: list[Row] = [
    Row("TC_N_09_CSMS", "Set several monitors", "N04.FR.01", "SetVariableMonitoring", {"setMonitoringData": TWO}, _set(*TWO)),
    Row("TC_N_17_CSMS", "A monitoring level that the station does not take", "N05.FR.02", "SetMonitoringLevel", {"severity": 9}, REJECTED),
    Row("TC_N_18_CSMS", "Clear more monitors than there are", "N06.FR.01", "ClearVariableMonitoring", {"id": [1, 98, 99]}, {"clearMonitoringResult": [{"id": 1, "status": "Accepted"}, {"id": 98, "status": "NotFound"}, {"id": 99, "status": "NotFound"}]}),
    Row("TC_N_24_CSMS", "A periodic monitor, and what it says", "N04.FR.01 N08.FR.01", "SetVariableMonitoring", {"setMonitoringData": [PERIODIC | HEARTBEAT_INTERVAL]}, _set(PERIODIC | HEARTBEAT_INTERVAL), told("NotifyEvent", event_2("OCPPCommCtrlr", "HeartbeatInterval", "300", trigger="Periodic", variableMonitoringId=1, eventNotificationType="CustomMonitor"))),
    Row("TC_N_44_CSMS", "A monitor that cannot be cleared", "N06.FR.01", "ClearVariableMonitoring", {"id": [1]}, {"clearMonitoringResult": [{"id": 1, "status": "Rejected"}]}),
]  # fmt: skip
_ALERT = {"trigger": "Alerting", "variableMonitoringId": 1, "eventNotificationType": "CustomMonitor"}
TOLD: list[Told] = [
    Told("TC_N_48_CSMS", "An alert of what can only be written", "N07.FR.02", told("NotifyEvent", event_2("SecurityCtrlr", "BasicAuthPassword", "", **_ALERT))),
    Told("TC_N_49_CSMS", "An alert that is over after a reboot", "N07.FR.02 N07.FR.18", told("NotifyEvent", event_2("ChargingStation", "Temperature", "95", **_ALERT), event_2("ChargingStation", "Temperature", "60", **_ALERT, cleared=True))),
    Told("TC_N_50_CSMS", "What a periodic monitor says, again and again", "N08.FR.01", told("NotifyEvent", *(event_2("ChargingStation", "Temperature", str(one), trigger="Periodic", variableMonitoringId=2, eventNotificationType="CustomMonitor") for one in (41, 42, 43)))),
]  # fmt: skip
REPORTS_20, REPORTS_21 = rows(_report_20), rows(_report)
add_rows(REPORTS_20, (V201,))
add_rows(REPORTS_21, (V21,))
add_rows(ROWS, V2)
add_told(TOLD, V2)
