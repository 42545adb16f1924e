// A drawing of the sprite in index.html. Beside a word it is silent; alone it needs a `label`.
import { html } from "../lib/html.js";

export const Icon = ({ name, s, label }) =>
  html`<svg class="i" data-s=${s} role=${label ? "img" : undefined} aria-label=${label} aria-hidden=${label ? undefined : "true"}>
    <use href="#i-${name}" />
  </svg>`;
