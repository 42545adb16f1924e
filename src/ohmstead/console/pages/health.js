// Whether Ohmstead itself is well.
import { request } from "../lib/api.js";
import { age, count, moment, now } from "../lib/format.js";
import { html, useEffect, useSignal } from "../lib/html.js";
import { Skeleton } from "../kit/blank.js";
import { Icon } from "../kit/icon.js";
import { Card, Facts, Figures, PageHead } from "../kit/page.js";
import { Status } from "../kit/status.js";
import { Cells, Heads } from "../kit/table.js";
import { may } from "../lib/session.js";

const EVERY = 5000;

/** "name{label=...} 5" of the metrics, as [[name, labels, value]]. */
export function readMetrics(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const [, name, labels, value] = line.match(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/) ?? [];
    if (name) found.push([name, Object.fromEntries([...(labels ?? "").matchAll(/(\w+)="([^"]*)"/g)].map((one) => [one[1], one[2]])), Number(value)]);
  }
  return found;
}

const one = (metrics, name) => metrics.find((each) => each[0] === name)?.[2];

function Numbers({ metrics }) {
  const sessions = metrics.filter(([name]) => name === "ohmstead_sessions").map(([, { version }, n]) => `${count(n)} of ${version}`);
  const calls = metrics.filter(([name]) => name === "ohmstead_calls_total");
  const failed = calls.filter(([, { result }]) => result !== "ok").reduce((sum, each) => sum + each[2], 0);
  const commits = one(metrics, "ohmstead_commit_seconds_count");
  const mean = commits ? (1000 * one(metrics, "ohmstead_commit_seconds_sum")) / commits : undefined;
  const started = one(metrics, "process_start_time_seconds");
  const bytes = one(metrics, "process_resident_memory_bytes");
  const waiting = one(metrics, "ohmstead_waiting_writes");
  const rows = calls.map(([, { action, result }, n]) => ({ action, result, n })).sort((a, b) => b.n - a.n);
  return html`<${Figures}
      figures=${[
        ["Stations connected", count(one(metrics, "ohmstead_stations_connected")), "", sessions.join(", ")],
        ["Calls of stations", count(calls.reduce((sum, each) => sum + each[2], 0)), "", failed ? `${count(failed)} not ok` : "all ok"],
        ["A commit takes", mean === undefined ? "–" : mean.toFixed(1), "ms", `on average, ${count(waiting)} writes wait now`],
        ["Memory", bytes === undefined ? "–" : count(bytes / 1e6), "MB", "of this process"],
        ["Runs for", started === undefined ? "–" : age(now.value / 1000 - started), "", `since ${moment(started && started * 1000)}`],
      ]}
    />
    <div class="split even">
      <${Card} title="Trouble"><${Facts} facts=${TROUBLE.map(([name, word]) => [word, one(metrics, name) === undefined ? null : count(one(metrics, name))])} /><//>
      <${Card} title="Calls by action" table>
        <table class="table" role="table" aria-label="Calls by action"><${Heads} columns=${CALLS} /><tbody role="rowgroup">${rows.map((row) => html`<tr role="row" key=${row.action + row.result}><${Cells} columns=${CALLS} row=${row} /></tr>`)}</tbody></table>
      <//>
    </div>`;
}

const TROUBLE = [["ohmstead_database_in_trouble", "Database in trouble"], ["ohmstead_unreadable_frames_total", "Frames that could not be read"], ["ohmstead_dropped_log_rows_total", "Rows of the message log that were dropped"]];
const CALLS = [
  { key: "action", title: "Action", class: "name", cell: (row) => row.action },
  { key: "result", title: "Result", cell: (row) => row.result },
  { key: "n", title: "Times", class: "r", cell: (row) => count(row.n) },
];

export function HealthPage() {
  const health = useSignal(null);
  const metrics = useSignal([]);
  useEffect(() => {
    const load = async () => {
      health.value = await request("GET", "/health/ready").then((answer) => answer.data, (problem) => ({ status: "not_ready", reasons: [problem.message] }));
      if (may("metrics:read")) metrics.value = await request("GET", "/metrics").then((answer) => readMetrics(answer.data), () => metrics.value);
    };
    load();
    const timer = setInterval(load, EVERY);
    return () => clearInterval(timer);
  }, []);
  const state = health.value;
  if (!state) return html`<${Skeleton} />`;
  const isReady = state.status === "ok";
  return html`<${PageHead} title="Health" status=${html`<${Status} s=${isReady ? "ok" : "bad"} text=${isReady ? "Ready" : "Not ready"} />`}>Version ${state.version}.<//>
    ${!isReady && html`<div class="note" data-s="bad" role="alert"><${Icon} name="bad" /><div><b>It cannot do its work</b>${state.reasons.map((one) => html`<p key=${one}>${one}</p>`)}</div></div>`}
    ${metrics.value.length > 0 && html`<${Numbers} metrics=${metrics.value} />`}`;
}
