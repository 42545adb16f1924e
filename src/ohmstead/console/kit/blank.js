// Nothing, not yet, broken: each says what is, then what to do.
import { html, useEffect, useState } from "../lib/html.js";
import { Button, IconButton } from "./button.js";
import { Icon } from "./icon.js";

export const Blank = ({ icon = "info", s, title, children, command, action }) =>
  html`<div class="blank" data-s=${s}>
    <${Icon} name=${icon} />
    <h2>${title}</h2>
    ${children && html`<p>${children}</p>`}
    ${command &&
    html`<span class="cmd"><code tabindex="0">${command}</code><${IconButton} icon="copy" label="Copy the command" onClick=${() => navigator.clipboard?.writeText(command)} /></span>`}
    ${action}
  </div>`;

/** What went wrong, whether anything was changed, and a way on. */
export const Broken = ({ problem, retry }) =>
  html`<div role="alert">
    <${Blank} icon="bad" s="bad" title=${problem.title} action=${retry && html`<${Button} icon="refresh" onClick=${retry}>Try again<//>`}>
      ${problem.message}${problem.requestId && html` <small class="dim mono">${problem.requestId}</small>`}
    <//>
  </div>`;

/** Grey lines in the shape of what comes, after 300 ms: what is faster needs none. */
export function Skeleton({ lines = 6 }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return html`<div class="skeleton" role="status" aria-busy="true" aria-label="Loading">
    ${late && Array.from({ length: lines }, (_, n) => html`<p key=${n}><span class=${`skel w${(n % 4) + 1}`}></span></p>`)}
  </div>`;
}
