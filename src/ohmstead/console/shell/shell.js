// Around every page: where one can go, where one is, whether it is live.
import { request } from "../lib/api.js";
import { feedState } from "../lib/feed.js";
import { html, signal, useEffect } from "../lib/html.js";
import { path } from "../lib/router.js";
import { may, session } from "../lib/session.js";
import { tellProblem } from "../kit/floating.js";
import { Icon } from "../kit/icon.js";
import { shownTitle } from "../kit/page.js";
import { severityTone } from "../kit/status.js";
import { get } from "../lib/api.js";
import { SECTIONS } from "../pages/index.js";
import { openPalette } from "./palette.js";

/** What the stream of the page at hand says: on, waiting, stale. The fleet page has a stream of its own. */
export const live = signal(null);
const firing = signal(0);
const version = signal("");

export function Shell({ section, children }) {
  useEffect(() => {
    get("/health/live").then((health) => (version.value = health.version), () => {});
    const count = async () => {
      if (document.visibilityState !== "visible" || !may("alerts:read")) return;
      const page = await get("/alerts", { state: "firing", limit: 100 }).catch(() => null);
      if (page) firing.value = page.data.filter((one) => severityTone(one.severity) !== "info").length;
    };
    count();
    const timer = setInterval(count, 15000);
    return () => clearInterval(timer);
  }, [session.value]);
  return html`<a class="skip" href="#main">Skip to content</a>
    <div class="shell">
      <${Navigation} section=${section} />
      <${TopBar} section=${section} />
      <main id="main" tabindex="-1">${shownTitle.value === null && html`<h1 class="vh">${section?.word ?? "Not found"}</h1>`}${children}</main>
    </div>`;
}

const Navigation = ({ section }) =>
  html`<nav class="nav" id="nav" popover aria-label="Main">
    <a class="brand" href="/" title="Ohmstead"><svg aria-hidden="true"><use href="#mark" /></svg><span>Ohmstead</span></a>
    ${SECTIONS.map(
      ([group, entries]) =>
        entries.some((one) => may(one.scope)) &&
        html`<div class="nav-group" key=${group}>
          <span>${group}</span>
          <ul>
            ${entries.filter((one) => may(one.scope)).map((one) => html`<${Entry} key=${one.href} entry=${one} current=${one.href === section?.href} />`)}
          </ul>
        </div>`,
    )}
    <div class="nav-foot"><b>${session.value?.name}</b>Version ${version}</div>
  </nav>`;

const Entry = ({ entry, current }) =>
  html`<li>
    <a class="nav-item" href=${entry.href} aria-current=${current ? "page" : undefined} title=${entry.word}>
      <${Icon} name=${entry.icon} /><span class="lbl">${entry.word}</span>
      ${entry.href === "/alerts" && firing.value > 0 && html`<span class="n bad"><${Icon} name="s-faulted" />${firing.value > 99 ? "99+" : firing}</span>`}
    </a>
  </li>`;

function TopBar({ section }) {
  const parts = path.value.split("/").filter(Boolean);
  const inside = section && path.value !== section.href;
  const thing = decodeURIComponent(parts.at(-1) ?? "");
  return html`<header class="topbar">
    <button class="icon-btn nav-open" popovertarget="nav" aria-label="Open navigation"><${Icon} name="menu" /></button>
    <nav class="crumbs" aria-label="Where you are">
      <ol>
        ${inside && html`<li><a href=${section.href}>${section.word}</a></li>`}
        <li aria-current="page" title=${inside ? (shownTitle.value ?? thing) : undefined}>${inside ? (shownTitle.value ?? thing) : (section?.word ?? "Not found")}</li>
      </ol>
    </nav>
    <button class="find" aria-label="Search or go to a page, Ctrl K" onClick=${openPalette}>
      <${Icon} name="search" /><span>Search or go to a page</span><kbd>Ctrl K</kbd>
    </button>
    <div class="top-end">
      <${Live} />
      <button class="icon-btn theme-switch" aria-label="Switch between light and dark"><svg class="i i-sun" aria-hidden="true"><use href="#i-sun" /></svg><svg class="i i-moon" aria-hidden="true"><use href="#i-moon" /></svg></button>
      <button class="btn quiet small hide-s" onClick=${signOut}>Sign out</button>
    </div>
  </header>`;
}

const WORDS = { on: "Live", waiting: "Connecting", stale: "Not live" };

function Live() {
  const state = live.value ?? feedState.value;
  if (state === null) return null;
  return html`<span class="live" data-live=${state} role="status"><span class="dot"></span>${WORDS[state]}</span>`;
}

async function signOut() {
  try {
    await request("DELETE", "/sign-in");
    location.assign("/");
  } catch (problem) {
    tellProblem(problem);
  }
}
