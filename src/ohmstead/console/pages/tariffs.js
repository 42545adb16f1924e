// What charging costs: tariffs, their prices and when they apply, and what a transaction would cost by one.
import { post, request } from "../lib/api.js";
import { day, words } from "../lib/format.js";
import { html, useSignal } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { go, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { askJson } from "../kit/ask-form.js";
import { Blank, Broken, Skeleton } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { ask, tell, tellProblem, trying } from "../kit/floating.js";
import { Card, Facts, PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { Cells, DataTable, Heads } from "../kit/table.js";
import { BillTable } from "./transaction/bill.js";

const PER = { kwh: "kWh", minute: "minute connected", idle_minute: "idle minute", session: "session", reservation: "reservation", reservation_minute: "minute reserved", no_show: "reservation not used" };
const prices = (row) => row.elements.map((one) => `${one.price} per ${PER[one.per]}`).join("; ");

const COLUMNS = [
  { key: "name", title: "Tariff", class: "name", cell: (row) => html`<a class="link" href=${to("tariffs", row.id)}>${row.name}</a>${row.default && html` <${Chip} s="info">default<//>`}` },
  { key: "currency", title: "Currency", cell: (row) => row.currency },
  { key: "prices", title: "Prices, net", class: "wrap", cell: prices },
  { key: "tax", title: "Tax, %", class: "r", cell: (row) => row.tax_percent },
  { key: "version", title: "Version", class: "r", cell: (row) => row.version },
];

export function TariffsPage() {
  const list = useList("/tariffs");
  const empty = html`<${Blank} icon="tag" title="No tariff yet" command="ohmstead tariff add standard.json">Without one charging costs nothing, and stations are told nothing.<//>`;
  const add = may("tariffs:write") && html`<${Button} kind="primary" icon="plus" onClick=${() => addTariff(list)}>Add tariff…<//>`;
  return html`<${PageHead} title="Tariffs" actions=${add}>That of the token counts, else the default one, in the version it had at the beginning.<//>
    <div class="card table-card"><${DataTable} label="Tariffs" list=${list} columns=${COLUMNS} empty=${empty} /></div>`;
}

const FIRST = ["kwh", "minute", "idle_minute", "session"];

function addTariff(list) {
  const body = html`<div class="form">
    <div class="field"><label for="tariff-name">Name</label><input class="input" id="tariff-name" name="name" required maxlength="255" /></div>
    <div class="field"><label for="tariff-currency">Currency</label><input class="input" id="tariff-currency" name="currency" required pattern="[A-Z]{3}" value="EUR" /></div>
    ${FIRST.map((per) => html`<div class="field" key=${per}><label for=${`per-${per}`}>Price per ${PER[per]} <span class="dim">net, optional</span></label><input class="input" id=${`per-${per}`} name=${per} type="number" min="0" step="any" /></div>`)}
    <div class="field"><label for="tariff-tax">Tax <span class="dim">optional</span></label><span class="with-unit"><input class="input" id="tariff-tax" name="tax" type="number" min="0" max="100" step="any" /><span class="unit">%</span></span></div>
    <label class="opt"><input type="checkbox" name="default" />For every transaction whose token has no tariff</label>
    <p class="ink2 small">Times of the day, days and powers are written on the tariff's own page.</p>
  </div>`;
  const act = trying(async (form) => {
    const elements = FIRST.filter((per) => form.get(per) !== "").map((per) => ({ per, price: form.get(per) }));
    const made = await post("/tariffs", { name: form.get("name"), currency: form.get("currency"), default: form.has("default"), tax_percent: form.get("tax") || null, elements });
    await list.load();
    go(to("tariffs", made.id));
  });
  ask({ title: "Add a tariff", body, word: "Add tariff", act });
}

/** Of those of one kind the first that applies counts: what has no condition comes after those that have one. */
const when = (one) =>
  [
    one.from_time && `${one.from_time} to ${one.to_time ?? "midnight"}`,
    one.days?.map((name) => words(name)).join(", "),
    one.from_date && `from ${one.from_date}`,
    one.to_date && `to ${one.to_date}`,
    one.min_power_w && `while at least ${one.min_power_w} W are drawn`,
  ].filter(Boolean).join("; ") || (one.isElse ? "at all other times" : "always"); // prettier-ignore

const ELEMENTS = [
  { key: "per", title: "Per", class: "name", cell: (one) => PER[one.per] },
  { key: "price", title: "Price, net", class: "r", cell: (one) => one.price },
  { key: "when", title: "When", class: "wrap", cell: when },
];

export function TariffPage({ id }) {
  const remote = useRemote(to("tariffs", id));
  const one = remote.data.value;
  if (!one) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  return html`<${PageHead} title=${one.name} actions=${may("tariffs:write") && html`<${Acts} one=${one} remote=${remote} />`}>
      Tariff ${one.id}, version ${one.version} of ${day(one.created_at)}${one.default && ", for everybody without one of their own"}.
    <//>
    <div class="split even">
      <${Card} table title="Prices" small=${one.currency}>
        <table class="table plain" role="table" aria-label="Prices">
          <${Heads} columns=${ELEMENTS} />
          <tbody role="rowgroup">${one.elements.map((element, n) => html`<tr role="row" key=${n}><${Cells} columns=${ELEMENTS} row=${{ ...element, isElse: one.elements.slice(0, n).some((before) => before.per === element.per) }} /></tr>`)}</tbody>
        </table>
      <//>
      <div class="stack">
        <${Card} title="Rules"><${Facts} facts=${[["Tax", `${one.tax_percent} %`], ["At least", one.min_price], ["At most", one.max_price], ["Energy rounded up to", one.step_wh && `${one.step_wh} Wh`]]} /><//>
        <${Simulation} one=${one} />
      </div>
    </div>`;
}

/** What a transaction would cost by it; nothing is stored. */
function Simulation({ one }) {
  const bill = useSignal(null);
  const work = async (event) => {
    event.preventDefault();
    bill.value = await post(`${to("tariffs", one.id)}/simulate`, { transaction_id: new FormData(event.target).get("transaction").trim() }).catch((problem) => (tellProblem(problem), null));
  };
  return html`<${Card} title="What would it cost?">
    <form class="form" onSubmit=${work}>
      <div class="field"><label for="simulated">Transaction <span class="dim">its number in Ohmstead</span></label><input class="input" id="simulated" name="transaction" required /></div>
      <button class="btn">Work it out</button>
    </form>
    ${bill.value && html`<${BillTable} bill=${bill.value} />`}
  <//>`;
}

const KEPT = ["id", "version", "created_at"];

function Acts({ one, remote }) {
  const etag = remote.etag.value;
  const value = Object.fromEntries(Object.entries(one).filter(([name]) => !KEPT.includes(name)));
  const save = async (given) => {
    await request("PUT", to("tariffs", one.id), { body: given, ifMatch: etag });
    tell({ title: "Saved as a new version", text: "Running transactions keep the one they began with." });
    await remote.load();
  };
  const remove = () =>
    ask({ title: `Remove ${one.name}?`, body: html`<p>Running transactions keep it; nobody gets it from now on.</p>`, word: "Remove 1 tariff", keep: "Keep it", danger: true, act: trying(async () => (await request("DELETE", to("tariffs", one.id), { ifMatch: etag }), go("/tariffs"))) });
  return html`<${Button} onClick=${() => askJson({ title: `Edit ${one.name}`, word: "Save", value, save, small: "The whole tariff as it shall be. Of the elements with the same per the first one that applies counts." })}>Edit…<//><${Button} kind="danger" onClick=${remove}>Remove…<//>`;
}
