// Component -> EVSE -> variable, as the station reports it; values edited in place, each with what became of it.
import { post, request } from "../../lib/api.js";
import { ago } from "../../lib/format.js";
import { html, useSignal } from "../../lib/html.js";
import { useRemote } from "../../lib/remote.js";
import { filter, query, to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Blank, Broken, Skeleton } from "../../kit/blank.js";
import { Button, Segmented } from "../../kit/button.js";
import { ask, tell, tellProblem } from "../../kit/floating.js";
import { Icon } from "../../kit/icon.js";
import { Card } from "../../kit/page.js";
import { Chip } from "../../kit/status.js";
import { Differences } from "./differences.js";
import { Words } from "./words.js";

const VIEWS = [["raw", "As reported", "chip"], ["vocabulary", "In our words", "sliders"], ["diff", "Compared", "columns"]];

export function DeviceModelTab({ station }) {
  const view = query.value.get("view") ?? "raw";
  const wanted = useSignal("");
  const refresh = () =>
    post(`${to("stations", station.id)}/device-model/refresh`).then((made) => tell({ s: "info", title: `Report asked: ${made.state}`, href: to("commands", made.id) }), tellProblem);
  return html`<div class="toolbar">
      <${Segmented} label="View" options=${VIEWS} value=${view} pick=${(one) => filter({ view: one === "raw" ? null : one })} />
      ${view !== "diff" && html`<label class="field-inline"><${Icon} name="search" /><span class="vh">Find a variable</span><input type="search" placeholder="Find a variable" onInput=${(event) => (wanted.value = event.target.value.toLowerCase())} /></label>`}
      <span class="push"></span>
      ${may("commands:write") && html`<${Button} icon="refresh" disabled=${!station.online} onClick=${refresh}>Ask for a report<//>`}
    </div>
    ${view === "vocabulary" ? html`<${Words} station=${station} wanted=${wanted.value} />` : view === "diff" ? html`<${Differences} station=${station} />` : html`<${Reported} station=${station} wanted=${wanted.value} />`}`;
}

function Reported({ station, wanted }) {
  const remote = useRemote(`${to("stations", station.id)}/device-model`);
  const model = remote.data.value;
  if (!model) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  const components = model.components.map((one) => ({ ...one, variables: one.variables.filter((variable) => named(one, variable).toLowerCase().includes(wanted)) })).filter((one) => one.variables.length);
  const picked = query.value.get("component");
  if (!model.components.length) return html`<${Blank} icon="chip" title="Nothing is known of it yet">Ask for a report: the station then tells all its variables.<//>`;
  return html`<${Report} report=${model.report} />
    <div class="site">
      <${Tree} components=${components} />
      <div class="stack">${components.filter((one) => !picked || place(one) === picked || one.name === picked).map((one) => html`<${Component} key=${place(one)} component=${one} station=${station} changed=${remote.load} />`)}</div>
    </div>
    ${!components.length && html`<${Blank} icon="search" title="No variable has this in its name" />`}`;
}

const named = (component, variable) => `${component.name}.${variable.name}`;
const place = (one) => [one.name, one.instance, one.evse_id && `EVSE ${one.evse_id}`, one.connector_id && `connector ${one.connector_id}`].filter(Boolean).join(", ");

/** Components, and below each where it is more than once: at an EVSE, a connector, as an instance. */
function Tree({ components }) {
  const groups = new Map();
  for (const one of components) groups.set(one.name, [...(groups.get(one.name) ?? []), one]);
  const picked = query.value.get("component");
  const sum = (all) => all.reduce((total, one) => total + one.variables.length, 0);
  const node = (key, word, n, children) =>
    html`<li key=${key}><button type="button" class="node" aria-pressed=${String(picked === key)} onClick=${() => filter({ component: picked === key ? null : key })}><${Icon} name=${children ? "chip" : "plug"} /><b>${word}</b><span class="v dim">${n}</span></button>${children}</li>`;
  const inside = (name, all) => all.length > 1 && html`<ul>${all.map((one) => node(place(one), place(one).slice(name.length + 2) || "station", one.variables.length))}</ul>`;
  return html`<nav class="card model-tree" aria-label="Components">
    <div class="card-head"><h2>Components<small>${groups.size}</small></h2>${picked && html`<${Button} kind="quiet small" onClick=${() => filter({ component: null })}>Show all<//>`}</div>
    <div class="tree"><ul>${[...groups].map(([name, all]) => node(name, name, sum(all), inside(name, all)))}</ul></div>
  </nav>`;
}

const Report = ({ report }) =>
  report.complete
    ? html`<p class="micro dim">Full report ${ago(report.at)}.</p>`
    : html`<div class="note" data-s="warn"><${Icon} name="warn" /><div><b>The last report is not complete</b><p>${report.missing_parts.length ? `Parts ${report.missing_parts.join(", ")} never came.` : "What is shown is what was known before."}</p></div></div>`;

const range = ({ min_limit, max_limit }) => (max_limit === null ? `from ${min_limit}` : min_limit === null ? `up to ${max_limit}` : `${min_limit} to ${max_limit}`);

function Component({ component, station, changed }) {
  return html`<${Card} table title=${place(component)} small=${`${component.variables.length}`}>
    <table class="table plain model" role="table" aria-label=${place(component)}>
      <thead role="rowgroup"><tr role="row">${["Variable", "Value", "Unit", "May be", "Limits", "Source"].map((word, n) => html`<th key=${word} role="columnheader" scope="col" class=${`m${n}`}>${word}</th>`)}</tr></thead>
      <tbody role="rowgroup">
        ${component.variables.flatMap((variable) =>
          variable.attributes.map((attribute) => html`<${Variable} key=${`${variable.name}/${variable.instance}/${attribute.type}`} ...${{ component, variable, attribute, station, changed }} />`),
        )}
      </tbody>
    </table>
  <//>`;
}

