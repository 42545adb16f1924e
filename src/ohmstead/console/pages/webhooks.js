// Events brought to somebody else's address, and what became of each delivery.
import { post, request } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { go, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { askFor } from "../kit/ask-form.js";
import { Blank } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { ask, tell, tellProblem, trying } from "../kit/floating.js";
import { Icon } from "../kit/icon.js";
import { PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable } from "../kit/table.js";
import { showSecret } from "./keys.js";

const WEBHOOKS = [
  { key: "url", title: "To", class: "wrap name", cell: (row) => html`<a class="link" href=${to("webhooks", row.id)}>${row.url}</a>` },
  { key: "types", title: "Events", class: "wrap", cell: (row) => row.types.join(", ") },
  { key: "state", title: "State", cell: (row) => html`<${Chip} s=${row.enabled ? "ok" : "bad"}>${row.enabled ? "on" : "off"}<//>` },
  { key: "why", title: "Why", class: "wrap", cell: (row) => row.disabled_reason ?? "" },
];

export function WebhooksPage() {
  const list = useList("/webhooks");
  const empty = html`<${Blank} icon="hook" title="No webhook yet" command="ohmstead webhook add URL 'ohmstead.transaction.*'" />`;
  const add = () =>
    askFor({
      title: "Add a webhook", word: "Add webhook", schema: "WebhookNew",
      small: "Events are sent as signed POST requests. The secret of the signature is shown once, after this.",
      send: async (given) => {
        const made = await post("/webhooks", given);
        list.load();
        setTimeout(() => showSecret("The secret of its signatures", made.secret), 0);
      },
    }); // prettier-ignore
  return html`<${PageHead} title="Webhooks" actions=${may("webhooks:write") && html`<${Button} kind="primary" icon="plus" onClick=${add}>Add webhook…<//>`}>Events sent to an address of yours: signed, at least once, in order for each station.<//>
    <div class="card table-card"><${DataTable} label="Webhooks" list=${list} columns=${WEBHOOKS} empty=${empty} /></div>`;
}

const TONES = { delivered: "ok", waiting: "pending", dead: "bad" };

const Actions = ({ hook, remote }) =>
  html`<${Button} onClick=${() => request("PATCH", to("webhooks", hook.id), { body: { enabled: !hook.enabled }, ifMatch: remote.etag.value }).then(remote.load, tellProblem)}>${hook.enabled ? "Turn off" : "Turn on"}<//>
    <${Button} kind="danger" onClick=${() => remove(hook)}>Remove…<//>`;

const remove = (hook) =>
  ask({
    title: "Remove this webhook?",
    body: html`<p>Nothing more is sent to ${hook.url}, not even what waits.</p>`,
    word: "Remove 1 webhook",
    keep: "Keep it",
    danger: true,
    act: trying(async () => {
      await request("DELETE", to("webhooks", hook.id));
      go("/webhooks");
    }),
  });

export function WebhookPage({ id }) {
  const remote = useRemote(to("webhooks", id));
  const hook = remote.data.value;
  const list = useList(`${to("webhooks", id)}/deliveries`);
  const replay = (row) => post(`${to("webhooks", id)}/deliveries/${row.id}/replay`).then(() => (tell({ title: "It is sent again" }), list.load()), tellProblem);
  const columns = [
    { key: "id", title: "Delivery", class: "name", cell: (row) => row.id },
    { key: "type", title: "Event", cell: (row) => row.type },
    { key: "subject", title: "Station", cell: (row) => row.subject ?? "–" },
    { key: "state", title: "State", cell: (row) => html`<${Chip} s=${TONES[row.state]}>${row.state}<//>` },
    { key: "attempts", title: "Tries", class: "r", cell: (row) => row.attempts },
    { key: "last", title: "Last", cell: (row) => (row.last_at ? ago(row.last_at) : "–") },
    { key: "error", title: "Answer", class: "wrap", cell: (row) => row.error ?? row.status ?? "" },
    { key: "act", title: "", cell: (row) => may("webhooks:write") && html`<${Button} kind="small quiet" icon="refresh" onClick=${() => replay(row)}>Send again<//>` },
  ];
  const state = hook && html`<${Chip} s=${hook.enabled ? "ok" : "bad"}>${hook.enabled ? "on" : "off"}<//>`;
  return html`<${PageHead} title=${`Webhook ${id}`} status=${state} actions=${hook && may("webhooks:write") && html`<${Actions} hook=${hook} remote=${remote} />`}>${hook ? `To ${hook.url}: ${hook.types.join(", ")}.` : ""} Its deliveries, newest first.<//>
    ${hook?.disabled_reason && html`<div class="note" data-s="bad"><${Icon} name="bad" /><div>${hook.disabled_reason}</div></div>`}
    <div class="card table-card"><${DataTable} label="Deliveries" list=${list} columns=${columns} empty=${html`<${Blank} icon="hook" title="Nothing was delivered yet" />`} /></div>`;
}
