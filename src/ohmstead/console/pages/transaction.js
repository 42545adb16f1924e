// One transaction: power, energy and battery over time, its events by seqNo with gaps where they belong, why it ended.
import { get } from "../lib/api.js";
import { clock, day, kw, kwh, moment } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { Fragment, html, useEffect, useSignal } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { Broken, Skeleton } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { Chart } from "../kit/chart.js";
import { Icon } from "../kit/icon.js";
import { Card, PageHead } from "../kit/page.js";
import { Status } from "../kit/status.js";
import { Bill } from "./transaction/bill.js";
import { stopCharge } from "./station/acts.js";
import { TransactionState } from "./transactions.js";

export function TransactionPage({ id }) {
  const remote = useRemote(to("transactions", id));
  const events = useList(`${to("transactions", id)}/events`, { limit: 500 });
  const one = remote.data.value;
  const refresh = () => Promise.all([remote.load(), events.load()]);
  useFeed((event) => event.type.startsWith("ohmstead.transaction.") && event.data?.id === id, refresh, 3000);
  if (!one && remote.problem.value) return html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />`;
  if (!one) return html`<${Skeleton} />`;
  const stop = one.state === "active" && may("commands:write") && html`<${Button} icon="stop" onClick=${() => stopCharge(one.station_id, one.transaction_id)}>Stop…<//>`;
  return html`<${PageHead} title=${one.transaction_id} status=${html`<${TransactionState} one=${one} />`} actions=${stop}>
      At <a class="link" href=${to("stations", one.station_id)}>${one.station_id}</a>, EVSE ${one.evse_id ?? "unknown"}${one.token && ` with token ${one.token}`}.
    <//>
    <${Trouble} one=${one} />
    <${Figures} one=${one} />
    <${Card} title="Power, energy, battery"><${Curve} id=${id} version=${one.events} /><//>
    ${one.total_cost && html`<${Bill} id=${id} />`}
    <${Card} table title="Events" small=${`${one.events} in the order of their own times`}><${Events} list=${events} gaps=${one.gaps} /><//>`;
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

function Figures({ one }) {
  const figures = [
    ["Energy", kwh(one.energy_wh), "kWh", one.complete ? "complete" : "so far"],
    ["Power", one.state === "active" ? kw(one.power_w) : "0.0", "kW", one.state === "active" ? "as last measured" : "it has ended"],
    ["Started", clock(one.started_at), "", day(one.started_at)],
    ["Ended", one.ended_at ? clock(one.ended_at) : "runs", "", one.ended_at ? (one.stopped_reason ?? "no reason given") : (one.charging_state ?? "")],
    one.total_cost && ["Cost", one.total_cost, "", "as billed"],
  ].filter(Boolean);
  return html`<section class="card"><dl class="figs">${figures.map(([word, value, unit, small]) => html`<div class="fig" key=${word}><dt>${word}</dt><dd>${value}${unit && html`<span class="unit"> ${unit}</span>`}</dd><dd>${small}</dd></div>`)}</dl></section>`;
}

const MEASURANDS = [
  ["Power.Active.Import", "Power", "kW", 1000, "--d1"],
  ["Energy.Active.Import.Register", "Energy", "kWh", 1000, "--d2"],
  ["SoC", "Battery", "%", 1, "--d3"],
];

/** Three curves of one time axis. Registers begin at zero, so that energy is what this transaction took. */
export function series(values) {
  const found = MEASURANDS.map(([measurand, label, unit, per, color]) => {
    const own = values.filter((one) => one.measurand === measurand && !one.phase);
    const base = measurand.startsWith("Energy") ? (own[0]?.value ?? 0) : 0;
    return { label, unit, color, points: new Map(own.map((one) => [Date.parse(one.at) / 1000, (one.value - base) / per])) };
  }).filter((one) => one.points.size > 1);
  const times = [...new Set(found.flatMap((one) => [...one.points.keys()]))].sort((a, b) => a - b);
  return { times, lines: found.map(({ points, ...rest }) => ({ ...rest, values: times.map((time) => points.get(time) ?? null) })) };
}

function Curve({ id, version }) {
  const values = useSignal(null);
  useEffect(() => {
    get(`${to("transactions", id)}/meter-values`, { limit: 1000 }).then((page) => (values.value = page.data), () => (values.value = []));
  }, [id, version]);
  if (!values.value) return html`<${Skeleton} />`;
  const { times, lines } = series(values.value);
  if (times.length < 2) return html`<p class="ink2">Fewer than two readings yet: ${values.value.map((one) => `${one.measurand} ${one.value} ${one.unit}`).join(", ") || "none"}.</p>`;
  const last = (line) => line.values.findLast((one) => one !== null);
  return html`<${Chart} times=${times} lines=${lines} label=${lines.map((line) => `${line.label} now ${last(line).toFixed(1)} ${line.unit}`).join(", ")} />`;
}

/** A missing seqNo is a row of its own, at the place where it belongs. */
function withGaps(rows, gaps) {
  const left = [...gaps];
  return rows.flatMap((row) => {
    const before = [];
    while (left.length && row.seq_no !== null && left[0] < row.seq_no) before.push({ missing: left.shift() });
    return [...before, row];
  }).concat(left.map((missing) => ({ missing })));
}

function Events({ list, gaps }) {
  if (!list.rows.value) return html`<${Skeleton} />`;
  return html`<table class="table events" role="table" aria-label="Events by seqNo">
    <thead role="rowgroup"><tr role="row">${["seqNo", "Event", "Their time", "We had it", "Trigger", "Message"].map((word) => html`<th key=${word} role="columnheader" scope="col">${word}</th>`)}</tr></thead>
    <tbody role="rowgroup">
      ${withGaps(list.rows.value, gaps).map((row) => (row.missing !== undefined ? html`<${Gap} key=${`gap${row.missing}`} number=${row.missing} />` : html`<${Event} key=${row.id} row=${row} />`))}
    </tbody>
  </table>`;
}

const Gap = ({ number }) =>
  html`<tr role="row" class="gap"><td role="cell" colspan="6"><${Status} s="bad" text=${`seqNo ${number} never came`} /><p>Between the events above and below. The station was asked for it where its version can be asked.</p></td></tr>`;

const Event = ({ row }) =>
  html`<tr role="row">
    <td role="cell">${row.seq_no ?? "–"}</td>
    <td role="cell">${row.kind}</td>
    <td role="cell" title=${moment(row.at)}>${clock(row.at)}</td>
    <td role="cell" title=${moment(row.received_at)}>${clock(row.received_at)}</td>
    <td role="cell" class="c-trig dim">${row.payload?.triggerReason ?? row.payload?.reason ?? ""}${row.payload?.offline ? " offline" : ""}</td>
    <td role="cell">${row.action}</td>
  </tr>`;
