// The device model in the words of the vocabulary: the same names and units for every version and vendor.
import { ago } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { Broken, Skeleton } from "../../kit/blank.js";
import { Card } from "../../kit/page.js";
import { Cells, Heads } from "../../kit/table.js";

const shown = (value) => (value === null || typeof value !== "object" ? String(value) : JSON.stringify(value));
const COLUMNS = [
  { key: "name", title: "Word", class: "name", cell: (row) => row.name },
  { key: "evse", title: "EVSE", cell: (row) => row.evse_id ?? "station" },
  { key: "value", title: "Value", class: "wrap", cell: (row) => html`<span class="mono">${shown(row.value)}</span>` },
  { key: "unit", title: "Unit", class: "dim", cell: (row) => row.unit },
  { key: "source", title: "Source", class: "dim", cell: (row) => row.source },
  { key: "at", title: "Known", class: "dim r", cell: (row) => (row.updated_at ? ago(row.updated_at) : "") },
];

export function Words({ station, wanted }) {
  const remote = useRemote(`${to("stations", station.id)}/device-model`, { view: "vocabulary" });
  const view = remote.data.value;
  if (!view) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const rows = view.values.filter((one) => one.name.includes(wanted));
  return html`<${Card} table title="Words" small=${`${rows.length}; ${view.unmapped.length} variables have no word`}>
    <table class="table plain" role="table" aria-label="Words">
      <${Heads} columns=${COLUMNS} />
      <tbody role="rowgroup">${rows.map((row, n) => html`<tr role="row" key=${n}><${Cells} columns=${COLUMNS} row=${row} /></tr>`)}</tbody>
    </table>
  <//>`;
}
