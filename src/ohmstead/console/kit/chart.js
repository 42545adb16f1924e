// Curves over time, drawn by uPlot in our colours; loaded with the first page that has one.
import { clock, day } from "../lib/format.js";
import { html, useEffect, useRef } from "../lib/html.js";
import { resolved } from "./colour.js";

/** Of a moment on the axis: seconds only where they tell moments apart, days only where hours are many. */
const hour = (at, step) => (step >= 86400 ? day(at * 1000) : step < 60 ? clock(at * 1000) : clock(at * 1000).slice(0, 5));

function options(UPlot, lines, width) {
  const ink = resolved("--ink-3");
  const grid = { stroke: resolved("--grid"), width: 1 };
  const units = [...new Set(lines.map((line) => line.unit))];
  return {
    width,
    height: 260,
    scales: Object.fromEntries(units.map((unit) => [unit, { range: (_, min, max) => [Math.min(0, min), unit === "%" ? 100 : Math.max(1, max * 1.1)] }])),
    series: [{ label: "Time", value: (_, at) => (at === null ? "–" : clock(at * 1000)) }, ...lines.map((line) => ({ label: `${line.label}, ${line.unit}`, scale: line.unit, stroke: resolved(line.color), width: 1.75, spanGaps: !line.bare, paths: line.steps ? UPlot.paths.stepped({ align: 1 }) : undefined, fill: line.unit === "kW" && !line.bare ? resolved("--flow-tint") : undefined, value: (_, value) => (value === null ? "–" : value.toFixed(line.unit === "%" ? 0 : 2)) }))],
    axes: [
      { stroke: ink, grid, ticks: grid, space: 70, values: (_, moments, __, ___, step) => moments.map((at) => hour(at, step)) },
      ...units.slice(0, 2).map((unit, n) => ({ scale: unit, side: n ? 1 : 3, stroke: ink, grid: n ? { show: false } : grid, ticks: grid, label: unit, labelSize: 18, size: 46 })),
    ],
  };
}

/** `lines`: [{label, unit, color, values, bare?, steps?}] over `times` (Unix seconds); a bare one has nothing below it, and is not
    drawn where it has no value; one of `steps` holds until its next value. `label` says what the chart shows. */
export function Chart({ times, lines, label }) {
  const host = useRef();
  useEffect(() => {
    let plot;
    let watcher;
    import("../vendor/uplot/uPlot.esm.js").then(({ default: UPlot }) => {
      if (!host.current) return;
      const draw = () => {
        plot?.destroy();
        plot = new UPlot(options(UPlot, lines, host.current.clientWidth), [times, ...lines.map((line) => line.values)], host.current);
      };
      draw();
      watcher = new ResizeObserver(() => plot.setSize({ width: host.current.clientWidth, height: 260 }));
      watcher.observe(host.current);
    });
    return () => {
      watcher?.disconnect();
      plot?.destroy();
    };
  }, [times.length, times.at(-1), label]);
  return html`<div class="u-host" ref=${host} role="img" aria-label=${label}></div>`;
}
