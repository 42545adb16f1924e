// JSON as the station wrote it, each line a value, with what is wrong said at its place.
import { html } from "../lib/html.js";

/** Lines of `value`: {depth, path, key, text, kind}. `path` is a JSON pointer. */
export function lines(value, depth = 0, path = "", key = null, comma = "") {
  const line = (text, kind) => ({ depth, path, key, text, kind });
  if (value === null || typeof value !== "object") {
    const kind = typeof value === "string" ? "s" : typeof value === "number" ? "n" : "k";
    return [line(JSON.stringify(value) + comma, kind)];
  }
  const isList = Array.isArray(value);
  const entries = isList ? value.map((one, n) => [n, one]) : Object.entries(value);
  const [begin, end] = isList ? "[]" : "{}";
  if (!entries.length) return [line(begin + end + comma, "p")];
  const inside = entries.flatMap(([name, one], n) =>
    lines(one, depth + 1, `${path}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`, isList ? null : name, n < entries.length - 1 ? "," : ""),
  );
  return [line(begin, "p"), ...inside, { depth, path: null, key: null, text: end + comma, kind: "p" }];
}

/** `faults`: a list of {pointer, text}. */
export const Code = ({ value, faults = [], label }) =>
  html`<div class="code" tabindex="0" role="region" aria-label=${label}>
    ${lines(value).map(({ depth, path, key, text, kind }, n) => {
      const wrong = faults.filter((one) => one.pointer === path);
      return html`<span key=${n} class=${wrong.length ? "l err" : "l"}
          >${"  ".repeat(depth)}${key !== null && html`<span class="k">${JSON.stringify(key)}</span>: `}<span class=${kind}>${text}</span></span
        >${wrong.map((one) => html`<span class="l why" key=${one.text}>${one.text}</span>`)}`;
    })}
  </div>`;
