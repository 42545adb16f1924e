// Places kept free for somebody.
import { post, request } from "../lib/api.js";
import { ago, moment } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { askFor } from "../kit/ask-form.js";
import { Blank } from "../kit/blank.js";
import { Button, Segmented } from "../kit/button.js";
import { ask, tell, trying } from "../kit/floating.js";
import { PageHead } from "../kit/page.js";
import { Status } from "../kit/status.js";
import { DataTable, Search } from "../kit/table.js";

const STATES = [["", "All"], ["active", "Active"], ["requested", "Requested"], ["used", "Used"], ["refused", "Refused"]];
const TONES = { requested: "pending", active: "reserved", used: "ok", refused: "bad", expired: "none", cancelled: "none" };

export function ReservationsPage() {
  const state = query.value.get("state") ?? "";
  const list = useList("/reservations", { state, station_id: query.value.get("station_id") });
  useFeed((event) => /^ohmstead\.(reservation|command)\./.test(event.type), list.load, 2000);
  const columns = [
    { key: "station", title: "Station", class: "name", cell: (row) => html`<a class="link" href=${to("stations", row.station_id)}>${row.station_id}</a>` },
    { key: "state", title: "State", cell: (row) => html`<${Status} s=${TONES[row.state]} text=${row.state} />` },
    { key: "where", title: "Where", cell: (row) => (row.evse_id ? `EVSE ${row.evse_id}` : (row.connector_type ?? "any EVSE")) },
    { key: "token", title: "For", class: "wrap", cell: (row) => [row.token, row.group && `group ${row.group}`].filter(Boolean).join(", ") },
    { key: "until", title: "Until", cell: (row) => moment(row.expires_at) },
    { key: "why", title: "Why", class: "wrap", cell: (row) => row.reason ?? "" },
    { key: "made", title: "Made", class: "r", cell: (row) => ago(row.created_at) },
    { key: "act", title: "", cell: (row) => may("commands:write") && ["active", "requested"].includes(row.state) && html`<${Button} kind="small quiet" onClick=${() => cancel(row, list)}>Cancel…<//>` },
  ];
  const empty = html`<${Blank} icon="s-reserved" title=${state ? `No reservation is ${state}` : "No reservation yet"} command="ohmstead reservation add CS1 04A1B2C3 --expires-at 2026-12-01T10:00:00Z" />`;
  const add = may("commands:write") && html`<${Button} kind="primary" icon="plus" onClick=${() => reserve(list)}>Reserve…<//>`;
  return html`<${PageHead} title="Reservations" actions=${add}>An EVSE, a kind of connector, or any place at a station, kept for a token or its group.<//>
    <div class="toolbar"><${Segmented} label="Which" options=${STATES} value=${state} pick=${(one) => filter({ state: one })} /><${Search} name="station_id" label="Station" /></div>
    <div class="card table-card"><${DataTable} label="Reservations" list=${list} columns=${columns} empty=${empty} /></div>`;
}

export const reserve = (list, values = {}) =>
  askFor({
    title: "Keep a place free",
    word: "Reserve",
    schema: "ReservationNew",
    values,
    send: async (given) => {
      const made = await post("/reservations", given);
      tell({ s: "info", title: `Reservation: ${made.state}`, text: made.station_id, href: made.command_id ? to("commands", made.command_id) : "/reservations" });
      await list?.load();
    },
  });

const cancel = (row, list) =>
  ask({
    title: "Cancel this reservation?",
    body: html`<p>${row.station_id} is free for everybody again once it agrees. It was kept for ${row.token}.</p>`,
    word: "Cancel 1 reservation",
    keep: "Keep it",
    danger: true,
    act: trying(async () => (await request("DELETE", to("reservations", row.id)), await list.load())),
  });
