// The tree of limits of a site, from the grid down: what each fuse allows on each phase, and what is drawn behind it, as last
// sampled. What an EVSE draws is counted on the phases that it is wired to.
import { count, kw, many } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { Blank } from "../../kit/blank.js";
import { Card } from "../../kit/page.js";
import { Icon } from "../../kit/icon.js";

/** What the API leaves out of a circuit: its defaults. */
const MAX_A = 32;
const PHASES = [1, 2, 3];
const VOLTS = 230;
const [NEAR, OVER] = [0.9, 1.02];
export const amps = (limit) => (new Set(limit).size === 1 ? `3 × ${limit[0]} A` : `${limit.join(", ")} A`);
const keyOf = (one) => `${one.station_id}/${one.evse_id}`;
const phasesOf = (evse) => (Array.isArray(evse.phases) ? evse.phases : evse.phases === 1 ? [1] : PHASES);
const added = (some, other) => some.map((one, n) => one + other[n]);

/** What a sample draws, in watts and in amperes on each phase; null where it was not measured. */
function loadOf(evse, sample) {
  if (!sample || sample.measured_w === null) return null;
  const wired = phasesOf(evse);
  const each = sample.limit_w > 0 && sample.limit_a > 0 ? (sample.measured_w * sample.limit_a) / sample.limit_w : sample.measured_w / VOLTS / wired.length;
  return { w: sample.measured_w, a: PHASES.map((phase) => (wired.includes(phase) ? each : 0)) };
}

/** What is drawn behind a circuit, those below it and what else is there included; null where nothing was measured. */
export function drawn(circuit, parts) {
  const own = circuit.evses.map((one) => loadOf(one, parts.sampled.get(keyOf(one))));
  const below = parts.circuits.filter((one) => one.parent_id === circuit.id).map((one) => drawn(one, parts));
  const known = [...own, ...below, otherOf(circuit.id, parts)].filter(Boolean);
  return known.length ? known.reduce((sum, one) => ({ w: sum.w + one.w, a: added(sum.a, one.a) })) : null;
}

/** What is drawn there beside the EVSEs, as it was told. */
function otherOf(circuitId, { loads }) {
  const found = loads.find((one) => one.circuit_id === circuitId);
  return found && { w: found.load_w, a: found.load_a };
}

export const useCircuits = (site) => useRemote(`${to("sites", site.id)}/circuits`, { limit: 1000 }).data.value?.data;

export function Circuits({ site, circuits, last, plan }) {
  const loads = useRemote(`${to("sites", site.id)}/load`).data.value?.data ?? [];
  if (!circuits) return null;
  const parts = { circuits, loads, sampled: new Map((last?.evses ?? []).map((one) => [keyOf(one), one])) };
  const own = [site.limit_w !== null && `${kw(site.limit_w)} kW`, site.limit_a && amps(site.limit_a)].filter(Boolean).join(", ");
  const now = plan && plan.limit_w !== null && plan.limit_w !== site.limit_w ? `now ${kw(plan.limit_w)} kW` : "";
  const most = plan?.limit_w ?? site.limit_w;
  const share = last && most ? [(last.measured_w + last.load_w) / most] : [];
  const building = otherOf(null, parts);
  return html`<${Card} title="Fuses and circuits" small="the tree of limits" table>
    <div class="tree">
      <${Node} icon="grid" name=${site.name} value=${last && `${kw(last.measured_w)} kW`} sub=${[own || "no fuse of its own", now].filter(Boolean).join(", ")} shares=${share} />
      <ul>
        ${building && html`<li><${Node} icon="site" name="Building" value=${`${kw(building.w)} kW`} sub="measured, not managed" /></li>`}
        <${Below} parent=${null} parts=${parts} />
      </ul>
      ${circuits.length === 0 && html`<${Blank} icon="fuse" title="No circuit yet" command=${`ohmstead site circuit ${site.id} "circuit B" 32 CS1/1`}>Only EVSEs on a circuit are controlled.<//>`}
    </div>
  <//>`;
}

/** Each phase a bar: how much of what it allows is drawn. */
const Shares = ({ shares }) =>
  shares.length > 0 &&
  html`<span class="ph" role="img" aria-label=${shares.map((one, n) => `${shares.length > 1 ? `L${n + 1} ` : ""}${Math.round(100 * one)} %`).join(", ")}>
    ${shares.map((one, n) => html`<svg key=${n} class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class=${one > OVER ? "f-bad" : one > NEAR ? "f-warn" : "f-flow"} width=${Math.min(100, Math.max(0, 100 * one))} height="10" /></svg>`)}
  </span>`;

/** `shares`: how much of its limit is drawn, of each phase; the worst one is the tone of its drawing where it has none, `s`. */
function Node({ icon, s, name, value, sub, shares = [] }) {
  const worst = Math.max(0, ...shares);
  return html`<div class="node"><${Icon} name=${icon} s=${s ?? (worst > OVER ? "bad" : worst > NEAR ? "warn" : undefined)} /><b>${name}</b><span class="v">${value || ""}</span><span class="sub"><span>${sub}</span><${Shares} shares=${shares} /></span></div>`;
}

const Below = ({ parent, parts }) =>
  parts.circuits
    .filter((one) => one.parent_id === parent)
    .map((one) => {
      const load = drawn(one, parts);
      const shares = load ? one.limit_a.map((limit, n) => (limit ? load.a[n] / limit : 0)) : [];
      return html`<li key=${one.id}>
        <${Node} icon="fuse" name=${one.name} value=${load && `${kw(load.w)} kW`} sub=${[amps(one.limit_a), one.limit_w && `${kw(one.limit_w)} kW`].filter(Boolean).join(", ")} shares=${shares} />
        <ul><${Evses} evses=${one.evses} parts=${parts} /><${Below} parent=${one.id} parts=${parts} /></ul>
      </li>`;
    });

/** Those with a car; the others are one line where they are several. */
function Evses({ evses, parts }) {
  const busy = evses.filter((one) => parts.sampled.has(keyOf(one)));
  const quiet = evses.filter((one) => !parts.sampled.has(keyOf(one)));
  const shown = quiet.length > 1 ? busy : evses;
  return html`${shown.map((evse) => html`<li key=${keyOf(evse)}><${Evse} evse=${evse} sample=${parts.sampled.get(keyOf(evse))} /></li>`)}
    ${quiet.length > 1 && html`<li key="quiet"><${Node} icon="plug" name=${`${count(quiet.length)} ${busy.length ? "others" : "EVSEs"}`} sub=${html`<span class="wrap">no car: ${quiet.map(keyOf).slice(0, 4).join(", ")}${quiet.length > 4 ? ` and ${many(quiet.length - 4, "more", "more")}` : ""}</span>`} /></li>`}`;
}

const Evse = ({ evse, sample }) =>
  html`<${Node}
    icon=${sample?.measured_w > 0 ? "s-charging" : "plug"}
    s=${sample?.measured_w > 0 ? "charging" : undefined}
    name=${html`<a class="link" href=${to("stations", evse.station_id)}>${evse.station_id}</a> / ${evse.evse_id}`}
    value=${sample ? kw(sample.measured_w) : ""}
    sub=${sample ? `limit ${kw(sample.limit_w)}` : `up to ${evse.max_a ?? MAX_A} A, no car`}
  />`;
