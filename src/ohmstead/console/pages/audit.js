// Who did what to what, for good.
import { moment } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { query } from "../lib/router.js";
import { Blank } from "../kit/blank.js";
import { PageHead } from "../kit/page.js";
import { DataTable, Search } from "../kit/table.js";

const value = (one) => (one === null ? "none" : Array.isArray(one) && one.every((each) => typeof each !== "object") ? one.join(", ") : typeof one === "object" ? JSON.stringify(one) : String(one));

/** Fields with their values, one after the other. */
const spoken = (detail) =>
  detail === null ? "" : typeof detail !== "object" || Array.isArray(detail) ? value(detail) : Object.entries(detail).map(([name, one], n) => html`<span key=${name}>${n > 0 && "; "}<span class="dim">${name.replaceAll("_", " ")}</span> ${value(one)}</span>`);

const COLUMNS = [
  { key: "at", title: "When", cell: (row) => moment(row.at) },
  { key: "actor", title: "Who", class: "mono", cell: (row) => row.actor },
  { key: "action", title: "Did", class: "name", cell: (row) => row.action },
  { key: "subject", title: "To", cell: (row) => row.subject },
  { key: "detail", title: "Detail", class: "wrap", cell: (row) => row.detail !== null && html`<span>${spoken(row.detail)}</span>` },
];

export function AuditPage() {
  const asked = query.value;
  const list = useList("/audit", { actor: asked.get("actor"), action: asked.get("action"), subject: asked.get("subject") });
  return html`<${PageHead} title="Audit">Newest first. Each change is written down with itself, or not made.<//>
    <div class="toolbar"><${Search} name="action" label="Action, for example station.change" placeholder="Action" /><${Search} name="subject" label="What was changed" /><${Search} name="actor" label="Who, for example key:ID" placeholder="Who" /></div>
    <div class="card table-card"><${DataTable} label="Audit" list=${list} columns=${COLUMNS} empty=${html`<${Blank} icon="audit" title="Nothing meets the filters" />`} /></div>`;
}
