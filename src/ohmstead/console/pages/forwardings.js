// Stations told to a second CSMS: whom, what it may ask for, and how each line is.
import { post, request } from "../lib/api.js";
import { ago, count, many, words } from "../lib/format.js";
import { html, useEffect } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { go, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { siteName } from "../lib/sites.js";
import { askFor } from "../kit/ask-form.js";
import { Blank, Broken, Skeleton } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { ask, tell, tellProblem, trying } from "../kit/floating.js";
import { Card, Facts, Figures, PageHead } from "../kit/page.js";
import { Chip, Status } from "../kit/status.js";
import { DataTable } from "../kit/table.js";

const AGAIN_MS = 5000;
const TONES = { connected: "ok", connecting: "warn", not_accepted: "bad", station_offline: "offline", ended: "none" };
const listed = (names, none) => (names?.length ? names.join(", ") : none);
/** Which stations, in words. */
const whom = (row) => (row.station_ids ? row.station_ids.join(", ") : row.site_ids ? `all of ${row.site_ids.map(siteName).join(", ")}` : "all stations");
const asks = (row) => (row.commands.length ? row.commands.join(", ") : "nothing: it only listens");

const COLUMNS = [
  { key: "name", title: "Name", class: "name", cell: (row) => html`<a class="link" href=${to("forwardings", row.id)}>${row.name}</a>` },
  { key: "url", title: "To", class: "wrap", cell: (row) => row.url },
  { key: "whom", title: "Stations", class: "wrap", cell: whom },
  { key: "asks", title: "It may ask for", class: "wrap", cell: asks },
  { key: "state", title: "State", cell: (row) => html`<${Chip} s=${row.enabled ? "ok" : "none"}>${row.enabled ? "on" : "off"}<//>` },
];

export function ForwardingsPage() {
  const list = useList("/forwardings");
  const add = () =>
    askFor({
      title: "Tell stations to a second CSMS", word: "Add forwarding", schema: "ForwardingNew",
      small: "Without stations and sites it is told of all, now and later. Without commands it only listens. What it answers changes nothing here.",
      send: async (given) => go(to("forwardings", (await post("/forwardings", given)).id)),
    }); // prettier-ignore
  const empty = html`<${Blank} icon="out" title="Nothing is forwarded" command="ohmstead forwarding add landlord wss://csms.example/ocpp --station CS1">A second CSMS can listen to stations, and ask for what you let it.<//>`;
  return html`<${PageHead} title="Forwarding" actions=${may("forwardings:write") && html`<${Button} kind="primary" icon="plus" onClick=${add}>Add forwarding…<//>`}>Second CSMSs that are told what stations say.<//>
    <div class="card table-card"><${DataTable} label="Forwardings" list=${list} columns=${COLUMNS} empty=${empty} /></div>`;
}

const LINKS = [
  { key: "station", title: "Station", class: "name", cell: (row) => html`<a class="link" href=${to("stations", row.station_id)}>${row.station_id}</a>` },
  { key: "state", title: "Its line", class: "wrap", cell: (row) => html`<span class="two"><${Status} s=${TONES[row.state]} text=${words(row.state)} /><small>${row.reason ?? ""}</small></span>` },
  { key: "since", title: "Since", cell: (row) => ago(row.since) },
  { key: "told", title: "Told", class: "r", cell: (row) => count(row.told) },
  { key: "dropped", title: "Dropped", class: "r", cell: (row) => (row.dropped ? html`<span class="t-warn">${count(row.dropped)}</span>` : "0") },
  { key: "asked", title: "Asked", class: "r", cell: (row) => count(row.asked) },
  { key: "refused", title: "Refused", class: "r", cell: (row) => count(row.refused) },
];

export function ForwardingPage({ id }) {
  const remote = useRemote(to("forwardings", id));
  const links = useList(`${to("forwardings", id)}/stations`);
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && links.load(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [id]);
  const row = remote.data.value;
  if (!row) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const empty = html`<${Blank} icon="plug" title=${row.enabled ? "No line yet" : "It is off"}>${row.enabled ? "A line begins when a station that it names is connected." : "Nothing is told until it is on."}<//>`;
  return html`<${PageHead} title=${row.name} status=${html`<${Chip} s=${row.enabled ? "ok" : "none"}>${row.enabled ? "on" : "off"}<//>`} actions=${may("forwardings:write") && html`<${Actions} row=${row} remote=${remote} />`}><span class="mono">${row.url}</span><//>
    <${Sums} rows=${links.rows.value ?? []} />
    <div class="split">
      <div class="card table-card"><${DataTable} label="Lines" list=${links} columns=${LINKS} id=${(one) => one.station_id} empty=${empty} /></div>
      <${Card} title="What is told and asked">
        <${Facts}
          facts=${[
            ["Stations", whom(row)], ["It may ask for", asks(row)], ["Left out", listed(row.leave_out, "nothing")],
            ["Known there as", row.identity], ["Password", row.has_password ? "kept, never shown" : "none"], ["Trusts", row.trusted_certificates ? "certificates of its own" : "the roots of this machine"], ["Added", ago(row.created_at)],
          ]}
        />
      <//>
    </div>`; // prettier-ignore
}

function Sums({ rows }) {
  if (!rows.length) return null;
  const sum = (name) => count(rows.reduce((total, one) => total + one[name], 0));
  const connected = rows.filter((one) => one.state === "connected").length;
  return html`<${Figures}
    figures=${[
      ["Lines", `${connected}`, "", `connected of ${many(rows.length, "station")}`],
      ["Told", sum("told"), "", "messages that it took"],
      ["Dropped", sum("dropped"), "", "it was away, or refused them"],
      ["Asked", sum("asked"), "", "commands that went on"],
      ["Refused", sum("refused"), "", "commands that it may not give"],
    ]}
  />`;
}

const Actions = ({ row, remote }) =>
  html`<${Button} onClick=${() => edit(row, remote)}>Edit…<//>
    <${Button} onClick=${() => change(row, remote, { enabled: !row.enabled })}>${row.enabled ? "Turn off" : "Turn on"}<//>
    <${Button} kind="danger" onClick=${() => remove(row)}>Remove…<//>`;

const change = (row, remote, body) => request("PATCH", to("forwardings", row.id), { body, ifMatch: remote.etag.value }).then(remote.load, tellProblem);

/** What is taken away in the form means "all", or nothing: the API is told so. */
const EMPTY = { station_ids: null, site_ids: null, identity: null, trusted_certificates: null, commands: [], leave_out: [] };

function edit(row, remote) {
  const etag = remote.etag.value;
  askFor({
    title: `Edit ${row.name}`, word: "Save", schema: "ForwardingChange", values: row, small: "Its lines end and begin anew. A password that is left empty stays.",
    send: async (given) => {
      const wanted = Object.entries({ ...EMPTY, ...given }).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(row[name]));
      await request("PATCH", to("forwardings", row.id), { body: Object.fromEntries(wanted), ifMatch: etag });
      tell({ title: "Saved", text: row.name });
      await remote.load();
    },
  }); // prettier-ignore
}

const remove = (row) =>
  ask({
    title: `Remove ${row.name}?`,
    body: html`<p>Its lines end. What it was told stays there.</p>`,
    word: "Remove 1 forwarding",
    keep: "Keep it",
    danger: true,
    act: trying(async () => {
      await request("DELETE", to("forwardings", row.id));
      go("/forwardings");
    }),
  });
