import { html } from "../lib/html.js";
import { Blank } from "../kit/blank.js";
import { useTitle } from "../kit/page.js";

export function NotFoundPage() {
  useTitle("Not found");
  return html`<h1 class="vh">Not found</h1><${Blank} icon="search" title="There is no such page" action=${html`<a class="btn" href="/">To the fleet</a>`}>The address may have been written by hand, or come from a newer Ohmstead.<//>`;
}
