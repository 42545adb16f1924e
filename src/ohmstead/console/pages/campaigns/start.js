// A campaign is begun: what is done, to whom, in which waves, and when it stops by itself.
import { get, post } from "../../lib/api.js";
import { many, words } from "../../lib/format.js";
import { html, signal } from "../../lib/html.js";
import { go, to } from "../../lib/router.js";
import { sites } from "../../lib/sites.js";
import { ask, trying } from "../../kit/floating.js";

/** What each type needs to be told: an example that can be sent as it is, or nearly. */
const PARAMS = {
  base_report: {},
  configuration: { values: [{ name: "connection.heartbeat_interval", value: 300 }] },
  firmware: { file_id: "" },
  local_list: {},
  renew_certificates: {},
  root_rollover: { roots: [{ certificate_type: "CSMSRootCertificate", roots: ["-----BEGIN CERTIFICATE-----"] }], remove_others: false },
  security_profile: { security_profile: 2 },
  command: { type: "trigger", message: "Heartbeat" },
};
const FILTERS = [["vendor", "Vendor"], ["model", "Model"], ["firmware_version", "Firmware"], ["ocpp_version", "OCPP version"]];

const select = (form) => {
  const given = Object.fromEntries(["site_id", ...FILTERS.map(([name]) => name)].map((name) => [name, form.get(name)?.trim()]).filter(([, value]) => value));
  const ids = form.get("station_ids").split(/[\s,]+/).filter(Boolean);
  return ids.length ? { ...given, station_ids: ids } : given;
};

function json(text) {
  try {
    return JSON.parse(text || "{}");
  } catch (error) {
    throw { title: "The parameters are no JSON", message: error.message };
  }
}

/** `ids`: the stations that are chosen already. */
export function startCampaign(ids = []) {
  const type = signal("base_report");
  const found = signal("");
  const countThem = async (event) => {
    const { station_ids: own, ...filters } = select(new FormData(event.target.closest("form")));
    if (own) return (found.value = `${many(own.length, "station")} named.`);
    const page = await get("/stations", { ...filters, limit: 1000 }).catch(() => null);
    found.value = page && `${page.next_cursor ? "More than " : ""}${many(page.data.length, "station")} as it stands now.`;
  };
  const Body = () => html`<div class="form" onChange=${countThem}>
    <div class="field"><label for="campaign-type">What</label><select class="input" id="campaign-type" name="type" onChange=${(event) => (type.value = event.target.value)}>${Object.keys(PARAMS).map((one) => html`<option key=${one} value=${one}>${words(one)}</option>`)}</select></div>
    <div class="field"><label for="campaign-params">With <span class="dim">JSON</span></label><textarea class="input mono area" key=${type.value} id="campaign-params" name="params" rows="4" spellcheck=${false} defaultValue=${JSON.stringify(PARAMS[type.value], null, 1)}></textarea></div>
    <fieldset class="field"><legend>To whom <span class="dim">all filters together; none: everybody</span></legend>
      <div class="pairs">
        ${FILTERS.map(([name, word]) => html`<label class="field" key=${name}><span class="dim">${word}</span><input class="input" name=${name} maxlength="255" /></label>`)}
        ${sites.value.size > 0 && html`<label class="field"><span class="dim">Site</span><select class="input" name="site_id"><option value="">any</option>${[...sites.value.values()].map((one) => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}</select></label>`}
      </div>
      <label class="field"><span class="dim">Or these stations</span><input class="input" name="station_ids" placeholder="CS1, CS2" defaultValue=${ids.join(", ")} /></label>
      <span class="help" role="status">${found.value}</span>
    </fieldset>
    <div class="pairs">
      <div class="field"><label for="campaign-waves">Waves, % <span class="dim">each with those before</span></label><input class="input" id="campaign-waves" name="waves" defaultValue="5, 25, 100" pattern="[0-9., ]+" required /></div>
      <div class="field"><label for="campaign-stop">Stop above failures of</label><span class="with-unit"><input class="input" id="campaign-stop" name="stop" type="number" min="0" max="100" step="any" defaultValue="10" /><span class="unit">%</span></span></div>
      <div class="field"><label for="campaign-pace">At most a minute <span class="dim">optional</span></label><input class="input" id="campaign-pace" name="per_minute" type="number" min="1" /></div>
      <div class="field"><label for="campaign-flight">At most at once <span class="dim">optional</span></label><input class="input" id="campaign-flight" name="max_in_flight" type="number" min="1" /></div>
    </div>
  </div>`;
  const act = trying(async (form) => {
    const number = (name) => (form.get(name) === "" ? null : Number(form.get(name)));
    const waves = form.get("waves").split(/[\s,]+/).filter(Boolean).map((one) => ({ percent: Number(one) }));
    const made = await post("/campaigns", { type: form.get("type"), select: select(form), params: json(form.get("params")), waves, stop_at_failures_percent: number("stop"), per_minute: number("per_minute"), max_in_flight: number("max_in_flight") });
    go(to("campaigns", made.id));
  });
  ask({ title: "Begin a campaign", body: html`<${Body} />`, word: "Begin it", danger: false, act });
}
