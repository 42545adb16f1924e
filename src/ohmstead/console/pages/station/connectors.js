// Every connector with its own words.
import { html } from "../../lib/html.js";
import { Blank } from "../../kit/blank.js";
import { Card } from "../../kit/page.js";
import { Status } from "../../kit/status.js";
import { Cells, Heads } from "../../kit/table.js";

const COLUMNS = [
  { key: "evse", title: "EVSE", cell: (row) => `EVSE ${row.evse.id}` },
  { key: "id", title: "Connector", cell: (row) => row.id },
  { key: "type", title: "Type", cell: (row) => row.type ?? "–" },
  { key: "status", title: "It says", cell: (row) => row.status },
  { key: "state", title: "EVSE does", cell: (row) => html`<${Status} s=${row.evse.state} />` },
  { key: "transaction", title: "Transaction", cell: (row) => html`<span class="mono">${row.evse.transaction_id ?? "–"}</span>` },
];

export function ConnectorsTab({ station }) {
  const rows = station.evses.flatMap((evse) => evse.connectors.map((one) => ({ ...one, evse })));
  if (!rows.length) return html`<${Blank} icon="plug" title="No connector known yet" />`;
  return html`<${Card} table title="Connectors">
    <table class="table plain" role="table" aria-label="Connectors">
      <${Heads} columns=${COLUMNS} />
      <tbody role="rowgroup">${rows.map((row) => html`<tr role="row" key=${`${row.evse.id}.${row.id}`}><${Cells} columns=${COLUMNS} row=${row} /></tr>`)}</tbody>
    </table>
  <//>`;
}
