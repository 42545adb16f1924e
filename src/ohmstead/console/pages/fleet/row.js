// One station in the list. It draws itself anew when its own signal changes, and nothing else does.
import { ago, kw } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { siteName } from "../../lib/sites.js";
import { Pips, Status } from "../../kit/status.js";

export const COLUMNS = [
  { key: "check", title: html`<span class="vh">Select</span>`, class: "c-check" },
  { key: "status", title: "Status", sort: "status" },
  { key: "id", title: "Station", sort: "id" },
  { key: "site", title: "Site", class: "c-site" },
  { key: "evses", title: "EVSEs" },
  { key: "power", title: "Power of limit, kW", class: "c-power" },
  { key: "version", title: "OCPP", class: "c-fw" },
  { key: "firmware", title: "Firmware", class: "c-fw" },
  { key: "seen", title: "Last heard", class: "c-seen r", sort: "last_seen_at" },
];

export function FleetRow({ station, chosen }) {
  if (!station) return null; // it went away while the list was drawn
  const { id, status, site_id, vendor, model, evses, ocpp_version, firmware_version, last_seen_at } = station.value;
  const isChosen = chosen.value.has(id);
  const choose = (event) => {
    const next = new Set(chosen.value);
    if (event.target.checked) next.add(id);
    else next.delete(id);
    chosen.value = next;
  };
  return html`<tr role="row" data-row aria-selected=${String(isChosen)}>
    <td role="cell" class="c-check"><label class="check"><input type="checkbox" checked=${isChosen} onChange=${choose} aria-label=${`Select ${id}`} /></label></td>
    <td role="cell" class="c-st"><${Status} s=${status} /></td>
    <td role="cell" class="c-name"><span class="two"><span class="name"><a href=${to("stations", id)}>${id}</a></span><small>${[vendor, model].filter(Boolean).join(" ") || "has not said what it is"}</small></span></td>
    <td role="cell" class="c-site">${siteName(site_id) ?? html`<span class="dim">No site yet</span>`}</td>
    <td role="cell" class="c-pips"><${Pips} evses=${evses} /></td>
    <td role="cell" class="c-power"><${Power} evses=${evses} status=${status} /></td>
    <td role="cell" class="c-fw dim">${ocpp_version}</td>
    <td role="cell" class="c-fw">${firmware_version}</td>
    <td role="cell" class="c-seen r"><${Heard} at=${last_seen_at} /></td>
  </tr>`;
}

/** Apart, because it changes every second and the rest does not. */
const Heard = ({ at }) => (at ? ago(at) : html`<span class="dim">never</span>`);

/** What all its EVSEs draw, beside what they may. */
function Power({ evses, status }) {
  const sum = (name) => evses.reduce((total, one) => (one[name] === null ? total : (total ?? 0) + one[name]), null);
  const [power, limit] = [sum("power_w"), sum("limit_w")];
  if (status === "offline") return html`<span class="dim">no reading</span>`;
  if (power === null) return html`<span class="dim">–</span>`;
  const share = limit ? Math.min(100, (100 * power) / limit) : 0;
  return html`<span class="pw">
    <b>${kw(power)}</b>
    ${limit
      ? html`<svg class="bar thin" role="img" aria-label=${`${kw(power)} of ${kw(limit)} kW`} viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="f-flow" width=${share} height="10" /></svg><span class="of">${kw(limit)}</span>`
      : html`<span class="dim">no limit</span>`}
  </span>`;
}
