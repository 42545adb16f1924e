// A station that is led to another CSMS, or to another address of this one: how far it is, and what one knows of the other side.
import { post } from "../../lib/api.js";
import { ago, moment, words } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { askFor } from "../../kit/ask-form.js";
import { Button } from "../../kit/button.js";
import { tell, tellProblem } from "../../kit/floating.js";
import { Card, Facts } from "../../kit/page.js";
import { Status } from "../../kit/status.js";

const TONES = { done: "ok", returned: "warn", failed: "bad", overdue: "warn" };
const WHERE = { here: "another address of this Ohmstead", tenant: "another tenant of this Ohmstead", elsewhere: "another CSMS" };
/** It has left, and nobody here can see whether it arrived. */
const UNSEEN = ["watching", "overdue"];

export const lead = (station) =>
  askFor({
    title: `Lead ${station.id} to another CSMS or address`, word: "Lead 1 station", schema: "MigrationNew",
    small: "It gets a network profile with the new address and restarts. Its old one stays as the way back.",
    send: async (given) => {
      const made = await post(`${to("stations", station.id)}/migration`, given);
      tell({ s: "info", title: `Migration: ${made.state}`, text: station.id, href: to("commands", made.id) });
    },
  }); // prettier-ignore

/** Nothing where it was never led anywhere. */
export function Migration({ station, remote }) {
  const one = station.migration;
  if (!one) return null;
  const answer = (arrived) => post(`${to("stations", station.id)}/migration/answer`, { arrived }).then(remote.load, tellProblem);
  return html`<${Card} title="Migration" actions=${html`<${Status} s=${TONES[one.step] ?? "running"} text=${words(one.step)} />`}>
    <${Facts} facts=${[["To", one.url ?? `its slot ${one.slot}`], ["That is", WHERE[one.destination]], ["Begun", ago(one.started_at)], ["Left", one.left_at && ago(one.left_at)], ["This step until", one.deadline && moment(one.deadline)], ["Where it stands", one.reason]]} />
    ${UNSEEN.includes(one.step) && may("stations:write") && html`<p class="mt3 small ink2">Look at the other side: has it arrived?</p><div class="btn-row mt2"><${Button} kind="small" onClick=${() => answer(true)}>It arrived<//><${Button} kind="small" onClick=${() => answer(false)}>It did not<//></div>`}
    <p class="mt2 small"><a class="link" href=${to("commands", one.command_id)}>The command</a></p>
  <//>`;
}
