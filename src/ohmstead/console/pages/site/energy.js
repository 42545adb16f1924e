// Energy of a site over time: its limit, what was measured, and what each EVSE was given, with the reason.
import { kw } from "../../lib/format.js";
import { html, useEffect, useId, useSignal } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { filter, query, to } from "../../lib/router.js";
import { PriceBand } from "../../kit/band.js";
import { Blank, Broken, Skeleton } from "../../kit/blank.js";
import { Button, Segmented } from "../../kit/button.js";
import { Chart } from "../../kit/chart.js";
import { Card } from "../../kit/page.js";
import { Stale } from "../../kit/table.js";
import { elseOf } from "./now.js";

const HOUR_MS = 3_600_000;
const SPANS = { "1h": [1, 60, "1 h"], day: [24, 120, "Day"] };
const AGAIN_MS = 30_000;
const MOST = 10;
/** A sample stands for the minute after it. */
const SAMPLE_MS = 60_000;

/** The samples of the span that the address names, read again every half minute. */
export function useTimeline(site) {
  const [hours, resolution] = SPANS[spanNow()];
  const until = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && (until.value = Date.now()), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return useRemote(`${to("sites", site.id)}/timeline`, { from: new Date(until.value - hours * HOUR_MS).toISOString(), resolution });
}

const spanNow = () => (SPANS[query.value.get("span")] ? query.value.get("span") : "1h");

export function Energy({ site, timeline, circuits, prices }) {
  const samples = timeline.data.value?.data;
  if (!samples) return timeline.problem.value ? html`<${Broken} problem=${timeline.problem.value} retry=${timeline.load} />` : html`<${Skeleton} />`;
  const options = Object.entries(SPANS).map(([key, [, , word]]) => [key, word]);
  const views = html`<${Segmented} label="How far back" options=${options} value=${spanNow()} pick=${(one) => filter({ span: one })} />`;
  const empty = html`<${Blank} icon="energy" title="Nothing was controlled in this time" command=${`ohmstead site limit ${site.id} 80000`}>A site with a limit or a circuit is kept inside it; a sample a minute is kept.<//>`;
  return html`<${Card} title="Limit, load and who got what" actions=${views}>
    <${Stale} problem=${timeline.problem.value} />
    ${samples.length ? html`<${Curves} samples=${samples} circuits=${circuits} prices=${prices} /><${Lanes} samples=${samples} />` : empty}
  <//>`;
}

const inKw = (watts) => (watts === null ? null : watts / 1000);

const STACKED = 3;
const keysBelow = (circuit, all) => [...circuit.evses.map((one) => `${one.station_id}/${one.evse_id}`), ...all.filter((one) => one.parent_id === circuit.id).flatMap((one) => keysBelow(one, all))];

/** What is drawn behind each of the first circuits, one above the other, on what else is drawn; null where there is nothing to
    part: one circuit and nothing else. */
function stack(samples, circuits, held) {
  const tops = circuits.filter((one) => one.parent_id === null).slice(0, STACKED);
  const under = (keys) => samples.map((sample) => sample.evses.reduce((sum, one) => (keys.has(`${one.station_id}/${one.evse_id}`) ? sum + (one.measured_w ?? 0) : sum), 0));
  const parts = tops.map((top, n) => ({ label: top.name, look: `l${n + 1}`, fill: `a${n + 1}`, own: under(new Set(keysBelow(top, circuits))) }));
  const cars = samples.map((sample, n) => Math.max(0, sample.measured_w - parts.reduce((sum, part) => sum + part.own[n], 0)));
  const isAny = (values) => values.some((watts) => watts > 1);
  if (isAny(cars)) parts.push({ label: "Other cars", look: "l4", fill: "a3", own: cars });
  const beside = samples.map(elseOf);
  if (isAny(beside)) parts.unshift({ label: "Else", look: "l-other", fill: "a-base", own: beside });
  if (parts.length < 2) return null;
  let base = samples.map(() => 0);
  return parts.map((part) => {
    const values = base.map((watts, n) => watts + part.own[n]);
    const line = { ...part, unit: "kW", isFilled: true, base: held(base.map(inKw)), values: held(values.map(inKw)), own: held(part.own.map(inKw)) };
    base = values;
    return line;
  });
}

/** Sun and battery, where they do anything: more may be drawn by so much than the limit says. */
const fedIn = (samples, held) =>
  [["Sun", "pv_w", "l4"], ["Battery", "battery_w", "l3"]]
    .filter(([, name]) => samples.some((one) => one[name]))
    .map(([label, name, look]) => ({ label: `${label} feeds in`, unit: "kW", look: `${look} dashed`, values: held(samples.map((one) => inKw(one[name]))) }));

