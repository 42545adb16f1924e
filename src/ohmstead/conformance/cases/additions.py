"""What 2.1 adds beside energy: tariffs, resuming, DER, battery swaps, payments, streams, logs."""

from __future__ import annotations

from typing import Any

from ohmstead.conformance.case import V2
from ohmstead.conformance.rows import (
    ACCEPTED,
    AT,
    CONNECTOR,
    HEARTBEAT_INTERVAL,
    REJECTED,
    TOKEN,
    Row,
    Told,
    add_rows,
    add_told,
    told,
)  # fmt: skip
from ohmstead.conformance.talk import Words
from ohmstead.ocpp.versions import V21

PRICE = {"prices": [{"priceKwh": 0.3}]}


def tariff(**conditions: Any) -> Words:
    price = {"priceKwh": 0.3} | ({"conditions": conditions} if conditions else {})
    return {"tariffId": "CONFORM-1", "currency": "EUR", "energy": {"prices": [price]}}


def default(*, evse_id: int = 0, **conditions: Any) -> Words:
    return {"evseId": evse_id, "tariff": tariff(**conditions)}


CHANGED = {"transactionId": "TRANSACTION", "tariff": tariff()}
NIGHT: dict[str, Any] = {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"}
DROOP = {
    "isDefault": True, "controlId": "droop",
    "controlType": "FixedPFAbsorb", "fixedPFAbsorb": {"priority": 0, "displacement": 0.9, "excitation": True},
}  # fmt: skip
RESUME = {"type": "ImmediateAndResume"}
LOG = {"logType": "DataCollectorLog", "requestId": 51, "log": {"remoteLocation": "http://127.0.0.1/logs"}}
UPLOADED = told(
    "LogStatusNotification", {"requestId": 51, "status": "Uploading"}, {"requestId": 51, "status": "Uploaded"}
)
STREAM = {"id": 1, "variableMonitoringId": 1, "params": {"interval": 1, "values": 1}}
FREQUENT = {"value": 5.0, "type": "Periodic", "severity": 5, "periodicEventStream": {"interval": 10, "values": 2}}
MONITOR = {"setMonitoringData": [FREQUENT | HEARTBEAT_INTERVAL]}
MONITORED = {
    "setMonitoringResult": [{"id": 1, "status": "Accepted", "type": "Periodic", "severity": 5, **HEARTBEAT_INTERVAL}]
}
SWAP = {"requestId": 5, **TOKEN}

ROWS: list[Row] = [
    Row("TC_B_103_CSMS", "Reset and resume, with a transaction", "B12.FR.10", "Reset", RESUME, ACCEPTED, charging=True),
    Row("TC_B_104_CSMS", "Reset and resume, without a transaction", "B11.FR.10", "Reset", RESUME, ACCEPTED),
    Row("TC_F_100_CSMS", "A trigger of the vendor's own", "F06.FR.01", "TriggerMessage", {"requestedMessage": "CustomTrigger", "customTrigger": "ConformTrigger"}, {"status": "NotImplemented"}),
    Row("TC_I_101_CSMS", "A default tariff for hours of the day", "I07.FR.01", "SetDefaultTariff", default(**NIGHT), ACCEPTED),
    Row("TC_I_102_CSMS", "A default tariff with too many elements", "I07.FR.02", "SetDefaultTariff", default(), {"status": "TooManyElements"}),
    Row("TC_I_105_CSMS", "A default tariff with conditions that the station does not know", "I07.FR.03", "SetDefaultTariff", default(**NIGHT), {"status": "ConditionNotSupported"}),
    Row("TC_I_106_CSMS", "A default tariff that is rejected", "I07.FR.04", "SetDefaultTariff", default(evse_id=1), REJECTED),
    Row("TC_I_110_CSMS", "Clear a tariff", "I10.FR.01", "ClearTariffs", {"tariffIds": ["CONFORM-1"]}, {"clearTariffsResult": [{"tariffId": "CONFORM-1", "status": "Accepted"}]}),
    Row("TC_I_113_CSMS", "Another tariff for a transaction: too many elements", "I11.FR.02", "ChangeTransactionTariff", CHANGED, {"status": "TooManyElements"}, charging=True),
    Row("TC_I_114_CSMS", "Another tariff for a transaction: a condition is not known", "I11.FR.03", "ChangeTransactionTariff", CHANGED, {"status": "ConditionNotSupported"}, charging=True),
    Row("TC_I_115_CSMS", "Another tariff for a transaction", "I11.FR.01", "ChangeTransactionTariff", CHANGED, ACCEPTED, charging=True),
    Row("OHM_I09", "Which tariffs there are", "I09.FR.01", "GetTariffs", {"evseId": 0}, {"status": "Accepted", "tariffAssignments": [{"tariffId": "CONFORM-1", "tariffKind": "DefaultTariff", "evseIds": [1]}]}),
    Row("TC_N_100_CSMS", "The data collector's log", "N01.FR.01", "GetLog", LOG, {"status": "Accepted", "filename": "d.zip"}, UPLOADED),
    Row("TC_N_102_CSMS", "A log for a server that wants a password", "N01.FR.01", "GetLog", LOG | {"log": {"remoteLocation": "http://me:secret@127.0.0.1/logs"}}, {"status": "Accepted", "filename": "d.zip"}, UPLOADED),
    Row("TC_N_102_2_CSMS", "A log for a server that wants a password, by TLS", "N01.FR.01", "GetLog", LOG | {"log": {"remoteLocation": "https://me:secret@127.0.0.1/logs"}}, {"status": "Accepted", "filename": "d.zip"}, UPLOADED),
    Row("TC_N_105_CSMS", "A monitor that speaks often", "N04.FR.01 N11.FR.01", "SetVariableMonitoring", MONITOR, MONITORED),
    Row("TC_N_107_CSMS", "Which event streams there are", "N13.FR.01", "GetPeriodicEventStream", {}, {"constantStreamData": [STREAM]}),
    Row("OHM_N14", "An event stream at another pace", "N14.FR.01", "AdjustPeriodicEventStream", {"id": 1, "params": {"interval": 30, "values": 5}}, ACCEPTED),
    Row("TC_R_107_CSMS", "DER controls: set, asked for, cleared", "R04.FR.01", "SetDERControl", DROOP, ACCEPTED, told("ReportDERControl", {"requestId": 8, "tbc": False}),
        also=(("GetDERControl", {"requestId": 8}, ACCEPTED), ("ClearDERControl", {"isDefault": True, "controlId": "droop"}, ACCEPTED))),
    Row("TC_S_102_CSMS", "A battery swap from afar: there are too few", "S03.FR.02", "RequestBatterySwap", SWAP, REJECTED),
    Row("TC_S_103_CSMS", "A battery swap from afar", "S03.FR.01", "RequestBatterySwap", SWAP, ACCEPTED, told("BatterySwap", {"eventType": "BatteryOut", "requestId": 5, **TOKEN, "batteryData": [{"evseId": 1, "serialNumber": "B1", "soC": 80.0, "soH": 99.0}]})),
    Row("TC_B_105_CSMS", "A network profile by its variables", "B09.FR.05", "SetVariables", {"setVariableData": [{"attributeValue": "wss://127.0.0.1/ocpp", "component": {"name": "NetworkConfiguration", "instance": "2"}, "variable": {"name": "OcppCsmsUrl"}}]}, {"setVariableResult": [{"attributeStatus": "Accepted", "component": {"name": "NetworkConfiguration", "instance": "2"}, "variable": {"name": "OcppCsmsUrl"}}]}),
]  # fmt: skip
add_rows(ROWS, (V21,))


def _limits(**limit: Any) -> tuple[tuple[str, Words], ...]:
    """An event in which the station says how far the transaction goes."""
    info = {"transactionId": "TRANSACTION", "chargingState": "Charging", "transactionLimit": limit}
    words = {
        "eventType": "Updated",
        "timestamp": AT,
        "triggerReason": "LimitSet",
        "seqNo": 500,
        "transactionInfo": info,
    }
    return told("TransactionEvent", words)


def _ran_out(reason: str, stopped: str) -> tuple[tuple[str, Words], ...]:
    info = {"transactionId": "TRANSACTION", "chargingState": "SuspendedEVSE", "stoppedReason": stopped}
    words = {"eventType": "Updated", "timestamp": AT, "triggerReason": reason, "seqNo": 501, "transactionInfo": info}
    return told("TransactionEvent", words)


SETTLED = {"pspRef": "conform-psp-1", "settlementAmount": 3.5, "settlementTime": AT}
TOLD: list[Told] = [
    Told("TC_E_106_CSMS", "The station sets a limit: energy", "E16.FR.01", _limits(maxEnergy=10_000.0) + _ran_out("EnergyLimitReached", "EnergyLimitReached"), charging=True),
    Told("TC_E_107_CSMS", "The station sets a limit: time", "E16.FR.01", _limits(maxTime=3600) + _ran_out("TimeLimitReached", "TimeLimitReached"), charging=True),
    Told("TC_E_108_CSMS", "The station sets a limit: cost", "E16.FR.01", _limits(maxCost=12.5) + _ran_out("CostLimitReached", "LocalOutOfCredit"), charging=True),
    Told("OHM_E16", "The station sets a limit: state of charge", "E16.FR.01", _limits(maxSoC=80) + _ran_out("SoCLimitReached", "SOCLimitReached"), charging=True),
    Told("TC_E_113_CSMS", "A transaction is resumed", "E17.FR.01", told("TransactionEvent", {"eventType": "Updated", "timestamp": AT, "triggerReason": "TxResumed", "seqNo": 500, "transactionInfo": {"transactionId": "TRANSACTION", "chargingState": "Charging"}}), charging=True),
    Told("TC_C_108_CSMS", "A VAT number", "C18.FR.01", told("VatNumberValidation", {"vatNumber": "DE123456789"})),
    Told("TC_C_117_CSMS", "A payment is settled", "C20.FR.01", told("NotifySettlement", SETTLED | {"transactionId": "TRANSACTION", "status": "Settled"}), charging=True),
    Told("TC_C_118_CSMS", "A payment is settled, with a receipt of the station", "C20.FR.04", told("NotifySettlement", SETTLED | {"transactionId": "TRANSACTION", "status": "Settled", "receiptId": "r-1", "receiptUrl": "https://127.0.0.1/r-1"}), charging=True),
    Told("TC_C_119_CSMS", "A payment that failed", "C21.FR.01", told("NotifySettlement", SETTLED | {"status": "Failed", "statusInfo": "no answer"})),
    Told("TC_C_120_CSMS", "A payment that was rejected", "C21.FR.02", told("NotifySettlement", SETTLED | {"status": "Rejected", "statusInfo": "no cover"})),
    Told("TC_C_113_CSMS", "A payment is given up", "C19.FR.01", told("NotifySettlement", SETTLED | {"status": "Canceled", "settlementAmount": 0.0})),
    Told("TC_R_108_CSMS", "A DER event", "R05.FR.01", (*told("NotifyDERAlarm", {"controlType": "FreqDroop", "gridEventFault": "OverFrequency", "timestamp": AT}), *told("NotifyDERStartStop", {"controlId": "droop", "started": True, "timestamp": AT}, {"controlId": "droop", "started": False, "timestamp": AT}))),
    Told("OHM_N12", "A stream is opened, flows, and is closed", "N11.FR.01 N12.FR.01", (*told("OpenPeriodicEventStream", {"constantStreamData": STREAM}), *told("ClosePeriodicEventStream", {"id": 1}))),
    Told("OHM_S01", "Batteries come and go", "S01.FR.01", told("BatterySwap", {"eventType": "BatteryIn", "requestId": 9, **TOKEN, "batteryData": [{"evseId": 1, "serialNumber": "B2", "soC": 12.0, "soH": 97.0}]})),
]  # fmt: skip
add_told(TOLD, (V21,))

# ---------------------------------------------------------------------- what both versions of 2.x have

BOTH: list[Row] = [
    Row("TC_B_26_CSMS", "Reset an EVSE when idle, with a transaction", "B12.FR.07", "Reset", {"type": "OnIdle", "evseId": 1}, {"status": "Scheduled"}, charging=True),
    Row("TC_B_27_CSMS", "Reset an EVSE at once, with a transaction", "B12.FR.08", "Reset", {"type": "Immediate", "evseId": 1}, ACCEPTED, charging=True),
    Row("TC_F_14_CSMS", "Trigger the transaction events of all EVSEs", "F06.FR.01", "TriggerMessage", {"requestedMessage": "TransactionEvent"}, ACCEPTED, charging=True),
    Row("TC_G_17_CSMS", "A connector out of service, with a transaction", "G03.FR.05", "ChangeAvailability", {"operationalStatus": "Inoperative", **CONNECTOR}, {"status": "Scheduled"}, charging=True),
    Row("TC_I_01_CSMS", "What it costs so far", "I02.FR.01", "CostUpdated", {"totalCost": 1.5, "transactionId": "TRANSACTION"}, {}, charging=True),
]  # fmt: skip
add_rows(BOTH, V2)
