// What is declared of this station, and what of it is not so, with the reason.
import { request } from "../../lib/api.js";
import { ago, words } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { askJson } from "../../kit/ask-form.js";
import { Broken, Skeleton } from "../../kit/blank.js";
import { Button } from "../../kit/button.js";
import { Code } from "../../kit/code.js";
import { tell } from "../../kit/floating.js";
import { Card } from "../../kit/page.js";
import { Cells, Heads } from "../../kit/table.js";
import { DriftState, retry } from "../desired.js";

const shown = (value) => (value === null || value === undefined ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value));
const COLUMNS = [
  { key: "what", title: "What", class: "name wrap", cell: (one) => `${words(one.aspect)}: ${one.what}` },
  { key: "wanted", title: "Declared", class: "mono wrap", cell: (one) => shown(one.wanted) },
  { key: "actual", title: "It is", class: "mono wrap", cell: (one) => shown(one.actual) },
  { key: "why", title: "Why", class: "wrap", cell: (one) => one.reason ?? "" },
  { key: "next", title: "Next try", class: "r", cell: (one) => (one.next_try_at ? ago(one.next_try_at) : one.attempts ? "none" : "now") },
];

export function DesiredTab({ station }) {
  const drift = useRemote(`${to("stations", station.id)}/drift`);
  const declared = useRemote(`${to("stations", station.id)}/desired`);
  const again = () => Promise.all([drift.load(), declared.load()]);
  const one = drift.data.value;
  if (!one) return drift.problem.value ? html`<${Broken} problem=${drift.problem.value} retry=${again} />` : html`<${Skeleton} />`;
  const actions = may("campaigns:write") && html`<${Button} kind="small" icon="refresh" onClick=${() => retry(station.id, again)}>Try again now<//>`;
  return html`<${Card} table title="Drift" small=${one.looked_at ? `looked at ${ago(one.looked_at)}` : "not looked at yet"} actions=${html`<${DriftState} state=${one.state} />${actions}`}>
      ${one.text && html`<p class="card-body ink2">${one.text}</p>`}
      ${one.differences.length > 0 &&
      html`<table class="table plain" role="table" aria-label="What is not as declared">
        <${Heads} columns=${COLUMNS} />
        <tbody role="rowgroup">${one.differences.map((entry, n) => html`<tr role="row" key=${n}><${Cells} columns=${COLUMNS} row=${entry} /></tr>`)}</tbody>
      </table>`}
    <//>
    ${declared.data.value && html`<${Declared} station=${station} declared=${declared} again=${again} />`}`;
}

function Declared({ station, declared, again }) {
  const { own, effective, layers } = declared.data.value;
  const etag = declared.etag.value;
  const save = async (given) => (await request("PUT", `${to("stations", station.id)}/desired`, { body: given, ifMatch: etag }), tell({ title: "Declared", text: station.id }), await again());
  const edit = () => askJson({ title: `Declare something of ${station.id} alone`, word: "Declare it", value: own ?? { configuration: [] }, small: "It counts more than what the layers say.", save });
  return html`<div class="split even">
    <${Card} title="Of it all together" small=${layers.length ? `from ${layers.join(", ")}` : "no layer"}><${Code} value=${effective} label="Effective" /><//>
    <${Card} title="Of this station alone" actions=${may("campaigns:write") && html`<${Button} kind="small" onClick=${edit}>Edit…<//>`}>${own ? html`<${Code} value=${own} label="Own" />` : html`<p class="ink2">Nothing.</p>`}<//>
  </div>`;
}
