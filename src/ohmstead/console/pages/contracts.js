// Plug & Charge: contracts of vehicles, and the certificates that were issued for them.
import { post } from "../lib/api.js";
import { ago, day } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { query, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { askFor } from "../kit/ask-form.js";
import { Blank } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { ask, tell, trying } from "../kit/floating.js";
import { PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable, Search } from "../kit/table.js";

const TONES = { active: "ok", expired: "none", revoked: "bad" };

export function ContractsPage() {
  const list = useList("/contracts", { pcid: query.value.get("pcid") });
  useFeed((event) => /^ohmstead\.(contract)\./.test(event.type), list.load, 2000);
  const columns = [
    { key: "emaid", title: "Contract (eMAID)", class: "name", cell: (row) => row.emaid },
    { key: "pcid", title: "Vehicle (PCID)", cell: (row) => row.pcid },
    { key: "state", title: "State", cell: (row) => html`<${Chip} s=${TONES[row.state]}>${row.state}<//>` },
    { key: "token", title: "Token", cell: (row) => row.token ?? "–" },
    { key: "certificates", title: "Certificates", class: "r", cell: (row) => row.certificates },
    { key: "issued", title: "Last issued", cell: (row) => (row.issued_at ? ago(row.issued_at) : "not yet") },
    { key: "until", title: "Valid until", cell: (row) => (row.valid_until ? day(row.valid_until) : "–") },
    { key: "act", title: "", cell: (row) => row.state === "active" && may("contracts:write") && html`<${Button} kind="small quiet danger" onClick=${() => revoke(row, list)}>Revoke…<//>` },
  ];
  const empty = html`<${Blank} icon="cert" title="No contract yet" command="ohmstead contract add DEOHMC00000001 WP0ZZZ12345678901">The vehicle gets its certificate when it asks a station for it.<//>`;
  const add = may("contracts:write") && html`<${Button} kind="primary" icon="plus" onClick=${() => addContract(list)}>Add contract…<//>`;
  return html`<${PageHead} title="Contracts" actions=${add}>Plug & Charge: who a vehicle is when nobody shows a card.<//>
    <div class="toolbar"><${Search} name="pcid" label="Vehicle (PCID)" /></div>
    <div class="card table-card"><${DataTable} label="Contracts" list=${list} columns=${columns} id=${(row) => row.emaid} empty=${empty} /></div>`;
}

const addContract = (list) =>
  askFor({ title: "Add a contract", word: "Add contract", schema: "ContractNew", send: async (given) => (tell({ title: "Contract added", text: (await post("/contracts", given)).emaid }), await list.load()) });

const revoke = (row, list) =>
  ask({
    title: `Revoke ${row.emaid}?`,
    body: html`<p>Its ${row.certificates} certificates authorise nobody from now on, and no more are issued. That cannot be undone.</p>`,
    word: "Revoke 1 contract",
    keep: "Keep it",
    danger: true,
    act: trying(async () => (await post(`${to("contracts", row.emaid)}/revoke`), await list.load())),
  });
