// What one does to a station most: start, stop, reset, unlock. Each is a command and shows the stop it truly reached.
import { get, post } from "../../lib/api.js";
import { html } from "../../lib/html.js";
import { go, to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Button } from "../../kit/button.js";
import { stateWord } from "../../kit/status.js";
import { ask, tell, tellProblem } from "../../kit/floating.js";

/** Sends a command and says that it was taken; false when it was not. */
export async function command(stationId, body, title) {
  try {
    const made = await post(`${to("stations", stationId)}/commands`, body);
    tell({ s: "info", title: `${title}: ${made.state}`, text: stationId, href: to("commands", made.id) });
    return true;
  } catch (problem) {
    tellProblem(problem);
    return false;
  }
}

/** Asks a station for something, where a page has nothing to show yet. */
export const AskIt = ({ station, type, word }) =>
  may("commands:write") && station.online && html`<${Button} icon="refresh" onClick=${() => command(station.id, { type }, word)}>${word}<//>`;

export function resetStation(station) {
  const running = station.evses.filter((one) => one.transaction_id).length;
  const body = html`<p>${running ? `${running} of its EVSEs ${running === 1 ? "has" : "have"} a running transaction.` : "No transaction is running."}</p>
    <fieldset class="field">
      <legend>When</legend>
      <label class="opt"><input type="radio" name="when" value="idle" defaultChecked />When idle: running transactions end first</label>
      <label class="opt"><input type="radio" name="when" value="immediately" />Immediately: running transactions are stopped</label>
    </fieldset>`;
  ask({
    title: `Reset ${station.id}?`,
    body,
    word: "Reset 1 station",
    keep: "Keep it running",
    danger: true,
    act: (form) => command(station.id, { type: "reset", when: form.get("when") }, "Reset"),
  });
}

export async function startCharge(station, evseId) {
  const tokens = await get("/tokens", { limit: 50 }).catch(() => ({ data: [] }));
  const body = html`<div class="field">
      <label for="start-token">Token</label>
      <input class="input" id="start-token" name="token" list="start-tokens" required maxlength="255" autocomplete="off" />
      <datalist id="start-tokens">${tokens.data.map((one) => html`<option key=${one.token} value=${one.token}>${one.holder ?? one.type}</option>`)}</datalist>
    </div>
    <div class="field">
      <label for="start-evse">EVSE</label>
      <select class="input" id="start-evse" name="evse_id">
        ${station.evses.map((one) => html`<option key=${one.id} value=${one.id} selected=${one.id === evseId}>EVSE ${one.id}, ${stateWord(one.state).toLowerCase()}</option>`)}
      </select>
    </div>`;
  const act = (form) => {
    const evse = form.get("evse_id");
    return command(station.id, { type: "start", token: form.get("token").trim(), ...(evse && { evse_id: Number(evse) }) }, "Start");
  };
  ask({ title: `Start charging at ${station.id}`, body, word: "Start charging", act });
}

export const stopCharge = (stationId, transactionId) =>
  ask({
    title: "Stop this charge?",
    body: html`<p>Transaction ${transactionId} at ${stationId}.</p>`,
    word: "Stop 1 transaction",
    keep: "Let it charge",
    danger: true,
    act: () => command(stationId, { type: "stop", transaction_id: transactionId }, "Stop"),
  });

export const unlock = (stationId, evse) =>
  ask({
    title: `Unlock EVSE ${evse.id}?`,
    body: html`<p>The cable can be pulled. A running transaction ends.</p>`,
    word: "Unlock",
    danger: true,
    act: () => command(stationId, { type: "unlock", evse_id: evse.id }, "Unlock"),
  });

/** The page of the transaction that a station knows by this id. */
export async function showTransaction(stationId, transactionId) {
  const found = await get("/transactions", { station_id: stationId, transaction_id: transactionId, limit: 1 }).catch(tellProblem);
  if (found?.data[0]) go(to("transactions", found.data[0].id));
}
