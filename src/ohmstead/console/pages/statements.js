// Statements: what each holder of a unit is to pay for a month, line by line, the same for ever.
import { address, post } from "../lib/api.js";
import { clock, day, kwh, many, moment } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { askFor } from "../kit/ask-form.js";
import { Blank, Broken, Skeleton } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { Card, Figures, PageHead, Tabs } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { Cells, DataTable, Heads } from "../kit/table.js";

const thisMonth = () => new Date().toISOString().slice(0, 7);
const TABS = [["/statements", "Statements"], ["/holders", "Holders"]];
const totals = (row) => row.totals.map((one) => `${one.total} ${one.currency}`).join(", ") || "nothing";

export const Month = () =>
  html`<label class="choice"><span class="vh">Month</span><input class="input" type="month" value=${query.value.get("month") ?? thisMonth()} onChange=${(event) => filter({ month: event.target.value })} /></label>`;
export const month = () => query.value.get("month") ?? thisMonth();

export function StatementsPage() {
  const list = useList(`/statements/${month()}`, { limit: 50 });
  const columns = [
    { key: "name", title: "Holder", class: "name", cell: (row) => html`<a class="link" href=${`${to("statements", row.holder_id)}?month=${row.month}`}>${row.name}</a>` },
    { key: "unit", title: "Unit", cell: (row) => row.unit ?? "–" },
    { key: "energy", title: "Energy, kWh", class: "r", cell: (row) => kwh(row.energy_wh) },
    { key: "lines", title: "Charges", class: "r", cell: (row) => row.lines.length },
    { key: "open", title: "Not sealed yet", cell: (row) => (row.open ? html`<${Chip} s="warn">${row.open}<//>` : "none") },
    { key: "total", title: "To pay", class: "r", cell: totals },
  ];
  const empty = html`<${Blank} icon="audit" title="No holder yet" command="ohmstead holder add flat7 flat-7 'M. Weber' --unit 7">A holder is a group of tokens with a name: a flat, an office, a parking space.<//>`;
  return html`<${PageHead} title="Statements">Made from sealed records and bills; a charge belongs to the month in which it ended.<//>
    <${Tabs} label="Statements" tabs=${TABS} />
    <div class="toolbar"><${Month} /></div>
    <div class="card table-card"><${DataTable} label="Statements" list=${list} columns=${columns} id=${(row) => row.holder_id} empty=${empty} /></div>`;
}

const LINES = [
  { key: "transaction", title: "Transaction", class: "name", cell: (one) => html`<a class="link" href=${to("transactions", one.transaction_id)}>${one.transaction_id}</a>` },
  { key: "station", title: "Station", cell: (one) => `${one.station_id}${one.evse_id ? ` / ${one.evse_id}` : ""}` },
  { key: "ended", title: "Ended", cell: (one) => moment(one.ended_at) },
  { key: "energy", title: "Energy, kWh", class: "r", cell: (one) => kwh(one.energy_wh) },
  { key: "record", title: "Record", class: "wrap", cell: (one) => `${one.record_reason}, version ${one.record_version}` },
  { key: "total", title: "To pay", class: "r", cell: (one) => (one.total === null ? "no tariff" : `${one.total} ${one.currency}`) },
];

export function StatementPage({ id }) {
  const path = `${to("holders", id)}/statements/${month()}`;
  const remote = useRemote(path);
  const one = remote.data.value;
  if (!one) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const csv = html`<a class="btn" download href=${address(path, { format: "csv", as_of: one.as_of })}>CSV</a>`;
  return html`<${PageHead} title=${`${one.name}, ${one.month}`} actions=${csv}>${one.unit ? `Unit ${one.unit}, ` : ""}group ${one.group}.<//>
    <div class="toolbar"><${Month} /></div>
    <${Figures}
      figures=${[
        ["To pay", totals(one), "", one.open ? "so far" : "all charges are sealed"],
        ["Energy", kwh(one.energy_wh), "kWh", `in ${many(one.lines.length, "charge")}`],
        ["Not sealed yet", String(one.open || 0), "", one.open ? "they are not in the sum" : "nothing is open"],
        ["As known at", clock(one.as_of), "", html`${day(one.as_of)}, digest <span class="mono">${one.digest.slice(0, 8)}…</span>`],
      ]}
    />
    <${Card} table title="Charges" small=${String(one.lines.length)}>
      ${one.lines.length
        ? html`<table class="table plain" role="table" aria-label="Charges"><${Heads} columns=${LINES} /><tbody role="rowgroup">${one.lines.map((line) => html`<tr role="row" key=${line.transaction_id}><${Cells} columns=${LINES} row=${line} /></tr>`)}</tbody></table>`
        : html`<${Blank} icon="tx" title="Nothing was charged in this month" />`}
    <//>`;
}

const HOLDERS = [
  { key: "name", title: "Holder", class: "name", cell: (row) => html`<a class="link" href=${to("statements", row.id)}>${row.name}</a>` },
  { key: "id", title: "Id", cell: (row) => row.id },
  { key: "group", title: "Group of tokens", cell: (row) => row.group },
  { key: "unit", title: "Unit", cell: (row) => row.unit ?? "–" },
  { key: "zone", title: "Time zone", cell: (row) => row.time_zone },
];

export function HoldersPage() {
  const list = useList("/holders");
  const add = () => askFor({ title: "Add a holder", word: "Add holder", schema: "HolderNew", send: async (given) => (await post("/holders", given), await list.load()) });
  return html`<${PageHead} title="Holders" actions=${may("tokens:write") && html`<${Button} kind="primary" icon="plus" onClick=${add}>Add holder…<//>`}>Groups of tokens that get one statement a month.<//>
    <${Tabs} label="Statements" tabs=${TABS} />
    <div class="card table-card"><${DataTable} label="Holders" list=${list} columns=${HOLDERS} empty=${html`<${Blank} icon="audit" title="No holder yet" command="ohmstead holder add flat7 flat-7 'M. Weber' --unit 7" />`} /></div>`;
}
