// Numbers and times as people read them. One decimal for kW, two for kWh, one figure of age ("12 min", "1 h 04").
import { signal } from "./html.js";

export const now = signal(Date.now());
setInterval(() => document.visibilityState === "visible" && (now.value = Date.now()), 1000);

const fixed = (digits) => new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const [whole, one, two] = [fixed(0), fixed(1), fixed(2)];

export const count = (n) => (n === null || n === undefined ? "–" : whole.format(n));
/** Intl only where there are thousands to part: a list that scrolls has hundreds of these a second. */
const decimals = (value, digits, wide) => (Math.abs(value) < 999 ? value.toFixed(digits) : wide.format(value));
export const kw = (watts) => (watts === null || watts === undefined ? "–" : decimals(watts / 1000, 1, one));
export const kwh = (wattHours) => (wattHours === null || wattHours === undefined ? "–" : two.format(wattHours / 1000));
export const many = (n, noun, plural = `${noun}s`) => `${count(n)} ${n === 1 ? noun : plural}`;

/** Seconds as one figure of age. */
export function age(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const pair = (big, small, unit) => `${big} ${unit} ${String(small).padStart(2, "0")}`;
  if (s < 90) return `${s} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  if (s < 86400) return pair(Math.floor(s / 3600), Math.floor((s % 3600) / 60), "h");
  return s < 864000 ? pair(Math.floor(s / 86400), Math.floor((s % 86400) / 3600), "d") : `${Math.round(s / 86400)} d`;
}

/** "2 min ago", "in 3 d". */
export function ago(time, at = now.value) {
  if (!time) return "never";
  const seconds = (at - Date.parse(time)) / 1000;
  return seconds < -1 ? `in ${age(-seconds)}` : `${age(seconds)} ago`;
}

const clockOf = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayOf = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
export const clock = (time) => (time ? clockOf.format(new Date(time)) : "–");
export const day = (time) => (time ? dayOf.format(new Date(time)) : "–");
export const moment = (time) => (time ? `${day(time)}, ${clock(time)}` : "–");

/** Between two times: "38 ms", "1.2 s", "12 min". */
export function lasted(from, until) {
  if (!from || !until) return "–";
  const ms = Date.parse(until) - Date.parse(from);
  return ms < 1000 ? `${Math.max(0, ms)} ms` : ms < 90_000 ? `${one.format(ms / 1000)} s` : age(ms / 1000);
}

/** "suspended_ev" -> "Suspended ev": our words as a label. */
export const words = (name) => (name ? name[0].toUpperCase() + name.slice(1).replaceAll("_", " ") : "–");
