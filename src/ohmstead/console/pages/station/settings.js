// What an operator knows of a station without asking it. Two people who change it at once are told so (If-Match).
import { request } from "../../lib/api.js";
import { day, moment } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { siteName, sites } from "../../lib/sites.js";
import { Button } from "../../kit/button.js";
import { ask, tell, trying } from "../../kit/floating.js";
import { Card, Facts } from "../../kit/page.js";
import { lead } from "./migration.js";

export const Settings = ({ station, remote }) =>
  html`<${Card} title="Identity" actions=${may("stations:write") && html`${station.online && station.ocpp_version !== "1.6" && html`<${Button} kind="small quiet" onClick=${() => lead(station)}>Lead elsewhere…<//>`}<${Button} kind="small" onClick=${() => edit(station, remote)}>Edit…<//>`}>
    <${Facts}
      facts=${[
        ["Registration", station.registration],
        ["Site", siteName(station.site_id) ?? "none yet"],
        ["Serial number", station.serial_number],
        ["Certificate by", station.certificate_cn.replace("_", " ")],
        ["Signing", station.signing ?? "as set for all"],
        ["Strictness", station.strictness ?? "as set for all"],
        ["Password", station.password_pending && `a new one waits for its ${station.password_pending}`],
        ["Last boot", moment(station.booted_at)],
        ["Added", day(station.created_at)],
      ]}
    />
  <//>`;

const choice = (id, name, label, value, options) =>
  html`<div class="field">
    <label for=${id}>${label}</label>
    <select class="input" id=${id} name=${name}>${options.map(([one, word]) => html`<option key=${one} value=${one} selected=${one === (value ?? "")}>${word}</option>`)}</select>
  </div>`;

function edit(station, remote) {
  const etag = remote.etag.value;
  const body = html`<div class="form">
    ${choice("edit-registration", "registration", "Registration", station.registration, [["accepted", "accepted"], ["pending", "pending"], ["rejected", "rejected"]])}
    ${choice("edit-site", "site_id", "Site", station.site_id, [["", "none yet"], ...[...sites.value.values()].map((one) => [one.id, one.name])])}
    ${choice("edit-strictness", "strictness", "Strictness", station.strictness, [["", "as set for all"], ["lenient", "lenient"], ["strict", "strict"]])}
    <div class="field"><label for="edit-serial">Serial number</label><input class="input" id="edit-serial" name="serial_number" maxlength="50" value=${station.serial_number ?? ""} /></div>
  </div>`;
  const act = trying(async (form) => {
    const given = Object.fromEntries([...form].map(([name, value]) => [name, value === "" ? null : value]));
    const changed = Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== (station[name] ?? null)));
    await request("PATCH", to("stations", station.id), { body: changed, ifMatch: etag });
    tell({ title: "Saved", text: station.id });
    await remote.load();
  });
  ask({ title: `Edit ${station.id}`, body, word: "Save", act });
}