function Variable({ component, variable, attribute, station, changed }) {
  const about = variable.characteristics;
  const canWrite = attribute.mutability !== "ReadOnly" && attribute.mutability !== null && may("commands:write");
  const limits = about && [about.min_limit, about.max_limit].some((one) => one !== null) ? range(about) : (about?.values_list?.join(", ") ?? "");
  const edit = () => askForValue({ component, variable, attribute, station, changed });
  return html`<tr role="row">
    <td role="cell" class="name">${variable.name}${variable.instance && html` <span class="dim">${variable.instance}</span>`}${attribute.type !== "Actual" && html` <${Chip} line>${attribute.type}<//>`}</td>
    <td role="cell" class="wrap" data-label="Value"><span class="gap2"><span class="mono">${attribute.value ?? html`<span class="dim">not told</span>`}</span>${attribute.pending && html`<${Chip} s="warn" icon="refresh">${attribute.pending.value ?? "another"} after a reboot<//>`}${canWrite && html`<${Button} kind="quiet small" onClick=${edit} aria-label=${`Change ${named(component, variable)}`}>Change…<//>`}</span></td>
    <td role="cell" data-label="Unit" class="dim">${about?.unit}</td>
    <td role="cell" data-label="May be" class="dim">${{ ReadOnly: "read", WriteOnly: "written", ReadWrite: "read, written" }[attribute.mutability]}</td>
    <td role="cell" data-label="Limits" class="dim wrap">${limits}</td>
    <td role="cell" data-label="Source" class="dim">${attribute.source}</td>
  </tr>`;
}

function askForValue({ component, variable, attribute, station, changed }) {
  const about = variable.characteristics;
  const options = about?.values_list?.length && about.data_type === "OptionList" ? about.values_list : about?.data_type === "boolean" ? ["true", "false"] : null;
  const body = html`<div class="field">
    <label for="new-value">Value${about?.unit && `, ${about.unit}`}</label>
    ${options
      ? html`<select class="input" id="new-value" name="value">${options.map((one) => html`<option key=${one} selected=${one === attribute.value}>${one}</option>`)}</select>`
      : html`<input class="input mono" id="new-value" name="value" value=${attribute.value ?? ""} maxlength="2500" />`}
    <span class="help">It is ${attribute.value ?? "unknown"} now. The station decides; a value it takes after a reboot is marked.</span>
  </div>`;
  const act = async (form) => {
    const name = { component: component.name, component_instance: component.instance, evse_id: component.evse_id, connector_id: component.connector_id, variable: variable.name, variable_instance: variable.instance, attribute: attribute.type };
    const given = Object.fromEntries(Object.entries(name).filter(([, value]) => value !== null));
    try {
      const { data } = await request("PATCH", `${to("stations", station.id)}/device-model`, { body: { variables: [{ ...given, value: form.get("value") }] } });
      const [result] = data.results;
      tell({ s: { accepted: "ok", reboot_required: "warn", unknown: "warn" }[result.status] ?? "bad", title: `${variable.name}: ${result.status.replace("_", " ")}`, text: result.reason });
      changed();
    } catch (problem) {
      tellProblem(problem);
      return false;
    }
  };
  ask({ title: `Change ${named(component, variable)}`, body, word: "Set 1 variable", act });
}
