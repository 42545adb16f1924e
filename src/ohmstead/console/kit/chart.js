// Curves over time as SVG, one panel for each unit under one time axis. The mouse, a finger or the arrow keys read values off.
import { clock, day } from "../lib/format.js";
import { html, useId, useSignal } from "../lib/html.js";

const WIDTH = 1000;
const HEIGHT = 200;
const LABELS = 7;
const STEPS = [5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

/** A round number of steps that reach `most`: [0, 5, 10]. */
export function ticks(most, wanted = 4) {
  const raw = Math.max(most, 1e-9) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= raw - 1e-12) * power;
  const many = Math.ceil(most / step - 1e-9) || 1;
  return Array.from({ length: many + 1 }, (_, n) => +(n * step).toPrecision(12));
}

/** Round moments between two times (Unix seconds), at most `LABELS`, of the browser's own time zone. */
export function moments(from, until) {
  const step = STEPS.find((one) => (until - from) / one <= LABELS) ?? Math.ceil((until - from) / LABELS / 604800) * 604800;
  const shift = new Date(from * 1000).getTimezoneOffset() * 60;
  const found = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= until; at += step) found.push(at);
  return found.map((at) => ({ at, word: step >= 86400 ? day(at * 1000) : clock(at * 1000).slice(0, step < 60 ? 8 : 5) }));
}

const known = (values) => values.filter((one) => one !== null);
const digits = (unit) => (unit === "%" ? 0 : unit === "kWh" ? 2 : 1);
const shown = (line, value) => (value === null || value === undefined ? "–" : value.toFixed(digits(line.unit)));

/** Points in the plot's own measures; a line of `steps` holds until its next value, a bare one is broken where it has none. */
function path({ values, steps, bare }, x, y) {
  let d = "";
  let isOpen = false;
  values.forEach((value, n) => {
    if (value === null) isOpen &&= !bare;
    else {
      d += isOpen ? (steps ? `H${x[n]}V${y(value)}` : `L${x[n]} ${y(value)}`) : `M${x[n]} ${y(value)}`;
      isOpen = true;
    }
  });
  return d + (steps && isOpen ? `H${WIDTH}` : "");
}

function area(line, x, y) {
  const all = line.values.map((value, n) => [value, n]).filter(([value]) => value !== null);
  const down = line.base ? all.toReversed().map(([, n]) => `L${x[n]} ${y(line.base[n])}`).join("") : `L${x[all.at(-1)?.[1]]} ${HEIGHT}L${x[all[0]?.[1]]} ${HEIGHT}`;
  return all.length ? `M${all.map(([value, n]) => `${x[n]} ${y(value)}`).join("L")}${down}Z` : "";
}

/** Above a limit nothing may go: hatched. In parts of the plot, so that the hatch is not stretched with it. */
function above(line, x, y) {
  const part = (n) => (x[n] ?? WIDTH) / WIDTH;
  return line.values.map((value, n) => (value === null ? "" : `M${part(n)} 0H${part(n + 1)}V${y(value) / HEIGHT}H${part(n)}Z`)).join("");
}

function Panel({ lines, right, times, x, marks, at, label, isLow }) {
  const id = useId();
  const scale = ticks(Math.max(1e-6, ...lines.flatMap((line) => known(line.values))), isLow ? 2 : 4);
  const top = scale.at(-1);
  const y = (value) => (HEIGHT - (HEIGHT * Math.max(0, value)) / top).toFixed(1);
  const percent = (value) => (HEIGHT - (HEIGHT * value) / 100).toFixed(1);
  const limits = lines.filter((line) => line.isLimit);
  const share = (moment) => `${((100 * (moment - times[0])) / (times.at(-1) - times[0])).toFixed(2)}%`;
  const dot = (line, of) => line.values[at] !== null && line.values[at] !== undefined && html`<circle class=${`dot ${line.look}`} cx=${`${x[at] / 10}%`} cy=${`${of(line.values[at]) / 2}%`} r="4" />`;
  return html`<div class="chart tx">
    <ol class="y" aria-hidden="true">${[...scale].reverse().map((one) => html`<li key=${one}>${one}</li>`)}</ol>
    <svg class=${isLow ? "plot low" : "plot"} role="img" aria-label=${label}>
      ${limits.map((line, n) => html`<g key=${n}><clipPath id=${`${id}-${n}`} clipPathUnits="objectBoundingBox"><path d=${above(line, x, y)} /></clipPath><rect width="100%" height="100%" fill="url(#hatch)" clip-path=${`url(#${id}-${n})`} /></g>`)}
      ${marks.map((one) => html`<g key=${one.text}><rect class=${`v-${one.s}`} x=${share(one.from)} width=${`${Math.max(0.2, (100 * (one.until - one.from)) / (times.at(-1) - times[0])).toFixed(2)}%`} height="100%" /><line class=${`e-${one.s}`} x1=${share(one.from)} x2=${share(one.from)} y1="0" y2="100%" /><line class=${`e-${one.s}`} x1=${share(one.until)} x2=${share(one.until)} y1="0" y2="100%" /></g>`)}
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" width="100%" height="100%" overflow="visible">
        ${scale.slice(1).map((one) => html`<path key=${one} class="ns g-line" d=${`M0 ${y(one)}H${WIDTH}`} />`)}
        <path class="ns g-base" d=${`M0 ${HEIGHT}H${WIDTH}`} />
        ${lines.filter((line) => line.isFilled).map((line) => html`<path key=${line.label} class=${line.fill ?? "a1"} d=${area(line, x, y)} />`)}
        ${lines.map((line) => html`<path key=${line.label} class=${`ns ln ${line.look}`} d=${path(line, x, y)} />`)}
        ${right.map((line) => html`<path key=${line.label} class=${`ns ${line.look}`} d=${path(line, x, percent)} />`)}
      </svg>
      ${marks.map((one) => one.text && html`<text key=${one.text} class=${`t-${one.s} hide-s`} x=${share(one.until)} dx="6" y="94%">${one.text}</text>`)}
      ${at !== null && html`<line class="e-cur" x1=${`${x[at] / 10}%`} x2=${`${x[at] / 10}%`} y1="0" y2="100%" />${lines.map((line) => dot(line, y))}${right.map((line) => dot(line, percent))}`}
    </svg>
    ${right.length > 0 && html`<ol class="y2" aria-hidden="true">${["100 %", "75", "50", "25", "0"].map((one) => html`<li key=${one}>${one}</li>`)}</ol>`}
  </div>`;
}

