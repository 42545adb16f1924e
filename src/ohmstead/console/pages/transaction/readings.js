// What the meter said during one transaction: read once for the figures, the curves and the events.
import { all } from "../../lib/api.js";
import { useEffect, useSignal } from "../../lib/html.js";
import { to } from "../../lib/router.js";

/** Beyond it the server thins the readings out: no screen shows more. */
const FINE_S = 6 * 3600;
const POINTS = 500;
const MEASURANDS = [
  [["Power.Active.Import"], { label: "Power", unit: "kW", per: 1000, look: "l1", isFilled: true }],
  [["Power.Offered"], { label: "Offered", unit: "kW", per: 1000, look: "l-limit", steps: true, isLimit: true }],
  [["Energy.Active.Import.Register"], { label: "Energy", unit: "kWh", per: 1000, look: "l-energy" }],
  [["SoC"], { label: "Battery", unit: "%", per: 1, look: "l-soc" }],
];

const second = (time) => Date.parse(time) / 1000;

/** The readings of a transaction, newest state; null until they are there. `version` changes when there may be more. */
export function useReadings(one) {
  const values = useSignal(null);
  useEffect(() => {
    const lasted = second(one.ended_at ?? new Date()) - second(one.started_at);
    const resolution = lasted > FINE_S ? Math.ceil(lasted / POINTS) : undefined;
    all(`${to("transactions", one.id)}/meter-values`, { resolution }).then((found) => (values.value = found), () => (values.value ??= []));
  }, [one.id, one.events]);
  return values.value;
}

/** Curves of one time axis. Registers begin at zero, so that energy is what this transaction took. */
export function series(values) {
  const found = MEASURANDS.map(([names, { per, ...line }]) => {
    const own = values.filter((one) => names.includes(one.measurand) && !one.phase);
    const base = line.unit === "kWh" ? (own[0]?.value ?? 0) : 0;
    return { ...line, points: new Map(own.map((one) => [second(one.at), (one.value - base) / per])) };
  }).filter((line) => line.points.size > 1);
  const times = [...new Set(found.flatMap((line) => [...line.points.keys()]))].sort((a, b) => a - b);
  return { times, lines: found.map(({ points, ...line }) => ({ ...line, values: times.map((time) => points.get(time) ?? null) })) };
}

/** What one event's readings say: {kwh, kw, soc}, numbers or undefined. */
export function readingsAt({ times, lines }, time) {
  const n = times.indexOf(second(time));
  const of = (label) => (n < 0 ? undefined : (lines.find((line) => line.label === label)?.values[n] ?? undefined));
  return { kwh: of("Energy"), kw: of("Power"), soc: of("Battery") };
}

/** Peak and mean power (kW) and the battery's first and last state (%); what was not measured is missing. */
export function summed(curves, seconds, energyWh) {
  const known = (label) => (curves.lines.find((line) => line.label === label)?.values ?? []).filter((value) => value !== null);
  const [power, battery] = [known("Power"), known("Battery")];
  return {
    peak: power.length ? Math.max(...power) : undefined,
    mean: seconds > 0 && energyWh !== null ? (energyWh / seconds) * 3.6 : undefined,
    battery: battery.length ? [battery[0], battery.at(-1)] : undefined,
  };
}
