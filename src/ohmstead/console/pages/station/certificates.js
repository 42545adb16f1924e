// Certificates issued to a station, and those it says are installed in it.
import { ago } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { Blank } from "../../kit/blank.js";
import { Card } from "../../kit/page.js";
import { Chip } from "../../kit/status.js";
import { Cells, Heads } from "../../kit/table.js";
import { AskIt } from "./acts.js";
import { CertificateTable } from "../certificates.js";

const INSTALLED = [
  { key: "type", title: "Kind", class: "name", cell: (row) => row.certificate_type },
  { key: "match", title: "It is", class: "wrap", cell: (row) => (row.match ? html`${row.match.name} <span class="dim">${row.match.subject}</span>` : html`<${Chip} s="warn">not one we know<//>`) },
  { key: "serial", title: "Serial number", class: "mono", cell: (row) => row.hash_data.serial_number.slice(0, 20) },
  { key: "below", title: "Below it", class: "r", cell: (row) => row.children.length || "–" },
  { key: "at", title: "Told", class: "r", cell: (row) => ago(row.updated_at) },
];

function Installed({ station }) {
  const rows = useRemote(`${to("stations", station.id)}/installed-certificates`).data.value?.data;
  if (!rows) return null;
  return html`<${Card} table title="Installed" small="as it said last">
    ${rows.length
      ? html`<table class="table plain" role="table" aria-label="Installed certificates"><${Heads} columns=${INSTALLED} /><tbody role="rowgroup">${rows.map((row, n) => html`<tr role="row" key=${n}><${Cells} columns=${INSTALLED} row=${row} /></tr>`)}</tbody></table>`
      : html`<${Blank} icon="cert" title="It has not said what is installed" command=${`ohmstead command ${station.id} get_installed_certificate_ids`} action=${html`<${AskIt} station=${station} type="get_installed_certificate_ids" word="Ask what is installed" />`} />`}
  <//>`;
}

export const CertificatesTab = ({ station }) => html`<${CertificateTable} station=${station.id} /><${Installed} station=${station} />`;
