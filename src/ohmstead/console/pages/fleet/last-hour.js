// What a station of the list drew in the last hour: asked for those in sight alone, when one has stopped to scroll.
import { get } from "../../lib/api.js";
import { kw } from "../../lib/format.js";
import { html, signal, useEffect } from "../../lib/html.js";
import { may } from "../../lib/session.js";

const REST_MS = 400;
const AGAIN_MS = 60_000;
/** At once, as the API takes them. */
const MOST = 50;
const KEPT = 500;
/** Station -> {curve: a signal of its watts, at: when they were asked for}. */
const known = new Map();
const inSight = new Set();
let timer;

const curveOf = (id) => {
  if (!known.has(id)) known.set(id, { curve: signal(null), at: 0 });
  return known.get(id);
};

function later() {
  clearTimeout(timer);
  timer = setTimeout(ask, REST_MS);
}

async function ask() {
  if (known.size > KEPT) for (const id of known.keys()) if (!inSight.has(id)) known.delete(id);
  const now = Date.now();
  const ids = [...inSight].filter((id) => now - curveOf(id).at > AGAIN_MS).slice(0, MOST);
  if (document.visibilityState === "visible" && ids.length) {
    for (const id of ids) curveOf(id).at = now;
    const found = await get("/stations/power", { station_id: ids }).catch(() => ({ data: [] }));
    for (const one of found.data) curveOf(one.station_id).curve.value = one.power_w;
  }
  clearTimeout(timer);
  if (inSight.size) timer = setTimeout(ask, AGAIN_MS);
}

export function LastHour({ id }) {
  useEffect(() => {
    if (!may("transactions:read")) return;
    inSight.add(id);
    later();
    return () => inSight.delete(id);
  }, [id]);
  const watts = curveOf(id).curve.value;
  const runs = runsOf(watts ?? []);
  if (!runs.length) return null;
  const most = Math.max(1000, ...watts);
  const lines = runs.map((run) => run.map(([n, one]) => `${n} ${(19 - (18 * one) / most).toFixed(1)}`).join("L"));
  const area = lines.map((line, n) => `M${runs[n][0][0]} 20L${line}L${runs[n].at(-1)[0]} 20Z`).join("");
  return html`<svg class="spark" role="img" aria-label=${`Last hour: at most ${kw(Math.max(...watts))} kW`} viewBox="0 0 59 20" preserveAspectRatio="none"><path class="a1" d=${area} /><path class="ns ln l1" d=${`M${lines.join("M")}`} /></svg>`;
}

/** Values that follow each other as lists of [part, watts]; where nothing was measured a list ends. */
function runsOf(watts) {
  const runs = [];
  watts.forEach((one, n) => {
    if (one === null) return;
    if (!n || watts[n - 1] === null) runs.push([]);
    runs.at(-1).push([n, one]);
  });
  return runs;
}
