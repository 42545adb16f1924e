// What sun and batteries of a site feed in, by the series that were given.
import { request } from "../../lib/api.js";
import { kw, many, moment } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Button } from "../../kit/button.js";
import { ask, tell, trying } from "../../kit/floating.js";
import { Card } from "../../kit/page.js";

const WORDS = { pv: "Sun", battery: "Battery" };
const doing = (watts) => (watts < 0 ? `takes ${kw(-watts)} kW` : `gives ${kw(watts)} kW`);
const where = (one, circuits) => (one.circuit_id ? `at ${circuits.find((each) => each.id === one.circuit_id)?.name ?? one.circuit_id}` : "at the site");

export function Sources({ site, circuits, again }) {
  const remote = useRemote(`${to("sites", site.id)}/series`);
  const found = remote.data.value?.data ?? [];
  const load = () => Promise.all([remote.load(), again()]);
  if (!found.length && !may("sites:write")) return null;
  return html`<${Card} title="Sun and battery" actions=${may("sites:write") && html`<${Button} kind="small" onClick=${() => give(site, circuits, load)}>Give a series…<//>`}>
    ${found.length === 0 && html`<p class="ink2 small">No series yet. What is fed in counts as room for cars.</p>`}
    <ul class="rows">
      ${found.map(
        (one) => html`<li key=${`${one.kind}/${one.circuit_id}`}>
          <b>${WORDS[one.kind]}</b> <span>now ${doing(one.now_w)}</span>
          ${may("sites:write") && html`<${Button} kind="small quiet push" onClick=${() => remove(site, one, load)}>Remove…<//>`}
          <small>${where(one, circuits)}, ${many(one.slots.length, "slot")}, known until ${moment(one.slots.at(-1)?.to)}</small>
        </li>`,
      )}
    </ul>
  <//>`;
}

/** Lines of FROM,TO,POWER_W, as the command line takes them. Throws what cannot be read. */
export function slotsOf(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).map((line, n) => {
    const [from, until, power] = line.split(",").map((one) => one.trim());
    const [begin, end] = [new Date(from), new Date(until)];
    if (Number.isNaN(+begin) || Number.isNaN(+end) || !power || Number.isNaN(+power)) throw { title: `Line ${n + 1} cannot be read`, message: "Write FROM,TO,POWER_W: two times and a number." };
    return { from: begin.toISOString(), to: end.toISOString(), power_w: +power };
  }); // prettier-ignore
}

function give(site, circuits, load) {
  const body = html`<div class="form">
    <div class="field"><label for="series-kind">Of</label><select class="input" id="series-kind" name="kind">${Object.entries(WORDS).map(([key, word]) => html`<option key=${key} value=${key}>${word}</option>`)}</select></div>
    <div class="field"><label for="series-where">It feeds in</label><select class="input" id="series-where" name="circuit_id"><option value="">at the site</option>${circuits.map((one) => html`<option key=${one.id} value=${one.id}>at ${one.name}</option>`)}</select></div>
    <div class="field"><label for="series-slots">Lines of FROM,TO,POWER_W</label><textarea class="input mono area" id="series-slots" name="slots" rows="6" required spellcheck=${false} placeholder="2026-12-01T09:00Z,2026-12-01T10:00Z,8700"></textarea><span class="help">Above 0 it is fed in; a battery below 0 is charged. It counts beside the metered load: give none for what your meter sees.</span></div>
  </div>`;
  const act = trying(async (form) => {
    await request("PUT", `${to("sites", site.id)}/series/${form.get("kind")}`, { body: { slots: slotsOf(form.get("slots")), circuit_id: form.get("circuit_id") || null } });
    tell({ title: "The series is known", text: WORDS[form.get("kind")] });
    await load();
  });
  ask({ title: `What is fed in at ${site.name}`, body, word: "Give series", act });
}

const remove = (site, one, load) =>
  ask({
    title: `Remove the series of the ${WORDS[one.kind].toLowerCase()}?`,
    body: html`<p>Nothing counts as fed in by it any more: cars may get less at once.</p>`,
    word: "Remove 1 series",
    keep: "Keep it",
    danger: true,
    act: trying(async () => {
      await request("DELETE", `${to("sites", site.id)}/series/${one.kind}`, { query: { circuit_id: one.circuit_id } });
      await load();
    }),
  });
