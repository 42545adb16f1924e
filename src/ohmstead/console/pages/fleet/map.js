// The fleet on a map: one mark for each site, gathered where they are near, the worst of its stations as its shape.
import { get } from "../../lib/api.js";
import { loadAtlas, project } from "../../lib/atlas.js";
import { count, many } from "../../lib/format.js";
import { html, useEffect, useLayoutEffect, useRef, useSignal } from "../../lib/html.js";
import { sites } from "../../lib/sites.js";
import { Blank } from "../../kit/blank.js";
import { IconButton } from "../../kit/button.js";
import { resolved } from "../../kit/colour.js";
import { Icon } from "../../kit/icon.js";
import { shapeOf, stateWord } from "../../kit/status.js";

const AGAIN_MS = 5000;
const WORST_FIRST = ["faulted", "offline", "pending", "charging", "occupied", "reserved", "available", "unavailable"];
const TILE = 256;
const NEAR_PX = 40;
const LABELS = 24;
const NARROW_PX = 480;
const ZOOM = { least: 0, most: 12, start: 9 };
/** What the server was set to: a URL with {z}, {x} and {y}, or nothing. */
const { tiles, attribution } = document.documentElement.dataset;

/** Site -> counts of its stations by status. */
function useSummaries() {
  const found = useSignal(new Map());
  useEffect(() => {
    const load = async () => {
      if (document.visibilityState !== "visible") return;
      const answer = await get("/sites/summary").catch(() => null);
      if (answer) found.value = new Map(answer.data.map((one) => [one.site_id, one]));
    };
    load();
    const timer = setInterval(load, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return found.value;
}

const scaleOf = (view) => TILE * 2 ** view.zoom;

/** A view that has all places in sight. */
export function fit(places, { width, height }) {
  if (!places.length) return { x: 0.5, y: 0.4, zoom: ZOOM.least };
  const [xs, ys] = [places.map((one) => one.at[0]), places.map((one) => one.at[1])];
  const [west, east, north, south] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const room = Math.min((width * 0.8) / Math.max(east - west, 1e-9), (height * 0.7) / Math.max(south - north, 1e-9));
  return { x: (west + east) / 2, y: (north + south) / 2, zoom: Math.max(ZOOM.least, Math.min(ZOOM.start, Math.log2(room / TILE))) };
}

/** Places as they lie on the screen, those that are near one another as one group. */
export function grouped(places, view, { width, height }) {
  const scale = scaleOf(view);
  const groups = [];
  for (const place of places) {
    const [x, y] = [(place.at[0] - view.x) * scale + width / 2, (place.at[1] - view.y) * scale + height / 2];
    if (x < -NEAR_PX || y < -NEAR_PX || x > width + NEAR_PX || y > height + NEAR_PX) continue;
    const near = groups.find((one) => Math.hypot(one.x - x, one.y - y) < NEAR_PX);
    if (near) near.places.push(place);
    else groups.push({ x, y, places: [place] });
  }
  return groups;
}

export function FleetMap({ chosen }) {
  const summaries = useSummaries();
  const all = [...sites.value.values()];
  const places = all.filter((one) => one.latitude !== null && one.longitude !== null).map((site) => ({ site, at: project(site.longitude, site.latitude), summary: summaries.get(site.id) }));
  const homeless = all.length - places.length;
  if (!places.length) return html`<${Blank} icon="site" title="No site has a place yet">Give sites a latitude and a longitude: on their page, or by PATCH /sites/{id}.<//>`;
  return html`<${World} places=${places} chosen=${chosen} />
    <div class="card-foot"><span>${many(places.length, "site")} on the map${homeless ? `, ${many(homeless, "site")} without a place` : ""}. Drag, Ctrl and wheel, or arrows and + and - to move.</span><span class="push"></span><span>${tiles ? attribution : "Outline: Natural Earth"}</span></div>`;
}

function World({ places, chosen }) {
  const [box, canvas] = [useRef(), useRef()];
  const size = useSignal({ width: 0, height: 0 });
  const view = useSignal(null);
  const atlas = useSignal(null);
  const theme = useSignal(0);
  useEffect(() => {
    const watcher = new ResizeObserver(() => (size.value = { width: box.current.clientWidth, height: box.current.clientHeight }));
    watcher.observe(box.current);
    const painter = new MutationObserver(() => theme.value++);
    painter.observe(document.documentElement, { attributes: true });
    if (!tiles) loadAtlas().then((found) => (atlas.value = found), () => {});
    return () => (watcher.disconnect(), painter.disconnect());
  }, []);
  const { width } = size.value;
  if (width && !view.value) view.value = fit(places, size.value);
  useLayoutEffect(() => void (width && view.value && draw(canvas.current, atlas.value, view.value, size.value)), [width, size.value, view.value, atlas.value, theme.value]);
  const { move, zoom, ...handlers } = useGestures(box, view);
  const groups = width && view.value ? grouped(places, view.value, size.value) : [];
  return html`<div class="map" ref=${box} tabindex="0" role="application" aria-label="Map of the sites; the list has the same stations" ...${handlers}>
    <canvas ref=${canvas} aria-hidden="true"></canvas>
    ${tiles && width && view.value && html`<${Tiles} view=${view.value} size=${size.value} />`}
    ${groups.map((group) => html`<${Mark} key=${group.places[0].site.id} group=${group} chosen=${chosen} named=${groups.length <= LABELS && width > NARROW_PX} closer=${() => zoom(2, group.x, group.y)} />`)}
    <div class="map-tools">
      <${IconButton} small icon="plus" label="Closer" onClick=${() => zoom(1)} />
      <${IconButton} small icon="minus" label="Further away" onClick=${() => zoom(-1)} />
      <${IconButton} small icon="site" label="All sites" onClick=${() => (view.value = fit(places, size.value))} />
    </div>
  </div>`;
}

function draw(canvas, atlas, view, { width, height }) {
  const ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const ink = canvas.getContext("2d");
  ink.fillStyle = resolved("--sunken");
  ink.fillRect(0, 0, canvas.width, canvas.height);
  if (!atlas) return;
  const scale = scaleOf(view);
  ink.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * (width / 2 - view.x * scale), ratio * (height / 2 - view.y * scale));
  ink.fillStyle = resolved("--surface");
  ink.fill(atlas.land, "evenodd");
  ink.lineWidth = 1 / scale;
  ink.strokeStyle = resolved("--line-strong");
  ink.stroke(atlas.borders);
}

const STEPS = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] };

