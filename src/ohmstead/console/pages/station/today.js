// A station's day in numbers, and whether it is as it is wanted.
import { count, kwh, words } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { Icon } from "../../kit/icon.js";
import { Card, Facts } from "../../kit/page.js";
import { DriftState } from "../desired.js";

const MOST = 5;
const shown = (value) => (value === null || value === undefined ? "unknown" : typeof value === "object" ? JSON.stringify(value) : String(value));

/** Nothing where nothing is declared. */
export function Wanted({ station }) {
  const drift = useRemote(`${to("stations", station.id)}/drift`).data.value;
  if (!drift || drift.state === "undeclared") return null;
  const facts = drift.differences.slice(0, MOST).map((one) => [`${words(one.aspect)}: ${one.what}`, html`<span class="gap2 t-warn"><${Icon} name="warn" />${shown(one.actual)}, wanted ${shown(one.wanted)}</span>`]);
  return html`<${Card} title="Wanted and actual" actions=${html`<${DriftState} state=${drift.state} />`}>
    ${facts.length ? html`<${Facts} facts=${facts} />` : html`<p class="ink2 small">${drift.text || "It is as it is declared."}</p>`}
    <p class="mt2 small"><a class="link" href=${to("stations", station.id, "desired")}>What is declared of it</a></p>
  <//>`;
}

/** `transactions`: its newest, at most `most` of them. */
export function Today({ station, transactions, most }) {
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const tomorrow = new Date(midnight.getTime() + 86_400_000);
  const remote = useRemote("/energy-history", { from: midnight.toISOString(), to: tomorrow.toISOString(), by: "day", time_zone: zone, station_id: station.id });
  const rows = remote.data.value?.data ?? remote.data.value;
  const energy = Array.isArray(rows) ? rows.reduce((sum, one) => sum + one.energy_wh, 0) : null;
  const since = transactions?.filter((one) => Date.parse(one.started_at) >= midnight) ?? [];
  const running = since.filter((one) => one.state === "active").length;
  const ended = since.length - running;
  const isAll = transactions && since.length < transactions.length;
  return html`<${Card} title="Today">
    <${Facts} facts=${[["Energy", energy === null ? "–" : `${kwh(energy)} kWh`], ["Charges", transactions && `${isAll || transactions.length < most ? "" : "at least "}${count(ended)} ended, ${count(running)} running`]]} />
  <//>`;
}
