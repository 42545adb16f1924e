// OpenADR 3: the VTN that is followed, what its events ask of which site, what was not understood, and what went back.
import { ago, moment } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { siteName } from "../lib/sites.js";
import { Blank } from "../kit/blank.js";
import { Segmented } from "../kit/button.js";
import { Card, Facts, PageHead, Tabs } from "../kit/page.js";
import { Chip, Status } from "../kit/status.js";
import { DataTable } from "../kit/table.js";
import { TABS } from "./demand.js";
import { asked } from "./site/demand.js";

const STATES = [["", "All"], ["known", "In force there"], ["gone", "Gone"]];
const REPORTS = { none: ["none", "none wanted"], waiting: ["pending", "waits for its end"], sent: ["ok", "sent"], refused: ["bad", "refused"] };

const COLUMNS = [
  { key: "id", title: "Event", cell: (row) => html`<span class="two"><span class="name">${row.id}</span><small>program ${row.program_id}</small></span>` },
  { key: "asked", title: "What it asks", class: "wrap", cell: (row) => (row.asked.length ? html`<ul class="asked">${row.asked.map((one) => html`<li key=${one.key}><${Asked} one=${one} /></li>`)}</ul>` : html`<span class="dim">nothing of your sites</span>`) },
  { key: "notes", title: "Not understood", class: "wrap", cell: (row) => row.notes.map((note) => html`<${Chip} key=${note} s="warn" icon="warn">${note}<//> `) },
  { key: "report", title: "Report", cell: (row) => html`<span class="two"><${Status} s=${REPORTS[row.report_state][0]} text=${REPORTS[row.report_state][1]} /><small>${row.report.join(", ")}</small></span>` },
  { key: "state", title: "There", cell: (row) => (row.state === "known" ? "in force" : "gone") },
  { key: "seen", title: "First seen", class: "r", cell: (row) => ago(row.first_seen_at) },
];

const Asked = ({ one }) =>
  html`${asked(one)}, ${one.site_ids.map(siteName).join(", ")}<small class="dim"> ${moment(one.from)} to ${moment(one.to)}${one.demand_event_id ? html`, <a class="link" href=${to("demand-response", one.demand_event_id)}>what came of it</a>` : ", it was over already"}</small>`;

export function OpenAdrPage() {
  const state = query.value.get("state") ?? "";
  const vtn = useRemote("/demand-response/openadr").data.value;
  const list = useList("/demand-response/openadr/events", { state });
  useFeed((event) => event.type.startsWith("ohmstead.limit."), list.load, 5000);
  const isOff = vtn && vtn.url === null;
  const empty = isOff
    ? html`<${Blank} icon="grid" title="No VTN is followed" command="OHMSTEAD_OPENADR__URL=…">The settings name the VTN of your grid operator, and which site each of its targets means.<//>`
    : html`<${Blank} icon="grid" title="The VTN has shown no event yet" />`;
  return html`<${PageHead} title="OpenADR">What a grid operator's VTN asked, how it was understood, and what went back.<//>
    <${Tabs} label="Demand response" tabs=${TABS} />
    ${vtn?.url && html`<${Card} title="The VTN"><${Facts} facts=${[["Address", html`<span class="mono">${vtn.url}</span>`], ["OpenADR", vtn.version], ["We are called", vtn.ven_name], ["Programs", vtn.programs.join(", ") || "all that it shows"], ["Read every", `${vtn.look_every_s} s`]]} /><//>`}
    ${!isOff && html`<div class="toolbar"><${Segmented} label="Which" options=${STATES} value=${state} pick=${(one) => filter({ state: one })} /></div>`}
    <div class="card table-card"><${DataTable} label="Events of the VTN" list=${list} columns=${COLUMNS} empty=${empty} /></div>`;
}
