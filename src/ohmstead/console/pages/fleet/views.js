// Views of the fleet: filters that one comes back to. Each is an address; one's own are kept in this browser.
import { html, signal } from "../../lib/html.js";
import { go, place } from "../../lib/router.js";
import { IconButton } from "../../kit/button.js";
import { ask, trying } from "../../kit/floating.js";
import { Icon } from "../../kit/icon.js";

const KEPT = "fleet-views";
/** A month from today, at midnight UTC: the same address all day. */
const monthFromToday = () => `${new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;
const ALWAYS = [
  ["All stations", ""], ["Needs a look", "status=faulted&status=offline&status=pending"], ["Charging now", "status=charging"],
  ["Certificate under 30 days", `certificate_expires_before=${encodeURIComponent(monthFromToday())}`],
]; // prettier-ignore

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return found.filter((one) => typeof one?.name === "string" && typeof one?.query === "string");
  } catch {
    return []; // a browser that keeps nothing, or something else under this name
  }
}

const own = signal(read());

function keep(views) {
  own.value = views;
  try {
    localStorage.setItem(KEPT, JSON.stringify(views));
  } catch {} // they stay until the page is left
}

/** The filters of the address, in one order, without what is no filter. */
function normal(text) {
  const given = new URLSearchParams(text);
  given.delete("view");
  given.sort();
  return given.toString();
}

function save(query) {
  const body = html`<div class="field"><label for="view-name">Name</label><input class="input" id="view-name" name="name" required maxlength="40" autocomplete="off" /><span class="help">Kept in this browser. For others copy the link.</span></div>`;
  const act = trying(async (form) => {
    const name = form.get("name").trim();
    keep([...own.value.filter((one) => one.name !== name), { name, query }]);
  });
  ask({ title: "Save this view", body, word: "Save view", act });
}

export function SavedViews() {
  const here = normal(place.value.query.toString());
  const all = [...ALWAYS, ...own.value.map((one) => [one.name, one.query, true])];
  const known = all.some(([, query]) => normal(query) === here);
  return html`<nav class="tabs views" aria-label="Views">
    ${all.map(
      ([name, query, isOwn]) =>
        html`<a key=${name} href=${query ? `/?${query}` : "/"} aria-current=${normal(query) === here ? "page" : undefined}>${name}</a>
          ${isOwn && normal(query) === here && html`<${IconButton} small icon="close" label=${`Forget the view ${name}`} onClick=${() => (keep(own.value.filter((one) => one.name !== name)), go("/"))} />`}`,
    )}
    ${!known && html`<button type="button" class="btn small quiet" onClick=${() => save(here)}><${Icon} name="plus" />Save view…</button>`}
  </nav>`;
}
