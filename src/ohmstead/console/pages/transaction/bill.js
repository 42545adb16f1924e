// What a transaction costs, line by line, by one version of a tariff.
import { html, useEffect } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { Card } from "../../kit/page.js";

const TEXTS = { energy: "Energy", flat: "Session", time: "Time", "time without charging": "Time without charging", "time reserved": "Time reserved", reservation: "Reservation", "reserved and not used": "Reserved and not used" };
const UNITS = { energy: "kWh", time: "min", "time without charging": "min", "time reserved": "min" };
/** Texts of decimals as money: two places, more only where they count (a price of 0.3925). */
const money = (text) => (/\.\d{3,}/.test(text) ? Number(text).toFixed(2) : text.includes(".") ? text.padEnd(text.indexOf(".") + 3, "0") : `${text}.00`);
const price = (text) => (/\.\d{2,}/.test(text) ? text : money(text));
const amount = (one) => (one.text === "flat" ? "once" : `${Number(one.quantity).toFixed(3).replace(/\.000$/, "")}${UNITS[one.text] ? ` ${UNITS[one.text]}` : ""} at ${price(one.price)}`);

export const BillTable = ({ bill }) =>
  html`<table class="table receipt" role="table" aria-label="Bill">
      <thead role="rowgroup" class="vh"><tr role="row"><th role="columnheader" scope="col">What</th><th role="columnheader" scope="col">Amount, ${bill.currency}</th></tr></thead>
      <tbody role="rowgroup">
        ${bill.lines.map((one, n) => html`<tr role="row" key=${n}><td role="cell">${TEXTS[one.text] ?? one.text}<small>${amount(one)}</small></td><td role="cell">${money(one.amount)}</td></tr>`)}
        <tr role="row" class="sum"><td role="cell">Net</td><td role="cell">${money(bill.net)}</td></tr>
        <tr role="row"><td role="cell">Tax</td><td role="cell">${money(bill.tax)}</td></tr>
        <tr role="row" class="sum total"><td role="cell">Total, ${bill.currency}</td><td role="cell">${money(bill.total)}</td></tr>
      </tbody>
    </table>
    ${bill.station_cost && html`<p class="micro ink2 bill-sum">The station computed ${bill.station_cost.total ?? "another sum"}; ours counts.</p>`}`;

/** The bill as it stands; nothing where the transaction has no tariff. */
export function Bill({ id, version }) {
  const remote = useRemote(`${to("transactions", id)}/bill`);
  useEffect(() => void remote.load(), [version]);
  const bill = remote.data.value;
  if (!bill?.lines) return null;
  return html`<${Card} table title="Cost" small=${html`tariff <a class="link" href=${to("tariffs", bill.tariff_id)}>${bill.tariff_id}</a>, version ${bill.tariff_version}${bill.ended_at ? "" : ", so far"}`}><${BillTable} bill=${bill} /><//>`;
}
