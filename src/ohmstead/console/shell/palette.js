// Ctrl K: any page, any station. "?" shows the keys.
import { get } from "../lib/api.js";
import { html, signal, useEffect, useRef, useState } from "../lib/html.js";
import { go, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { ask } from "../kit/floating.js";
import { Icon } from "../kit/icon.js";
import { shapeOf } from "../kit/status.js";
import { SECTIONS } from "../pages/index.js";

const shown = signal(false);
export const openPalette = () => (shown.value = true);

addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    openPalette();
  } else if (event.key === "?" && !event.target.closest("input, textarea, select")) showKeys();
  else if (event.key === "/" && !event.target.closest("input, textarea, select")) {
    const field = document.querySelector("main input[type=search]");
    if (field) event.preventDefault();
    field?.focus();
  }
});

const KEYS = [["Ctrl K", "search, go to a page"], ["/", "filter this list"], ["?", "these keys"], ["Esc", "close"]];
const showKeys = () =>
  ask({ title: "Keys", keep: "Close", body: html`<dl class="facts">${KEYS.map(([key, word]) => html`<dt key=${key}><kbd>${key}</kbd></dt><dd>${word}</dd>`)}</dl>` });

/** Pages whose name has the text, and stations that the server finds. */
async function hits(text) {
  const wanted = text.trim().toLowerCase();
  const pages = SECTIONS.flatMap(([, entries]) => entries).filter((one) => may(one.scope) && one.word.toLowerCase().includes(wanted));
  const found = pages.map((one) => ({ href: one.href, icon: one.icon, word: one.word, small: "page" }));
  if (!wanted || !may("stations:read")) return found;
  const stations = await get("/stations", { q: text.trim(), limit: 8 }).catch(() => ({ data: [] }));
  return [...stations.data.map((one) => ({ href: to("stations", one.id), icon: shapeOf(one.status), s: one.status, word: one.id, small: [one.vendor, one.model].filter(Boolean).join(" ") })), ...found];
}

export function Palette() {
  const box = useRef();
  const [found, setFound] = useState([]);
  const [at, setAt] = useState(0);
  const latest = useRef(0);
  const look = async (text) => {
    const number = ++latest.current;
    const next = await hits(text);
    if (number === latest.current) (setFound(next), setAt(0));
  };
  useEffect(() => {
    if (!shown.value) return;
    box.current.showModal();
    look("");
  }, [shown.value]);
  const close = () => (shown.value = false);
  const follow = (hit) => (box.current.close(), go(hit.href));
  const key = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) (event.preventDefault(), setAt((at + step + found.length) % Math.max(1, found.length)));
    if (event.key === "Enter" && found[at]) follow(found[at]);
  };
  if (!shown.value) return null;
  return html`<dialog class="palette dialog" ref=${box} onClose=${close} aria-label="Search or go to a page">
    <div class="q">
      <${Icon} name="search" />
      <input role="combobox" aria-label="Search" aria-expanded="true" aria-controls="hits" aria-activedescendant=${found[at] ? `hit-${at}` : undefined} placeholder="A page or a station" onInput=${(event) => look(event.target.value)} onKeyDown=${key} />
    </div>
    <ul id="hits" role="listbox" aria-label="Found">
      ${found.map(
        (hit, n) =>
          html`<li key=${hit.href} id=${`hit-${n}`} class="hit" role="option" aria-selected=${String(n === at)} onClick=${() => follow(hit)}>
            <${Icon} name=${hit.icon} s=${hit.s} /><span>${hit.word}</span><small>${hit.small}</small>
          </li>`,
      )}
    </ul>
  </dialog>`;
}
