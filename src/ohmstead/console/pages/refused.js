// Handshakes that were refused, each with a reason one can act on; and who knocks without being known.
import { ago, moment } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { query } from "../lib/router.js";
import { Blank } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable, Search } from "../kit/table.js";

const COLUMNS = [
  { key: "at", title: "When", cell: (row) => html`<span title=${moment(row.at)}>${ago(row.at)}</span>` },
  { key: "station", title: "Station", class: "name", cell: (row) => row.station_id ?? "–" },
  { key: "code", title: "Code", cell: (row) => html`<${Chip} s="bad">${row.code.replaceAll("_", " ")}<//>` },
  { key: "reason", title: "Why, and what to do", class: "wrap", cell: (row) => row.reason },
  { key: "peer", title: "From", class: "mono", cell: (row) => row.peer },
  { key: "status", title: "Answer", class: "r", cell: (row) => row.status || "–" },
];

export function RefusedPage() {
  const list = useList("/refusals", { station_id: query.value.get("station_id"), code: query.value.get("code") });
  const empty = html`<${Blank} icon="door" title="Nobody was refused" />`;
  return html`<${PageHead} title="Refused" actions=${html`<${Button} icon="refresh" onClick=${list.load}>Look again<//>`}>Connections that were not let in, newest first.<//>
    <div class="toolbar"><${Search} name="station_id" label="Station" /></div>
    <div class="card table-card"><${DataTable} label="Refused connections" list=${list} columns=${COLUMNS} empty=${empty} /></div>`;
}
