// Desired state: what was declared of many stations, and how far each is from it.
import { post, request } from "../lib/api.js";
import { ago, words } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { filter, go, query, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { siteName } from "../lib/sites.js";
import { askJson } from "../kit/ask-form.js";
import { Blank, Broken, Skeleton } from "../kit/blank.js";
import { Button, Segmented } from "../kit/button.js";
import { Code } from "../kit/code.js";
import { ask, tell, tellProblem, trying } from "../kit/floating.js";
import { Card, Facts, PageHead, Tabs } from "../kit/page.js";
import { Status } from "../kit/status.js";
import { DataTable } from "../kit/table.js";

const TONES = { in_step: "ok", working: "running", waiting: "pending", held: "bad", offline: "offline", undeclared: "none", unknown: "warn" };
const STATES = [["", "All"], ["in_step", "In step"], ["working", "Working"], ["waiting", "Waiting"], ["held", "Held"], ["offline", "Offline"]];
export const DriftState = ({ state }) => html`<${Status} s=${TONES[state]} text=${words(state)} />`;

/** Of whom a layer speaks, in words. */
function whom(applies) {
  if (applies == null) return "no station: a template";
  const parts = [
    [applies.vendor, applies.model].filter(Boolean).join(" "),
    applies.site_id && `site ${siteName(applies.site_id)}`,
    applies.station_ids && (applies.station_ids.length > 3 ? `${applies.station_ids.length} stations` : applies.station_ids.join(", ")),
  ].filter(Boolean);
  return parts.join(", ") || "the whole fleet";
}

const spoken = (desired) => Object.entries(desired).filter(([, value]) => value !== null && value !== undefined && (!Array.isArray(value) || value.length)).map(([name]) => words(name)).join(", ");

const LAYERS = [
  { key: "id", title: "Layer", class: "name", cell: (row) => html`<a class="link" href=${to("desired", row.id)}>${row.id}</a>` },
  { key: "whom", title: "Of", class: "wrap", cell: (row) => whom(row.applies_to) },
  { key: "what", title: "Speaks of", class: "wrap", cell: (row) => spoken(row.desired) },
  { key: "version", title: "Version", class: "r", cell: (row) => row.version },
  { key: "updated", title: "Changed", class: "r", cell: (row) => ago(row.updated_at) },
];

const TABS = [["/desired", "Layers"], ["/drift", "Drift"]];

export function DesiredPage() {
  const list = useList("/desired");
  const empty = html`<${Blank} icon="sliders" title="Nothing is declared yet" command="ohmstead desired put acme acme.json">Declare once what stations should be; Ohmstead makes it so, and says why where it is not.<//>`;
  const add = may("campaigns:write") && html`<${Button} kind="primary" icon="plus" onClick=${() => addLayer(list)}>Add layer…<//>`;
  return html`<${PageHead} title="Desired state" actions=${add}>Closer layers count more: fleet, vendor and model, site, group, station.<//>
    <${Tabs} label="Desired state" tabs=${TABS} />
    <div class="card table-card"><${DataTable} label="Layers" list=${list} columns=${LAYERS} empty=${empty} /></div>`;
}

const EXAMPLE = { id: "fleet", applies_to: {}, desired: { configuration: [{ name: "connection.heartbeat_interval", value: 300 }], restart: "when_idle" } };
const HINT = "applies_to: vendor, model, site_id, station_ids; empty is the whole fleet, null no station: a template to compare with. desired: configuration, root_certificates, network_profiles, monitors, charging_profiles, tariffs, display_messages, local_list, firmware, on_local_change, restart.";

const addLayer = (list) =>
  askJson({
    title: "Add a layer",
    word: "Declare it",
    value: EXAMPLE,
    small: HINT,
    save: async ({ id, ...layer }) => {
      await request("PUT", to("desired", String(id)), { body: layer });
      await list.load();
    },
  });

export function LayerPage({ id }) {
  const remote = useRemote(to("desired", id));
  const layer = remote.data.value;
  if (!layer) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const etag = remote.etag.value;
  const save = async (given) => (await request("PUT", to("desired", id), { body: given, ifMatch: etag }), tell({ title: "Declared", text: "Stations are looked at now; drift says how far they are." }), await remote.load());
  const edit = () => askJson({ title: `Edit ${id}`, word: "Declare it", value: { applies_to: layer.applies_to, desired: layer.desired }, small: HINT, save });
  const remove = () => ask({ title: `Declare ${id} no longer?`, body: html`<p>What stations were set to stays; nobody looks after it any more.</p>`, word: "Remove 1 layer", keep: "Keep it", danger: true, act: trying(async () => (await request("DELETE", to("desired", id), { ifMatch: etag }), go("/desired"))) });
  const actions = may("campaigns:write") && html`<${Button} onClick=${edit}>Edit…<//><${Button} kind="danger" onClick=${remove}>Remove…<//>`;
  return html`<${PageHead} title=${id} actions=${actions}>Version ${layer.version}, changed ${ago(layer.updated_at)}.<//>
    <div class="split even">
      <${Card} title="Whom it is of"><${Facts} facts=${[["Stations", whom(layer.applies_to)], ["Speaks of", spoken(layer.desired)]]} /><//>
      <${Card} title="What is declared"><${Code} value=${layer.desired} label="Desired" /><//>
    </div>`;
}

const DRIFT = [
  { key: "station", title: "Station", class: "name", cell: (row) => html`<a class="link" href=${to("stations", row.station_id, "desired")}>${row.station_id}</a>` },
  { key: "state", title: "State", cell: (row) => html`<${DriftState} state=${row.state} />` },
  { key: "why", title: "Why", class: "wrap", cell: (row) => row.reason ?? "" },
  { key: "at", title: "Looked at", class: "r", cell: (row) => ago(row.updated_at) },
];

export function DriftPage() {
  const state = query.value.get("state") ?? "";
  const list = useList("/drift", { state });
  useFeed((event) => /^ohmstead\.station\.(in_step|drifted|changed_locally)/.test(event.type), list.load, 2000);
  const empty = html`<${Blank} icon="ok" s="ok" title=${state ? `No station is ${words(state).toLowerCase()}` : "Nothing is declared of any station"} />`;
  return html`<${PageHead} title="Drift">How far stations are from what is declared of them, as last looked at.<//>
    <${Tabs} label="Desired state" tabs=${TABS} />
    <div class="toolbar"><${Segmented} label="Which" options=${STATES} value=${state} pick=${(one) => filter({ state: one })} /></div>
    <div class="card table-card"><${DataTable} label="Drift" list=${list} columns=${DRIFT} id=${(row) => row.station_id} empty=${empty} /></div>`;
}

export const retry = (id, done) => post(`${to("stations", id)}/reconcile`).then(() => (tell({ title: "It is tried again now", text: id }), done()), tellProblem);
