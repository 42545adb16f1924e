// Campaigns: one thing done to many stations, and how far each is.
import { ago } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { words } from "../lib/format.js";
import { Blank } from "../kit/blank.js";
import { Button, Segmented } from "../kit/button.js";
import { PageHead } from "../kit/page.js";
import { Parts, said } from "../kit/parts.js";
import { Status } from "../kit/status.js";
import { DataTable } from "../kit/table.js";
import { startCampaign } from "./campaigns/start.js";

const TONES = { running: "running", paused: "warn", stopped: "bad", done: "ok", cancelled: "none" };
const STATES = [["", "All"], ["running", "Running"], ["paused", "Paused"], ["stopped", "Stopped"], ["done", "Done"]];

export const CampaignState = ({ state, small }) => html`<${Status} s=${TONES[state]} text=${words(state)} small=${small} />`;

/** How many stations are in which state, as parts of a bar. */
export const partsOf = (counts) => [
  [counts.done, "f-ok", "done"], [counts.failed, "f-bad", "failed"], [counts.running, "f-flow", "running"],
  [counts.waiting, "f-none", "waiting"], [counts.skipped, "f-idle", "skipped"],
]; // prettier-ignore

const COLUMNS = [
  { key: "type", title: "Campaign", class: "name", cell: (row) => html`<a class="link" href=${to("campaigns", row.id)}>${words(row.type)}</a>` },
  { key: "state", title: "State", cell: (row) => html`<${CampaignState} state=${row.state} />` },
  { key: "progress", title: "Stations", class: "wrap c-progress", cell: (row) => html`<span class="two"><${Parts} thin parts=${partsOf(row.counts)} total=${row.counts.total} /><small>${said(partsOf(row.counts))}</small></span>` },
  { key: "wave", title: "Wave", cell: (row) => `${row.wave} of ${row.waves}` },
  { key: "why", title: "Why", class: "wrap", cell: (row) => row.reason ?? "" },
  { key: "begun", title: "Begun", class: "r", cell: (row) => ago(row.created_at) },
];

export function CampaignsPage() {
  const state = query.value.get("state") ?? "";
  const list = useList("/campaigns", { state });
  useFeed((event) => /^ohmstead\.(campaign|command)\./.test(event.type), list.load, 2000);
  const empty = html`<${Blank} icon="campaign" title=${state ? `No campaign is ${state}` : "No campaign yet"} command="ohmstead campaign start base_report --select vendor=Acme --wave 5 --wave 100" />`;
  return html`<${PageHead} title="Campaigns" actions=${may("campaigns:write") && html`<${Button} kind="primary" icon="campaign" onClick=${() => startCampaign()}>Begin a campaign…<//>`}>One thing done to many stations, in waves, and no further when it goes wrong.<//>
    <div class="toolbar"><${Segmented} label="Which" options=${STATES} value=${state} pick=${(one) => filter({ state: one })} /></div>
    <div class="card table-card"><${DataTable} label="Campaigns" list=${list} columns=${COLUMNS} empty=${empty} /></div>`;
}
