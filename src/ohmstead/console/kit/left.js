// The days that a certificate is still good, by colour, shape and word.
import { html } from "../lib/html.js";
import { Status } from "./status.js";

const DAY_MS = 86_400_000;
/** Before its end a station renews it by itself; who is nearer and has not is looked at. */
const SOON_D = 30;
const [YEAR_D, LONG_D] = [365, 730];

export function Left({ until }) {
  const days = Math.floor((Date.parse(until) - Date.now()) / DAY_MS);
  if (days < 0) return html`<${Status} s="bad" text="ended" />`;
  return html`<${Status} s=${days < SOON_D ? "warn" : "ok"} text=${days < LONG_D ? `${days} d` : `${Math.floor(days / YEAR_D)} y`} />`;
}
