"""K: charging profiles and limits, beside the first of them in `commands`."""

from __future__ import annotations

from typing import Any

from ohmstead.conformance.case import V2
from ohmstead.conformance.cases.commands import profile
from ohmstead.conformance.rows import ACCEPTED, AT, REJECTED, Call, Row, Told, add_rows, add_told, told
from ohmstead.conformance.talk import Words
from ohmstead.ocpp.versions import V21

OF_TX: dict[str, Any] = {"transactionId": "TRANSACTION", "chargingProfileKind": "Relative"}


def _asked(number: int, evse_id: int | None = None, **criterion: Any) -> Words:
    where = {} if evse_id is None else {"evseId": evse_id}
    return {"requestId": number, **where, "chargingProfile": criterion}


def _reported(
    number: int, evse_id: int = 1, purpose: str = "TxDefaultProfile", source: str = "CSO"
) -> tuple[Call, ...]:
    one = profile(purpose, evse_id)["chargingProfile"]
    words = {"requestId": number, "chargingLimitSource": source, "evseId": evse_id, "chargingProfile": [one]}
    return told("ReportChargingProfiles", words)


def _limited(*, grid: bool = False, evse_id: int | None = None) -> Words:
    limit: Words = {"chargingLimit": {"chargingLimitSource": "EMS", "isGridCritical": grid}}
    return limit | ({} if evse_id is None else {"evseId": evse_id})


RELEASED = {"chargingLimitSource": "EMS"}
SECOND = profile("TxDefaultProfile", 1, id=8, stackLevel=1)
REPLACED = profile("TxDefaultProfile", 1, stackLevel=2)

ROWS: list[Row] = [
    Row("TC_K_02_CSMS", "TxProfile for a transaction that the station does not have", "K01.FR.09", "SetChargingProfile", profile("TxProfile", 1, transactionId="gone", chargingProfileKind="Relative"), REJECTED),
    Row("TC_K_04_CSMS", "A profile takes the place of that with its id", "K01.FR.05", "SetChargingProfile", profile("TxDefaultProfile", 1), ACCEPTED, also=(("SetChargingProfile", REPLACED, ACCEPTED),)),
    Row("TC_K_29_CSMS", "Profiles of the station itself", "K09.FR.03", "GetChargingProfiles", _asked(91, 0, chargingProfilePurpose="ChargingStationMaxProfile"), ACCEPTED, _reported(91, 0, "ChargingStationMaxProfile")),
    Row("TC_K_31_CSMS", "Profiles wherever they are", "K09.FR.03", "GetChargingProfiles", _asked(92, chargingProfilePurpose="TxDefaultProfile"), ACCEPTED, _reported(92)),
    Row("TC_K_34_CSMS", "Profiles of an EVSE and source", "K09.FR.03", "GetChargingProfiles", _asked(93, 1, chargingLimitSource=["CSO"]), ACCEPTED, _reported(93)),
    Row("TC_K_35_CSMS", "Profiles of an EVSE and purpose", "K09.FR.03", "GetChargingProfiles", _asked(94, 1, chargingProfilePurpose="TxDefaultProfile"), ACCEPTED, _reported(94)),
    Row("TC_K_36_CSMS", "Profiles of an EVSE, purpose and level", "K09.FR.03", "GetChargingProfiles", _asked(95, 1, chargingProfilePurpose="TxDefaultProfile", stackLevel=0), ACCEPTED, _reported(95)),
    Row("TC_K_60_CSMS", "TxProfile for the transaction that goes on", "K01.FR.03", "SetChargingProfile", profile("TxProfile", 1, **OF_TX), ACCEPTED, charging=True),
    Row("TC_K_70_CSMS", "Several profiles", "K01.FR.31", "SetChargingProfile", profile("TxDefaultProfile", 1), ACCEPTED, also=(("SetChargingProfile", SECOND, ACCEPTED),)),
    Row("TC_K_52_CSMS", "External limits as profiles", "K09.FR.03 K12.FR.01", "GetChargingProfiles", _asked(96, 0, chargingProfilePurpose="ChargingStationExternalConstraints"), ACCEPTED, _reported(96, 0, "ChargingStationExternalConstraints", "EMS")),
]  # fmt: skip
TOLD: list[Told] = [
    Told("TC_K_48_CSMS", "An external limit", "K12.FR.02 K12.FR.04", told("NotifyChargingLimit", _limited(), _limited(grid=True, evse_id=1))),
    Told("TC_K_50_CSMS", "An external limit is over", "K13.FR.01", (*told("NotifyChargingLimit", _limited()), *told("ClearedChargingLimit", RELEASED))),
    Told("TC_K_51_CSMS", "An external limit is over, with a transaction", "K13.FR.01 K13.FR.02", (*told("NotifyChargingLimit", _limited(evse_id=1)), *told("ClearedChargingLimit", RELEASED | {"evseId": 1})), charging=True),
]  # fmt: skip
add_rows(ROWS, V2)
add_told(TOLD, V2)


def _period(**more: Any) -> Words:
    """A profile of 2.1 whose one period says this."""
    made = profile("TxProfile", 1, **OF_TX)
    made["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"] = [{"startPeriod": 0, **more}]
    return made


def _schedule(**more: Any) -> Words:
    made = profile("TxProfile", 1, **OF_TX)
    made["chargingProfile"]["chargingSchedule"][0] |= more
    return made


SETPOINT = {"operationMode": "CentralSetpoint", "setpoint": 5000.0, "limit": 11000.0}
IN_W = {"chargingRateUnit": "W"}
DYNAMIC: dict[str, Any] = {"chargingProfileKind": "Dynamic", "dynUpdateInterval": 60}


