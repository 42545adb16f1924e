// A message or a command in one line of plain words: what it says, not how OCPP packs it. Fields are read as any version
// spells them; what is not there is not said.
import { words } from "./format.js";

const joined = (parts) => parts.filter((one) => one !== null && one !== undefined && one !== "" && one !== false).join(", ");

/** All sampled values of a payload, of any version: {measurand, value, unit}. */
function samples(payload) {
  const lists = [payload?.meterValue ?? payload?.meterValues ?? []].flat();
  return lists.flatMap((one) => one?.sampledValue ?? []).filter((one) => one && !one.phase).map((one) => ({ measurand: one.measurand ?? "Energy.Active.Import.Register", value: Number(one.value), unit: one.unitOfMeasure?.unit ?? one.unit, factor: 10 ** (one.unitOfMeasure?.multiplier ?? 0) }));
}

/** "5.7 kW, 64 %": what the newest readings of a payload say. */
export function readings(payload) {
  const all = samples(payload);
  const last = (name) => all.findLast((one) => one.measurand === name && Number.isFinite(one.value));
  const [power, battery] = [last("Power.Active.Import"), last("SoC")];
  const kilo = power && (power.value * power.factor) / (power.unit === "kW" ? 1 : 1000);
  return joined([power && `${kilo.toFixed(1)} kW`, battery && `${battery.value.toFixed(0)} %`]);
}

const evse = (payload) => {
  const id = payload.evse?.id ?? payload.evseId ?? payload.connectorId;
  return id === undefined || id === null ? "" : payload.evse || payload.evseId !== undefined ? `EVSE ${id}` : `connector ${id}`;
};
const token = (payload) => payload.idToken?.idToken ?? payload.idTag ?? payload.idToken;

function limit(payload) {
  const profile = payload.chargingProfile ?? payload.csChargingProfiles ?? {};
  const schedule = [profile.chargingSchedule].flat()[0];
  const first = schedule?.chargingSchedulePeriod?.[0]?.limit;
  return joined([first !== undefined && `at most ${first} ${schedule.chargingRateUnit ?? ""}`.trim(), profile.chargingProfilePurpose, evse(payload)]);
}

const SAID = {
  TransactionEvent: (one) => joined([one.eventType, `seqNo ${one.seqNo}`, one.triggerReason === "MeterValuePeriodic" ? "" : one.triggerReason, readings(one), one.offline && "offline"]),
  StartTransaction: (one) => joined([evse(one), token(one)]),
  StopTransaction: (one) => joined([`transaction ${one.transactionId}`, one.reason]),
  StatusNotification: (one) => joined([evse(one), one.connectorStatus ?? one.status, one.errorCode !== "NoError" && one.errorCode, one.info, one.vendorErrorCode]),
  Authorize: (one) => token(one),
  BootNotification: (one) => joined([one.reason, one.chargingStation?.vendorName ?? one.chargePointVendor, one.chargingStation?.model ?? one.chargePointModel]),
  MeterValues: (one) => joined([evse(one), readings(one)]),
  SetChargingProfile: limit,
  TriggerMessage: (one) => joined([one.requestedMessage, evse(one)]),
  RequestStartTransaction: (one) => joined([evse(one), token(one)]),
  RemoteStartTransaction: (one) => joined([evse(one), token(one)]),
  RequestStopTransaction: (one) => one.transactionId,
  RemoteStopTransaction: (one) => `transaction ${one.transactionId}`,
  Reset: (one) => one.type,
  DataTransfer: (one) => joined([one.vendorId, one.messageId]),
  NotifyReport: (one) => joined([`part ${one.seqNo}`, one.tbc ? "more to come" : "the last"]),
  FirmwareStatusNotification: (one) => one.status,
  LogStatusNotification: (one) => one.status,
  SecurityEventNotification: (one) => joined([one.type, one.techInfo]),
};

/** Of a call that was read; "" where there is nothing short to say. */
export function said({ action, payload }) {
  const text = payload && typeof payload === "object" ? SAID[action]?.(payload) : "";
  return typeof text === "string" ? text : "";
}

/** Whether a message only goes on with what is known: readings in their turn, and signs of life. */
export const isRoutine = ({ action, payload, invalid, error }) => !invalid && !error && (["Heartbeat", "MeterValues"].includes(action) || (action === "TransactionEvent" && payload?.eventType === "Updated" && payload.triggerReason === "MeterValuePeriodic"));

/** What a command is called: "Set charging profile", or the action that was sent as it stands. */
export const commandTitle = (command) => command.ocpp?.action ?? words(command.type);

/** What it asks for, in short: the limit, the message, the EVSE. */
export function asked(command) {
  const { ocpp } = command;
  const fields = command.fields ?? {};
  if (ocpp) return said(ocpp);
  const schedule = fields.profile?.schedules?.[0];
  const first = schedule?.periods?.[0]?.limit;
  return joined([
    first !== undefined && `${first === null ? "no limit" : `at most ${first} ${schedule.unit}`}`,
    fields.message, fields.when && `when ${fields.when}`.replace("when immediately", "at once"), fields.token, fields.transaction_id && !fields.profile && `transaction ${fields.transaction_id}`,
    fields.evse_id !== undefined && fields.evse_id !== null && `EVSE ${fields.evse_id}`,
    fields.values?.length && `${fields.values.length} ${fields.values.length === 1 ? "value" : "values"}`,
  ]); // prettier-ignore
}