const Legend = ({ lines }) =>
  html`<ul class="legend" aria-hidden="true">
    ${lines.map((line) => html`<li key=${line.label}><svg viewBox="0 0 18 10"><path class=${`ln ${line.look}`} d="M0 5H18" fill="none" /></svg>${line.label}, ${line.unit}</li>`)}
  </ul>`;

/** The moments below a chart; `times` of which the first and the last count. */
export function TimeAxis({ times }) {
  const [from, until] = [times[0], times.at(-1)];
  return html`<div class="chart tx axis" aria-hidden="true">
    <svg class="x" width="100%" height="20">
      ${moments(from, until).map(({ at, word }, n) => html`<text key=${at} class=${n % 2 ? "odd" : ""} text-anchor=${at - from < (until - from) * 0.03 ? "start" : until - at < (until - from) * 0.03 ? "end" : "middle"} x=${`${((100 * (at - from)) / (until - from)).toFixed(2)}%`} y="14">${word}</text>`)}
    </svg>
  </div>`;
}

/** The index of the time nearest to a share (0 to 1) of the axis. */
function nearest(times, share) {
  const wanted = times[0] + share * (times.at(-1) - times[0]);
  return times.reduce((best, at, n) => (Math.abs(at - wanted) < Math.abs(times[best] - wanted) ? n : best), 0);
}

/** `lines`: [{label, unit, look, values, bare?, steps?, isLimit?, isFilled?}] over `times` (Unix seconds, rising). `look` is a class
    of chart.css; a bare one is broken where it has no value; one of `steps` holds until its next value; above a limit it is
    hatched. One that lies on another has that as `base`, says `own` values, and has a `fill`. Per cent go on the right of the first panel. `marks`: [{from, until, text, s}]. `label` says what the chart shows. */
export function Chart({ times, lines, label, marks = [], look, isLow = false }) {
  const at = useSignal(null);
  const right = lines.filter((line) => line.unit === "%");
  const units = [...new Set(lines.filter((line) => line.unit !== "%").map((line) => line.unit))];
  const span = times.at(-1) - times[0] || 1;
  const x = times.map((one) => +((WIDTH * (one - times[0])) / span).toFixed(1));
  const shownAt = at.value === null ? null : Math.min(at.value, times.length - 1);
  const point = (event) => {
    const plot = event.currentTarget.querySelector(".plot").getBoundingClientRect();
    at.value = nearest(times, Math.min(1, Math.max(0, (event.clientX - plot.left) / plot.width)));
  };
  const key = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -times.length, End: times.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    at.value = Math.min(times.length - 1, Math.max(0, (at.value ?? times.length) + step));
  };
  const read = shownAt === null ? times.length - 1 : shownAt;
  const values = lines.map((line) => `${line.label} ${shown(line, (line.own ?? line.values)[read])} ${line.unit}`);
  return html`<div class=${`curves ${look ?? ""} ${right.length ? "two" : ""}`} role="slider" tabindex="0" aria-label=${label} aria-valuemin="0" aria-valuemax=${times.length - 1} aria-valuenow=${read} aria-valuetext=${`${clock(times[read] * 1000)}: ${values.join(", ")}`} onPointerMove=${point} onPointerLeave=${() => (at.value = null)} onKeyDown=${key} onBlur=${() => (at.value = null)}>
    <div class="readout" aria-hidden="true">${shownAt === null ? html`<${Legend} lines=${lines} />` : html`<b>${clock(times[read] * 1000)}</b>${values.map((one) => html`<span key=${one}>${one}</span>`)}`}</div>
    ${units.map((unit, n) => html`<${Panel} key=${unit} isLow=${isLow || n > 0} lines=${lines.filter((line) => line.unit === unit)} right=${n ? [] : right} times=${times} x=${x} marks=${n ? [] : marks} at=${shownAt} label=${n ? unit : label} />`)}
    <${TimeAxis} times=${times} />
  </div>`;
}
