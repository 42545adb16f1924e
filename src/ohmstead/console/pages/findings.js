// What stations do their own way, over the whole fleet.
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { query, to } from "../lib/router.js";
import { Blank } from "../kit/blank.js";
import { PageHead } from "../kit/page.js";
import { DataTable, Search } from "../kit/table.js";
import { COLUMNS } from "./station/quirks.js";

const STATION = { key: "station", title: "Station", class: "name", cell: (row) => html`<a class="link" href=${to("stations", row.station_id, "quirks")}>${row.station_id}</a>` };

export function FindingsPage() {
  const list = useList("/findings", { station_id: query.value.get("station_id"), code: query.value.get("code") });
  return html`<${PageHead} title="Quirks">What was odd and taken all the same, or repaired; the latest first.<//>
    <div class="toolbar"><${Search} name="station_id" label="Station" /><${Search} name="code" label="Finding" /></div>
    <div class="card table-card"><${DataTable} label="Findings" list=${list} columns=${[STATION, ...COLUMNS]} id=${(row) => row.station_id + row.code + row.action} empty=${html`<${Blank} icon="ok" s="ok" title="Nothing odd" />`} /></div>`;
}
