// The address is the state: path, and every filter in the query, so that a link shows what its sender saw.
import { computed, signal } from "./html.js";

const here = () => ({ path: location.pathname, query: new URLSearchParams(location.search) });
export const place = signal(here());
export const path = computed(() => place.value.path);
export const query = computed(() => place.value.query);

export function go(url, { replace = false } = {}) {
  if (url === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", url);
  const moved = place.value.path !== location.pathname;
  place.value = here();
  if (moved) {
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }
}

/** Changes parameters of the address; null, "" and empty lists are taken away. Filters do not fill the history. */
export function filter(changes, options = { replace: true }) {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one !== null && one !== "") next.append(name, one);
  }
  const text = next.toString();
  go(location.pathname + (text && `?${text}`), options);
}

/** The parameters that match `pattern`: "/stations/:id" of /stations/CS7 -> {id: "CS7"}; null when it is another page. */
export function match(pattern, at) {
  const wanted = pattern.split("/");
  const given = at.split("/");
  if (wanted.length !== given.length) return null;
  const found = {};
  for (const [n, part] of wanted.entries()) {
    if (part.startsWith(":")) found[part.slice(1)] = decodeURIComponent(given[n]);
    else if (part !== given[n]) return null;
  }
  return found;
}

/** "/stations/" + id, safe for any id. */
export const to = (...parts) => "/" + parts.map((part) => encodeURIComponent(part)).join("/");

addEventListener("popstate", () => (place.value = here()));
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
  if (link.hash && link.pathname === location.pathname) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
