// One EVSE: what it draws beside what it may, and the transaction on it.
import { kw } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { may } from "../../lib/session.js";
import { Button } from "../../kit/button.js";
import { Status } from "../../kit/status.js";
import { showTransaction, startCharge, stopCharge, unlock } from "./acts.js";

export function EvseCard({ station, evse }) {
  const kinds = evse.connectors.map((one) => one.type ?? `connector ${one.id}`).join(", ");
  const acts = may("commands:write") && station.online;
  return html`<article class="card evse" data-tone=${evse.state === "faulted" ? "bad" : undefined} aria-label=${`EVSE ${evse.id}`}>
    <div class="card-head"><h2>EVSE ${evse.id}<small>${kinds}</small></h2><${Status} s=${station.online ? evse.state : "offline"} /></div>
    <div class="now">
      <span class="big">${kw(evse.power_w)}<span class="unit"> kW</span></span>
      <span class="lim">${evse.limit_w === null ? "no limit set" : html`<b>${kw(evse.limit_w)} kW</b>limit`}</span>
    </div>
    <dl class="kv">
      ${evse.connectors.map((one) => html`<div key=${one.id}><dt>Connector ${one.id}</dt><dd>${one.status}</dd></div>`)}
    </dl>
    <div class="card-foot">
      <p>
        ${evse.transaction_id
          ? html`<button type="button" class="link" onClick=${() => showTransaction(station.id, evse.transaction_id)}>${evse.transaction_id.slice(0, 18)}</button>`
          : "No transaction"}
      </p>
      ${acts && html`<${Button} kind="small quiet" icon="unlock" onClick=${() => unlock(station.id, evse)}>Unlock…<//>`}
      ${acts && (evse.transaction_id ? html`<${Button} kind="small quiet" icon="stop" onClick=${() => stopCharge(station.id, evse.transaction_id)}>Stop…<//>` : html`<${Button} kind="small quiet" icon="play" onClick=${() => startCharge(station, evse.id)}>Start…<//>`)}
    </div>
  </article>`;
}
