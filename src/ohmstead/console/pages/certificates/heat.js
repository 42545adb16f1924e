// When certificates end: counted by the server for each week and site, the number always printed.
import { count, day, many } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { siteName } from "../../lib/sites.js";
import { Broken, Skeleton } from "../../kit/blank.js";
import { Icon } from "../../kit/icon.js";
import { Card, Figures } from "../../kit/page.js";

const WEEK_MS = 7 * 86_400_000;
const WEEKS = 24;
/** Sites with a row of their own; the others share one. */
const ROWS = 12;
const monthOf = new Intl.DateTimeFormat("en", { month: "short", timeZone: "UTC" });

/** The Monday, at midnight UTC, of the week of `time`; Thursday was the first day of the epoch. */
const monday = (time) => Math.floor((time + 3 * 86_400_000) / WEEK_MS) * WEEK_MS - 3 * 86_400_000;

/** ISO 8601: the week of the year that has its Thursday. */
function weekNumber(start) {
  const thursday = new Date(start + 3 * 86_400_000);
  return 1 + Math.floor((thursday - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / WEEK_MS);
}

/** Columns and rows of the map. What ended before this week is the first column, what ends later the last. */
export function layout(buckets, now) {
  const first = monday(now);
  const columns = ["ended", ...Array.from({ length: WEEKS }, (_, n) => first + n * WEEK_MS), "later"];
  const sites = new Map();
  for (const { week, site_id, certificates, in_trouble } of buckets) {
    const at = Math.floor((Date.parse(week) - first) / WEEK_MS);
    const column = at < 0 ? 0 : Math.min(at, WEEKS) + 1;
    const row = sites.get(site_id) ?? { site_id, sum: 0, cells: columns.map(() => ({ certificates: 0, in_trouble: 0 })) };
    sites.set(site_id, row);
    row.sum += certificates;
    row.cells[column].certificates += certificates;
    row.cells[column].in_trouble += in_trouble;
  }
  const soonest = (row) => row.cells.findIndex((cell) => cell.certificates);
  const rows = [...sites.values()].sort((a, b) => soonest(a) - soonest(b) || b.sum - a.sum);
  return { columns, rows: folded(rows) };
}

function folded(rows) {
  if (rows.length <= ROWS) return rows;
  const others = rows.slice(ROWS - 1);
  const add = (name, n) => others.reduce((sum, row) => sum + row.cells[n][name], 0);
  const cells = others[0].cells.map((_, n) => ({ certificates: add("certificates", n), in_trouble: add("in_trouble", n) }));
  return [...rows.slice(0, ROWS - 1), { others: others.length, sum: others.reduce((sum, row) => sum + row.sum, 0), cells }];
}

/** How many end soon, from the same counts: ended, in this week, in the two after it, later; and those whose renewal is stuck. */
function summed({ rows }) {
  const sum = (from, until, name = "certificates") => rows.reduce((total, row) => total + row.cells.slice(from, until).reduce((part, cell) => part + cell[name], 0), 0);
  return { ended: sum(0, 1), week: sum(1, 2), soon: sum(2, 4), later: sum(4), stuck: sum(0, undefined, "in_trouble") };
}

function Summary({ found }) {
  const { ended, week, soon, later, stuck } = summed(found);
  const marked = (n, s) => (n ? html`<span class="st" data-s=${s}><${Icon} name=${s} /><span>${count(n)}</span></span>` : "0");
  return html`<${Figures}
    figures=${[
      ["Ended", marked(ended, "bad"), "", ended ? "these stations cannot connect" : "none"],
      ["This week", marked(week, "bad"), "", week ? "renew them today" : "none ends"],
      ["In the two weeks after", marked(soon, "warn"), "", soon ? "they renew by themselves" : "none ends"],
      ["Later", count(later), "", "nothing to do"],
      ["Renewal stuck", marked(stuck, "bad"), "", stuck ? "the list says why" : "none"],
    ]}
  />`;
}

export function Heat() {
  const remote = useRemote("/certificates/expiry");
  const buckets = remote.data.value?.data;
  if (!buckets) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  if (!buckets.length) return null;
  const found = layout(buckets, Date.now());
  const { columns, rows } = found;
  return html`<${Summary} found=${found} />
  <${Card} title="When they end" small="by week and site" actions=${html`<${Legend} />`}>
    <div class="scroll-x" tabindex="0" role="region" aria-label="Expiry by week and site, scrolls sideways">
      <table class="heat">
        <colgroup><col class="who" /><col span=${columns.length} /><col class="sum" /></colgroup>
        <thead><${Months} weeks=${columns.slice(1, -1)} /><tr><th scope="col">Site, week</th>${columns.map((one) => html`<th key=${one} scope="col">${typeof one === "string" ? one : weekNumber(one)}</th>`)}<th scope="col">Sum</th></tr></thead>
        <tbody>${rows.map((row) => html`<${Row} key=${row.site_id ?? "none"} row=${row} columns=${columns} />`)}</tbody>
      </table>
    </div>
  <//>`;
}

/** The names of the months above their weeks. */
function Months({ weeks }) {
  const spans = [];
  for (const week of weeks) {
    const name = monthOf.format(week);
    if (spans.at(-1)?.name === name) spans.at(-1).weeks += 1;
    else spans.push({ name, weeks: 1 });
  }
  return html`<tr class="months"><td></td><td></td>${spans.map((one) => html`<th key=${one.name} scope="colgroup" colspan=${one.weeks}>${one.name}</th>`)}<td></td><td></td></tr>`;
}

function Row({ row, columns }) {
  const name = row.others ? many(row.others, "other site") : (siteName(row.site_id) ?? "No site yet");
  return html`<tr>
    <th scope="row" title=${name}>${name}</th>
    ${row.cells.map((cell, n) => html`<${Cell} key=${n} cell=${cell} n=${n} column=${columns[n]} row=${row} name=${name} />`)}
    <td class="tot">${row.sum}</td>
  </tr>`;
}

const shade = (certificates) => (certificates >= 30 ? "h4" : certificates >= 12 ? "h3" : certificates >= 4 ? "h2" : "h1");

function Cell({ cell: { certificates, in_trouble }, n, column, row, name }) {
  if (!certificates) return html`<td></td>`;
  const urgency = n < 2 ? "late" : n < 4 ? "soon" : shade(certificates);
  const when = column === "ended" ? "before this week" : column === "later" ? "later" : `in week ${weekNumber(column)}, from ${day(column)} on`;
  const text = `${certificates} at ${name} ${column === "ended" ? "ended" : certificates === 1 ? "ends" : "end"} ${when}${in_trouble ? `; ${in_trouble} in trouble` : ""}`;
  const until = column === "later" ? "" : new Date(column === "ended" ? monday(Date.now()) : column + WEEK_MS).toISOString();
  const address = new URLSearchParams(Object.entries({ site_id: row.site_id, expires_before: until }).filter(([, value]) => value));
  return html`<td class=${in_trouble ? `${urgency} stuck` : urgency}>${row.others ? html`<span aria-label=${text} role="img">${certificates}</span>` : html`<a href=${`/certificates?${address}`} aria-label=${text} title=${text}>${certificates}</a>`}</td>`;
}

const square = (className) => html`<svg viewBox="0 0 18 10" aria-hidden="true"><rect width="18" height="10" rx="2" class=${className} /></svg>`;

const Legend = () =>
  html`<ul class="legend">
    <li>${square("k-late")}this week, or ended</li>
    <li>${square("k-soon")}under 3 weeks</li>
    <li><svg viewBox="0 0 36 10" aria-hidden="true">${["k1", "k2", "k3", "k4"].map((one, n) => html`<rect key=${one} x=${n * 9} width="8" height="10" class=${one} />`)}</svg>1, 4, 12, 30 or more</li>
    <li><svg viewBox="0 0 18 10" aria-hidden="true"><rect y="7" width="18" height="2" class="f-bad" /></svg>renewal stands still</li>
  </ul>`;
