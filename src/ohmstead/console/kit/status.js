// A state: shape, colour and word, always all three.
import { html } from "../lib/html.js";
import { words } from "../lib/format.js";
import { Icon } from "./icon.js";

const SHAPES = new Set([
  "available", "charging", "preparing", "suspended_ev", "suspended_evse", "finishing", "occupied", "reserved", "unavailable",
  "faulted", "offline", "pending",
]); // prettier-ignore
const TONES = { warn: "warn", bad: "bad", ok: "ok", info: "info", none: "skip", running: "now" };
const WORDS = { suspended_ev: "Paused by car", suspended_evse: "Paused by station", unavailable: "Out of use" };

export const stateWord = (state) => WORDS[state] ?? words(state);
export const shapeOf = (state) => (SHAPES.has(state) ? `s-${state}` : (TONES[state] ?? "info"));

/** `s` says shape and colour; `text` is the word where it is not that of the state. */
export const Status = ({ s, text, small }) =>
  html`<span class="st" data-s=${s}>
    <${Icon} name=${shapeOf(s)} /><span>${text ?? stateWord(s)}${small && html` <small>${small}</small>`}</span>
  </span>`;

/** One small shape for each EVSE, in order. */
export const Pips = ({ evses }) =>
  html`<span class="pips" role="img" aria-label=${evses.map((one) => `EVSE ${one.id} ${stateWord(one.state).toLowerCase()}`).join("; ") || "no EVSE known"}>
    ${evses.map((one) => html`<${Icon} key=${one.id} name=${shapeOf(one.state)} s=${one.state} />`)}
  </span>`;

/** The colour of a severity, 0 (danger) to 9 (debug); from 7 (notice) on it is news, no trouble. */
export const severityTone = (severity) => (severity <= 3 ? "bad" : severity >= 7 ? "info" : "warn");

export const Chip = ({ s, icon, children, line }) =>
  html`<span class=${line ? "chip line" : "chip"} data-s=${s}>${icon && html`<${Icon} name=${icon} />`}${children}</span>`;
