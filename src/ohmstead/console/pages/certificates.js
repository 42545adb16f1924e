// Certificates of stations, those that end first on top.
import { day } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { siteName } from "../lib/sites.js";
import { Blank } from "../kit/blank.js";
import { Icon } from "../kit/icon.js";
import { Left } from "../kit/left.js";
import { PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable, Search } from "../kit/table.js";
import { Heat } from "./certificates/heat.js";
import { Queue } from "./certificates/queue.js";

const TONES = { issued: "info", sent: "running", installed: "ok", seen: "ok", retired: "none", revoked: "bad", failed: "bad" };

export const CertificateState = ({ state }) => html`<${Chip} s=${TONES[state]}>${state}<//>`;

const columns = (withStation) =>
  [
    withStation && { key: "station", title: "Station", cell: (row) => html`<a class="link" href=${to("stations", row.station_id, "certificates")}>${row.station_id}</a>` },
    { key: "use", title: "Use", class: "name", cell: (row) => html`<a class="link" href=${to("certificates", row.id)}>${row.use.replaceAll("_", " ")}</a>` },
    { key: "state", title: "State", cell: (row) => html`<${CertificateState} state=${row.state} />` },
    { key: "left", title: "Left", cell: (row) => html`<${Left} until=${row.not_after} />` },
    { key: "until", title: "Until", cell: (row) => day(row.not_after) },
    { key: "serial", title: "Serial number", cell: (row) => html`<span class="mono">${row.serial_number.slice(0, 16)}</span>` },
    { key: "issuer", title: "Issuer", class: "wrap", cell: (row) => row.issuer },
    { key: "reason", title: "Why", class: "wrap", cell: (row) => row.reason ?? row.revocation_reason ?? "" },
  ].filter(Boolean);

export function CertificateTable({ station }) {
  const given = Object.fromEntries(["station_id", "site_id", "expires_before"].map((name) => [name, query.value.get(name)]));
  const list = useList("/certificates", station ? { station_id: station } : given);
  const empty = html`<${Blank} icon="cert" title="No certificate yet">A station at security profile 3 gets one when it asks, or from its page in the API.<//>`;
  return html`${!station && html`<div class="toolbar"><${Search} name="station_id" label="Station" /><${Filters} given=${given} /></div>`}
    <div class="card table-card"><${DataTable} label="Certificates" list=${list} columns=${columns(!station)} empty=${empty} /></div>`;
}

/** The filters that a cell of the heat map sets; each is in the address and can be taken away. */
const Filters = ({ given }) =>
  [
    given.site_id && ["site_id", `Site: ${siteName(given.site_id)}`],
    given.expires_before && ["expires_before", `Ends before ${day(given.expires_before)}`],
  ]
    .filter(Boolean)
    .map(([name, word]) => html`<span class="chip filter" key=${name}>${word} <button type="button" aria-label=${`Take away: ${word}`} onClick=${() => filter({ [name]: "" })}><${Icon} name="close" /></button></span>`);

export const CertificatesPage = () => html`<${PageHead} title="Certificates">Of stations; the embedded CA issues them.<//><${Heat} /><${Queue} /><${CertificateTable} />`;
