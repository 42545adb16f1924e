// Payments at the kiosk and on the page behind a QR code: reserved, charged for, settled.
import { ago } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { Blank } from "../kit/blank.js";
import { Segmented } from "../kit/button.js";
import { PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable, Search } from "../kit/table.js";

const STATES = [["", "All"], ["authorized", "Authorized"], ["charging", "Charging"], ["settled", "Settled"], ["failed", "Failed"]];
const TONES = { authorized: "info", charging: "running", settled: "ok", cancelled: "none", failed: "bad" };
const money = (amount, currency) => (amount === null ? "–" : `${amount} ${currency ?? ""}`);

const COLUMNS = [
  { key: "id", title: "Payment", class: "name", cell: (row) => row.reference },
  { key: "station", title: "Station", cell: (row) => html`<a class="link" href=${to("stations", row.station_id)}>${row.station_id}</a>${row.evse_id && ` / ${row.evse_id}`}` },
  { key: "state", title: "State", cell: (row) => html`<${Chip} s=${TONES[row.state]}>${row.state}<//>` },
  { key: "amount", title: "Reserved", class: "r", cell: (row) => money(row.amount, row.currency) },
  { key: "settled", title: "Settled", class: "r", cell: (row) => money(row.settled_amount, row.currency) },
  { key: "provider", title: "By", cell: (row) => row.provider },
  { key: "why", title: "Why", class: "wrap", cell: (row) => row.reason ?? "" },
  { key: "made", title: "Made", class: "r", cell: (row) => ago(row.created_at) },
];

export function PaymentsPage() {
  const state = query.value.get("state") ?? "";
  const list = useList("/payments", { state, station_id: query.value.get("station_id") });
  const empty = html`<${Blank} icon="card" title=${state ? `No payment is ${state}` : "No payment yet"}>They come from a kiosk (POST /payments) or from the page behind a station's QR code.<//>`;
  return html`<${PageHead} title="Payments">Without a contract: at a kiosk, or behind a QR code.<//>
    <div class="toolbar"><${Segmented} label="Which" options=${STATES} value=${state} pick=${(one) => filter({ state: one })} /><${Search} name="station_id" label="Station" /></div>
    <div class="card table-card"><${DataTable} label="Payments" list=${list} columns=${COLUMNS} empty=${empty} /></div>`;
}
