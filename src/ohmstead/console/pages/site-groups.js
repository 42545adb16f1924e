// Named groups of sites, which are asked together: a portfolio, a town, what stands behind one substation.
import { post, request } from "../lib/api.js";
import { many } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { siteName, sites } from "../lib/sites.js";
import { Blank } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { ask, tell, trying } from "../kit/floating.js";
import { PageHead, Tabs } from "../kit/page.js";
import { DataTable } from "../kit/table.js";
import { askForLess } from "./site/acts.js";

export const TABS = [["/sites", "Sites"], ["/site-groups", "Groups"]];

const columns = (list) => [
  { key: "name", title: "Group", class: "name", cell: (row) => row.name },
  { key: "sites", title: "Sites", class: "wrap", cell: (row) => row.site_ids.map((id, n) => html`${n > 0 && ", "}<a class="link" key=${id} href=${to("sites", id)}>${siteName(id)}</a>`) },
  {
    key: "act", title: "", class: "r",
    cell: (row) => may("sites:write") && html`<${Button} kind="small quiet" onClick=${() => askForLess({ name: row.name, asked: { group_ids: [row.id] } }, async () => {})}>Ask for less…<//>
      <${Button} kind="small quiet" onClick=${() => edit(row, list)}>Edit…<//><${Button} kind="small quiet danger" onClick=${() => remove(row, list)}>Remove…<//>`,
  },
]; // prettier-ignore

export function SiteGroupsPage() {
  const list = useList("/site-groups");
  const empty = html`<${Blank} icon="site" title="No group yet">A group of sites is asked to draw less together; a VTN of OpenADR may name it as its target.<//>`;
  return html`<${PageHead} title="Groups of sites" actions=${may("sites:write") && html`<${Button} kind="primary" icon="plus" onClick=${() => add(list)}>Add group…<//>`}>Sites that are asked together.<//>
    <${Tabs} label="Sites" tabs=${TABS} />
    <div class="card table-card"><${DataTable} label="Groups of sites" list=${list} columns=${columns(list)} empty=${empty} /></div>`;
}

const Fields = ({ row }) =>
  html`<div class="form">
    <div class="field"><label for="group-name">Name</label><input class="input" id="group-name" name="name" required maxlength="255" value=${row?.name ?? ""} /></div>
    <fieldset class="field">
      <legend>Sites</legend>
      ${[...sites.value.values()].map((one) => html`<label class="opt" key=${one.id}><input type="checkbox" name="site_ids" value=${one.id} defaultChecked=${row?.site_ids.includes(one.id)} />${one.name}</label>`)}
    </fieldset>
  </div>`;
const given = (form) => ({ name: form.get("name"), site_ids: form.getAll("site_ids") });

const add = (list) =>
  ask({
    title: "Add a group of sites",
    body: html`<${Fields} />`,
    word: "Add group",
    act: trying(async (form) => {
      await post("/site-groups", given(form));
      await list.load();
    }),
  });

/** Read anew: two may edit it, and the second is told so. */
async function edit(row, list) {
  const found = await request("GET", to("site-groups", row.id));
  ask({
    title: `Edit ${row.name}`,
    body: html`<${Fields} row=${found.data} />`,
    word: "Save",
    act: trying(async (form) => {
      await request("PATCH", to("site-groups", row.id), { body: given(form), ifMatch: found.etag });
      tell({ title: "Saved", text: `${form.get("name")}, ${many(form.getAll("site_ids").length, "site")}` });
      await list.load();
    }),
  });
}

const remove = (row, list) =>
  ask({
    title: `Remove the group ${row.name}?`,
    body: html`<p>Its sites stay, and so does what was asked of them before.</p>`,
    word: "Remove 1 group",
    keep: "Keep it",
    danger: true,
    act: trying(async () => {
      const { etag } = await request("GET", to("site-groups", row.id));
      await request("DELETE", to("site-groups", row.id), { ifMatch: etag });
      await list.load();
    }),
  });
