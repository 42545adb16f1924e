// The pages and their addresses. What the API does not have is not here.
import { match } from "../lib/router.js";
import { FleetPage } from "./fleet.js";
import { NotFoundPage } from "./not-found.js";

const entry = (href, word, icon, scope) => ({ href, word, icon, scope });
const fleet = entry("/", "Fleet", "fleet", "stations:read");

export const SECTIONS = [["Operate", [fleet]]];

const PAGES = [["/", FleetPage, fleet]];

/** The page at an address, what the address says to it, and the entry of the navigation it belongs to. */
export function pageAt(path) {
  for (const [pattern, Page, section] of PAGES) {
    const params = match(pattern, path);
    if (params) return { Page, params, section };
  }
  return { Page: NotFoundPage, params: {}, section: null };
}
