// What is done to several stations at once; each is asked by a command of its own, and each says what became of it.
import { post } from "../../lib/api.js";
import { many } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { go, to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { sites } from "../../lib/sites.js";
import { Button, IconButton } from "../../kit/button.js";
import { ask, tell, tellProblem } from "../../kit/floating.js";
import { startCampaign } from "../campaigns/start.js";

const AT_ONCE = 8;

/** Asks every station; how many took the command, and the problems of those that did not. */
export async function askAll(ids, body) {
  const waiting = [...ids];
  const problems = [];
  const work = async () => {
    for (let id; (id = waiting.shift()); )
      await post(`${to("stations", id)}/commands`, body).catch((problem) => problems.push(`${id}: ${problem.message}`));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { asked: ids.length - problems.length, problems };
}

const run = (ids, title, body) => async () => {
  const { asked, problems } = await askAll(ids, body);
  tell({
    s: problems.length ? "warn" : "ok",
    title: `${title}: ${many(asked, "station")} asked`,
    text: problems.slice(0, 3).join(" ") + (problems.length > 3 ? ` And ${problems.length - 3} more.` : ""),
    href: "/commands",
  });
};

const names = (ids) => html`<p>${ids.slice(0, 8).join(", ")}${ids.length > 8 ? ` and ${ids.length - 8} more` : ""}</p>`;

const RESETS = [["idle", "When idle: running transactions end first"], ["immediately", "Immediately: running transactions are stopped"]];

function reset(ids) {
  const body = html`${names(ids)}
    <fieldset class="field"><legend>When</legend>
      ${RESETS.map(([value, word], n) => html`<label class="opt" key=${value}><input type="radio" name="when" value=${value} defaultChecked=${n === 0} />${word}</label>`)}
    </fieldset>`;
  const act = (form) => run(ids, "Reset", { type: "reset", when: form.get("when") })();
  ask({ title: `Reset ${many(ids.length, "station")}?`, body, word: `Reset ${many(ids.length, "station")}`, keep: "Keep running", danger: true, act });
}

function availability(ids) {
  const body = html`${names(ids)}
    <fieldset class="field"><legend>Set them</legend>
      <label class="opt"><input type="radio" name="operative" value="true" defaultChecked />In use</label>
      <label class="opt"><input type="radio" name="operative" value="false" />Out of use, after running transactions</label>
    </fieldset>`;
  const act = (form) => run(ids, "Availability", { type: "availability", operative: form.get("operative") === "true" })();
  ask({ title: `Set ${many(ids.length, "station")}`, body, word: `Set ${many(ids.length, "station")}`, act });
}

export function BulkBar({ chosen }) {
  const ids = [...chosen.value];
  if (!ids.length || !may("commands:write")) return null;
  return html`<div class="bulk" role="region" aria-label="Selected stations">
    ${ids.length} selected<hr />
    <${Button} icon="refresh" onClick=${() => reset(ids)}>Reset…<//>
    <${Button} icon="power" onClick=${() => availability(ids)}>Availability…<//>
    ${may("campaigns:write") && html`<${Button} icon="campaign" onClick=${() => startCampaign(ids)}>Campaign…<//>`}
    <${IconButton} icon="close" label="Select none" onClick=${() => (chosen.value = new Set())} />
  </div>`;
}

const PROFILES = [["basic", "1, password"], ["tls_basic", "2, TLS and password"], ["tls_client_certificate", "3, TLS and client certificate"]];

export function addStation() {
  const body = html`<div class="form">
    <div class="field"><label for="new-id">Identity</label><input class="input" id="new-id" name="id" required maxlength="48" /></div>
    <div class="field"><label for="new-profile">Security profile</label><select class="input" id="new-profile" name="security_profile">${PROFILES.map(([value, word]) => html`<option key=${value} value=${value}>${word}</option>`)}</select></div>
    <div class="field"><label for="new-serial">Serial number <span class="dim">for profile 3</span></label><input class="input" id="new-serial" name="serial_number" maxlength="50" /></div>
    ${sites.value.size > 0 && html`<div class="field"><label for="new-site">Site</label><select class="input" id="new-site" name="site_id"><option value="">none yet</option>${[...sites.value.values()].map((one) => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}</select></div>`}
  </div>`;
  const act = async (form) => {
    const given = Object.fromEntries([...form].filter(([, value]) => value !== ""));
    try {
      const made = await post("/stations", given);
      if (made.password) setTimeout(() => showPassword(made), 0);
      go(to("stations", made.id));
    } catch (problem) {
      tellProblem(problem);
      return false;
    }
  };
  ask({ title: "Add a station", body, word: "Add station", act });
}

const showPassword = (made) =>
  ask({
    title: `The password of ${made.id}`,
    keep: "I have it",
    body: html`<p>It is shown only now. Put it into the station.</p><span class="cmd"><code>${made.password}</code><${IconButton} icon="copy" label="Copy the password" onClick=${() => navigator.clipboard?.writeText(made.password)} /></span>`,
  });
