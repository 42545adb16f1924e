// Buttons. A verb with … asks first.
import { html } from "../lib/html.js";
import { Icon } from "./icon.js";

export const Button = ({ icon, kind = "", children, ...rest }) =>
  html`<button type="button" class=${`btn ${kind}`} ...${rest}>${icon && html`<${Icon} name=${icon} />`}${children}</button>`;

export const IconButton = ({ icon, label, small, ...rest }) =>
  html`<button type="button" class=${small ? "icon-btn small" : "icon-btn"} aria-label=${label} title=${label} ...${rest}>
    <${Icon} name=${icon} />
  </button>`;

/** Two to five views of the same rows. `options`: [value, word, icon?]. */
export const Segmented = ({ label, options, value, pick }) =>
  html`<div class="seg" role="group" aria-label=${label}>
    ${options.map(
      ([key, word, icon]) =>
        html`<button type="button" key=${key} aria-pressed=${String(key === value)} onClick=${() => pick(key)}>
          ${icon && html`<${Icon} name=${icon} />`}${word}
        </button>`,
    )}
  </div>`;
