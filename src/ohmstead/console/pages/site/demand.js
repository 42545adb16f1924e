// Demand response: what was asked of a site, what came of it, and what is still to come.
import { post } from "../../lib/api.js";
import { kw, kwh, moment } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { siteName } from "../../lib/sites.js";
import { Button } from "../../kit/button.js";
import { Chart } from "../../kit/chart.js";
import { ask, tell, trying } from "../../kit/floating.js";
import { Card, Facts } from "../../kit/page.js";
import { Chip } from "../../kit/status.js";

const TONES = { scheduled: "info", active: "warn", done: "ok", cancelled: "none" };
const MOST = 4;

/** What is asked for, in words. */
export const asked = (one) => (one.limit_w !== null ? `at most ${kw(one.limit_w)} kW` : one.shed_w !== null ? `${kw(one.shed_w)} kW less` : `${one.shed_percent} % less`);

export const DemandEvents = ({ site, demand }) =>
  (demand.data.value?.data ?? [])
    .filter((one) => one.site_ids.includes(site.id))
    .slice(0, MOST)
    .map((one) => html`<${Event} key=${one.id} one=${one} site=${site} demand=${demand} />`);

export const EventState = ({ state }) => html`<${Chip} s=${TONES[state]}>${state}<//>`;

export function Event({ one, site, demand }) {
  const report = useRemote(one.state === "scheduled" ? null : `${to("demand-response", "events", one.id)}/report`).data.value;
  const share = site && one.sites.find((own) => own.site_id === site.id);
  const over = one.state === "done" || one.state === "cancelled";
  const cancel = may("sites:write") && !over && html`<${Button} kind="small quiet danger" onClick=${() => stop(one, demand)}>Cancel…<//>`;
  return html`<${Card} title="Demand response" small=${one.name || one.id} actions=${html`<${EventState} state=${one.state} />${cancel}`}>
    <${Facts}
      facts=${[
        ["From", moment(one.from)],
        ["To", moment(one.to)],
        ["Asked by", one.source === "openadr" ? `OpenADR, event ${one.source_id}` : "the API"],
        [site ? "Asked of all its sites" : "Asked", asked(one)],
        !site && ["Sites", one.site_ids.map(siteName).join(", ")],
        site && one.opt_out.includes(site.id) && ["This site", "does not take part"],
        share && ["This site's limit", `${kw(share.limit_w)} kW`],
        share && ["Its baseline", `${kw(share.baseline_w)} kW`],
        report && ["Shed by all sites", `${kwh(report.shed_wh)} of ${kwh(report.asked_shed_wh)} kWh`],
        report && ["Report", report.complete ? "complete" : "not every interval was measured yet"],
      ].filter(Boolean)}
    />
    ${report && report.intervals.length > 1 && html`<div class="mt3"><${Course} intervals=${report.intervals} /></div>`}
  <//>`;
}

const inKw = (watts) => (watts === null ? null : watts / 1000);

function Course({ intervals }) {
  const line = (label, look, key, more) => ({ label, unit: "kW", look, values: intervals.map((one) => inKw(one[key])), ...more });
  const lines = [line("Measured", "l1", "measured_w", { isFilled: true }), line("Asked", "l-limit", "asked_w", { bare: true, steps: true, isLimit: true }), line("Baseline", "l-comp", "baseline_w", { bare: true })];
  return html`<${Chart} times=${intervals.map((one) => Date.parse(one.from) / 1000)} lines=${lines} isLow label="Measured, asked and baseline of all its sites, by interval" />`;
}

const stop = (one, demand) =>
  ask({
    title: "Cancel this event?",
    body: html`<p>Its limits end at once; ${asked(one)} is asked of nobody any more.</p>`,
    word: "Cancel 1 event",
    keep: "Keep it",
    danger: true,
    act: trying(async () => {
      await post(`${to("demand-response", "events", one.id)}/cancel`);
      tell({ title: "The event is cancelled" });
      await demand.load();
    }),
  });
