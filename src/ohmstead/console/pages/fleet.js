// All stations, the worst first: counts that filter, one live row each, and what can be done to several at once.
import { get } from "../lib/api.js";
import { Fleet } from "../lib/fleet.js";
import { count, day, kw, many } from "../lib/format.js";
import { html, useEffect, useMemo, useSignal } from "../lib/html.js";
import { filter, query } from "../lib/router.js";
import { may } from "../lib/session.js";
import { sites } from "../lib/sites.js";
import { Blank, Skeleton } from "../kit/blank.js";
import { Button, Segmented } from "../kit/button.js";
import { Icon } from "../kit/icon.js";
import { PageHead } from "../kit/page.js";
import { shapeOf, stateWord } from "../kit/status.js";
import { Choice, Heads, Search } from "../kit/table.js";
import { WindowedBody } from "../kit/window.js";
import { live } from "../shell/shell.js";
import { addStation, BulkBar } from "./fleet/bulk.js";
import { FleetMap } from "./fleet/map.js";
import { COLUMNS, FleetRow } from "./fleet/row.js";
import { SavedViews } from "./fleet/views.js";

const FILTERS = ["q", "site_id", "ocpp_version", "vendor", "model", "firmware_version", "registration", "certificate_expires_before"];
const VERSIONS = ["1.6", "2.0.1", "2.1"];
const SUMMARY_EVERY = 3000;
const SORTED = { status: "Worst first, then by identity", "-status": "Worst last", id: "By identity", "-id": "By identity, downwards", last_seen_at: "Longest silent first", "-last_seen_at": "Last heard first" };

