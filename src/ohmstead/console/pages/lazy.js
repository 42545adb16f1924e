// Pages that are loaded when they are first shown: the first one comes sooner.
import { html, useEffect, useState } from "../lib/html.js";
import { Broken, Skeleton } from "../kit/blank.js";

const modules = new Map();
const waiting = [];

function load(file) {
  const found = modules.get(file) ?? import(`./${file}.js`);
  modules.set(file, found);
  found.catch(() => modules.delete(file)); // the next one tries again
  return found;
}

/** The components that pages/<file>.js exports, by name: `const { AlertsPage } = page("alerts")`. */
export function page(file) {
  waiting.push(file);
  return new Proxy({}, { get: (_, name) => lazy(file, name) });
}

function lazy(file, name) {
  let Ready = null;
  return function Page(given) {
    const [, setReady] = useState(false);
    const [isLost, setLost] = useState(false);
    useEffect(() => {
      if (!Ready) load(file).then((module) => ((Ready = module[name]), setReady(true)), () => setLost(true));
    }, []);
    if (Ready) return html`<${Ready} ...${given} />`;
    if (isLost) return html`<${Broken} problem=${{ title: "This page did not load", message: "Its file could not be had from Ohmstead." }} retry=${() => location.reload()} />`;
    return html`<${Skeleton} />`;
  };
}

/** Loads the other pages, one after the other, while nothing else is to be done. */
export async function loadOthers() {
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));
  for (const file of waiting) {
    await new Promise((go) => idle(go));
    await load(file).catch(() => {});
  }
}
