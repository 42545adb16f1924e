// One call and its answer, on a page of its own or beside the list.
import { lasted, moment } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useRemote } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { Broken, Skeleton } from "../kit/blank.js";
import { Button, IconButton } from "../kit/button.js";
import { Code } from "../kit/code.js";
import { Icon } from "../kit/icon.js";
import { Card, Facts, PageHead } from "../kit/page.js";
import { Status } from "../kit/status.js";

export const directions = { in: ["in", "from station"], out: ["out", "to station"] };
const statusOf = (answer) => answer?.status ?? answer?.idTokenInfo?.status ?? answer?.idTagInfo?.status ?? "Answered";

export function Result({ row }) {
  if (row.error) return html`<${Status} s="bad" text=${row.error.code} />`;
  if (row.invalid) return html`<${Status} s="bad" text="Odd" />`;
  if (!row.answered_at) return html`<${Status} s="pending" text="No answer" />`;
  const status = statusOf(row.answer);
  return html`<${Status} s=${status === "Rejected" ? "rejected" : "ok"} text=${status} />`;
}

/** What was wrong, at its path: an `invalid` text may name a place ("/a/b: why", "at /a/b"), an error may too. */
export function faultsOf(message) {
  const texts = [message.invalid, message.error?.description].filter(Boolean);
  return texts.flatMap((text) => [...text.matchAll(/(?:^|[\s"'(])((?:\/[A-Za-z0-9_~]+)+)/g)].map((found) => ({ pointer: found[1], text })));
}

const Wrong = ({ one }) => one.invalid && html`<div class="note" data-s="bad" role="note"><${Icon} name="bad" /><div><b>What is wrong</b><p>${one.invalid}</p></div></div>`;
const Request = ({ one }) => (one.frame !== null ? html`<${Code} label="Text as it came" value=${one.frame} />` : html`<${Code} label="Request" value=${one.payload} faults=${faultsOf(one)} />`);
const Answer = ({ one }) => (one.error ? html`<${Code} label="Error" value=${one.error} />` : html`<${Code} label="Answer" value=${one.answer} />`);
const CopyCurl = ({ one, kind }) => one.direction === "out" && one.action && html`<${Button} kind=${kind} icon="copy" onClick=${() => copyCurl(one)}>Copy as curl<//>`;
const asked = (one) => (one.direction === "in" ? "The station said" : "We said");
const answered = (one) => (one.direction === "in" ? "We answered" : "The station answered");

export function MessagePage({ id }) {
  const remote = useRemote(to("messages", id));
  const one = remote.data.value;
  if (!one) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const [, direction] = directions[one.direction];
  return html`<${PageHead} title=${one.action ?? "Not OCPP"} status=${html`<${Result} row=${one} />`} actions=${html`<${CopyCurl} one=${one} />`}>
      ${direction} <a class="link" href=${to("stations", one.station_id)}>${one.station_id}</a>, ${moment(one.at)}, answered in ${lasted(one.at, one.answered_at)}. <span class="mono dim">${one.message_id}</span>
    <//>
    <${Wrong} one=${one} />
    <div class="split even">
      <${Card} title=${asked(one)}><${Request} one=${one} /><//>
      <${Card} title=${answered(one)}><${Answer} one=${one} /><//>
    </div>`;
}

/** The same in a narrow card that stays in sight while the list is scrolled. */
export function Beside({ id, close }) {
  const remote = useRemote(to("messages", id));
  const one = remote.data.value;
  const body = one ? html`<${Inside} one=${one} />` : remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  return html`<section class="card detail" aria-label="The message that was picked">
    <div class="card-head"><h2>${one?.action ?? (one ? "Not OCPP" : "Message")}<small>${one?.station_id}</small></h2><${IconButton} small icon="close" label="Close the message" onClick=${close} /></div>
    ${body}
  </section>`;
}

const Inside = ({ one }) =>
  html`<div class="card-body pair">
      <${Wrong} one=${one} />
      <${Facts} facts=${[["Message id", html`<span class="mono">${one.message_id}</span>`], ["Station", html`<a class="link" href=${to("stations", one.station_id)}>${one.station_id}</a>`], ["Asked", moment(one.at)], ["Signed", one.signed && String(one.signed)]]} />
      <div><h3><${Icon} name=${directions[one.direction][0]} />${asked(one)}</h3><${Request} one=${one} /></div>
      <div><h3>${answered(one)}<small>${one.answered_at ? `after ${lasted(one.at, one.answered_at)}` : "not yet"}</small></h3><${Answer} one=${one} /></div>
    </div>
    <div class="card-foot"><${CopyCurl} one=${one} kind="small" /><span class="push"></span><a class="btn small quiet" href=${to("messages", one.id)}><${Icon} name="link" />On a page of its own</a></div>`;

function copyCurl({ station_id, action, payload }) {
  const body = JSON.stringify({ ocpp: { action, payload } }).replaceAll("'", "'\\''");
  const url = `${location.origin}/api/v1${to("stations", station_id)}/commands?wait=30`;
  navigator.clipboard?.writeText(`curl -H "Authorization: Bearer $KEY" '${url}' -d '${body}'`);
}
