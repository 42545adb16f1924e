// One campaign: its waves as they go, when it would stop by itself, and each station with the reason of its state.
import { post } from "../lib/api.js";
import { ago, count, lasted, many, moment, words } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { siteName } from "../lib/sites.js";
import { Blank, Broken, Skeleton } from "../kit/blank.js";
import { Button, Segmented } from "../kit/button.js";
import { Code } from "../kit/code.js";
import { ask, tellProblem } from "../kit/floating.js";
import { Icon } from "../kit/icon.js";
import { Card, Facts, FactsRow, PageHead } from "../kit/page.js";
import { Parts, said } from "../kit/parts.js";
import { Status } from "../kit/status.js";
import { DataTable } from "../kit/table.js";
import { CampaignState, partsOf } from "./campaigns.js";

const TONES = { waiting: "none", running: "running", done: "ok", failed: "bad", skipped: "none" };
const STATES = ["waiting", "running", "done", "failed", "skipped"];
/** Rows that are read again while it runs; who scrolled further reads on in peace. */
const FRESH = 100;

export function CampaignPage({ id }) {
  const remote = useRemote(to("campaigns", id));
  const state = query.value.get("state") ?? "";
  const list = useList(`${to("campaigns", id)}/stations`, { state });
  const again = () => Promise.all([remote.load(), (list.rows.value?.length ?? 0) <= FRESH && list.load()]);
  useFeed((event) => (event.type.startsWith("ohmstead.campaign.") ? event.data.id === id : event.type.startsWith("ohmstead.command.")), again);
  const one = remote.data.value;
  if (!one) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const options = [["", `All ${count(one.counts.total)}`], ...STATES.filter((name) => one.counts[name] || name === state).map((name) => [name, `${words(name)} ${count(one.counts[name])}`])];
  return html`<${PageHead} title=${words(one.type)} status=${html`<${CampaignState} state=${one.state} />`} actions=${may("campaigns:write") && html`<${Acts} one=${one} again=${again} />`}>
      Campaign ${id}, begun ${ago(one.created_at)}${one.ended_at && `, ended after ${lasted(one.created_at, one.ended_at)}`}.
    <//>
    ${one.reason && html`<div class="note" data-s=${one.state === "stopped" ? "bad" : "info"}><${Icon} name=${one.state === "stopped" ? "bad" : "info"} /><div><b>${one.reason}</b></div></div>`}
    <${Progress} one=${one} />
    <div class="toolbar"><${Segmented} label="Stations that are" options=${options} value=${state} pick=${(name) => filter({ state: name })} /></div>
    <div class="card table-card"><${DataTable} label="Stations" list=${list} columns=${COLUMNS} id=${(row) => row.station_id} empty=${html`<${Blank} icon="campaign" title="No station in this state" />`} /></div>
    <div class="split even"><${Chosen} one=${one} />${Object.keys(one.params).length > 0 && html`<${Card} title="What each gets"><${Code} value=${one.params} label="Parameters" /><//>`}</div>`;
}

const COLUMNS = [
  { key: "station", title: "Station", class: "name", cell: (row) => html`<a class="link" href=${to("stations", row.station_id)}>${row.station_id}</a>` },
  { key: "wave", title: "Wave", cell: (row) => row.wave },
  { key: "state", title: "State", cell: (row) => html`<${Status} s=${TONES[row.state]} text=${words(row.state)} />` },
  { key: "reason", title: "Why", class: "wrap", cell: (row) => row.reason ?? "" },
  { key: "tries", title: "Tries", class: "r", cell: (row) => row.attempts },
  { key: "command", title: "Command", cell: (row) => row.command_id && html`<a class="link" href=${to("commands", row.command_id)}>Show it</a>` },
  { key: "ended", title: "Ended", class: "r", cell: (row) => (row.ended_at ? ago(row.ended_at) : "") },
];

function Progress({ one }) {
  const { counts, window: times } = one;
  return html`<${Card} title="Progress" small=${`${count(counts.done)} of ${many(counts.total, "station")} done`}>
    <div class="camp flat">
      <div class="stack">
        <ol class="waves">${one.progress.map((wave, n) => html`<${Wave} key=${n} wave=${wave} number=${n + 1} one=${one} />`)}</ol>
        <${FactsRow}
          facts=${[
            ["Pace", one.per_minute ? `${count(one.per_minute)} a minute` : "no bound", one.max_in_flight ? `at most ${count(one.max_in_flight)} at once` : ""],
            ["Window", times ? `${times.from_time} to ${times.to_time}` : "all day", times?.time_zone],
            ["Tries", count(one.attempts), "where no answer comes"],
            one.ended_at && ["Ended", moment(one.ended_at)],
          ]}
        />
      </div>
      <${StopRule} one=${one} />
    </div>
  <//>`;
}

