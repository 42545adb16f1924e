// Charging profiles of a station as a stack, and what they come to: by our count, and by its own.
import { age, ago, moment } from "../../lib/format.js";
import { html, useState } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { Blank, Broken, Skeleton } from "../../kit/blank.js";
import { Button, Segmented } from "../../kit/button.js";
import { Chart } from "../../kit/chart.js";
import { Icon } from "../../kit/icon.js";
import { Card } from "../../kit/page.js";
import { Chip } from "../../kit/status.js";
import { Cells, Heads } from "../../kit/table.js";
import { AskIt } from "./acts.js";

const HOURS = [["3600", "1 h"], ["86400", "Day"]];
const limits = (one) => one.schedules.map((schedule) => schedule.periods.map((period) => `${period.limit ?? "none"} ${schedule.unit}${period.start_s ? ` after ${age(period.start_s)}` : ""}`).join(", ")).join("; ");

const COLUMNS = [
  { key: "purpose", title: "Purpose", class: "name", cell: (one) => one.purpose },
  { key: "level", title: "Stack level", class: "r", cell: (one) => one.stack_level },
  { key: "evse", title: "EVSE", cell: (one) => one.evse_id || "all" },
  { key: "limit", title: "Limit", class: "wrap", cell: limits },
  { key: "kind", title: "Kind", cell: (one) => [one.kind, one.recurrency_kind].filter(Boolean).join(", ") },
  { key: "state", title: "State", cell: (one) => html`<${Chip} s=${one.state === "installed" ? "ok" : "pending"}>${one.state}<//>` },
  { key: "source", title: "Set by", cell: (one) => (one.source === "CSO" ? "us" : one.source) },
  { key: "until", title: "Valid until", cell: (one) => (one.valid_to ? moment(one.valid_to) : "–") },
  { key: "at", title: "Heard", class: "r", cell: (one) => ago(one.updated_at) },
];

export function ProfilesTab({ station }) {
  const remote = useRemote(`${to("stations", station.id)}/charging-profiles`);
  const found = remote.data.value;
  if (!found) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const rows = [...found.data].sort((a, b) => a.evse_id - b.evse_id || b.stack_level - a.stack_level);
  return html`${found.external_limits.map((one, n) => html`<div class="note" data-s="warn" key=${n}><${Icon} name="warn" /><div><b>${one.source} limits ${one.evse_id ? `EVSE ${one.evse_id}` : "the station"}</b><p>Since ${moment(one.since)}${one.grid_critical ? ", critical for the grid" : ""}.</p></div></div>`)}
    <${Card} table title="Profiles" small="the lowest of the stack counts, the highest level of a purpose first">
      ${rows.length
        ? html`<table class="table plain" role="table" aria-label="Charging profiles"><${Heads} columns=${COLUMNS} /><tbody role="rowgroup">${rows.map((one) => html`<tr role="row" key=${one.id}><${Cells} columns=${COLUMNS} row=${one} /></tr>`)}</tbody></table>`
        : html`<${Blank} icon="sliders" title="No profile is known" command=${`ohmstead command ${station.id} get_charging_profiles`} action=${html`<${AskIt} station=${station} type="get_charging_profiles" word="Ask for its profiles" />`} />`}
    <//>
    ${station.evses.length > 0 && html`<${Composite} station=${station} />`}`;
}

/** Each step holds until the next one; the last one until the end. */
function curve(steps, times) {
  return times.map((at) => steps.findLast((one) => one.start_s <= at)?.limit ?? null);
}

function Composite({ station }) {
  const [evse, setEvse] = useState(String(station.evses[0].id));
  const [duration, setDuration] = useState("3600");
  const [isAsked, setAsked] = useState(false);
  const remote = useRemote(`${to("stations", station.id)}/composite-schedule`, { evse_id: evse, duration_s: duration, ...(isAsked && { ask: "true", wait: "10" }) });
  const found = remote.data.value;
  const views = html`<${Segmented} label="EVSE" options=${station.evses.map((one) => [String(one.id), `EVSE ${one.id}`])} value=${evse} pick=${setEvse} /><${Segmented} label="How far" options=${HOURS} value=${duration} pick=${setDuration} />`;
  return html`<${Card} title="What they come to" actions=${html`${views}<${Button} kind="small" icon="refresh" disabled=${!station.online || isAsked} onClick=${() => setAsked(true)}>Ask the station too<//>`}>
    ${found ? html`<${Curves} found=${found} />` : remote.problem.value ? html`<${Broken} problem=${remote.problem.value} />` : html`<${Skeleton} />`}
  <//>`;
}

function Curves({ found }) {
  const all = [...found.periods, ...(found.station ?? [])].map((one) => one.start_s);
  const offsets = [...new Set([0, ...all, found.duration_s])].sort((a, b) => a - b);
  const times = offsets.map((one) => Date.parse(found.start) / 1000 + one);
  const line = (label, look, steps, isLimit) => ({ label, unit: found.unit, look, bare: true, steps: true, isLimit, values: curve(steps, offsets) });
  const lines = [line("By our count", "l-limit", found.periods, true), found.station && line("By the station's", "l4", found.station)].filter(Boolean);
  const first = found.periods[0]?.limit;
  const text = `Now ${first === null || first === undefined ? "no limit" : `${first} ${found.unit}`} by our count`;
  return html`<p class="ink2">${text}; the station: ${found.station_status}.</p>
    ${first === null || first === undefined ? "" : html`<${Chart} times=${times} lines=${lines} label=${text} />`}
    ${found.differences.map((one) => html`<div class="note" data-s="warn" key=${one}><${Icon} name="warn" /><div>${one}</div></div>`)}`;
}
