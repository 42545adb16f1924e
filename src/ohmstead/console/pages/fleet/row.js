// One station in the list. It draws itself anew when its own signal changes, and nothing else does.
import { age, ago, kw, now } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { siteName } from "../../lib/sites.js";
import { Left } from "../../kit/left.js";
import { Pips, Status } from "../../kit/status.js";
import { LastHour } from "./last-hour.js";

export const COLUMNS = [
  { key: "check", title: html`<span class="vh">Select</span>`, class: "c-check" },
  { key: "status", title: "Status", sort: "status", class: "c-st" },
  { key: "id", title: "Station", sort: "id", class: "c-name" },
  { key: "site", title: "Site", class: "c-site" },
  { key: "evses", title: "EVSEs", class: "c-pips" },
  { key: "power", title: "Power of limit, kW", class: "c-power" },
  { key: "hour", title: "Last hour", class: "c-spark" },
  { key: "firmware", title: "Firmware", class: "c-fw" },
  { key: "certificate", title: "Certificate", class: "c-cert" },
  { key: "seen", title: "Last heard", class: "c-seen r", sort: "last_seen_at" },
];

export function FleetRow({ station, chosen }) {
  if (!station) return null; // it went away while the list was drawn
  const { id, status, site_id, vendor, model, evses, ocpp_version, firmware_version, last_seen_at, certificate_expires_at } = station.value;
  const isChosen = chosen.value.has(id);
  const choose = (event) => {
    const next = new Set(chosen.value);
    if (event.target.checked) next.add(id);
    else next.delete(id);
    chosen.value = next;
  };
  return html`<tr role="row" data-row aria-selected=${String(isChosen)}>
    <td role="cell" class="c-check"><label class="check"><input type="checkbox" checked=${isChosen} onChange=${choose} aria-label=${`Select ${id}`} /></label></td>
    <td role="cell" class="c-st"><${Status} s=${status} small=${status === "offline" && last_seen_at && html`<${Since} at=${last_seen_at} />`} /></td>
    <td role="cell" class="c-name"><span class="two"><span class="name"><a href=${to("stations", id)}>${id}</a></span><small>${[remark(station.value), [vendor, model].filter(Boolean).join(" ") || (last_seen_at && "has not said what it is")].filter(Boolean).join(". ")}</small></span></td>
    <td role="cell" class="c-site" title=${siteName(site_id)}>${siteName(site_id) ?? html`<span class="dim">No site yet</span>`}</td>
    <td role="cell" class="c-pips"><${Pips} evses=${evses} /></td>
    <td role="cell" class="c-power"><${Power} evses=${evses} status=${status} /></td>
    <td role="cell" class="c-spark"><${LastHour} id=${id} /></td>
    <td role="cell" class="c-fw"><span class="two"><span>${firmware_version}</span><small>${ocpp_version && `OCPP ${ocpp_version}`}</small></span></td>
    <td role="cell" class="c-cert">${certificate_expires_at ? html`<${Left} until=${certificate_expires_at} />` : html`<span class="dim">–</span>`}</td>
    <td role="cell" class="c-seen r"><${Heard} at=${last_seen_at} /></td>
  </tr>`;
}

/** What is wrong or waits, in words; null where a station is as it should be: then it says what it is. */
function remark({ status, registration, last_seen_at, evses }) {
  const faulted = evses.filter((one) => one.state === "faulted").map((one) => one.id);
  if (faulted.length) return `Fault at EVSE ${faulted.join(", ")}`;
  if (status === "pending") return registration === "rejected" ? "Turned away until you accept it" : "Waits until you accept it";
  if (status === "offline") return last_seen_at ? (evses.some((one) => one.transaction_id) ? "Was charging when it went" : null) : "Never came yet";
  return null;
}

const Since = ({ at }) => age((now.value - Date.parse(at)) / 1000);

/** Apart, because it changes every second and the rest does not. */
const Heard = ({ at }) => (at ? ago(at) : html`<span class="dim">never</span>`);

/** What a meter may be off, and how much a station takes a moment to obey: as the control judges it. */
const SLACK = 1.05;

/** What all its EVSEs draw, beside what they may. */
function Power({ evses, status }) {
  const sum = (name) => evses.reduce((total, one) => (one[name] === null ? total : (total ?? 0) + one[name]), null);
  const [power, limit] = [sum("power_w"), sum("limit_w")];
  if (status === "offline") return html`<span class="dim">no reading</span>`;
  if (power === null) return html`<span class="dim">–</span>`;
  const share = limit ? Math.min(100, (100 * power) / limit) : 0;
  const isOver = limit !== null && power > limit * SLACK + 200;
  return html`<span class="pw">
    <b>${kw(power)}</b>
    ${limit !== null
      ? html`<svg class="bar thin" role="img" aria-label=${`${kw(power)} of ${kw(limit)} kW${isOver ? ", above its limit" : ""}`} viewBox="0 0 100 10" preserveAspectRatio="none"><rect class=${isOver ? "f-bad" : "f-flow"} width=${share} height="10" /></svg><span class="of">${kw(limit)}</span>`
      : html`<span class="dim">no limit</span>`}
  </span>`;
}
