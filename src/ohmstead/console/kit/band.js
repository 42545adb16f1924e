// Prices along the time axis of a chart: the darker, the dearer.
import { clock } from "../lib/format.js";
import { html } from "../lib/html.js";

const [PALE, DARK] = [0.06, 0.55];
const at = (text) => Date.parse(text) / 1000;

/** `slots`: [{from, to, price}] of the API; `from` and `until` in Unix seconds. Nothing where no slot is in sight. */
export function PriceBand({ slots, unit, from, until }) {
  const seen = slots.filter((one) => at(one.to) > from && at(one.from) < until);
  if (!seen.length) return null;
  const prices = seen.map((one) => one.price);
  const [least, most] = [Math.min(...prices), Math.max(...prices)];
  const x = (time) => (1000 * (Math.min(until, Math.max(from, time)) - from)) / (until - from);
  const cheapest = seen.find((one) => one.price === least);
  const text = `${least === most ? least.toFixed(2) : `${least.toFixed(2)} to ${most.toFixed(2)}`} ${unit}`;
  const depth = (price) => (most === least ? PALE : PALE + ((DARK - PALE) * (price - least)) / (most - least)).toFixed(2);
  return html`<div class="chart tx prices">
    <span class="b-l">Price</span>
    <svg class="band" role="img" aria-label=${`Price: ${text}, the least from ${clock(cheapest.from).slice(0, 5)} on`} viewBox="0 0 1000 18" preserveAspectRatio="none">
      ${seen.map((one) => html`<rect key=${one.from} class="f-ink" opacity=${depth(one.price)} x=${x(at(one.from)).toFixed(1)} width=${(x(at(one.to)) - x(at(one.from))).toFixed(1)} height="18"><title>${clock(one.from).slice(0, 5)} to ${clock(one.to).slice(0, 5)}: ${one.price.toFixed(3)} ${unit}</title></rect>`)}
    </svg>
    <span class="b-r">${text}</span>
  </div>`;
}
