// Every call with its answer: how long it took, and what is wrong at its path.
import { clock, lasted, moment } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html, useSignal } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { Blank, Broken } from "../kit/blank.js";
import { Button, IconButton, Segmented } from "../kit/button.js";
import { Code } from "../kit/code.js";
import { Icon } from "../kit/icon.js";
import { Card, PageHead } from "../kit/page.js";
import { Chip, Status } from "../kit/status.js";
import { DataTable, Search } from "../kit/table.js";

const WHICH = [["", "All"], ["true", "Refused or odd", "bad"]];
const directions = { in: ["in", "from station"], out: ["out", "to station"] };
const statusOf = (answer) => answer?.status ?? answer?.idTokenInfo?.status ?? answer?.idTagInfo?.status ?? "Answered";

function result(row) {
  if (row.error) return html`<${Status} s="bad" text=${row.error.code} />`;
  if (row.invalid) return html`<${Status} s="bad" text="Odd" />`;
  if (!row.answered_at) return html`<${Status} s="pending" text="No answer" />`;
  const status = statusOf(row.answer);
  return html`<${Status} s=${status === "Rejected" ? "rejected" : "ok"} text=${status} />`;
}

const Action = ({ row }) => {
  const [icon, word] = directions[row.direction];
  return html`<span class="act"><${Icon} name=${icon} /><span class="vh">${word}</span><a href=${to("messages", row.id)}>${row.action ?? "not OCPP"}</a></span>`;
};

const columns = (withStation) =>
  [
    { key: "time", title: "Time", class: "c-time", cell: (row) => clock(row.at) },
    { key: "action", title: "Action", class: "c-act", cell: (row) => html`<${Action} row=${row} />` },
    withStation && { key: "station", title: "Station", class: "c-station", cell: (row) => row.station_id },
    { key: "latency", title: "Answer in", class: "c-lat r", cell: (row) => lasted(row.at, row.answered_at) },
    { key: "result", title: "Result and finding", class: "c-res", cell: (row) => html`<span class="res">${result(row)}${row.invalid && html`<${Chip} s="bad"><span class="clip">${row.invalid}</span><//>`}</span>` },
  ].filter(Boolean);

export function MessageList({ station }) {
  const asked = query.value;
  const filters = { station_id: station ?? asked.get("station_id"), action: asked.get("action"), invalid: asked.get("invalid") };
  const list = useList("/messages", filters);
  const tail = useSignal(false);
  useFeed((event) => tail.value && (!station || event.subject === station), list.load, 2000);
  const empty = html`<${Blank} icon="messages" title="No message meets the filters" />`;
  return html`<div class="toolbar">
      ${!station && html`<${Search} name="station_id" label="Station" />`}
      <${Search} name="action" label="Action, as OCPP spells it" placeholder="Action" />
      <${Segmented} label="Findings" options=${WHICH} value=${asked.get("invalid") ?? ""} pick=${(one) => filter({ invalid: one })} />
      <span class="push"></span>
      <${Button} kind="small" icon=${tail.value ? "pause" : "play"} aria-pressed=${String(tail.value)} onClick=${() => (tail.value = !tail.value)}>${tail.value ? "Stop following" : "Follow"}<//>
    </div>
    <div class="card table-card"><${DataTable} name="msgs" label="Messages, newest first" list=${list} columns=${columns(!station)} empty=${empty} /></div>`;
}

export const MessagesPage = () => html`<${PageHead} title="Messages">Calls with their answers, newest first.<//><${MessageList} />`;

/** What was wrong, at its path: an `invalid` text may name a place ("/a/b: why", "at /a/b"), an error may too. */
export function faultsOf(message) {
  const texts = [message.invalid, message.error?.description].filter(Boolean);
  return texts.flatMap((text) => [...text.matchAll(/(?:^|[\s"'(])((?:\/[A-Za-z0-9_~]+)+)/g)].map((found) => ({ pointer: found[1], text })));
}

export function MessagePage({ id }) {
  const remote = useRemote(to("messages", id));
  const one = remote.data.value;
  if (!one) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : null;
  const [, direction] = directions[one.direction];
  return html`<${PageHead} title=${one.action ?? "Not OCPP"} status=${result(one)} actions=${one.direction === "out" && one.action && html`<${Button} icon="copy" onClick=${() => copyCurl(one)}>Copy as curl<//>`}>
      ${direction} <a class="link" href=${to("stations", one.station_id)}>${one.station_id}</a>, ${moment(one.at)}, answered in ${lasted(one.at, one.answered_at)}. <span class="mono dim">${one.message_id}</span>
    <//>
    ${one.invalid && html`<div class="note" data-s="bad" role="note"><${Icon} name="bad" /><div><b>What is wrong</b><p>${one.invalid}</p></div></div>`}
    <div class="split even">
      <${Card} title=${one.direction === "in" ? "The station said" : "We said"}>${one.frame !== null ? html`<${Code} label="Text as it came" value=${one.frame} />` : html`<${Code} label="Request" value=${one.payload} faults=${faultsOf(one)} />`}<//>
      <${Card} title=${one.direction === "in" ? "We answered" : "The station answered"}>${one.error ? html`<${Code} label="Error" value=${one.error} />` : html`<${Code} label="Answer" value=${one.answer} />`}<//>
    </div>`;
}

function copyCurl({ station_id, action, payload }) {
  const body = JSON.stringify({ ocpp: { action, payload } }).replaceAll("'", "'\\''");
  const url = `${location.origin}/api/v1${to("stations", station_id)}/commands?wait=30`;
  navigator.clipboard?.writeText(`curl -H "Authorization: Bearer $KEY" '${url}' -d '${body}'`);
}
