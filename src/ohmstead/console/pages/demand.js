// Demand response of all sites: what was asked, by whom, and what came of it.
import { moment } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { siteName } from "../lib/sites.js";
import { Blank, Broken, Skeleton } from "../kit/blank.js";
import { Segmented } from "../kit/button.js";
import { PageHead, Tabs } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable } from "../kit/table.js";
import { asked, Event, EventState } from "./site/demand.js";

const STATES = [["", "All"], ["scheduled", "Scheduled"], ["active", "Active"], ["done", "Done"], ["cancelled", "Cancelled"]];
const COLUMNS = [
  { key: "name", title: "Event", class: "name", cell: (row) => html`<a class="link" href=${to("demand-response", row.id)}>${row.name || row.id}</a>` },
  { key: "state", title: "State", cell: (row) => html`<${EventState} state=${row.state} />` },
  { key: "source", title: "Asked by", cell: (row) => (row.source === "openadr" ? html`<${Chip} s="info">OpenADR<//>` : "the API") },
  { key: "asked", title: "Asked", cell: asked },
  { key: "sites", title: "Sites", class: "wrap", cell: (row) => row.site_ids.map((id) => siteName(id) + (row.opt_out.includes(id) ? " (opted out)" : "")).join(", ") },
  { key: "from", title: "From", cell: (row) => moment(row.from) },
  { key: "to", title: "To", cell: (row) => moment(row.to) },
];

export const TABS = [["/demand-response", "Events"], ["/demand-response/openadr", "OpenADR"]];

export function DemandPage() {
  const state = query.value.get("state") ?? "";
  const list = useList("/demand-response/events", { state });
  const empty = html`<${Blank} icon="energy" title=${state ? `No event is ${state}` : "Nothing was asked yet"}>Ask a site on its page, by POST /demand-response/events, or follow a VTN of OpenADR 3 (section openadr of the settings).<//>`;
  return html`<${PageHead} title="Demand response">What the grid, or you, asked sites to draw less.<//>
    <${Tabs} label="Demand response" tabs=${TABS} />
    <div class="toolbar"><${Segmented} label="Which" options=${STATES} value=${state} pick=${(one) => filter({ state: one })} /></div>
    <div class="card table-card"><${DataTable} label="Events" list=${list} columns=${COLUMNS} empty=${empty} /></div>`;
}

export function DemandEventPage({ id }) {
  const remote = useRemote(to("demand-response", "events", id));
  const one = remote.data.value;
  if (!one) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  return html`<${PageHead} title=${one.name || `Event ${id}`} status=${html`<${EventState} state=${one.state} />`}>${asked(one)}, ${moment(one.from)} to ${moment(one.to)}.<//>
    <${Event} one=${one} demand=${remote} />`;
}
