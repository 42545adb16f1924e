// Tables. `columns`: {key, title, cell(row), class?, sort?}. Rows come from the server, page after page as one scrolls.
import { html, useEffect, useRef } from "../lib/html.js";
import { filter, query } from "../lib/router.js";
import { Blank, Broken, Skeleton } from "./blank.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/** A column's head; one that sorts turns the order around in the address. */
export function Head({ column, sorted }) {
  const isSorted = column.sort && sorted?.replace("-", "") === column.sort;
  const falling = sorted?.startsWith("-");
  const order = isSorted ? (falling ? "descending" : "ascending") : undefined;
  const turn = () => filter({ sort: isSorted && !falling ? `-${column.sort}` : column.sort });
  return html`<th role="columnheader" scope="col" class=${column.class} aria-sort=${order}>
    ${column.sort
      ? html`<button type="button" onClick=${turn}>${column.title} ${isSorted && html`<${Icon} name=${falling ? "chev-u" : "chev-d"} />`}</button>`
      : column.title || html`<span class="vh">What can be done</span>`}
  </th>`;
}

export const Heads = ({ columns, sorted }) =>
  html`<thead role="rowgroup">
    <tr role="row">${columns.map((column) => html`<${Head} key=${column.key} column=${column} sorted=${sorted} />`)}</tr>
  </thead>`;

export const Cells = ({ columns, row }) =>
  columns.map((column) => html`<td key=${column.key} role="cell" class=${column.class} data-label=${column.title}>${column.cell(row)}</td>`);

/** A table of a `useList`, with everything around it: loading, broken, empty, more. */
export function DataTable({ label, list, columns, id = (row) => row.id, empty, name = "plain", selected, pick, sorted, foot }) {
  const rows = list.rows.value;
  if (!rows && list.problem.value) return html`<${Broken} problem=${list.problem.value} retry=${list.load} />`;
  if (!rows) return html`<${Skeleton} />`;
  if (!rows.length) return empty ?? html`<${Blank} title="Nothing here" />`;
  return html`<${Stale} problem=${list.problem.value} />
    <table class=${`table ${name}`} role="table" aria-label=${label}>
      <${Heads} columns=${columns} sorted=${sorted} />
      <tbody role="rowgroup">
        ${rows.map(
          (row) =>
            html`<tr key=${id(row)} role="row" aria-selected=${selected === undefined ? undefined : String(selected === id(row))} onClick=${pick && (() => pick(row))}>
              <${Cells} columns=${columns} row=${row} />
            </tr>`,
        )}
      </tbody>
    </table>
    <${More} list=${list} foot=${foot} />`;
}

/** Old rows stay while new ones cannot be had, and say so. */
export const Stale = ({ problem }) =>
  problem && html`<p class="stale" role="status"><${Icon} name="warn" s="warn" /> ${problem.title}. This is what was there before.</p>`;

function More({ list, foot }) {
  const end = useRef();
  useEffect(() => {
    const watcher = new IntersectionObserver(([seen]) => seen.isIntersecting && list.more(), { rootMargin: "400px" });
    watcher.observe(end.current);
    return () => watcher.disconnect();
  }, [list.rows.value]);
  return html`<div class="card-foot" ref=${end}>
    <span>${list.rows.value.length} shown.${list.done.value ? "" : " More load as you scroll."}</span>
    ${!list.done.value && html`<${Button} kind="quiet small" onClick=${list.more}>Load more<//>`}<span class="push"></span>${foot}
  </div>`;
}

/** A search field that writes itself into the address when one stops typing. */
export function Search({ name = "q", label, placeholder }) {
  const timer = useRef();
  const write = (event) => {
    const text = event.target.value.trim();
    clearTimeout(timer.current);
    timer.current = setTimeout(() => filter({ [name]: text }), 250);
  };
  return html`<label class="field-inline">
    <${Icon} name="search" /><span class="vh">${label}</span>
    <input type="search" placeholder=${placeholder ?? label} defaultValue=${query.value.get(name) ?? ""} onInput=${write} />
  </label>`;
}

/** A choice that is a filter in the address. `options`: [value, word]. */
export const Choice = ({ name, label, options }) =>
  html`<label class="choice"
    ><span class="vh">${label}</span>
    <select class="input" value=${query.value.get(name) ?? ""} onChange=${(event) => filter({ [name]: event.target.value })}>
      <option value="">${label}: any</option>
      ${options.map(([value, word]) => html`<option key=${value} value=${value}>${word}</option>`)}
    </select>
  </label>`;
