// What a transaction costs, line by line, by one version of a tariff.
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { Card } from "../../kit/page.js";
import { Cells, Heads } from "../../kit/table.js";

const LINES = [
  { key: "text", title: "What", class: "name wrap", cell: (one) => one.text },
  { key: "quantity", title: "Quantity", class: "r", cell: (one) => one.quantity },
  { key: "price", title: "Price", class: "r", cell: (one) => one.price },
  { key: "amount", title: "Amount", class: "r", cell: (one) => one.amount },
];

export const BillTable = ({ bill }) =>
  html`<table class="table plain" role="table" aria-label="Bill">
      <${Heads} columns=${LINES} />
      <tbody role="rowgroup">${bill.lines.map((one, n) => html`<tr role="row" key=${n}><${Cells} columns=${LINES} row=${one} /></tr>`)}</tbody>
    </table>
    <p class="bill-sum">Net ${bill.net}, tax ${bill.tax}, <b>total ${bill.total} ${bill.currency}</b></p>
    ${bill.station_cost && html`<p class="micro ink2 bill-sum">The station computed ${bill.station_cost.total ?? "another sum"}; ours counts.</p>`}`;

/** The bill as it stands; nothing where the transaction has no tariff. */
export function Bill({ id }) {
  const bill = useRemote(`${to("transactions", id)}/bill`).data.value;
  if (!bill?.lines) return null;
  return html`<${Card} table title="Cost" small=${`by ${bill.tariff_id}, version ${bill.tariff_version}${bill.ended_at ? "" : ", so far"}`}><${BillTable} bill=${bill} /><//>`;
}