/** A wave that has not begun says what it waits for. */
function Wave({ wave, number, one }) {
  const { counts, percent } = wave;
  const before = number > 1 ? one.progress[number - 2].percent : 0;
  const over = counts.waiting + counts.running === 0;
  const s = over ? (counts.failed ? "warn" : "ok") : number === one.wave && one.state === "running" ? "running" : "none";
  const name = number === 1 && one.waves > 1 ? "Canary" : `Wave ${number}`;
  const share = +(percent - before).toFixed(1);
  return html`<li class="wave">
    <b><${Icon} name=${{ ok: "ok", warn: "warn", running: "now", none: "todo" }[s]} s=${s} />${name}, ${share} %</b>
    <${Parts} parts=${partsOf(counts)} total=${counts.total} />
    <span>${said(partsOf(counts))}</span>
  </li>`;
}

/** At two thirds of its width the bar ends what may fail. */
const LIMIT_AT = 62.5;

function StopRule({ one }) {
  const { done, failed } = one.counts;
  const most = one.stop_at_failures_percent;
  const share = done + failed ? (100 * failed) / (done + failed) : 0;
  const tried = `${count(failed)} of ${many(done + failed, "station")} tried ${failed === 1 ? "has" : "have"} failed.`;
  if (most === null) return html`<div class="stop"><b class="small strong">Stop rule</b><p>None. ${tried}</p></div>`;
  const width = Math.min(100, most ? (share / most) * LIMIT_AT : share ? 100 : 0);
  return html`<div class="stop">
    <div class="gap2"><b class="small strong">Stop rule</b><span class="push">${share.toFixed(1)} % of ${most.toFixed(1)} %</span></div>
    <svg role="img" aria-label=${`Failures ${share.toFixed(1)} percent; above ${most} percent the campaign stops`}>
      <rect class="track" y="6" width="100%" height="8" rx="3" /><rect class="f-bad" y="6" width=${`${width}%`} height="8" rx="3" />
      <rect class="f-hatch" x=${`${LIMIT_AT}%`} y="6" width=${`${100 - LIMIT_AT}%`} height="8" />
      <line x1=${`${LIMIT_AT}%`} x2=${`${LIMIT_AT}%`} y2="20" stroke="currentColor" stroke-width="1.5" />
      <text x=${`${LIMIT_AT}%`} y="33" text-anchor="middle">stops above</text>
    </svg>
    <p>${tried} Nothing is rolled back when it stops.</p>
  </div>`;
}

const shown = (name, value) => (name === "site_id" ? siteName(value) : Array.isArray(value) ? `${value.slice(0, 8).join(", ")}${value.length > 8 ? ` and ${value.length - 8} more` : ""}` : String(value));

const Chosen = ({ one }) => {
  const facts = Object.entries(one.select).map(([name, value]) => [words(name), shown(name, value)]);
  return html`<${Card} title="Who was chosen" small=${many(one.counts.total, "station")}>${facts.length ? html`<${Facts} facts=${facts} />` : html`<p class="ink2">All stations there were when it began.</p>`}<//>`;
};

function Acts({ one, again }) {
  const act = (verb) => post(`${to("campaigns", one.id)}/${verb}`).then(again, tellProblem);
  const cancel = () =>
    ask({
      title: "Cancel this campaign?",
      body: html`<p>${many(one.counts.waiting, "station")} will be skipped. What is under way goes on; nothing is rolled back.</p>`,
      word: `Skip ${many(one.counts.waiting, "station")}`,
      keep: "Keep it",
      danger: true,
      act: () => act("cancel"),
    });
  if (one.state !== "running" && one.state !== "paused") return null;
  return html`${one.state === "running" ? html`<${Button} icon="pause" onClick=${() => act("pause")}>Pause<//>` : html`<${Button} icon="play" onClick=${() => act("resume")}>Resume<//>`}
    <${Button} kind="danger" onClick=${cancel}>Cancel…<//>`;
}
