// Who may charge.
import { post, request } from "../lib/api.js";
import { day } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { Blank } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { ask, tell, tellProblem } from "../kit/floating.js";
import { PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable } from "../kit/table.js";

const TYPES = ["ISO14443", "ISO15693", "eMAID", "KeyCode", "Central", "Local", "MacAddress", "EVCCID", "VIN"];
const TONES = { accepted: "ok", blocked: "bad", expired: "none", invalid: "bad", no_credit: "warn" };

export function TokensPage() {
  const list = useList("/tokens");
  const change = (row, status) => request("PATCH", to("tokens", row.token), { query: { type: row.type }, body: { status } }).then(list.load, tellProblem);
  const columns = [
    { key: "token", title: "Token", class: "name", cell: (row) => row.token },
    { key: "type", title: "Type", cell: (row) => row.type },
    { key: "status", title: "Status", cell: (row) => html`<${Chip} s=${TONES[row.status]}>${row.status.replace("_", " ")}<//>` },
    { key: "holder", title: "Holder", cell: (row) => row.holder ?? "–" },
    { key: "group", title: "Group", cell: (row) => row.group ?? "–" },
    { key: "expires", title: "Expires", cell: (row) => (row.expires_at ? day(row.expires_at) : "never") },
    { key: "act", title: "", cell: (row) => may("tokens:write") && html`<${Button} kind="small quiet" onClick=${() => change(row, row.status === "accepted" ? "blocked" : "accepted")}>${row.status === "accepted" ? "Block" : "Accept"}<//>` },
  ];
  const empty = html`<${Blank} icon="card" title="No token yet" command="ohmstead token add 04A1B2C3D4E5F6" />`;
  const add = may("tokens:write") && html`<${Button} kind="primary" icon="plus" onClick=${() => addToken(list)}>Add token…<//>`;
  return html`<${PageHead} title="Tokens" actions=${add}>Cards, apps and contracts that may charge, compared without case.<//>
    <div class="card table-card"><${DataTable} label="Tokens" list=${list} columns=${columns} id=${(row) => row.type + row.token} empty=${empty} /></div>`;
}

function addToken(list) {
  const body = html`<div class="form">
    <div class="field"><label for="token">Token</label><input class="input" id="token" name="token" required maxlength="255" /></div>
    <div class="field"><label for="token-type">Type</label><select class="input" id="token-type" name="type">${TYPES.map((one) => html`<option key=${one}>${one}</option>`)}</select></div>
    <div class="field"><label for="token-holder">Holder <span class="dim">optional</span></label><input class="input" id="token-holder" name="holder" maxlength="255" /></div>
    <div class="field"><label for="token-group">Group <span class="dim">optional</span></label><input class="input" id="token-group" name="group" maxlength="255" /></div>
  </div>`;
  const act = async (form) => {
    try {
      await post("/tokens", Object.fromEntries([...form].filter(([, value]) => value !== "")));
      tell({ title: "Token added", text: form.get("token") });
      list.load();
    } catch (problem) {
      tellProblem(problem);
      return false;
    }
  };
  ask({ title: "Add a token", body, word: "Add token", act });
}