function useGestures(box, view) {
  const last = useRef(null);
  const move = (dx, dy) => {
    const scale = scaleOf(view.value);
    view.value = { ...view.value, x: Math.max(0, Math.min(1, view.value.x + dx / scale)), y: Math.max(0, Math.min(1, view.value.y + dy / scale)) };
  };
  /** By so many steps, towards a point of the box, else its middle; what lies there stays there. */
  const zoom = (by, px = box.current.clientWidth / 2, py = box.current.clientHeight / 2) => {
    const [dx, dy] = [px - box.current.clientWidth / 2, py - box.current.clientHeight / 2];
    const before = scaleOf(view.value);
    const next = Math.max(ZOOM.least, Math.min(tiles ? 18 : ZOOM.most, view.value.zoom + by));
    const after = TILE * 2 ** next;
    view.value = { zoom: next, x: view.value.x + dx / before - dx / after, y: view.value.y + dy / before - dy / after };
  };
  const place = (event) => {
    const { left, top } = box.current.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  useEffect(() => {
    const wheel = (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // else it scrolls the page
      event.preventDefault();
      zoom(event.deltaY < 0 ? 0.5 : -0.5, ...place(event));
    };
    box.current.addEventListener("wheel", wheel, { passive: false });
    return () => box.current?.removeEventListener("wheel", wheel);
  }, []);
  return {
    move,
    zoom,
    onPointerDown: (event) => {
      if (event.button !== 0 || event.target.closest("a, button")) return;
      last.current = [event.clientX, event.clientY];
      box.current.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event) => {
      if (!last.current) return;
      move(last.current[0] - event.clientX, last.current[1] - event.clientY);
      last.current = [event.clientX, event.clientY];
    },
    onPointerUp: () => (last.current = null),
    onPointerCancel: () => (last.current = null),
    onDblClick: (event) => zoom(1, ...place(event)),
    onKeyDown: (event) => {
      if (event.target !== box.current) return;
      const step = STEPS[event.key];
      const by = { "+": 1, "=": 1, "-": -1 }[event.key];
      if (step) move(...step);
      else if (by) zoom(by);
      else return;
      event.preventDefault();
    },
  };
}

/** Pictures of another host, where the server was set to allow it. */
function Tiles({ view, size }) {
  const z = Math.max(0, Math.min(18, Math.round(view.zoom)));
  const edge = TILE * 2 ** (view.zoom - z);
  const [left, top] = [view.x * scaleOf(view) - size.width / 2, view.y * scaleOf(view) - size.height / 2];
  const range = (from, length) => Array.from({ length: Math.floor((from + length) / edge) - Math.floor(from / edge) + 1 }, (_, n) => Math.floor(from / edge) + n).filter((n) => n >= 0 && n < 2 ** z);
  return range(left, size.width).flatMap((x) =>
    range(top, size.height).map((y) => {
      const source = tiles.replace("{z}", z).replace("{x}", x).replace("{y}", y);
      return html`<img key=${`${z}/${x}/${y}`} src=${source} alt="" style=${{ left: `${x * edge - left}px`, top: `${y * edge - top}px`, width: `${edge}px`, height: `${edge}px` }} />`;
    }),
  );
}

/** Counts by status of all places of a group; of the chosen statuses alone where some are chosen. */
function counted(places, chosen) {
  const counts = {};
  for (const { summary } of places)
    for (const [status, n] of Object.entries(summary?.statuses ?? {})) if (n && (!chosen.length || chosen.includes(status))) counts[status] = (counts[status] ?? 0) + n;
  return counts;
}

function Mark({ group, chosen, named, closer }) {
  const counts = counted(group.places, chosen);
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const worst = WORST_FIRST.find((one) => counts[one]) ?? "unavailable";
  const [first] = group.places;
  const name = group.places.length === 1 ? first.site.name : many(group.places.length, "site");
  const said = `${name}: ${many(total, "station")}${WORST_FIRST.filter((one) => counts[one]).map((one) => `, ${counts[one]} ${stateWord(one).toLowerCase()}`).join("")}`;
  const inside = html`<${Icon} name=${shapeOf(worst)} /><b>${count(total)}</b>${named && html`<span>${name}</span>`}`;
  const common = { class: "mark", "data-s": total ? worst : "unavailable", "aria-label": said, title: said, style: { left: `${group.x}px`, top: `${group.y}px` } };
  if (group.places.length > 1) return html`<button type="button" ...${common} onClick=${closer}>${inside}</button>`;
  return html`<a ...${common} href=${`/?site_id=${encodeURIComponent(first.site.id)}`}>${inside}</a>`;
}
