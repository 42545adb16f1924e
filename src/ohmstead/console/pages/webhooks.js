// Events brought to somebody else's address, and what became of each delivery.
import { post } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { Blank } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { tell, tellProblem } from "../kit/floating.js";
import { PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable } from "../kit/table.js";

const WEBHOOKS = [
  { key: "url", title: "To", class: "wrap name", cell: (row) => html`<a class="link" href=${to("webhooks", row.id)}>${row.url}</a>` },
  { key: "types", title: "Events", class: "wrap", cell: (row) => row.types.join(", ") },
  { key: "state", title: "State", cell: (row) => html`<${Chip} s=${row.enabled ? "ok" : "bad"}>${row.enabled ? "on" : "off"}<//>` },
  { key: "why", title: "Why", class: "wrap", cell: (row) => row.disabled_reason ?? "" },
];

export function WebhooksPage() {
  const list = useList("/webhooks");
  const empty = html`<${Blank} icon="hook" title="No webhook yet" command="ohmstead webhook add URL 'ohmstead.transaction.*'" />`;
  return html`<${PageHead} title="Webhooks">Signed, at least once, in order for each station.<//>
    <div class="card table-card"><${DataTable} label="Webhooks" list=${list} columns=${WEBHOOKS} empty=${empty} /></div>`;
}

const TONES = { delivered: "ok", waiting: "pending", dead: "bad" };

export function WebhookPage({ id }) {
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
  return html`<${PageHead} title=${`Webhook ${id}`}>Its deliveries, newest first.<//>
    <div class="card table-card"><${DataTable} label="Deliveries" list=${list} columns=${columns} empty=${html`<${Blank} icon="hook" title="Nothing was delivered yet" />`} /></div>`;
}
