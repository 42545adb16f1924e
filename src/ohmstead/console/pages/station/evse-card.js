// One EVSE: what it draws beside what it may, the curve of the transaction on it, and what came before where it is free.
import { age, ago, kw, kwh, now } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Button } from "../../kit/button.js";
import { Spark } from "../../kit/spark.js";
import { Status } from "../../kit/status.js";
import { useReadings } from "../transaction/readings.js";
import { startCharge, stopCharge, unlock } from "./acts.js";

/** `transactions`: the newest of this station, null while they are not known. `shares`: what its site gave it, in order. */
export function EvseCard({ station, evse, transactions, shares }) {
  const own = transactions?.filter((one) => one.evse_id === evse.id) ?? [];
  const running = own.find((one) => one.state === "active" && one.transaction_id === evse.transaction_id);
  const acts = may("commands:write") && station.online;
  const kinds = evse.connectors.map((one) => one.type ?? `connector ${one.id}`).join(", ");
  const faults = evse.connectors.filter((one) => one.status === "Faulted").length > 0;
  return html`<article class="card evse" data-tone=${faults || evse.state === "faulted" ? "bad" : undefined} aria-label=${`EVSE ${evse.id}`}>
    <div class="card-head"><h2>EVSE ${evse.id}<small>${kinds}</small></h2><${Status} s=${station.online ? evse.state : "offline"} /></div>
    <${Now} station=${station} evse=${evse} share=${shares.at(-1)} />
    ${running ? html`<${Running} one=${running} shares=${shares} />` : html`<${Before} one=${own.find((each) => each.ended_at)} evse=${evse} />`}
    <div class="card-foot">
      <p>${running ? html`<a class="link" href=${to("transactions", running.id)}>${running.transaction_id.slice(0, 18)}</a>` : evse.transaction_id ? evse.transaction_id.slice(0, 18) : "No transaction"}</p>
      ${acts && html`<${Button} kind="small quiet" icon="unlock" onClick=${() => unlock(station.id, evse)}>Unlock…<//>`}
      ${acts && (evse.transaction_id ? html`<${Button} kind="small quiet" icon="stop" onClick=${() => stopCharge(station.id, evse.transaction_id)}>Stop…<//>` : html`<${Button} kind="small quiet" icon="play" onClick=${() => startCharge(station, evse.id)}>Start…<//>`)}
    </div>
  </article>`;
}

function Now({ station, evse, share }) {
  const reading = station.online ? evse.power_w : null;
  const why = share && evse.limit_w !== null && Math.abs(share.limit_w - evse.limit_w) < 1 ? share.text.replace(/^[^:]*: /, "") : "limit";
  return html`<div class="now">
    ${reading === null ? html`<span class="idle">${evse.transaction_id && station.online ? "not measured yet" : station.online ? "no car draws" : "no reading"}</span>` : html`<span class="big">${kw(reading)}<span class="unit"> kW</span></span>`}
    <span class="lim">${evse.limit_w === null ? "no limit set" : html`<b>${kw(evse.limit_w)} kW</b>${why}`}</span>
  </div>`;
}

function Running({ one, shares }) {
  const values = useReadings(one) ?? [];
  const of = (name) => values.filter((each) => each.measurand === name && !each.phase);
  const power = of("Power.Active.Import").map((each) => [Date.parse(each.at) / 1000, each.value]);
  const battery = of("SoC").at(-1)?.value;
  const from = Date.parse(one.started_at) / 1000;
  const limit = shares.filter((each) => each.at >= from).map((each) => [each.at, each.limit_w]);
  const facts = [["Energy", `${kwh(one.energy_wh)} kWh`], battery !== undefined && ["Battery", `${battery.toFixed(0)} %`], ["Since", age(now.value / 1000 - from)], one.token && ["Token", short(one.token)]];
  return html`${power.length > 1 ? html`<${Spark} power=${power} limit=${limit} from=${from} until=${lastOf(power, limit)} label=${`EVSE ${one.evse_id}: power of this transaction, now ${kw(power.at(-1)[1])} kW`} />` : html`<p class="spk ink2 small">The curve begins with the second reading.</p>`}
    <dl class="kv">${facts.filter(Boolean).map(([word, value]) => html`<div key=${word}><dt>${word}</dt><dd title=${word === "Token" ? one.token : undefined}>${value}</dd></div>`)}</dl>`;
}

/** Limits have our time, readings the station's: where its clock is far behind, only its own counts. */
const FAR_S = 900;
function lastOf(power, limit) {
  const [measured, told] = [power.at(-1)[0], limit.at(-1)?.[0] ?? 0];
  return told - measured > FAR_S ? measured : Math.max(measured, told);
}

/** Nobody charges: what the connectors say, and the last one who did. */
const Before = ({ one, evse }) =>
  html`<dl class="kv">
    ${evse.connectors.map((each) => html`<div key=${each.id}><dt>Connector ${each.id}</dt><dd>${each.status}</dd></div>`)}
    ${one && html`<div><dt>Last charge</dt><dd><a class="link" href=${to("transactions", one.id)}>${kwh(one.energy_wh)} kWh</a></dd></div><div><dt>Ended</dt><dd>${ago(one.ended_at)}</dd></div>`}
  </dl>`;

const short = (token) => (token.length > 12 ? `${token.slice(0, 5)}…${token.slice(-4)}` : token);
