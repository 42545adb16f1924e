// Uptime of connectors by the month, and why it was not more.
import { age } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { query, to } from "../lib/router.js";
import { sites } from "../lib/sites.js";
import { Blank } from "../kit/blank.js";
import { PageHead } from "../kit/page.js";
import { Status } from "../kit/status.js";
import { Choice, DataTable, Search } from "../kit/table.js";
import { Month, month } from "./statements.js";

const GOOD = 97;
const worst = (row) => row.connectors.map((one) => one.percent).filter((one) => one !== null).reduce((least, one) => Math.min(least, one), 100);
const lost = (row, name) => row.connectors.reduce((sum, one) => sum + one[name], 0);
const time = (seconds) => (seconds ? age(seconds) : "–");

const COLUMNS = [
  { key: "station", title: "Station", class: "name", cell: (row) => html`<a class="link" href=${to("stations", row.station_id)}>${row.station_id}</a>` },
  { key: "worst", title: "Its worst connector", cell: (row) => (row.connectors.some((one) => one.percent !== null) ? html`<${Status} s=${worst(row) >= GOOD ? "ok" : "bad"} text=${`${worst(row).toFixed(2)} %`} />` : html`<span class="dim">not known</span>`) },
  { key: "each", title: "Each", class: "wrap", cell: (row) => row.connectors.map((one) => `${one.evse_id}/${one.connector_id}: ${one.percent === null ? "–" : `${one.percent.toFixed(1)} %`}`).join(", ") },
  { key: "offline", title: "Offline", class: "r", cell: (row) => time(lost(row, "offline_s")) },
  { key: "faulted", title: "Faulted", class: "r", cell: (row) => time(lost(row, "faulted_s")) },
  { key: "unavailable", title: "Out of use", class: "r", cell: (row) => time(lost(row, "unavailable_s")) },
  { key: "excluded", title: "Excluded", class: "r", cell: (row) => time(lost(row, "excluded_s")) },
];

export function UptimePage() {
  const list = useList(`/uptime/${month()}`, { station_id: query.value.get("station_id"), site_id: query.value.get("site_id") });
  return html`<${PageHead} title="Uptime">Time known less outage, over time known, in the time zone of the site; ${GOOD} % is what many rules ask for.<//>
    <div class="toolbar"><${Month} /><${Search} name="station_id" label="Station" />${sites.value.size > 0 && html`<${Choice} name="site_id" label="Site" options=${[...sites.value.values()].map((one) => [one.id, one.name])} />`}</div>
    <div class="card table-card"><${DataTable} label="Uptime" list=${list} columns=${COLUMNS} id=${(row) => row.station_id} empty=${html`<${Blank} icon="clock" title="Nothing is known of this month" />`} /></div>`;
}
