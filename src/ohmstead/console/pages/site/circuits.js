// The tree of fuses of a site: what each allows, and what is drawn behind it, as last sampled.
import { kw, many } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { Blank } from "../../kit/blank.js";
import { Card } from "../../kit/page.js";
import { Icon } from "../../kit/icon.js";

/** What the API leaves out of a circuit: its default. */
const MAX_A = 32;
const amps = (limit) => (new Set(limit).size === 1 ? `3 × ${limit[0]} A` : `${limit.join(", ")} A`);
const keyOf = (one) => `${one.station_id}/${one.evse_id}`;

/** Watts drawn behind a circuit, those below it included; null where nothing there was sampled. */
export function drawn(circuit, all, measured) {
  const own = circuit.evses.map((one) => measured.get(keyOf(one))).filter((one) => one !== undefined && one !== null);
  const below = all.filter((one) => one.parent_id === circuit.id).map((one) => drawn(one, all, measured));
  const known = [...own, ...below.filter((one) => one !== null)];
  return known.length ? known.reduce((sum, one) => sum + one, 0) : null;
}

export function Circuits({ site, last }) {
  const circuits = useRemote(`${to("sites", site.id)}/circuits`, { limit: 1000 }).data.value?.data;
  if (!circuits) return null;
  const sampled = new Map((last?.evses ?? []).map((one) => [keyOf(one), one]));
  const measured = new Map([...sampled].map(([key, one]) => [key, one.measured_w]));
  const parts = { circuits, sampled, measured };
  const limit = [site.limit_w !== null && `${kw(site.limit_w)} kW`, site.limit_a && amps(site.limit_a)].filter(Boolean).join(", ");
  return html`<${Card} title="Fuses and circuits" table>
    <div class="tree">
      <${Node} icon="grid" name=${site.name} value=${last && `${kw(last.measured_w)} kW`} sub=${limit || "no limit of its own"} />
      ${circuits.length
        ? html`<${Below} parent=${null} parts=${parts} />`
        : html`<${Blank} icon="fuse" title="No circuit yet" command=${`ohmstead site circuit ${site.id} "circuit B" 32 CS1/1`} />`}
    </div>
  <//>`;
}

const Node = ({ icon, name, value, sub, children }) =>
  html`<div class="node"><${Icon} name=${icon} /><b>${name}</b><span class="v">${value || ""}</span><span class="sub"><span>${sub}</span>${children}</span></div>`;

const Below = ({ parent, parts }) =>
  html`<ul>
    ${parts.circuits
      .filter((one) => one.parent_id === parent)
      .map((one) => {
        const power = drawn(one, parts.circuits, parts.measured);
        return html`<li key=${one.id}>
          <${Node} icon="fuse" name=${one.name} value=${power === null ? "" : `${kw(power)} kW`} sub=${`${amps(one.limit_a)}, ${many(one.evses.length, "EVSE")}`} />
          ${one.evses.length > 0 && html`<ul>${one.evses.map((evse) => html`<li key=${keyOf(evse)}><${Evse} evse=${evse} sample=${parts.sampled.get(keyOf(evse))} /></li>`)}</ul>`}
          <${Below} parent=${one.id} parts=${parts} />
        </li>`;
      })}
  </ul>`;

const Evse = ({ evse, sample }) =>
  html`<${Node}
    icon="plug"
    name=${html`<a class="link" href=${to("stations", evse.station_id)}>${evse.station_id}</a> / ${evse.evse_id}`}
    value=${sample ? kw(sample.measured_w) : ""}
    sub=${sample ? `limit ${kw(sample.limit_w)}` : `up to ${evse.max_a ?? MAX_A} A, no share now`}
  />`;
