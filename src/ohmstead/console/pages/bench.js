// The test bench: simulated stations beside the real ones, and runs that judge this Ohmstead.
import { post, request } from "../lib/api.js";
import { ago, kw, kwh, words } from "../lib/format.js";
import { html, useEffect, useSignal } from "../lib/html.js";
import { useList, useRemote } from "../lib/remote.js";
import { go, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { askFor } from "../kit/ask-form.js";
import { Blank, Broken, Skeleton } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { Code } from "../kit/code.js";
import { ask, tell, trying } from "../kit/floating.js";
import { Card, Facts, PageHead, Tabs } from "../kit/page.js";
import { Chip, Status } from "../kit/status.js";
import { Cells, DataTable, Heads } from "../kit/table.js";

const TABS = [["/bench", "Stations"], ["/bench/runs", "Runs"], ["/bench/personas", "Personas"]];
const AGAIN_MS = 3000;

/** Simulated things tell no events: they are looked at again. */
export function useAgain(load) {
  const latest = useSignal(load);
  latest.value = load;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && latest.peek()(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
}

const useBench = () => useRemote("/test-bench").data.value;

/** The page around the three; says so where the bench is off. */
function Bench({ bench, title, actions, children }) {
  return html`<${PageHead} title=${title} actions=${bench?.enabled && may("test_bench:write") && actions}>Simulated stations beside the real ones, and runs that judge this Ohmstead.<//>
    <${Tabs} label="Test bench" tabs=${TABS} />
    ${!bench ? html`<${Skeleton} />` : bench.enabled ? children(bench) : html`<${Blank} icon="flask" title="The test bench is off" command="OHMSTEAD_TEST_BENCH__ENABLED=true ohmstead serve">It belongs to test systems: what it makes stands among the real stations.<//>`}`;
}

const drawing = (row) => row.evses.reduce((sum, one) => sum + one.power_w, 0);
const STATIONS = [
  { key: "id", title: "Station", class: "name", cell: (row) => html`<a class="link" href=${to("bench", "stations", row.id)}>${row.id}</a>` },
  { key: "persona", title: "Persona", cell: (row) => row.persona },
  { key: "version", title: "OCPP", cell: (row) => row.ocpp_version },
  { key: "state", title: "State", cell: (row) => html`<${Status} s=${row.connected ? "ok" : "offline"} text=${row.connected ? row.registration.toLowerCase() : "not connected"} />` },
  { key: "cars", title: "Cars", class: "r", cell: (row) => `${row.evses.filter((one) => one.car).length} of ${row.evses.length}` },
  { key: "power", title: "Draws, kW", class: "r", cell: (row) => kw(drawing(row)) },
  { key: "sessions", title: "Sessions", class: "r", cell: (row) => row.sessions },
  { key: "ends", title: "Ends", class: "r", cell: (row) => ago(row.ends_at) },
];

export function BenchPage() {
  const bench = useBench();
  const list = useList(bench?.enabled && "/test-bench/stations");
  useAgain(list.load);
  const add = () => askFor({ title: "Simulate a station", word: "Simulate it", schema: "SimulatedStationNew", without: ["faults", "tokens"], send: async (given) => (await post("/test-bench/stations", given), await list.load()) });
  const empty = html`<${Blank} icon="flask" title="Nothing is simulated here">Stations of ohmstead demo and ohmstead simulate are not listed: only those of the bench.<//>`;
  return html`<${Bench} bench=${bench} title="Test bench" actions=${html`<${Button} kind="primary" icon="plus" onClick=${add}>Simulate a station…<//>`}>
    ${() => html`<div class="card table-card"><${DataTable} label="Simulated stations" list=${list} columns=${STATIONS} empty=${empty} /></div>`}
  <//>`;
}

const STEPS = [["plug", "Plug in"], ["swipe", "Swipe"], ["unplug", "Unplug"], ["offline", "Go offline"], ["online", "Come back"]];

export function BenchStationPage({ id }) {
  const remote = useRemote(to("test-bench", "stations", id));
  useAgain(remote.load);
  const one = remote.data.value;
  if (!one) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const step = async (what, evse) => {
    const done = await trying(async () => {
      const result = await post(`${to("test-bench", "stations", id)}/steps`, { do: what, ...(["plug", "swipe", "unplug"].includes(what) && { evse }) });
      tell({ s: result.done ? "ok" : "warn", title: `${words(what)}: ${result.done ? "done" : "not done"}`, text: result.reason });
    })();
    if (done !== false) await remote.load();
  };
  const off = () => ask({ title: `Switch ${id} off?`, body: html`<p>The simulation ends; the station stays known to Ohmstead.</p>`, word: "Switch 1 station off", keep: "Let it run", danger: true, act: trying(async () => (await request("DELETE", to("test-bench", "stations", id)), go("/bench"))) });
  const faults = () => askFor({ title: `What goes wrong with ${id}`, word: "Set", schema: "FaultSwitches", values: one.faults, send: async (given) => (await request("PATCH", to("test-bench", "stations", id), { body: { faults: given } }), await remote.load()) });
  const set = Object.entries(one.faults).filter(([, value]) => value && value !== "both" && !(Array.isArray(value) && !value.length));
  return html`<${PageHead} title=${id} actions=${may("test_bench:write") && html`<a class="btn" href=${to("stations", id)}>As Ohmstead sees it</a><${Button} onClick=${faults}>Faults…<//><${Button} kind="danger" onClick=${off}>Switch off…<//>`}>Persona ${one.persona}, OCPP ${one.ocpp_version}, ${one.speed} times as fast, ends ${ago(one.ends_at)}.<//>
    <div class="split even">
      <div class="stack">
        <${Card} title="EVSEs">
          <ul class="rows">${one.evses.map((evse) => html`<li key=${evse.id}><b>EVSE ${evse.id}</b> ${evse.car ? `a car, ${kw(evse.power_w)} kW` : "free"}<span class="push"></span>${may("test_bench:write") && STEPS.slice(0, 3).map(([what, word]) => html`<${Button} key=${what} kind="small" onClick=${() => step(what, evse.id)}>${word}<//>`)}<small>${evse.transaction_id ? `transaction ${evse.transaction_id}` : "no transaction"}, register ${kwh(evse.register_wh)} kWh</small></li>`)}</ul>
          ${may("test_bench:write") && html`<div class="btn-row mt3">${STEPS.slice(3).map(([what, word]) => html`<${Button} key=${what} kind="small" onClick=${() => step(what)}>${word}<//>`)}</div>`}
        <//>
        <${Card} title="Faults"><${Facts} facts=${set.length ? set.map(([name, value]) => [words(name), String(value)]) : [["Line and station", "all is well"]]} /><//>
      </div>
      <${Card} title="What it says"><pre class="code lines" tabindex="0" role="region" aria-label="Lines of the simulator">${one.lines.join("\n") || "nothing yet"}</pre><//>
    </div>`;
}

const RUN_TONES = { running: "running", passed: "ok", failed: "bad", cancelled: "none" };
const counts = (row) => Object.entries(row.summary).map(([name, n]) => `${n} ${name.replaceAll("_", " ")}`).join(", ");
const RUNS = [
  { key: "title", title: "Run", class: "name wrap", cell: (row) => html`<a class="link" href=${to("bench", "runs", row.id)}>${row.title}</a>` },
  { key: "state", title: "State", cell: (row) => html`<${Chip} s=${RUN_TONES[row.state]}>${row.state}<//>` },
  { key: "done", title: "Done", class: "r", cell: (row) => `${row.done} of ${row.total}` },
  { key: "summary", title: "Verdicts", class: "wrap", cell: counts },
  { key: "why", title: "Why", class: "wrap", cell: (row) => row.reason ?? "" },
  { key: "begun", title: "Begun", class: "r", cell: (row) => ago(row.created_at) },
];

export function BenchRunsPage() {
  const bench = useBench();
  const list = useList(bench?.enabled && "/test-bench/runs");
  useAgain(list.load);
  const begin = (schema, title, word) => () => askFor({ title, word, schema, without: ["type"], send: async (given) => go(to("bench", "runs", (await post("/test-bench/runs", { type: schema === "ConformanceRunNew" ? "conformance" : "scenario", ...given })).id)) });
  const actions = html`<${Button} onClick=${begin("ScenarioRunNew", "Play a scenario", "Play it")}>Play a scenario…<//><${Button} kind="primary" icon="play" onClick=${begin("ConformanceRunNew", "Judge this Ohmstead, case by case", "Begin")}>Conformance…<//>`;
  return html`<${Bench} bench=${bench} title="Runs" actions=${actions}>
    ${() => html`<div class="card table-card"><${DataTable} label="Runs" list=${list} columns=${RUNS} empty=${html`<${Blank} icon="flask" title="Nothing was run yet" command="ohmstead conform csms --url ws://127.0.0.1:9000/ocpp --station CS1 --ocpp 2.0.1" />`} /></div>`}
  <//>`;
}

const VERDICTS = { pass: "ok", fail: "bad", error: "bad", partial: "warn", not_applicable: "none" };
const CASES = [
  { key: "verdict", title: "Verdict", cell: (one) => html`<${Status} s=${VERDICTS[one.verdict]} text=${one.verdict.replaceAll("_", " ")} />` },
  { key: "id", title: "Case", class: "name", cell: (one) => one.id },
  { key: "title", title: "What", class: "wrap", cell: (one) => one.title },
  { key: "why", title: "Why", class: "wrap", cell: (one) => one.reason ?? "" },
  { key: "requirements", title: "Requirements", class: "wrap dim", cell: (one) => one.requirements.join(", ") },
  { key: "seconds", title: "s", class: "r", cell: (one) => one.seconds.toFixed(2) },
];

export function BenchRunPage({ id }) {
  const remote = useRemote(to("test-bench", "runs", id));
  const run = remote.data.value;
  useAgain(() => (run?.state === "running" ? remote.load() : null));
  if (!run) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const remove = () => ask({ title: "Forget this run?", body: html`<p>If it still goes on, it is cancelled.</p>`, word: "Forget 1 run", keep: "Keep it", danger: true, act: trying(async () => (await request("DELETE", to("test-bench", "runs", id)), go("/bench/runs"))) });
  const worstFirst = [...run.cases].sort((a, b) => Object.keys(VERDICTS).indexOf(b.verdict === "not_applicable" ? "pass" : b.verdict) - Object.keys(VERDICTS).indexOf(a.verdict === "not_applicable" ? "pass" : a.verdict));
  const failed = run.cases.find((one) => one.verdict === "fail" && one.frames.length);
  return html`<${PageHead} title=${run.title} status=${html`<${Chip} s=${RUN_TONES[run.state]}>${run.state}<//>`} actions=${may("test_bench:write") && html`<${Button} kind="danger" onClick=${remove}>Forget…<//>`}>${run.done} of ${run.total} done. ${counts(run)}${run.reason ? `: ${run.reason}` : ""}<//>
    ${run.cases.length > 0 && html`<${Card} table title="Cases"><table class="table plain" role="table" aria-label="Cases"><${Heads} columns=${CASES} /><tbody role="rowgroup">${worstFirst.map((one) => html`<tr role="row" key=${one.id}><${Cells} columns=${CASES} row=${one} /></tr>`)}</tbody></table><//>`}
    ${failed && html`<${Card} title=${`Frames of ${failed.id}`}><${Code} value=${failed.frames} label="Frames" /><//>`}
    ${run.lines.length > 0 && html`<${Card} title="What was done"><pre class="code lines" tabindex="0" role="region" aria-label="Lines of the run">${run.lines.join("\n")}</pre><//>`}`;
}

const PERSONAS = [
  { key: "name", title: "Persona", class: "name", cell: (one) => one.name },
  { key: "title", title: "What it is", class: "wrap", cell: (one) => one.title },
  { key: "marks", title: "Is", cell: (one) => html`<${Chip} s=${one.marks === "odd" ? "warn" : "ok"}>${one.marks}<//>` },
  { key: "versions", title: "OCPP", cell: (one) => one.ocpp_versions.join(", ") },
  { key: "breaks", title: "Breaks", class: "wrap dim", cell: (one) => one.breaks },
];

export const PersonasPage = () =>
  html`<${Bench} bench=${useBench()} title="Personas">
    ${(bench) => html`<div class="card table-card"><table class="table plain" role="table" aria-label="Personas"><${Heads} columns=${PERSONAS} /><tbody role="rowgroup">${bench.personas.map((one) => html`<tr role="row" key=${one.name}><${Cells} columns=${PERSONAS} row=${one} /></tr>`)}</tbody></table></div>`}
  <//>`;
