// API keys: what a program may do. A key is shown once.
import { post, request } from "../lib/api.js";
import { day } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { schemaOf } from "../lib/schemas.js";
import { siteName } from "../lib/sites.js";
import { Blank } from "../kit/blank.js";
import { Button, IconButton } from "../kit/button.js";
import { ask, tell, tellProblem, trying } from "../kit/floating.js";
import { plain } from "../kit/form.js";
import { PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable } from "../kit/table.js";

export function KeysPage() {
  const list = useList("/keys");
  const columns = [
    { key: "name", title: "Name", class: "name", cell: (row) => row.name },
    { key: "scopes", title: "May", class: "wrap", cell: (row) => row.scopes.join(", ") },
    { key: "sites", title: "Sites", class: "wrap", cell: (row) => row.site_ids?.map(siteName).join(", ") ?? "all" },
    { key: "made", title: "Made", cell: (row) => day(row.created_at) },
    { key: "state", title: "State", cell: (row) => html`<${Chip} s=${row.revoked_at ? "none" : "ok"}>${row.revoked_at ? "revoked" : "works"}<//>` },
    { key: "act", title: "", cell: (row) => !row.revoked_at && may("keys:write") && html`<${Button} kind="small quiet danger" onClick=${() => revoke(row, list)}>Revoke…<//>` },
  ];
  return html`<${PageHead} title="Keys" actions=${may("keys:write") && html`<${Button} kind="primary" icon="plus" onClick=${() => makeKey(list)}>Make key…<//>`}>What programs sign in with.<//>
    <div class="card table-card"><${DataTable} label="Keys" list=${list} columns=${columns} empty=${html`<${Blank} icon="key" title="No key yet" command="ohmstead key add reader stations:read">A key lets a program use the API, as far as its scopes go.<//>`} /></div>`;
}

const revoke = (row, list) =>
  ask({
    title: `Revoke ${row.name}?`,
    body: html`<p>Whatever uses it is refused from now on. That cannot be undone.</p>`,
    word: "Revoke 1 key",
    keep: "Keep it",
    danger: true,
    act: trying(async () => {
      await request("DELETE", to("keys", row.id));
      await list.load();
    }),
  });

async function makeKey(list) {
  const found = await schemaOf("KeyNew").catch(tellProblem);
  if (!found) return;
  const scopes = plain(found.schema.properties.scopes, found.all).items.enum.toSorted();
  const body = html`<div class="form">
    <div class="field"><label for="key-name">Name</label><input class="input" id="key-name" name="name" required maxlength="255" /></div>
    <fieldset class="field">
      <legend>It may</legend>
      <div class="opts">${["admin", ...scopes.filter((one) => one !== "admin")].filter((one) => may(one)).map((one) => html`<label class="opt" key=${one}><input type="checkbox" name="scopes" value=${one} />${one === "admin" ? "everything" : one}</label>`)}</div>
    </fieldset>
  </div>`;
  const act = async (form) => {
    try {
      const made = await post("/keys", { name: form.get("name"), scopes: form.getAll("scopes") });
      list.load();
      setTimeout(() => showSecret("The new key", made.key), 0);
    } catch (problem) {
      tellProblem(problem);
      return false;
    }
  };
  ask({ title: "Make a key", body, word: "Make key", act });
}

export const showSecret = (title, secret) =>
  ask({
    title,
    keep: "I have it",
    body: html`<p>It is shown only now.</p><span class="cmd"><code tabindex="0">${secret}</code><${IconButton} icon="copy" label="Copy it" onClick=${() => (navigator.clipboard?.writeText(secret), tell({ title: "Copied" }))} /></span>`,
  });
