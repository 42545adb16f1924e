// Where stations stand.
import { get, post } from "../lib/api.js";
import { kw, many } from "../lib/format.js";
import { html, signal, useEffect } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { loadSites, siteName, sites } from "../lib/sites.js";
import { Blank } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { ask, tellProblem } from "../kit/floating.js";
import { Icon } from "../kit/icon.js";
import { PageHead, Tabs } from "../kit/page.js";
import { shapeOf, stateWord } from "../kit/status.js";
import { DataTable } from "../kit/table.js";
import { TABS } from "./site-groups.js";

const EVERY = 10_000;
const now = signal(new Map());

/** How many stations of a site do what: a shape and a number for each state. */
function Doing({ id }) {
  const one = now.value.get(id);
  if (!one) return html`<span class="dim">none yet</span>`;
  return html`<span class="doing"><a class="link" href=${`/?site_id=${encodeURIComponent(id)}`}>${many(one.stations, "station")}</a>${Object.entries(one.statuses).map(([status, n]) => html`<span class="st" data-s=${status} key=${status} title=${stateWord(status)}><${Icon} name=${shapeOf(status)} label=${stateWord(status)} /><span>${n}</span></span>`)}</span>`;
}

const COLUMNS = [
  { key: "name", title: "Site", class: "name", cell: (row) => html`<a class="link" href=${to("sites", row.id)}>${row.name}</a>` },
  { key: "now", title: "Stations now", class: "wrap", cell: (row) => html`<${Doing} id=${row.id} />` },
  { key: "parent", title: "Part of", cell: (row) => siteName(row.parent_id) ?? "–" },
  { key: "limit", title: "Connection, kW", class: "r", cell: (row) => (row.limit_w === null ? "none" : kw(row.limit_w)) },
  { key: "amps", title: "L1, L2, L3, A", class: "r", cell: (row) => row.limit_a?.join(", ") ?? "–" },
  { key: "zone", title: "Time zone", cell: (row) => row.time_zone },
];

export function SitesPage() {
  const list = useList("/sites");
  useEffect(() => {
    const load = () => document.visibilityState === "visible" && get("/sites/summary").then((found) => (now.value = new Map(found.data.map((one) => [one.site_id, one]))), () => {});
    load();
    const timer = setInterval(load, EVERY);
    return () => clearInterval(timer);
  }, []);
  const add = may("sites:write") && html`<${Button} kind="primary" icon="plus" onClick=${() => addSite(list)}>Add site…<//>`;
  return html`<${PageHead} title="Sites" actions=${add}>Places with a grid connection of their own.<//>
    <${Tabs} label="Sites" tabs=${TABS} />
    <div class="card table-card"><${DataTable} label="Sites" list=${list} columns=${COLUMNS} empty=${html`<${Blank} icon="site" title="No site yet">A site groups stations, and a limit holds for all of them.<//>`} /></div>`;
}

function addSite(list) {
  const body = html`<div class="form">
    <div class="field"><label for="site-name">Name</label><input class="input" id="site-name" name="name" required maxlength="255" /></div>
    <div class="field"><label for="site-limit">Limit <span class="dim">optional</span></label><span class="with-unit"><input class="input" id="site-limit" name="limit_kw" type="number" min="0" step="any" /><span class="unit">kW</span></span></div>
    <div class="field"><label for="site-zone">Time zone</label><input class="input" id="site-zone" name="time_zone" value=${Intl.DateTimeFormat().resolvedOptions().timeZone} required /></div>
    <div class="field"><label for="site-parent">Part of</label><select class="input" id="site-parent" name="parent_id"><option value="">nothing</option>${[...sites.value.values()].map((one) => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}</select></div>
  </div>`;
  const act = async (form) => {
    const { name, limit_kw, time_zone, parent_id } = Object.fromEntries(form);
    try {
      await post("/sites", { name, time_zone, limit_w: limit_kw ? Number(limit_kw) * 1000 : null, parent_id: parent_id || null });
      await Promise.all([list.load(), loadSites()]);
    } catch (problem) {
      tellProblem(problem);
      return false;
    }
  };
  ask({ title: "Add a site", body, word: "Add site", act });
}