def _dynamic() -> Words:
    made = profile("TxProfile", 1, transactionId="TRANSACTION", **DYNAMIC)
    made["chargingProfile"]["chargingSchedule"][0] |= IN_W | {
        "chargingSchedulePeriod": [{"startPeriod": 0, **SETPOINT}]
    }
    return made


def _in_w(**more: Any) -> Words:
    made = _period(**more)
    made["chargingProfile"]["chargingSchedule"][0] |= IN_W
    return made


PRIORITY: dict[str, Any] = {"chargingProfileKind": "Relative"}
PULLED = {"chargingProfileId": 7}
FIRST = {"component": {"name": "SmartChargingCtrlr"}, "variable": {"name": "MaxExternalConstraintsId"}}
ADDITIONS: list[Row] = [
    Row("TC_K_100_CSMS", "A profile that ends while the station is offline", "K01.FR.94", "SetChargingProfile", profile("TxProfile", 1, **OF_TX, maxOfflineDuration=600, invalidAfterOfflineDuration=True), ACCEPTED, charging=True),
    Row("TC_K_101_CSMS", "A profile of another operation mode", "Q05.FR.01", "SetChargingProfile", _in_w(**SETPOINT), ACCEPTED, charging=True),
    Row("TC_K_102_CSMS", "A profile that changes with the battery", "K01.FR.105", "SetChargingProfile", _schedule(limitAtSoC={"soc": 80, "limit": 6.0}), ACCEPTED, charging=True),
    Row("TC_K_104_CSMS", "A profile for priority", "K21.FR.02", "SetChargingProfile", profile("PriorityCharging", 1, **PRIORITY), ACCEPTED),
    Row("TC_K_106_CSMS", "A profile that begins at random", "K14.FR.02", "SetChargingProfile", _schedule(randomizedDelay=300), ACCEPTED, charging=True),
    Row("TC_K_109_CSMS", "Numbers that are not those of an energy manager", "K01.FR.80", "GetVariables", {"getVariableData": [FIRST]}, {"getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "100", **FIRST}]}, also=(("SetChargingProfile", profile("TxDefaultProfile", 1, id=101), ACCEPTED),)),
    Row("TC_K_118_CSMS", "Priority for a transaction, asked for from afar", "K21.FR.01", "UsePriorityCharging", {"transactionId": "TRANSACTION", "activate": True}, ACCEPTED, charging=True),
    Row("TC_Q_108_CSMS", "Energy both ways by a schedule", "Q05.FR.01", "SetChargingProfile", _in_w(operationMode="CentralSetpoint", setpoint=-4000.0, limit=11000.0, dischargeLimit=-5000.0), ACCEPTED, charging=True),
    Row("TC_Q_109_CSMS", "A setpoint that is moved", "Q06.FR.01 K28.FR.01", "SetChargingProfile", _dynamic(), ACCEPTED, charging=True, also=(("UpdateDynamicSchedule", {"chargingProfileId": 7, "scheduleUpdate": {"setpoint": 3000.0}}, ACCEPTED),)),
    Row("TC_Q_117_CSMS", "Frequency support from afar", "Q08.FR.01", "SetChargingProfile", _in_w(operationMode="CentralFrequency", setpoint=2000.0), ACCEPTED, charging=True),
    Row("TC_Q_120_CSMS", "Frequency support by a signal", "Q09.FR.01", "SetChargingProfile", _in_w(operationMode="CentralFrequency", setpoint=0.0, v2xSignalWattCurve=[{"signal": -100, "power": -4000.0}, {"signal": 100, "power": 4000.0}]), ACCEPTED, charging=True, also=(("AFRRSignal", {"timestamp": AT, "signal": 50}, ACCEPTED),)),
    Row("TC_Q_121_CSMS", "Frequency support by the station", "Q09.FR.01", "SetChargingProfile", _in_w(operationMode="LocalFrequency", v2xBaseline=0.0, v2xFreqWattCurve=[{"frequency": 49.8, "power": 4000.0}, {"frequency": 50.2, "power": -4000.0}]), ACCEPTED, charging=True),
    Row("TC_Q_124_CSMS", "Load balanced by the station", "Q10.FR.01", "SetChargingProfile", _in_w(operationMode="LocalLoadBalancing"), ACCEPTED, charging=True),
    Row("TC_Q_102_CSMS", "What energy is allowed", "Q02.FR.05", "NotifyAllowedEnergyTransfer", {"transactionId": "TRANSACTION", "allowedEnergyTransfer": ["DC", "DC_BPT"]}, ACCEPTED, charging=True),
    Row("TC_Q_107_CSMS", "Charging only, before energy both ways", "Q04.FR.01", "SetChargingProfile", _in_w(operationMode="ChargingOnly", limit=11000.0), ACCEPTED, charging=True, also=(("NotifyAllowedEnergyTransfer", {"transactionId": "TRANSACTION", "allowedEnergyTransfer": ["DC_BPT"]}, ACCEPTED),)),
]  # fmt: skip
SPOKEN: list[Told] = [
    Told("TC_K_121_CSMS", "The station asks for a new setpoint", "K28.FR.04", told("PullDynamicScheduleUpdate", PULLED)),
    Told("TC_Q_110_CSMS", "The station asks for a new setpoint, in a transaction", "Q06.FR.02", told("PullDynamicScheduleUpdate", PULLED), charging=True),
    Told("OHM_K22", "Priority for a transaction, asked for by the driver", "K22.FR.01", told("NotifyPriorityCharging", {"transactionId": "TRANSACTION", "activated": True}), charging=True),
]  # fmt: skip
add_rows(ADDITIONS, (V21,))
add_told(SPOKEN, (V21,))
