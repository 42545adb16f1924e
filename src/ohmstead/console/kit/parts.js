// A bar of parts that add up to a whole: how many are done, failed, under way, and what is left.
import { html } from "../lib/html.js";

/** `parts`: [how many, class of the fill, word]; those of zero are left out. The words are what a screen reader says. */
export function Parts({ parts, total, thin }) {
  const shown = parts.filter(([many]) => many > 0);
  let at = 0;
  return html`<svg class=${thin ? "bar" : "bar tall"} role="img" aria-label=${said(parts)} viewBox=${`0 0 ${Math.max(1, total)} 10`} preserveAspectRatio="none">
    ${shown.map(([many, fill]) => {
      const x = at;
      at += many;
      return html`<rect key=${fill} class=${fill} x=${x} width=${many} height="10" />`;
    })}
  </svg>`;
}

/** "12 done, 1 failed". */
export const said = (parts) => parts.filter(([many]) => many > 0).map(([many, , word]) => `${many} ${word}`).join(", ") || "none";
