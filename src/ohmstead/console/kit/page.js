// What every page has: its title in the tab, a head with what can be done, and tabs.
import { html, signal, useLayoutEffect, useRef } from "../lib/html.js";
import { path } from "../lib/router.js";

/** What the page at hand is called; null until it knows. */
export const shownTitle = signal(null);

/** Before it is painted: until a page says its title, the shell says one for it. */
export function useTitle(title) {
  useLayoutEffect(() => {
    document.title = `${title} · Ohmstead`;
    shownTitle.value = title;
    return () => (shownTitle.value = null);
  }, [title]);
}

export function PageHead({ title, status, children, actions }) {
  useTitle(title);
  return html`<div class="page-head">
    <div>
      <div class="head-line"><h1>${title}</h1>${status}</div>
      ${children && html`<p>${children}</p>`}
    </div>
    ${actions && html`<div class="actions">${actions}</div>`}
  </div>`;
}

/** `tabs`: [address, word, count?]. */
export function Tabs({ label, tabs }) {
  const row = useRef();
  useLayoutEffect(() => {
    const here = row.current.querySelector("[aria-current]");
    if (here) row.current.scrollLeft = here.offsetLeft + here.offsetWidth / 2 - row.current.clientWidth / 2; // in sight also where the row is cut
  }, [path.value]);
  return html`<nav class="tabs" ref=${row} aria-label=${label}>
    ${tabs.map(
      ([href, word, n]) =>
        html`<a key=${href} href=${href} aria-current=${href === path.value ? "page" : undefined}>
          ${word}${n !== undefined && html` <span class="n">${n}</span>`}
        </a>`,
    )}
  </nav>`;
}

export const Card = ({ title, small, actions, foot, children, tone, table }) =>
  html`<section class=${table ? "card table-card" : "card"} data-tone=${tone} aria-label=${title}>
    ${title && html`<div class="card-head"><h2>${title}${small && html`<small>${small}</small>`}</h2>${actions}</div>`}
    ${table ? children : html`<div class="card-body">${children}</div>`}
    ${foot && html`<div class="card-foot">${foot}</div>`}
  </section>`;

/** Key and value; `facts`: [word, value], those without a value are left out. */
export const Facts = ({ facts }) =>
  html`<dl class="facts">
    ${facts
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([word, value]) => html`<dt key=${word}>${word}</dt><dd>${value}</dd>`)}
  </dl>`;

export const FactsRow = ({ facts }) =>
  html`<dl class="facts-row">
    ${facts.filter(Boolean).map(([word, value, small]) => html`<div key=${word}><dt>${word}</dt><dd>${value}${small && html` <small>${small}</small>`}</dd></div>`)}
  </dl>`;

/** Four to six numbers that sum a page up; `figures`: [word, value, unit?, context?, tone?]. */
export const Figures = ({ figures, label = "Figures" }) =>
  html`<section class="card" aria-label=${label}>
    <dl class="figs">
      ${figures.filter(Boolean).map(([word, value, unit, small, s]) => html`<div class="fig" key=${word} data-s=${s}><dt>${word}</dt><dd>${value}${unit && html`<span class="unit"> ${unit}</span>`}</dd><dd>${small}</dd></div>`)}
    </dl>
  </section>`;
