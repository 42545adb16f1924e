// Names of sites, read once for all pages.
import { get } from "./api.js";
import { signal } from "./html.js";

export const sites = signal(new Map());

export async function loadSites() {
  const found = new Map();
  let cursor;
  do {
    const page = await get("/sites", { limit: 1000, cursor });
    for (const one of page.data) found.set(one.id, one);
    cursor = page.next_cursor;
  } while (cursor);
  sites.value = found;
}

export const siteName = (id) => (id ? (sites.value.get(id)?.name ?? id) : null);
