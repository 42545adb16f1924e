// The limits of a site beside that of its connection: the one that was put, those for a time, those of events.
import { request } from "../../lib/api.js";
import { kw, moment } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Button } from "../../kit/button.js";
import { ask, tell, trying } from "../../kit/floating.js";
import { Card } from "../../kit/page.js";
import { Chip } from "../../kit/status.js";
import { amps } from "./circuits.js";

const KINDS = { put: "set by hand", entry: "for a time", event: "demand response" };
const span = (one) => (one.from || one.to ? `${one.from ? moment(one.from) : "now"} to ${one.to ? moment(one.to) : "further notice"}` : "until it is changed");

export function Limits({ site, limits }) {
  const all = limits.data.value?.data;
  if (!all) return null;
  return html`<${Card} title="Limits" small="the lowest counts">
    ${all.length === 0 && html`<p class="ink2">None beside that of the connection.</p>`}
    <ul class="rows">
      ${all.map(
        (one) => html`<li key=${one.id}>
          <b>${one.limit_a ? amps(one.limit_a) : `${kw(one.limit_w)} kW`}</b> <${Chip} s=${one.active ? "warn" : "none"}>${one.active ? "in force" : "not now"}<//>
          ${may("sites:write") && one.kind !== "event" && html`<${Button} kind="small quiet push" onClick=${() => remove(site, one, limits)}>Remove…<//>`}
          <small>${one.name || KINDS[one.kind]}, ${span(one)}${one.ramp_s > 0 && `, on a ramp of ${one.ramp_s} s`}</small>
        </li>`,
      )}
    </ul>
  <//>`;
}

const remove = (site, one, limits) =>
  ask({
    title: `Remove the limit of ${kw(one.limit_w)} kW?`,
    body: html`<p>The cars at ${site.name} may draw more at once, up to the next lowest limit.</p>`,
    word: "Remove 1 limit",
    keep: "Keep it",
    danger: true,
    act: trying(async () => {
      await request("DELETE", one.kind === "put" ? `${to("sites", site.id)}/limit` : `${to("sites", site.id)}/limits/${one.id}`);
      tell({ title: "The limit is gone", text: site.name });
      await limits.load();
    }),
  });
