// One transaction: power, energy and battery over time, its events by seqNo with gaps where they belong, why it ended.
import { age, clock, day, kw, kwh, moment, now } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { Broken, Skeleton } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { Chart } from "../kit/chart.js";
import { Icon } from "../kit/icon.js";
import { Card, Facts, Figures, PageHead } from "../kit/page.js";
import { Bill } from "./transaction/bill.js";
import { Events } from "./transaction/events.js";
import { series, summed, useReadings } from "./transaction/readings.js";
import { stopCharge } from "./station/acts.js";
import { TransactionState } from "./transactions.js";

export function TransactionPage({ id }) {
  const remote = useRemote(to("transactions", id));
  const events = useList(`${to("transactions", id)}/events`, { limit: 1000 });
  const one = remote.data.value;
  const refresh = () => Promise.all([remote.load(), events.load()]);
  useFeed((event) => event.type.startsWith("ohmstead.transaction.") && event.data?.id === id, refresh, 3000);
  if (!one && remote.problem.value) return html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />`;
  if (!one) return html`<${Skeleton} />`;
  return html`<${Transaction} one=${one} events=${events} />`;
}

function Transaction({ one, events }) {
  const readings = useReadings(one);
  const curves = series(readings ?? []);
  const stop = one.state === "active" && may("commands:write") && html`<${Button} icon="stop" onClick=${() => stopCharge(one.station_id, one.transaction_id)}>Stop…<//>`;
  const signed = html`<a class="btn" href=${`/api/v1${to("transactions", one.id)}/signed-values`} download><${Icon} name="download" />Signed meter values</a>`;
  return html`<${PageHead} title=${one.transaction_id} status=${html`<${TransactionState} one=${one} />`} actions=${html`${signed}${stop}`}>
      At <a class="link" href=${to("stations", one.station_id)}>${one.station_id}</a>, EVSE ${one.evse_id ?? "unknown"}.${one.token && html` Token <span class="mono">${one.token}</span>${one.token_type && `, ${one.token_type}`}.`}
    <//>
    <${Trouble} one=${one} />
    <${Summary} one=${one} curves=${curves} />
    <${Card} title=${titleOf(curves)}><${Curve} one=${one} readings=${readings} curves=${curves} events=${events.rows.value} /><//>
    <div class="split">
      <div class="stack"><${Events} list=${events} one=${one} curves=${curves} /></div>
      <div class="stack">
        ${one.total_cost && html`<${Bill} id=${one.id} version=${one.events} />`}
        <${Course} one=${one} />
      </div>
    </div>`;
}

/** What is wrong with it, in words. */
function Trouble({ one }) {
  const notes = one.findings.map((finding) => [finding.code.replaceAll("_", " "), finding.text, "warn"]);
  if (one.gaps.length) notes.unshift([`${one.gaps.length === 1 ? "seqNo" : "seqNos"} ${one.gaps.join(", ")} never came`, "The events below show where. Energy and end are still right when the last event is there.", "bad"]);
  if (one.state === "inferred_ended") notes.unshift(["The station never told its end", "Ohmstead concluded it; no energy was invented.", "warn"]);
  if (!notes.length) return null;
  return html`<section class="alerts" aria-label="Findings">
    ${notes.map(([title, text, s]) => html`<div class="note" data-s=${s} key=${title}><${Icon} name=${s === "bad" ? "s-faulted" : "warn"} /><div><b>${title}</b><p>${text}</p></div></div>`)}
  </section>`;
}

const secondsOf = (one) => ((one.ended_at ? Date.parse(one.ended_at) : now.value) - Date.parse(one.started_at)) / 1000;

function Summary({ one, curves }) {
  const isActive = one.state === "active";
  const seconds = secondsOf(one);
  const { peak, mean, battery } = summed(curves, seconds, one.energy_wh);
  const text = (value, unit) => (value === undefined ? "" : `${value.toFixed(1)} ${unit}`);
  return html`<${Figures}
    figures=${[
      ["Energy", kwh(one.energy_wh), "kWh", isActive ? "so far" : one.complete ? "complete" : "as far as it was told"],
      ["Time", age(seconds), "", one.ended_at ? `${day(one.started_at)}, ${clock(one.started_at)} to ${clock(one.ended_at)}` : `since ${moment(one.started_at)}`],
      isActive ? ["Power now", kw(one.power_w), "kW", peak === undefined ? "as last measured" : `as last measured, peak ${text(peak, "kW")}`] : ["Peak power", peak === undefined ? "–" : peak.toFixed(1), "kW", peak === undefined ? "not measured" : mean === undefined ? "" : `mean ${text(mean, "kW")}`],
      battery && ["Battery", battery[0] === battery[1] ? battery[1].toFixed(0) : `${battery[0].toFixed(0)} to ${battery[1].toFixed(0)}`, "%", "told by the car"],
      one.total_cost && ["Cost", one.total_cost, one.currency ?? "", isActive ? "so far" : "as billed"],
    ]}
  />`;
}

const titleOf = ({ lines }) => {
  const names = lines.filter((line) => !line.isLimit).map((line) => line.label.toLowerCase());
  return names.length ? names.join(", ").replace(/^./, (first) => first.toUpperCase()) : "Readings";
};

function Curve({ one, readings, curves, events }) {
  if (!readings) return html`<${Skeleton} />`;
  const { times, lines } = curves;
  if (times.length < 2) return html`<p class="ink2">Fewer than two readings yet: ${readings.map((each) => `${each.measurand} ${each.value} ${each.unit}`).join(", ") || "none"}.</p>`;
  const last = (line) => line.values.findLast((value) => value !== null);
  return html`<${Chart} times=${times} lines=${lines} marks=${holes(one.gaps, events ?? [], times)} label=${lines.map((line) => `${line.label} ${last(line).toFixed(1)} ${line.unit}`).join(", ")} />`;
}

/** Where events are missing: from the one before to the one after, inside the axis. */
function holes(gaps, events, times) {
  const found = new Map();
  for (const gap of gaps) {
    const before = events.findLast((one) => one.seq_no !== null && one.seq_no < gap);
    const after = events.find((one) => one.seq_no !== null && one.seq_no > gap);
    const key = `${before?.id}/${after?.id}`;
    const hole = found.get(key) ?? { from: before ? Date.parse(before.at) / 1000 : times[0], until: after ? Date.parse(after.at) / 1000 : times.at(-1), numbers: [], s: "bad" };
    hole.numbers.push(gap);
    found.set(key, hole);
  }
  const inside = (time) => Math.min(times.at(-1), Math.max(times[0], time));
  return [...found.values()].map((hole) => ({ ...hole, from: inside(hole.from), until: inside(hole.until), text: `${hole.numbers.join(", ")} missing` }));
}

/** From its beginning to its end, and who ended it. */
const Course = ({ one }) =>
  html`<${Card} title=${one.ended_at ? "How it went" : "How it goes"}>
    <${Facts}
      facts=${[
        ["Started", moment(one.started_at)],
        ["Ended", one.ended_at ? moment(one.ended_at) : "it runs"],
        ["Reason", one.ended_at && (one.stopped_reason ?? "none given")],
        ["Charging state", one.charging_state],
        ["Connector", one.connector_id],
        ["Told in full", one.state === "active" ? null : one.complete ? "yes" : "no"],
      ]}
    />
  <//>`;
