// Energy by a time: what was promised to whom, and whether it can be kept; the vehicles it is promised to.
import { post, request } from "../lib/api.js";
import { kwh, moment } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { askFor } from "../kit/ask-form.js";
import { Blank } from "../kit/blank.js";
import { Button, Segmented } from "../kit/button.js";
import { ask, tell, trying } from "../kit/floating.js";
import { PageHead, Tabs } from "../kit/page.js";
import { Status } from "../kit/status.js";
import { DataTable } from "../kit/table.js";

const TABS = [["/promises", "Promises"], ["/vehicles", "Vehicles"]];
const STATES = [["", "All"], ["active", "Active"], ["waiting", "Waiting"], ["met", "Met"], ["missed", "Missed"]];
const TONES = { active: "running", waiting: "pending", met: "ok", missed: "bad", cancelled: "none", replaced: "none" };

const state = (row) => (row.feasible === false && row.state === "active" ? html`<${Status} s="warn" text="at risk" />` : html`<${Status} s=${TONES[row.state]} text=${row.state} />`);

export function PromisesPage() {
  const which = query.value.get("state") ?? "";
  const list = useList("/charging-needs", { state: which });
  useFeed((event) => /^ohmstead\.(charging_need)\./.test(event.type), list.load, 2000);
  const vehicles = useRemote("/vehicles", { limit: 1000 }).data.value?.data ?? [];
  const vehicle = (id) => vehicles.find((one) => one.id === id)?.name ?? `vehicle ${id}`;
  const columns = [
    { key: "by", title: "Ready by", class: "name", cell: (row) => moment(row.ready_by) },
    { key: "state", title: "State", cell: state },
    { key: "who", title: "For", class: "wrap", cell: (row) => [row.vehicle_id && vehicle(row.vehicle_id), row.token && `token ${row.token}`, row.source === "ev" && "as the car said"].filter(Boolean).join(", ") || "whoever is there" },
    { key: "station", title: "Station", cell: (row) => (row.station_id ? html`<a class="link" href=${to("stations", row.station_id)}>${row.station_id}</a>${row.evse_id ? ` / ${row.evse_id}` : ""}` : "not there yet") },
    { key: "energy", title: "Promised, kWh", class: "r", cell: (row) => kwh(row.energy_wh) },
    { key: "delivered", title: "Delivered", class: "r", cell: (row) => kwh(row.delivered_wh) },
    { key: "expected", title: "Expected", class: "r", cell: (row) => kwh(row.expected_wh) },
    { key: "why", title: "Why", class: "wrap", cell: (row) => row.reason ?? "" },
    { key: "act", title: "", cell: (row) => may("sites:write") && ["active", "waiting"].includes(row.state) && html`<${Button} kind="small quiet" onClick=${() => cancel(row, list)}>Cancel…<//>` },
  ];
  const add = () => askFor({ title: "Promise energy by a time", word: "Promise it", schema: "ChargingNeedNew", send: async (given) => (tell({ title: "Promised", text: (await post("/charging-needs", given)).reason }), await list.load()) });
  const empty = html`<${Blank} icon="clock" title="Nothing is promised" command="ohmstead need add 2026-12-01T05:00:00Z --vehicle 7 --energy-wh 60000" />`;
  return html`<${PageHead} title="Promises" actions=${may("sites:write") && html`<${Button} kind="primary" icon="plus" onClick=${add}>Promise…<//>`}>So much energy by a time; the plan keeps them all inside the fuses, or says in time that it cannot.<//>
    <${Tabs} label="Promises" tabs=${TABS} />
    <div class="toolbar"><${Segmented} label="Which" options=${STATES} value=${which} pick=${(one) => filter({ state: one })} /></div>
    <div class="card table-card"><${DataTable} label="Promises" list=${list} columns=${columns} empty=${empty} /></div>`;
}

const cancel = (row, list) => ask({ title: "Cancel this promise?", body: html`<p>${kwh(row.energy_wh)} kWh by ${moment(row.ready_by)}.</p>`, word: "Cancel 1 promise", keep: "Keep it", danger: true, act: trying(async () => (await request("DELETE", to("charging-needs", row.id)), await list.load())) });

export function VehiclesPage() {
  const list = useList("/vehicles");
  const remove = (row) => ask({ title: `Remove ${row.name}?`, body: html`<p>Its tokens go on charging; promises to it end.</p>`, word: "Remove 1 vehicle", keep: "Keep it", danger: true, act: trying(async () => (await request("DELETE", to("vehicles", row.id)), await list.load())) });
  const columns = [
    { key: "name", title: "Vehicle", class: "name", cell: (row) => row.name },
    { key: "id", title: "Id", cell: (row) => row.id },
    { key: "tokens", title: "Charges with", class: "wrap", cell: (row) => row.tokens.join(", ") },
    { key: "battery", title: "Battery, kWh", class: "r", cell: (row) => kwh(row.battery_wh) },
    { key: "act", title: "", cell: (row) => may("sites:write") && html`<${Button} kind="small quiet danger" onClick=${() => remove(row)}>Remove…<//>` },
  ];
  const add = () => askFor({ title: "Add a vehicle", word: "Add vehicle", schema: "VehicleNew", send: async (given) => (await post("/vehicles", given), await list.load()) });
  return html`<${PageHead} title="Vehicles" actions=${may("sites:write") && html`<${Button} kind="primary" icon="plus" onClick=${add}>Add vehicle…<//>`}>Known by the tokens with which they charge.<//>
    <${Tabs} label="Promises" tabs=${TABS} />
    <div class="card table-card"><${DataTable} label="Vehicles" list=${list} columns=${columns} empty=${html`<${Blank} icon="tag" title="No vehicle yet" command="ohmstead vehicle add 'Bus 12' BUS12 --battery-wh 300000" />`} /></div>`;
}