export function FleetPage() {
  const isMap = query.value.get("view") === "map";
  const summary = useSummary();
  const chosen = query.value.getAll("status");
  return html`<${PageHead} title="Fleet" actions=${may("stations:write") && html`<${Button} kind="primary" icon="plus" onClick=${addStation}>Add station…<//>`}>
      ${summary ? `${many(summary.stations, "station")}, ${count(summary.online)} connected` : "Counting"}
    <//>
    <${Pulse} summary=${summary} chosen=${chosen} />
    ${isMap ? html`<div class="toolbar"><span class="push"></span><${Views} value="map" /></div><div class="card">
          <${FleetMap} chosen=${chosen} />
        </div>` : html`<${FleetList} />`}`;
}

const Views = ({ value }) => html`<${Segmented} label="View" options=${[["", "List", "fleet"], ["map", "Map", "site"]]} value=${value} pick=${(one) => filter({ view: one })} />`;

function FleetList() {
  const asked = query.value;
  const sort = asked.get("sort") ?? "status";
  const filters = { ...Object.fromEntries(FILTERS.map((name) => [name, asked.get(name)])), status: asked.getAll("status"), sort };
  const fleet = useFleet(filters);
  const chosen = useSignal(new Set());
  const order = fleet.order.value;
  const isFiltered = filters.status.length > 0 || FILTERS.some((name) => asked.get(name));
  const columns = [{ ...COLUMNS[0], title: html`<${SelectAll} order=${order} chosen=${chosen} />` }, ...COLUMNS.slice(1)];
  return html`<${SavedViews} />
    <${Toolbar} />
    <div class="card table-card">
      ${order.length > 0
        ? html`<table class="table fleet" role="table" aria-label="Stations" aria-rowcount=${order.length + 1}>
            <${Heads} columns=${columns} sorted=${sort} />
            <${WindowedBody} ids=${order} row=${(id, key) => html`<${FleetRow} key=${key} station=${fleet.stations.get(id)} chosen=${chosen} />`} />
          </table>`
        : fleet.complete.value
          ? html`<${Nothing} isFiltered=${isFiltered} />`
          : html`<${Skeleton} lines=${10} />`}
      <div class="card-foot"><span>${fleet.complete.value ? many(order.length, "station") : `${count(order.length)} so far`}</span><span class="push"></span><span>${SORTED[sort] ?? ""}</span></div>
    </div>
    <${BulkBar} chosen=${chosen} />`;
}

/** All that meet the filters, also those that are not drawn. */
function SelectAll({ order, chosen }) {
  const many = chosen.value.size;
  const turn = () => (chosen.value = many ? new Set() : new Set(order));
  return html`<label class="check"><input type="checkbox" class=${many && many < order.length ? "some" : ""} checked=${many > 0 && many >= order.length} onChange=${turn} aria-label=${many ? "Select none" : `Select all ${order.length}`} /></label>`;
}

function useFleet(filters) {
  const key = JSON.stringify(filters);
  const fleet = useMemo(() => new Fleet(filters), [key]);
  useEffect(() => () => fleet.close(), [fleet]);
  useEffect(() => fleet.state.subscribe((state) => (live.value = state)), [fleet]);
  useEffect(() => () => (live.value = null), []);
  return fleet;
}

function useSummary() {
  const summary = useSignal(null);
  useEffect(() => {
    const load = async () => {
      if (document.visibilityState === "visible") summary.value = await get("/stations/summary").catch(() => summary.value);
    };
    load();
    const timer = setInterval(load, SUMMARY_EVERY);
    return () => clearInterval(timer);
  }, []);
  return summary.value;
}

const BARS = { charging: "flow", occupied: "flow2", available: "ok", reserved: "hold", unavailable: "idle", pending: "warn", offline: "none", faulted: "bad" };

function Pulse({ summary, chosen }) {
  const turn = (status) => filter({ status: chosen.includes(status) ? chosen.filter((one) => one !== status) : [...chosen, status] });
  const statuses = Object.entries(summary?.statuses ?? {});
  let x = 0;
  return html`<section class="card pulse" aria-label="Fleet now">
    <div class="pulse-now">
      <span class="lbl-s">Drawing now</span>
      <span class="big">${summary ? kw(summary.power_w) : "–"} <span class="unit">kW</span></span>
      <span class="micro ink2">${summary ? `by ${many(summary.active_transactions, "transaction")}, as last measured` : ""}</span>
    </div>
    <div class="counts">
      <span class="lbl-s">Status of ${summary ? many(summary.stations, "station") : "all stations"}. Press one or more to filter.</span>
      <ul>
        ${statuses.map(
          ([status, n]) =>
            html`<li key=${status}>
              <button type="button" class="count" data-s=${status} aria-pressed=${String(chosen.includes(status))} onClick=${() => turn(status)}>
                <span class="top"><${Icon} name=${shapeOf(status)} />${stateWord(status)}</span><b>${count(n)}</b>
              </button>
            </li>`,
        )}
      </ul>
      <svg class="bar" role="img" aria-label="Share of stations by status" viewBox="0 0 ${Math.max(1, summary?.stations ?? 1)} 10" preserveAspectRatio="none">
        ${Object.keys(BARS).map((status) => {
          const width = summary?.statuses[status] ?? 0;
          x += width;
          return html`<rect key=${status} class="f-${BARS[status]}" x=${x - width} width=${width} height="10" />`;
        })}
      </svg>
    </div>
  </section>`;
}

const Toolbar = () =>
  html`<div class="toolbar">
    <${Search} label="Identity, vendor, model, serial number" placeholder="Identity, vendor, serial" />
    ${sites.value.size > 0 && html`<${Choice} name="site_id" label="Site" options=${[...sites.value.values()].map((one) => [one.id, one.name])} />`}
    <${Choice} name="ocpp_version" label="OCPP" options=${VERSIONS.map((one) => [one, one])} />
    ${["vendor", "model", "firmware_version", "registration", "certificate_expires_before"].filter((name) => query.value.get(name)).map((name) => html`<${FilterChip} key=${name} name=${name} />`)}
    <span class="push"></span>
    <${Button} kind="quiet small" icon="link" onClick=${() => navigator.clipboard?.writeText(location.href)}>Copy link<//>
    <${Views} value="" />
  </div>`;

const FilterChip = ({ name }) =>
  html`<span class="chip filter"
    ><span class="dim">${name.replaceAll("_", " ")}</span> <b>${name.endsWith("_before") ? day(query.value.get(name)) : query.value.get(name)}</b>
    <button type="button" aria-label=${`Remove filter: ${name.replaceAll("_", " ")}`} onClick=${() => filter({ [name]: null })}><${Icon} name="close" /></button>
  </span>`;

const Nothing = ({ isFiltered }) =>
  isFiltered
    ? html`<${Blank} icon="filter" title="No station meets the filters" action=${html`<a class="btn" href="/">Show all stations</a>`} />`
    : html`<${Blank} icon="plug" title="No stations yet" command="ohmstead station add CS001">Add one here or on the command line, then let it connect.<//>`;
