// Firmware updates, logs and reports on customers: each asked for once, and told of in steps.
import { address } from "../../lib/api.js";
import { ago, clock, words } from "../../lib/format.js";
import { useFeed } from "../../lib/feed.js";
import { html } from "../../lib/html.js";
import { useList } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { Blank } from "../../kit/blank.js";
import { Status } from "../../kit/status.js";
import { DataTable } from "../../kit/table.js";
import { AskIt } from "./acts.js";

const TONES = { asked: "pending", running: "running", done: "ok", failed: "bad", cancelled: "none" };
const COLUMNS = [
  { key: "kind", title: "What", class: "name", cell: (row) => words(row.kind) },
  { key: "state", title: "State", cell: (row) => html`<${Status} s=${TONES[row.state]} text=${row.status || row.state} />` },
  { key: "steps", title: "Steps", class: "wrap", cell: (row) => row.steps.map((one) => `${clock(one.at)} ${one.status}`).join(" → ") || "none told yet" },
  { key: "why", title: "Why", class: "wrap", cell: (row) => row.reason ?? "" },
  { key: "file", title: "File", cell: (row) => row.told.file_id && html`<a class="link" download href=${address(`${to("files", String(row.told.file_id))}/content`)}>Take it</a>` },
  { key: "command", title: "Command", cell: (row) => row.command_id && html`<a class="link" href=${to("commands", row.command_id)}>Show it</a>` },
  { key: "asked", title: "Asked", class: "r", cell: (row) => ago(row.asked_at) },
];

export function ProceduresTab({ station }) {
  const list = useList(`${to("stations", station.id)}/procedures`);
  useFeed((event) => event.subject === station.id && /^ohmstead\.(command|file|station)\./.test(event.type), list.load, 2000);
  const empty = html`<${Blank} icon="download" title="Nothing was asked of it yet" command=${`ohmstead command ${station.id} get_log`} action=${html`<${AskIt} station=${station} type="get_log" word="Ask for its log" />`} />`;
  return html`<div class="card table-card"><${DataTable} label="Firmware and logs" list=${list} columns=${COLUMNS} empty=${empty} /></div>`;
}
