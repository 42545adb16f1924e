// The events of a transaction by seqNo: what never came stands where it belongs, equal readings are one row.
import { clock, count, lasted, moment } from "../../lib/format.js";
import { html, useSignal } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { Skeleton } from "../../kit/blank.js";
import { Segmented } from "../../kit/button.js";
import { Card } from "../../kit/page.js";
import { Chip, Status } from "../../kit/status.js";
import { readingsAt } from "./readings.js";

const PERIODIC = new Set(["MeterValuePeriodic", "MeterValueClock"]);
const LEAST_FOLDED = 4;
const HEADS = [["No", "r"], ["Their time"], ["Event"], ["Trigger", "c-trig"], ["State"], ["kWh", "r c-kwh"], ["kW", "r c-kw"], ["%", "r c-soc"], ["", "c-off"]];
const CHARGING = { Charging: "charging", EVConnected: "preparing", SuspendedEV: "suspended_ev", SuspendedEVSE: "suspended_evse", Idle: "available" };
const WIDE = HEADS.length;

const trigger = (row) => row.payload?.triggerReason ?? row.payload?.reason ?? (row.action === "MeterValues" ? "MeterValuePeriodic" : row.action);
const isQuiet = (row) => row.kind === "updated" && PERIODIC.has(trigger(row)) && !row.payload?.offline;
const stateOf = (row) => row.payload?.transactionInfo?.chargingState;

/** Rows, gaps ({missing}) and runs of equal readings ({folded}). */
export function laidOut(rows, gaps, isFolded) {
  const left = [...gaps];
  const all = rows.flatMap((row) => {
    const before = [];
    while (left.length && row.seq_no !== null && left[0] < row.seq_no) before.push({ missing: left.shift() });
    return [...before, row];
  }).concat(left.map((missing) => ({ missing })));
  if (!isFolded) return all;
  const found = [];
  let run = [];
  const close = () => {
    found.push(...(run.length >= LEAST_FOLDED ? [{ folded: run }] : run));
    run = [];
  };
  for (const row of all) {
    const isLike = row.missing === undefined && isQuiet(row) && (!run.length || stateOf(row) === stateOf(run[0]));
    if (!isLike) close();
    if (row.missing === undefined && isQuiet(row)) run.push(row);
    else found.push(row);
  }
  close();
  return found;
}

export function Events({ list, one, curves }) {
  const how = useSignal("folded");
  const opened = useSignal(new Set());
  const rows = list.rows.value;
  const hasBattery = curves.lines.some((line) => line.unit === "%");
  const views = html`<${Segmented} label="Show" options=${[["folded", "Folded"], ["all", "All"]]} value=${how.value} pick=${(next) => (how.value = next)} />`;
  const toRow = (row) =>
    row.missing !== undefined
      ? html`<${Gap} key=${`gap${row.missing}`} number=${row.missing} />`
      : row.folded
        ? opened.value.has(row.folded[0].id)
          ? row.folded.map((inner) => html`<${Event} key=${inner.id} row=${inner} curves=${curves} hasBattery=${hasBattery} />`)
          : html`<${Folded} key=${`run${row.folded[0].id}`} run=${row.folded} show=${() => (opened.value = new Set([...opened.value, row.folded[0].id]))} />`
        : html`<${Event} key=${row.id} row=${row} curves=${curves} hasBattery=${hasBattery} />`;
  return html`<${Card} table title="Events by seqNo" small=${`${count(one.events)}${one.gaps.length ? `, ${count(one.gaps.length)} never came` : ""}`} actions=${views}>
    ${rows
      ? html`<table class="table events" role="table" aria-label="Events by seqNo">
          <thead role="rowgroup"><tr role="row">${HEADS.filter(([word]) => hasBattery || word !== "%").map(([word, kind]) => html`<th key=${word} role="columnheader" scope="col" class=${kind}>${word || html`<span class="vh">Remarks</span>`}</th>`)}</tr></thead>
          <tbody role="rowgroup">${laidOut(rows, one.gaps, how.value === "folded").map(toRow)}</tbody>
        </table>`
      : html`<${Skeleton} />`}
  <//>`;
}

const Gap = ({ number }) =>
  html`<tr role="row" class="gap"><td role="cell" colspan=${WIDE}><${Status} s="bad" text=${`seqNo ${number} never came`} /><p>Between the events above and below. The station was asked for it where its version can be asked.</p></td></tr>`;

const Folded = ({ run, show }) =>
  html`<tr role="row">
    <td role="cell" class="r dim">${run[0].seq_no === null ? "" : `${run[0].seq_no} to ${run.at(-1).seq_no}`}</td>
    <td role="cell" colspan=${WIDE - 1}><span class="dim">${run.length} readings, ${clock(run[0].at)} to ${clock(run.at(-1).at)}. </span><button type="button" class="link" onClick=${show}>Show them</button></td>
  </tr>`;

function Event({ row, curves, hasBattery }) {
  const { kwh, kw, soc } = readingsAt(curves, row.at);
  const state = stateOf(row);
  const fixed = (value, digits) => (value === undefined ? "" : value.toFixed(digits));
  return html`<tr role="row">
    <td role="cell" class="r mono">${row.seq_no ?? "–"}</td>
    <td role="cell" title=${`${moment(row.at)}; we had it ${moment(row.received_at)}`}>${clock(row.at)}</td>
    <td role="cell" class="name">${row.action === "TransactionEvent" ? row.payload?.eventType : row.action}</td>
    <td role="cell" class="c-trig dim">${trigger(row) === row.action ? "" : trigger(row)}</td>
    <td role="cell">${state && html`<${Status} s=${CHARGING[state] ?? "info"} text=${CHARGING[state] ? undefined : state} />`}</td>
    <td role="cell" class="r c-kwh">${fixed(kwh, 3)}</td>
    <td role="cell" class="r c-kw">${fixed(kw, 1)}</td>
    ${hasBattery && html`<td role="cell" class="r c-soc">${fixed(soc, 0)}</td>`}
    <td role="cell" class="c-off">${row.payload?.offline && html`<${Chip} line icon="s-offline">offline, ${lasted(row.at, row.received_at)} late<//>`}</td>
  </tr>`;
}
