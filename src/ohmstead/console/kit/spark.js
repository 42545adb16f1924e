// A small curve in a card: power under its limit, from the first time to the last. No axis: two or three times below it say when.
import { clock } from "../lib/format.js";
import { html, useId } from "../lib/html.js";

const [WIDTH, HEIGHT] = [200, 60];

/** `power` and `limit`: [[Unix seconds, watts]], rising; a limit holds until the next one, null is none. */
export function Spark({ power, limit = [], from, until, label }) {
  const id = useId();
  const most = Math.max(1000, ...power.map(([, watts]) => watts), ...limit.map(([, watts]) => watts ?? 0)) * 1.08;
  const x = (at) => +((WIDTH * (Math.min(until, Math.max(from, at)) - from)) / (until - from || 1)).toFixed(1);
  const y = (watts) => +(HEIGHT - (HEIGHT * watts) / most).toFixed(1);
  const line = power.map(([at, watts], n) => `${n ? "L" : "M"}${x(at)} ${y(watts)}`).join("");
  const area = power.length ? `M${x(power[0][0])} ${HEIGHT}${power.map(([at, watts]) => `L${x(at)} ${y(watts)}`).join("")}L${x(power.at(-1)[0])} ${HEIGHT}Z` : "";
  const held = limit.map(([at, watts], n) => ({ begin: x(at), end: n + 1 < limit.length ? x(limit[n + 1][0]) : WIDTH, watts })).filter((one) => one.watts !== null);
  const stairs = held.map((one, n) => `${n && held[n - 1].end === one.begin ? `V${y(one.watts)}` : `M${one.begin} ${y(one.watts)}`}H${one.end}`).join("");
  const above = held.map((one) => `M${one.begin / WIDTH} 0H${one.end / WIDTH}V${y(one.watts) / HEIGHT}H${one.begin / WIDTH}Z`).join("");
  return html`<div class="spk">
      <svg role="img" aria-label=${label}>
        <clipPath id=${id} clipPathUnits="objectBoundingBox"><path d=${above} /></clipPath>
        <rect width="100%" height="100%" fill="url(#hatch)" clip-path=${`url(#${id})`} />
        <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" width="100%" height="100%" overflow="visible">
          <path class="ns g-base" d=${`M0 ${HEIGHT}H${WIDTH}`} /><path class="a1" d=${area} /><path class="ns ln l1" d=${line} /><path class="ns l-limit" d=${stairs} />
        </svg>
      </svg>
    </div>
    <div class="xs" aria-hidden="true"><span>${clock(from * 1000).slice(0, 5)}</span><span class="hide-s">${clock(((from + until) / 2) * 1000).slice(0, 5)}</span><span>${clock(until * 1000).slice(0, 5)}</span></div>`;
}
