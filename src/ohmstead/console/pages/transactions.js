// Transactions: in progress, in error, history.
import { clock, day, kw, kwh, lasted } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { sites } from "../lib/sites.js";
import { Blank } from "../kit/blank.js";
import { Segmented } from "../kit/button.js";
import { Icon } from "../kit/icon.js";
import { PageHead } from "../kit/page.js";
import { Chip, Status } from "../kit/status.js";
import { Choice, DataTable, Search } from "../kit/table.js";

const VIEWS = [["", "All"], ["active", "In progress", "s-charging"], ["ended", "Ended", "ok"], ["error", "In error", "bad"]];
const STATES = { active: ["charging", "Charging"], ended: ["ok", "Ended"], inferred_ended: ["warn", "End inferred"] };

export const TransactionState = ({ one }) => {
  const [s, text] = STATES[one.state];
  return html`<${Status} s=${s} text=${one.state === "active" && one.charging_state && one.charging_state !== "Charging" ? one.charging_state : text} />`;
};

const columns = (withStation) =>
  [
    { key: "id", title: "Transaction", cell: (row) => html`<span class="two"><span class="name"><a href=${to("transactions", row.id)}>${row.transaction_id.slice(0, 18)}</a></span><small>EVSE ${row.evse_id ?? "–"}</small></span>` },
    withStation && { key: "station", title: "Station", cell: (row) => html`<a class="link" href=${to("stations", row.station_id)}>${row.station_id}</a>` },
    { key: "state", title: "State", cell: (row) => html`<${TransactionState} one=${row} />` },
    { key: "token", title: "Token", cell: (row) => row.token ?? "–" },
    { key: "started", title: "Started", cell: (row) => (row.started_at ? html`${clock(row.started_at)} <small class="dim">${day(row.started_at)}</small>` : "–") },
    { key: "lasted", title: "Lasted", class: "r", cell: (row) => (row.ended_at ? minutes(row) : "runs") },
    { key: "power", title: "kW", class: "r", cell: (row) => (row.state === "active" ? kw(row.power_w) : "–") },
    { key: "energy", title: "kWh", class: "r", cell: (row) => kwh(row.energy_wh) },
    { key: "end", title: "Ended by", cell: (row) => row.stopped_reason ?? "–" },
    { key: "findings", title: "Findings", cell: (row) => html`<${Findings} one=${row} />` },
  ].filter(Boolean);

const minutes = (one) => {
  const seconds = (Date.parse(one.ended_at) - Date.parse(one.started_at)) / 1000;
  return seconds < 120 ? lasted(one.started_at, one.ended_at) : `${Math.round(seconds / 60)} min`;
};

const Findings = ({ one }) =>
  one.gaps.length
    ? html`<${Chip} s="bad" icon="bad">${one.gaps.length} missing<//>`
    : one.findings.length
      ? html`<${Chip} s="warn" icon="warn">${one.findings[0].code.replaceAll("_", " ")}<//>`
      : !one.complete && one.state !== "active" && html`<${Chip} s="warn" icon="warn">incomplete<//>`;

/** The table alone, of one station or of all. */
export function TransactionTable({ station }) {
  const asked = query.value;
  const state = asked.get("state") ?? "";
  const filters = { station_id: station ?? asked.get("station_id"), site_id: asked.get("site_id"), token: asked.get("token"), ...(state === "error" ? { incomplete: true } : { state }) };
  const list = useList("/transactions", filters);
  useFeed((event) => event.type.startsWith("ohmstead.transaction.") && (!station || event.subject === station), list.load, 3000);
  const empty = html`<${Blank} icon="tx" title="No transaction meets the filters">They appear here as soon as a station tells of one.<//>`;
  return html`<div class="toolbar">
      <${Segmented} label="Which" options=${VIEWS} value=${state} pick=${(one) => filter({ state: one })} />
      <${Search} name="token" label="Token" />
      ${!station && html`<${Search} name="station_id" label="Station" />`}
      ${!station && sites.value.size > 0 && html`<${Choice} name="site_id" label="Site" options=${[...sites.value.values()].map((one) => [one.id, one.name])} />`}
    </div>
    <div class="card table-card"><${DataTable} label="Transactions, newest first" list=${list} columns=${columns(!station)} empty=${empty} /></div>`;
}

export const TransactionsPage = () => html`<${PageHead} title="Transactions">Newest first.<//><${TransactionTable} />`;
