// Commands of all stations, and one with its rail, its calls and what the station said to each.
import { request } from "../lib/api.js";
import { ago, lasted, moment } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { query, to } from "../lib/router.js";
import { asked as askedFor, commandTitle } from "../lib/said.js";
import { may } from "../lib/session.js";
import { Blank, Broken, Skeleton } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { Code } from "../kit/code.js";
import { tellProblem } from "../kit/floating.js";
import { Card, Facts, PageHead } from "../kit/page.js";
import { CommandState, Rail } from "../kit/rail.js";
import { Choice, DataTable, Search } from "../kit/table.js";

const STATES = ["queued", "sent", "accepted", "rejected", "error", "timed_out", "expired", "cancelled", "confirmed", "unconfirmed"];

const columns = (withStation) =>
  [
    { key: "name", title: "Command", cell: (row) => html`<span class="two"><span class="name"><a href=${to("commands", row.id)}>${commandTitle(row)}</a></span><small>${askedFor(row)}</small></span>` },
    withStation && { key: "station", title: "Station", cell: (row) => html`<a class="link" href=${to("stations", row.station_id)}>${row.station_id}</a>` },
    { key: "state", title: "State", cell: (row) => html`<${CommandState} state=${row.state} />` },
    { key: "reason", title: "Why", class: "wrap", cell: (row) => row.reason ?? row.error?.description ?? "" },
    { key: "at", title: "Asked", class: "r", cell: (row) => ago(row.created_at) },
  ].filter(Boolean);

export function CommandTable({ station }) {
  const asked = query.value;
  const list = useList("/commands", { station_id: station ?? asked.get("station_id"), state: asked.get("state") });
  useFeed((event) => event.type.startsWith("ohmstead.command.") && (!station || event.subject === station), list.load);
  const empty = html`<${Blank} icon="command" title="No command yet" command="ohmstead command CS001 trigger message=Heartbeat" />`;
  return html`<div class="toolbar">
      ${!station && html`<${Search} name="station_id" label="Station" />`}
      <${Choice} name="state" label="State" options=${STATES.map((one) => [one, one.replace("_", " ")])} />
    </div>
    <div class="card table-card"><${DataTable} label="Commands, newest first" list=${list} columns=${columns(!station)} empty=${empty} /></div>`;
}

export const CommandsPage = () => html`<${PageHead} title="Commands">What was asked of stations, and what became of it.<//><${CommandTable} />`;

export function CommandPage({ id }) {
  const remote = useRemote(to("commands", id));
  useFeed((event) => event.type.startsWith("ohmstead.command.") && event.data?.id === id, remote.load, 200);
  const one = remote.data.value;
  if (!one) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const cancel = () => request("DELETE", to("commands", id)).then(remote.load, tellProblem);
  const canCancel = one.state === "queued" && may("commands:write");
  return html`<${PageHead} title=${commandTitle(one)} status=${html`<${CommandState} state=${one.state} />`} actions=${canCancel && html`<${Button} onClick=${cancel}>Cancel it<//>`}>
      ${askedFor(one)}${askedFor(one) && ", "}for <a class="link" href=${to("stations", one.station_id)}>${one.station_id}</a>, asked ${moment(one.created_at)}.
    <//>
    <${Card} title="How far it is"><${Rail} command=${one} /><//>
    ${one.results && html`<${Card} title="Item by item"><${Facts} facts=${one.results.map((item) => [item.variable ?? item.name ?? "item", `${item.status}${item.reason ? `: ${item.reason}` : ""}`])} /><//>`}
    ${one.calls.map(
      (call) =>
        html`<div class="split even" key=${call.message_id}>
          <${Card} title=${call.action} small=${call.sent_at ? `sent ${moment(call.sent_at)}` : "not sent"}><${Code} label="Request" value=${call.payload} /><//>
          <${Card} title=${`Answer to ${call.action}`} small=${lasted(call.sent_at, call.answered_at)}><${Code} label="Answer" value=${call.error ?? call.answer ?? null} /><//>
        </div>`,
    )}`;
}
