// Vendors and models of the fleet: what is known to be odd about each, and how often that had to be put right.
import { count, many } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useRemote } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { Blank, Broken, Skeleton } from "../kit/blank.js";
import { Card, Facts, PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { Cells, Heads } from "../kit/table.js";

const query = (row) => new URLSearchParams({ vendor: row.vendor, model: row.model });
const COLUMNS = [
  { key: "kind", title: "Vendor and model", class: "name", cell: (row) => html`<a class="link" href=${to("vendors", row.vendor, row.model)}>${row.vendor} ${row.model}</a>` },
  { key: "stations", title: "Stations", class: "r", cell: (row) => html`<a class="link" href=${`/?${query(row)}`}>${count(row.stations)}</a>` },
  { key: "quirks", title: "Known of it", class: "wrap", cell: (row) => (row.quirks.length ? row.quirks.join(", ") : html`<span class="dim">nothing</span>`) },
  { key: "count", title: "Put right", class: "r", cell: (row) => (row.count ? html`<${Chip} s="warn" icon="wrench">${count(row.count)} times<//>` : "never") },
];

export function VendorsPage() {
  const remote = useRemote("/vendors");
  const rows = remote.data.value?.data;
  return html`<${PageHead} title="Vendors">What stations say they are, what is known of their oddities, and how often that helped.<//>
    ${remote.problem.value && !rows ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : !rows ? html`<${Skeleton} />` : !rows.length ? html`<${Blank} icon="plug" title="No station has said what it is" />` : html`<${Kinds} rows=${rows} />`}`;
}

const Kinds = ({ rows }) =>
  html`<div class="card table-card">
    <table class="table plain" role="table" aria-label="Vendors and models">
      <${Heads} columns=${COLUMNS} />
      <tbody role="rowgroup">${rows.map((row) => html`<tr role="row" key=${`${row.vendor}/${row.model}`}><${Cells} columns=${COLUMNS} row=${row} /></tr>`)}</tbody>
    </table>
  </div>`;

const HELPED = [
  { key: "code", title: "What", class: "name", cell: (one) => one.code },
  { key: "count", title: "Times", class: "r", cell: (one) => count(one.count) },
  { key: "stations", title: "Stations", class: "r", cell: (one) => count(one.stations) },
];

export function VendorPage({ vendor, model }) {
  const remote = useRemote(to("vendors", vendor, model));
  const kind = remote.data.value;
  if (!kind) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  return html`<${PageHead} title=${`${kind.vendor} ${kind.model}`} actions=${html`<a class="btn" href=${`/?${query(kind)}`}>Its stations</a>`}>${many(kind.stations, "station")} of the fleet.<//>
    <div class="split even">
      <div class="stack">
        ${kind.quirks.length === 0 && html`<${Blank} icon="ok" s="ok" title="Nothing odd is known of it" />`}
        ${kind.quirks.map((one) => html`<${Quirk} key=${one.name} one=${one} />`)}
      </div>
      <${Card} table title="Put right">
        ${kind.helped.length
          ? html`<table class="table plain" role="table" aria-label="What was put right"><${Heads} columns=${HELPED} /><tbody role="rowgroup">${kind.helped.map((one) => html`<tr role="row" key=${one.code}><${Cells} columns=${HELPED} row=${one} /></tr>`)}</tbody></table>`
          : html`<p class="card-body ink2">Nothing had to be.</p>`}
      <//>
    </div>`;
}

const Quirk = ({ one }) =>
  html`<${Card} title=${one.title} small=${one.firmware && `firmware ${one.firmware}`}>
    <p>${one.why}</p>
    <${Facts} facts=${[["Answered by", one.answered_by], ["Repairs", one.repairs.join(", ")], ["Advice", one.advice], ["Seen in", one.evidence.join("; ")]]} />
  <//>`;
