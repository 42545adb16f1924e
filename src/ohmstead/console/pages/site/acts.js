// What one does to a site: a limit, a request to draw less, its own facts. Times are those of this browser.
import { post, request } from "../../lib/api.js";
import { kw } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { loadSites, sites } from "../../lib/sites.js";
import { ask, tell, trying } from "../../kit/floating.js";

const time = (form, name) => (form.get(name) ? new Date(form.get(name)).toISOString() : null);
const watts = (form, name) => Math.round(Number(form.get(name)) * 1000);
const given = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== ""));

const When = ({ id, label, name, hint, required }) =>
  html`<div class="field"><label for=${id}>${label}${hint && html` <span class="dim">${hint}</span>`}</label><input class="input" id=${id} name=${name} type="datetime-local" required=${required} /></div>`;

const Ramp = ({ id }) =>
  html`<div class="field"><label for=${id}>Ramp <span class="dim">reached evenly in this time</span></label><span class="with-unit"><input class="input" id=${id} name="ramp_s" type="number" min="0" max="86400" value="0" /><span class="unit">s</span></span></div>`;

const UNITS = [["kw", "kW in all"], ["a", "A on each phase"]];

/** The one limit in force now, or one more for a time; of all that are active the lowest counts. */
export function setLimit(site, again) {
  const body = html`<div class="form">
    <div class="field"><label for="limit-kw">At most</label><span class="pairs"><input class="input" id="limit-kw" name="amount" type="number" min="0" step="any" required /><select class="input" name="unit" aria-label="Unit">${UNITS.map(([key, word]) => html`<option key=${key} value=${key}>${word}</option>`)}</select></span></div>
    <${When} id="limit-from" label="From" name="from" hint="empty: now" />
    <${When} id="limit-to" label="To" name="to" hint="empty: until it is changed" />
    <${Ramp} id="limit-ramp" />
    <p class="ink2 small">${site.limit_w === null ? "The connection itself has no limit in kW." : `The connection itself allows ${kw(site.limit_w)} kW.`} Of all limits the lowest counts.</p>
  </div>`;
  const act = trying(async (form) => {
    const isAmps = form.get("unit") === "a";
    const limit = given({ limit_w: isAmps ? null : watts(form, "amount"), limit_a: isAmps ? Number(form.get("amount")) : null, from: time(form, "from"), to: time(form, "to"), ramp_s: Number(form.get("ramp_s")) });
    if (limit.from || limit.to) await post(`${to("sites", site.id)}/limits`, limit);
    else await request("PUT", `${to("sites", site.id)}/limit`, { body: limit });
    tell({ title: `Limit of ${isAmps ? `${limit.limit_a} A` : `${kw(limit.limit_w)} kW`} is set`, text: "Whether it is kept is measured: watch the curve." });
    await again();
  });
  ask({ title: `Set a limit for ${site.name}`, body, word: "Set limit", act });
}

const KINDS = [["limit_w", "at most so many kW"], ["shed_w", "so many kW less than before"], ["shed_percent", "so many percent less than before"]];

/** A demand response event for a site, or for what is `asked` together under a name. */
export function askForLess({ id, name, asked = { site_ids: [id] } }, again) {
  const body = html`<div class="form">
    <div class="field"><label for="dr-name">Name <span class="dim">optional</span></label><input class="input" id="dr-name" name="name" maxlength="255" /></div>
    <div class="field"><label for="dr-kind">Asked is</label><select class="input" id="dr-kind" name="kind">${KINDS.map(([key, word]) => html`<option key=${key} value=${key}>${word}</option>`)}</select></div>
    <div class="field"><label for="dr-amount">How much <span class="dim">kW or percent</span></label><input class="input" id="dr-amount" name="amount" type="number" min="0" step="any" required /></div>
    <${When} id="dr-from" label="From" name="from" hint="empty: now" />
    <${When} id="dr-to" label="To" name="to" required />
    <${Ramp} id="dr-ramp" />
  </div>`;
  const act = trying(async (form) => {
    const kind = form.get("kind");
    const amount = kind === "shed_percent" ? Number(form.get("amount")) : watts(form, "amount");
    await post("/demand-response/events", given({ ...asked, name: form.get("name"), from: time(form, "from"), to: time(form, "to"), ramp_s: Number(form.get("ramp_s")), [kind]: amount }));
    tell({ title: "The event is made", text: "Its report fills as it goes.", href: "/demand-response" });
    await again();
  });
  ask({ title: `Ask ${name} to draw less`, body, word: "Make event", act });
}

const RESETS = [["never", "never"], ["idle", "when nothing charges there"], ["always", "always, in the transaction too"]];

export function editSite(site, remote) {
  const etag = remote.etag.value;
  const number = (id, label, name, value, min, max) =>
    html`<div class="field"><label for=${id}>${label} <span class="dim">optional</span></label><input class="input" id=${id} name=${name} type="number" step="any" min=${min} max=${max} value=${value ?? ""} /></div>`;
  const parents = [...sites.value.values()].filter((one) => one.id !== site.id);
  const body = html`<div class="form">
    <div class="field"><label for="edit-name">Name</label><input class="input" id="edit-name" name="name" required maxlength="255" value=${site.name} /></div>
    ${number("edit-limit", "Grid connection, kW", "limit_kw", site.limit_w === null ? null : site.limit_w / 1000, 0)}
    <div class="field"><label for="edit-zone">Time zone</label><input class="input" id="edit-zone" name="time_zone" required value=${site.time_zone} /></div>
    ${number("edit-lat", "Latitude", "latitude", site.latitude, -90, 90)} ${number("edit-lon", "Longitude", "longitude", site.longitude, -180, 180)}
    <div class="field"><label for="edit-reset">A station that obeys no limit is reset</label><select class="input" id="edit-reset" name="reset_if_disobedient">${RESETS.map(([key, word]) => html`<option key=${key} value=${key} selected=${key === site.reset_if_disobedient}>${word}</option>`)}</select></div>
    <div class="field"><label for="edit-parent">Part of</label><select class="input" id="edit-parent" name="parent_id"><option value="">nothing</option>${parents.map((one) => html`<option key=${one.id} value=${one.id} selected=${one.id === site.parent_id}>${one.name}</option>`)}</select></div>
  </div>`;
  const act = trying(async (form) => {
    const numeric = (name, factor = 1) => (form.get(name) === "" ? null : Number(form.get(name)) * factor);
    const wanted = { name: form.get("name"), time_zone: form.get("time_zone"), limit_w: numeric("limit_kw", 1000), latitude: numeric("latitude"), longitude: numeric("longitude"), parent_id: form.get("parent_id") || null, reset_if_disobedient: form.get("reset_if_disobedient") };
    const changed = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => value !== site[name]));
    await request("PATCH", to("sites", site.id), { body: changed, ifMatch: etag });
    tell({ title: "Saved", text: wanted.name });
    await Promise.all([remote.load(), loadSites()]);
  });
  ask({ title: `Edit ${site.name}`, body, word: "Save", act });
}
