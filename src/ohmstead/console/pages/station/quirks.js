// What this station does its own way, and was taken all the same.
import { ago, count } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useList } from "../../lib/remote.js";
import { Blank } from "../../kit/blank.js";
import { Card } from "../../kit/page.js";
import { Chip } from "../../kit/status.js";
import { DataTable } from "../../kit/table.js";

export const COLUMNS = [
  { key: "code", title: "Finding", cell: (row) => html`<${Chip} s="repaired" icon="wrench">${row.code}<//>` },
  { key: "action", title: "In", cell: (row) => row.action || "–" },
  { key: "text", title: "What", class: "wrap", cell: (row) => row.text },
  { key: "count", title: "Times", class: "r", cell: (row) => count(row.count) },
  { key: "last", title: "Last", class: "r", cell: (row) => ago(row.last_at) },
];

export function QuirksTab({ station }) {
  const list = useList("/findings", { station_id: station.id });
  const empty = html`<${Blank} icon="ok" s="ok" title="Nothing odd">This station says everything as the specification has it.<//>`;
  return html`<${Card} table title="Findings"><${DataTable} label="Findings" list=${list} columns=${COLUMNS} id=${(row) => row.code + row.action} empty=${empty} /><//>`;
}