function Curves({ samples, circuits, prices }) {
  const last = samples.at(-1);
  const held = (values) => [...values, values.at(-1)]; // the last sample stands for the minute after it
  const lines = [
    ...(stack(samples, circuits, held) ?? [{ label: "Measured", unit: "kW", look: "l1", isFilled: true, values: held(samples.map((one) => inKw(one.measured_w))) }]),
    ...fedIn(samples, held),
    { label: "Limit", unit: "kW", look: "l-limit", bare: true, steps: true, isLimit: true, values: held(samples.map((one) => inKw(one.limit_w))) },
  ];
  if (samples.length < 2) return html`<p class="ink2">One sample so far: ${kw(last.measured_w)} kW measured, limit ${kw(last.limit_w)} kW.</p>`;
  const times = samples.map((one) => Date.parse(one.at) / 1000);
  times.push(times.at(-1) + SAMPLE_MS / 1000);
  return html`<${Chart} look="lanes-axis" times=${times} lines=${lines} label=${`Measured now ${kw(last.measured_w)} kW, limit ${kw(last.limit_w)} kW`} />
    ${prices && html`<div class="curves lanes-axis"><${PriceBand} slots=${prices.slots} unit=${prices.unit} from=${times[0]} until=${times.at(-1)} /></div>`}`;
}

/** For each EVSE its points in the order of time; where it had no share there is none. */
export function lanesOf(samples) {
  const found = new Map();
  samples.forEach((sample, n) => {
    for (const one of sample.evses) {
      const key = `${one.station_id}/${one.evse_id}`;
      const lane = found.get(key) ?? { key, station_id: one.station_id, evse_id: one.evse_id, points: samples.map(() => null) };
      found.set(key, lane);
      lane.points[n] = one;
    }
  });
  const lastOf = (lane) => lane.points.findLast(Boolean);
  return [...found.values()].map((lane) => ({ ...lane, last: lastOf(lane), now: lane.points.at(-1) !== null })).sort((a, b) => b.now - a.now || a.key.localeCompare(b.key));
}

function Lanes({ samples }) {
  const all = useSignal(false);
  const lanes = lanesOf(samples);
  const times = samples.map((one) => Date.parse(one.at));
  const shown = all.value ? lanes : lanes.slice(0, MOST);
  return html`<div class="lanes mt3" role="list" aria-label="EVSEs, what each got and why">${shown.map((lane) => html`<${Lane} key=${lane.key} lane=${lane} times=${times} />`)}</div>
    ${lanes.length > shown.length && html`<${Button} kind="small" onClick=${() => (all.value = true)}>Show all ${lanes.length}<//>`}`;
}

/** The code of a share (domain/allocation.py) -> its colour; what is not here had all that its EVSE can give. */
const WHY = {
  full: "why-phase", turn: "why-phase", external: "why-phase",
  planned: "why-ready", demand: "why-car", idle: "why-none",
  offline: "why-dr", disobedient: "why-dr",
};

function Lane({ lane, times }) {
  const id = useId();
  const { points, last } = lane;
  const most = Math.max(1, ...points.map((one) => Math.max(one?.limit_w ?? 0, one?.measured_w ?? 0)));
  const [begin, end] = [times[0], times.at(-1) + SAMPLE_MS];
  const x = (n) => ((1000 * (times[n] - begin)) / (end - begin)).toFixed(1);
  const y = (watts) => (35 - (33 * watts) / most).toFixed(1);
  const until = (n) => (n + 1 < times.length ? x(n + 1) : "1000.0");
  const limit = points.map((one, n) => one && `M${x(n)} ${y(one.limit_w)}H${until(n)}`).filter(Boolean).join("");
  const above = points.map((one, n) => one && `M${x(n) / 1000} 0H${until(n) / 1000}V${y(one.limit_w) / 36}H${x(n) / 1000}Z`).filter(Boolean).join("");
  const area = points.map((one, n) => one?.measured_w && `M${x(n)} 35V${y(one.measured_w)}H${until(n)}V35Z`).filter(Boolean).join("");
  return html`<div class="lane" role="listitem">
    <div class="l"><a class="link" href=${to("stations", lane.station_id)}>${lane.station_id}</a> / ${lane.evse_id}<small>${lane.now ? "has a share now" : "no share now"}</small></div>
    <svg class="p" role="img" aria-label=${`${lane.key}: last ${kw(last.measured_w)} kW of ${kw(last.limit_w)} kW`}>
      <clipPath id=${id} clipPathUnits="objectBoundingBox"><path d=${above} /></clipPath>
      <rect width="100%" height="100%" fill="url(#hatch)" clip-path=${`url(#${id})`} />
      <svg viewBox="0 0 1000 36" preserveAspectRatio="none" width="100%" height="100%">
        <path class="ns g-base" d="M0 35H1000" /><path class="a1s" d=${area} /><path class="ns ln l-limit" d=${limit} />
      </svg>
    </svg>
    <div class="w reason">${html`<svg viewBox="0 0 1000 4" preserveAspectRatio="none" aria-hidden="true">${points.map((one, n) => one && html`<rect key=${n} class=${WHY[one.code] ?? "why-eq"} x=${x(n)} width=${(until(n) - x(n)).toFixed(1)} height="4" />`)}</svg>`}<span>${last.text}</span></div>
    <div class="v">${kw(last.measured_w)} kW<small>limit ${kw(last.limit_w)}</small></div>
  </div>`;
}
