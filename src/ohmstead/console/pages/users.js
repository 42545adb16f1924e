// People who sign in here.
import { post, request } from "../lib/api.js";
import { day } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { siteName } from "../lib/sites.js";
import { Blank } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { ask, tellProblem, trying } from "../kit/floating.js";
import { PageHead } from "../kit/page.js";
import { DataTable } from "../kit/table.js";

const ROLES = [["viewer", "viewer: sees"], ["operator", "operator: also acts on stations"], ["admin", "admin: everything"]];

export function UsersPage() {
  const list = useList("/users");
  const columns = [
    { key: "name", title: "Name", class: "name", cell: (row) => row.name },
    { key: "role", title: "Role", cell: (row) => row.role },
    { key: "sites", title: "Sites", class: "wrap", cell: (row) => row.site_ids?.map(siteName).join(", ") ?? "all" },
    { key: "made", title: "Added", cell: (row) => day(row.created_at) },
    { key: "act", title: "", cell: (row) => may("users:write") && html`<${Button} kind="small quiet danger" onClick=${() => remove(row, list)}>Remove…<//>` },
  ];
  const empty = html`<${Blank} icon="key" title="No users yet">Until there are, one signs in with an API key.<//>`;
  return html`<${PageHead} title="Users" actions=${may("users:write") && html`<${Button} kind="primary" icon="plus" onClick=${() => add(list)}>Add user…<//>`}>People who sign in to this console.<//>
    <div class="card table-card"><${DataTable} label="Users" list=${list} columns=${columns} empty=${empty} /></div>`;
}

const remove = (row, list) =>
  ask({
    title: `Remove ${row.name}?`,
    body: html`<p>They are signed out everywhere at once. What they did stays in the audit.</p>`,
    word: "Remove 1 user",
    keep: "Keep them",
    danger: true,
    act: trying(async () => {
      await request("DELETE", to("users", row.id));
      await list.load();
    }),
  });

function add(list) {
  const body = html`<div class="form">
    <div class="field"><label for="user-name">Name</label><input class="input" id="user-name" name="name" required maxlength="100" autocomplete="off" /></div>
    <div class="field"><label for="user-password">Password</label><input class="input" id="user-password" name="password" type="password" required minlength="12" autocomplete="new-password" /><span class="help">12 characters or more.</span></div>
    <div class="field"><label for="user-role">Role</label><select class="input" id="user-role" name="role">${ROLES.map(([value, word]) => html`<option key=${value} value=${value}>${word}</option>`)}</select></div>
  </div>`;
  const act = (form) =>
    post("/users", Object.fromEntries(form)).then(list.load, (problem) => {
      tellProblem(problem);
      return false;
    });
  ask({ title: "Add a user", body, word: "Add user", act });
}
