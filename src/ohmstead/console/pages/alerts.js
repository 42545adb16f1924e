// What needs a person, the worst first as the server has it.
import { post } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { Blank } from "../kit/blank.js";
import { Button, Segmented } from "../kit/button.js";
import { tellProblem } from "../kit/floating.js";
import { PageHead } from "../kit/page.js";
import { severityTone, Status } from "../kit/status.js";
import { DataTable, Search } from "../kit/table.js";

const STATES = [["firing", "Firing", "bell"], ["news", "With news", "info"], ["resolved", "Resolved", "ok"]];
/** The mildest that still wants somebody: what is above it is news. */
const TROUBLE = 6;

export function AlertsPage() {
  const state = query.value.get("state") ?? "firing";
  const list = useList("/alerts", { state: state === "resolved" ? state : "firing", severity: state === "firing" ? TROUBLE : null, station_id: query.value.get("station_id") });
  useFeed((event) => event.type.startsWith("ohmstead.alert."), list.load);
  const acknowledge = (id) => post(`/alerts/${id}/acknowledge`).then(list.load, tellProblem);
  const columns = [
    { key: "severity", title: "Severity", cell: (row) => html`<${Status} s=${row.state === "resolved" ? "ok" : severityTone(row.severity)} text=${row.severity_name} />` },
    { key: "station", title: "Station", cell: (row) => html`<a class="link" href=${to("stations", row.station_id)}>${row.station_id}</a>` },
    { key: "text", title: "What", class: "wrap", cell: (row) => html`<span class="two"><span class="strong">${row.text || row.subject}</span><small>${row.text ? row.subject : ""}</small></span>` },
    { key: "count", title: "Times", class: "r", cell: (row) => row.count },
    { key: "last", title: "Last", class: "r", cell: (row) => ago(row.last_at) },
    { key: "act", title: "Seen by", cell: (row) => (row.acknowledged_at ? row.acknowledged_by : may("alerts:write") && row.state === "firing" ? html`<${Button} kind="small" onClick=${() => acknowledge(row.id)}>Acknowledge<//>` : "nobody") },
  ];
  const empty = html`<${Blank} icon="ok" s="ok" title=${state === "resolved" ? "Nothing was resolved yet" : "Nothing needs you"} />`;
  return html`<${PageHead} title="Alerts">What stations, or Ohmstead itself, found wrong.<//>
    <div class="toolbar"><${Segmented} label="Which" options=${STATES} value=${state} pick=${(one) => filter({ state: one })} /><${Search} name="station_id" label="Station" /></div>
    <div class="card table-card"><${DataTable} label="Alerts" list=${list} columns=${columns} empty=${empty} /></div>`;
}
