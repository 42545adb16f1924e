// A site at this moment: what each EVSE was told, what it draws, and whether it obeys. The dry run of the API says it;
// nothing is sent.
import { post } from "../../lib/api.js";
import { count, kw, many } from "../../lib/format.js";
import { html, useEffect, useSignal } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { Icon } from "../../kit/icon.js";
import { Card, Figures as FigureRow } from "../../kit/page.js";
import { Status } from "../../kit/status.js";
import { Cells, Heads } from "../../kit/table.js";

const AGAIN_MS = 5000;
/** Amperes and watts that a meter may be off without a station being disobedient: as the control judges it. */
const SLACK = 1.05;

/** What the control would do now; null until it is known, and kept while it cannot be had. */
export function usePlan(site) {
  const plan = useSignal(null);
  const load = async () => {
    if (document.visibilityState === "visible") plan.value = await post(`${to("sites", site.id)}/plan`, {}).catch(() => plan.value);
  };
  useEffect(() => {
    load();
    const timer = setInterval(load, AGAIN_MS);
    return () => clearInterval(timer);
  }, [site.id]);
  return { plan: plan.value, load };
}

const sum = (evses) => evses.reduce((total, one) => total + (one.measured_w ?? 0), 0);
const room = (watts) => (watts < 0 ? ["Above its limit", kw(-watts), "kW", "until the orders are obeyed"] : ["Room left", kw(watts), "kW", "under the limit"]);

/** What the limit is about: cars and what else is drawn; `load_w` has what is fed in on the spot taken off. */
const netOf = (plan) => sum(plan.evses) + plan.load_w;
/** What is drawn beside cars, whatever is fed in. */
export const elseOf = (one) => Math.max(0, one.load_w + one.pv_w + one.battery_w);

const NEAR = 0.9;

/** Whether it keeps inside its limit, by what is measured now. */
export function SiteState({ plan }) {
  if (plan.limit_w === null) return html`<${Status} s="none" text="No limit now" />`;
  const share = netOf(plan) / Math.max(1, plan.limit_w);
  const by = plan.limited_by && `by ${plan.limited_by}`;
  if (share > SLACK) return html`<${Status} s="bad" text="Above its limit" small=${by} />`;
  return share > NEAR ? html`<${Status} s="warn" text="At its limit" small=${by} />` : html`<${Status} s="ok" text="Inside its limit" small=${by} />`;
}

export function Figures({ plan, last }) {
  const charging = plan.evses.filter((one) => one.transaction_id);
  const drawing = sum(charging);
  const figures = [
    ["Drawing", kw(drawing), "kW", plan.limit_w === null ? "no limit" : `limit ${kw(plan.limit_w)} kW`],
    plan.limit_w !== null && room(plan.limit_w - netOf(plan)),
    elseOf(plan) > 1 && ["Else", kw(elseOf(plan)), "kW", "drawn there beside the cars"],
    (plan.pv_w !== 0 || plan.battery_w !== 0) && ["Fed in", kw(plan.pv_w + plan.battery_w), "kW", plan.battery_w ? `sun ${kw(plan.pv_w)}, battery ${kw(plan.battery_w)}` : "by the sun"],
    ["Charging", count(charging.length), "", `of ${many(plan.evses.length, "EVSE")} that are controlled`],
    last && ["Held back", kw(last.held_back_w), "kW", "that cars might take, at most"],
  ];
  return html`<${FigureRow} figures=${figures} />`;
}

/** [state, words] of an EVSE with a car: does it keep to its order? */
export function obedience(one) {
  if (!one.online) return ["offline", "offline, counted as it may draw"];
  if (one.ordered_a === null) return ["pending", "no order accepted yet"];
  if (one.measured_w === null) return ["warn", "accepted, not measured"];
  const ordered = one.limit_a ? (one.ordered_a * one.limit_w) / one.limit_a : 0;
  return one.measured_w <= ordered * SLACK + 200 ? ["ok", "obeyed"] : ["bad", "draws more than ordered"];
}

const COLUMNS = [
  { key: "evse", title: "EVSE", class: "name", cell: (one) => html`<a class="link" href=${to("stations", one.station_id)}>${one.station_id}</a> / ${one.evse_id}` },
  { key: "state", title: "Order", cell: (one) => html`<${Status} s=${obedience(one)[0]} text=${obedience(one)[1]} />` },
  { key: "ordered", title: "Ordered, A", class: "r", cell: (one) => one.ordered_a ?? "–" },
  { key: "share", title: "Share, A", class: "r", cell: (one) => one.limit_a },
  { key: "drawn", title: "Draws, kW", class: "r", cell: (one) => kw(one.measured_w) },
  { key: "why", title: "Why", class: "wrap", cell: (one) => one.reason.text },
];

export function Shares({ plan }) {
  const evses = plan.evses.filter((one) => one.transaction_id);
  return html`<${Card} title="Now" small=${plan.limited_by && plan.limit_w !== null ? `limited by ${plan.limited_by}` : ""} table>
    ${plan.violations.map((one) => html`<div class="note" data-s="warn" key=${one}><${Icon} name="warn" /><div>${one}</div></div>`)}
    ${evses.length
      ? html`<table class="table plain" role="table" aria-label="EVSEs with a car">
          <${Heads} columns=${COLUMNS} />
          <tbody role="rowgroup">${evses.map((one) => html`<tr role="row" key=${`${one.station_id}/${one.evse_id}`}><${Cells} columns=${COLUMNS} row=${one} /></tr>`)}</tbody>
        </table>`
      : html`<p class="card-body ink2">No car at a controlled EVSE.</p>`}
  <//>`;
}
