// What is not the same as at another station, or as the standard has it.
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { query, to } from "../../lib/router.js";
import { Blank, Broken, Skeleton } from "../../kit/blank.js";
import { Card } from "../../kit/page.js";
import { Chip } from "../../kit/status.js";
import { Cells, Heads, Search } from "../../kit/table.js";

const KINDS = { missing: "only here", added: "only there", value: "value", mutability: "may be changed", characteristics: "kind" };
const COLUMNS = [
  { key: "name", title: "Variable", class: "name", cell: (row) => [row.component, row.variable].filter(Boolean).join(".") },
  { key: "evse", title: "EVSE", cell: (row) => row.evse_id ?? "station" },
  { key: "kind", title: "What differs", cell: (row) => html`<${Chip} s="warn">${KINDS[row.kind]}<//>` },
  { key: "left", title: "Here", class: "mono wrap", cell: (row) => row.left ?? "–" },
  { key: "right", title: "There", class: "mono wrap", cell: (row) => row.right ?? "–" },
];

export function Differences({ station }) {
  const against = query.value.get("against") || "standard";
  const remote = useRemote(`${to("stations", station.id)}/device-model/diff`, { against });
  const diff = remote.data.value;
  return html`<div class="toolbar"><${Search} name="against" label="Another station; empty: the standard" placeholder="Station, or standard" /></div>
    ${remote.problem.value ? html`<${Broken} problem=${remote.problem.value} />` : !diff ? html`<${Skeleton} />` : !diff.differences.length ? html`<${Blank} icon="ok" s="ok" title=${`The same as ${against}`} />` : html`<${Card} table title=${`Against ${against}`} small=${String(diff.differences.length)}>
      <table class="table plain" role="table" aria-label="Differences">
        <${Heads} columns=${COLUMNS} />
        <tbody role="rowgroup">${diff.differences.map((row, n) => html`<tr role="row" key=${n}><${Cells} columns=${COLUMNS} row=${row} /></tr>`)}</tbody>
      </table>
    <//>`}`;
}
