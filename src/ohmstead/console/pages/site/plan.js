// The plan of the hours to come: when each car that has a promise charges, by price, and what it may draw where it hears
// nothing of us.
import { clock } from "../../lib/format.js";
import { useFeed } from "../../lib/feed.js";
import { html } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { PriceBand } from "../../kit/band.js";
import { TimeAxis } from "../../kit/chart.js";
import { Card } from "../../kit/page.js";

const BY = { optimiser: "by the optimiser", water_filling: "shared evenly: the optimiser found no plan" };
const hour = (text) => clock(text).slice(0, 5);

export const usePrices = (site) => useRemote(`${to("sites", site.id)}/prices`).data.value;

/** Nothing where nothing is planned and no price is known. */
export function Plan({ site, prices }) {
  const remote = useRemote(`${to("sites", site.id)}/schedule`);
  useFeed((event) => event.type.startsWith("ohmstead.charging_need."), remote.load, 3000);
  const plan = remote.data.value;
  if (!plan || (!plan.cars.length && !prices)) return null;
  const [from, until] = [Date.parse(plan.from) / 1000, Date.parse(plan.to) / 1000];
  const cost = plan.cost !== null && plan.unit ? `, ${plan.cost.toFixed(2)} ${plan.unit.split("/")[0]} in all` : "";
  return html`<${Card} title="The hours to come" small=${plan.cars.length ? `${BY[plan.by]}${cost}` : "no car has a promise now"}>
    ${plan.why && html`<p class="ink2 small">${plan.why}</p>`}
    <div class="lanes" role="list" aria-label="Cars with a promise, when each charges">${plan.cars.map((car) => html`<${Car} key=${`${car.station_id}/${car.evse_id}`} car=${car} from=${from} until=${until} />`)}</div>
    <div class="curves lanes-axis">${prices && html`<${PriceBand} slots=${prices.slots} unit=${prices.unit} from=${from} until=${until} />`}<${TimeAxis} times=${[from, until]} /></div>
    ${plan.cars.length > 0 && html`<p class="micro ink2">Filled: the plan. Dotted: what a car may draw should its station hear nothing of us.</p>`}
  <//>`;
}

function Car({ car, from, until }) {
  const most = Math.max(1, ...[...car.periods, ...car.without_us].map((one) => one.limit_a));
  const x = (text) => ((1000 * (Math.min(until, Math.max(from, Date.parse(text) / 1000)) - from)) / (until - from)).toFixed(1);
  const y = (amps) => (35 - (33 * amps) / most).toFixed(1);
  const area = car.periods.map((one) => `M${x(one.from)} 35V${y(one.limit_a)}H${x(one.to)}V35Z`).join("");
  const alone = car.without_us.map((one) => `M${x(one.from)} ${y(one.limit_a)}H${x(one.to)}`).join("");
  const next = car.periods.find((one) => Date.parse(one.to) > Date.now());
  const name = `${car.station_id} / ${car.evse_id}`;
  return html`<div class="lane" role="listitem">
    <div class="l"><a class="link" href=${to("stations", car.station_id)}>${car.station_id}</a> / ${car.evse_id}<small><a class="link" href="/promises">${car.may_wait ? "may wait" : "must not wait"}</a></small></div>
    <svg class="p" role="img" aria-label=${`${name} charges ${car.periods.map((one) => `${hour(one.from)} to ${hour(one.to)} with up to ${one.limit_a} A`).join(", ") || "no more"}`} viewBox="0 0 1000 36" preserveAspectRatio="none">
      <path class="ns g-base" d="M0 35H1000" /><path class="a1s" d=${area} /><path class="ns l-comp" d=${alone} />
    </svg>
    <div class="v">${next ? `${next.limit_a} A` : "–"}<small>${next ? (Date.parse(next.from) <= Date.now() ? `until ${hour(next.to)}` : `from ${hour(next.from)}`) : "done"}</small></div>
  </div>`;
}
