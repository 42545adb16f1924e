// Renewals: what the steward is about, what stands still and why, and what one can do about it.
import { count, many, words } from "../../lib/format.js";
import { useFeed } from "../../lib/feed.js";
import { html, useEffect } from "../../lib/html.js";
import { useList, useRemote } from "../../lib/remote.js";
import { filter, query, to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Button, Segmented } from "../../kit/button.js";
import { Left } from "../../kit/left.js";
import { Card } from "../../kit/page.js";
import { Status } from "../../kit/status.js";
import { DataTable } from "../../kit/table.js";
import { renew } from "../certificate.js";

const TONES = { waiting: "none", offline: "offline", asked: "running", signing: "running", installing: "running", installed: "running", failed: "bad", manual: "warn", expired: "bad" };
const STUCK = ["failed", "manual", "expired"];
/** Asked of the station, its signing request read, sent to it, used: how far each state is. */
const STEPS = { waiting: 0, offline: 0, asked: 1, signing: 2, installing: 3, installed: 4 };
const WORDS = ["asked", "signed", "sent", "in use"];

function Steps({ state }) {
  const far = STEPS[state];
  if (far === undefined) return null;
  return html`<span class="mini-rail" role="img" aria-label=${far ? `${WORDS[far - 1]}, ${far} of ${WORDS.length}` : "not asked yet"}>${WORDS.map((word, n) => html`<i key=${word} class=${n < far - 1 ? "on" : n === far - 1 ? "now" : ""}></i>`)}</span>`;
}

const columns = (again) => [
  { key: "station", title: "Station", class: "c-n name", cell: (row) => html`<a class="link" href=${to("stations", row.station_id, "certificates")}>${row.station_id}</a>` },
  { key: "serial", title: "Serial number", class: "c-serial", cell: (row) => html`<a class="link mono" href=${to("certificates", row.id)}>${row.serial_number.slice(0, 10)}</a>` },
  { key: "left", title: "Left", class: "c-d", cell: (row) => html`<${Left} until=${row.not_after} />` },
  { key: "steps", title: "Asked, signed, sent, used", class: "c-try", cell: (row) => html`<${Steps} state=${row.renewal?.state} />` },
  { key: "state", title: "State", class: "c-s wrap", cell: (row) => row.renewal && html`<span class="gap2"><${Status} s=${TONES[row.renewal.state]} text=${words(row.renewal.state)} /><span class="dim">${row.renewal.reason}</span></span>` },
  { key: "act", title: "", class: "c-a r", cell: (row) => may("certificates:write") && STUCK.includes(row.renewal?.state) && html`<${Button} kind="small" icon="refresh" onClick=${() => renew(row, again)}>Renew…<//>` },
];

/** Nothing where no certificate is near its end. */
export function Queue() {
  const which = query.value.get("renewal") ?? "any";
  const counts = useRemote("/certificates/renewals");
  const list = useList("/certificates", { renewal: which });
  const again = () => Promise.all([counts.load(), list.load()]);
  useFeed((event) => event.type.startsWith("ohmstead.certificate."), again, 3000);
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && again(), 60_000);
    return () => clearInterval(timer);
  }, [which]);
  const found = counts.data.value?.data;
  if (!found?.length) return null;
  const sum = (rows) => rows.reduce((total, one) => total + one.certificates, 0);
  const stuck = found.filter((one) => STUCK.includes(one.state));
  const options = [["any", `All ${count(sum(found))}`], ["stuck", `Stuck ${count(sum(stuck))}`, "bad"], ["running", `Under way ${count(sum(found) - sum(stuck))}`, "now"]];
  const views = html`<${Segmented} label="Which renewals" options=${options} value=${which} pick=${(one) => filter({ renewal: one === "any" ? null : one })} />`;
  return html`<${Card} table title="Renewal queue" small="whose end is near, the first to end first" actions=${views}>
      <${DataTable} name="renew" label="Renewal queue" list=${list} columns=${columns(again)} empty=${html`<p class="card-body ink2">None of these now.</p>`} />
    <//>
    ${stuck.length > 0 &&
    html`<${Card} title="Why renewals stand still" small=${many(sum(stuck), "certificate")}>
      <ul class="rows">${stuck.map((one) => html`<li key=${one.state + one.reason}><b>${count(one.certificates)}</b> <${Status} s=${TONES[one.state]} text=${words(one.state)} /><small>${one.reason}</small></li>`)}</ul>
    <//>`}`;
}
