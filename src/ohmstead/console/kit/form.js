// A form from a JSON Schema of the OpenAPI document: what the API takes is what can be asked.
import { words } from "../lib/format.js";
import { html, useId } from "../lib/html.js";
import { sites } from "../lib/sites.js";
import { Icon } from "./icon.js";

/** A schema without its reference and without null. */
export function plain(schema, all) {
  if (schema.$ref) return plain(all[schema.$ref.split("/").at(-1)], all);
  const choices = (schema.anyOf ?? schema.oneOf)?.filter((one) => one.type !== "null");
  if (choices?.length === 1) return { ...plain(choices[0], all), default: schema.default, description: schema.description };
  return schema;
}

/** Names of sites that a field for their numbers reminds of. */
const SITES = 6;
/** Characters from which on a text is written in several lines. */
const LONG = 10_000;
const SIMPLE = ["boolean", "integer", "number", "string"];

function kindOf(schema) {
  if (schema.enum) return "enum";
  if (schema.format === "date-time") return "time";
  if (schema.type === "array" && schema.items?.type === "string") return "list";
  return SIMPLE.includes(schema.type) ? schema.type : "json";
}

/** The value that a field's text means; undefined where nothing is given. Throws an Error that says what is wrong. */
export function valueOf(schema, text) {
  if (text === null || text === "") return undefined;
  const kind = kindOf(schema);
  if (kind === "enum") return schema.enum.find((one) => String(one) === text);
  if (kind === "boolean") return text === "true";
  if (kind === "integer" || kind === "number") return Number(text);
  if (kind === "string") return text;
  if (kind === "time") return new Date(text).toISOString();
  if (kind === "list") return text.split(/[\n,]/).map((one) => one.trim()).filter(Boolean);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("is no JSON");
  }
}

/** A value as its field shows it. */
function shownIn(kind, value) {
  if (value === null || value === undefined) return "";
  if (kind === "list") return Array.isArray(value) ? value.join(", ") : "";
  if (kind === "json") return JSON.stringify(value);
  return kind === "time" ? localTime(value) : value;
}

/** An instant as `datetime-local` has it. */
export function localTime(value) {
  const at = new Date(value);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function Input({ id, schema, name, required, wrong, value }) {
  const kind = kindOf(schema);
  const common = { id, name, required, class: "input", "aria-invalid": wrong ? "true" : undefined, "aria-describedby": wrong ? `${id}-wrong` : undefined };
  const given = shownIn(kind, value ?? schema.default);
  if (kind === "enum" || kind === "boolean") {
    const options = (schema.enum ?? [true, false]).filter((one) => one !== null);
    return html`<select ...${common} defaultValue=${String(given)}>
      ${!required && html`<option value="">not given</option>`}
      ${options.map((one) => html`<option key=${one} value=${String(one)} selected=${one === (value ?? schema.default)}>${String(one)}</option>`)}
    </select>`;
  }
  if (kind === "json") return html`<textarea ...${common} rows="3" spellcheck=${false} class="input mono area" placeholder=${schema.type === "array" ? "[ ]" : "{ }"} defaultValue=${given}></textarea>`;
  if (kind === "string" && name === "scenario") return html`<textarea ...${common} rows="12" spellcheck=${false} class="input mono area"></textarea>`;
  if (kind === "string" && schema.maxLength >= LONG) return html`<textarea ...${common} rows="4" spellcheck=${false} class="input mono area" defaultValue=${given}></textarea>`;
  const type = name === "password" ? "password" : { string: "text", list: "text", time: "datetime-local" }[kind] ?? "number";
  return html`<input ...${common} type=${type} autocomplete=${type === "password" ? "new-password" : "off"} step=${kind === "number" ? "any" : undefined} min=${schema.minimum} max=${schema.maximum} defaultValue=${given} />`;
}

export function Field({ schema, name, label, required, wrong, value }) {
  const id = useId();
  return html`<div class="field">
    <label for=${id}>${label ?? words(name)}${required ? "" : html` <span class="dim">optional</span>`}</label>
    <${Input} id=${id} schema=${schema} name=${name} required=${required} wrong=${wrong} value=${value} />
    ${kindOf(schema) === "list" && html`<span class="help">Several are parted by commas.${name === "site_ids" && sites.value.size > 0 && ` ${[...sites.value.values()].slice(0, SITES).map((one) => `${one.id} is ${one.name}`).join(", ")}${sites.value.size > SITES ? " …" : "."}`}</span>`}${schema.description && html`<span class="help">${schema.description}</span>`}
    ${wrong && html`<span class="err" id="${id}-wrong"><${Icon} name="bad" />${wrong}</span>`}
  </div>`;
}

/** The fields of an object schema, without those in `without`. `wrong`: name -> text; `values` fills some in. */
export const Fields = ({ schema, all, without = [], wrong = {}, values = {} }) =>
  Object.entries(schema.properties)
    .filter(([name]) => !without.includes(name))
    .map(([name, field]) => html`<${Field} key=${name} name=${name} schema=${plain(field, all)} required=${schema.required?.includes(name)} wrong=${wrong[name]} value=${values[name]} />`);

/** The object that a form says. Throws {name: text} for what cannot be read. */
export function read(schema, all, form) {
  const value = {};
  const wrong = {};
  for (const [name, field] of Object.entries(schema.properties)) {
    if (!form.has(name)) continue;
    try {
      const one = valueOf(plain(field, all), form.get(name));
      if (one !== undefined) value[name] = one;
    } catch (error) {
      wrong[name] = error.message;
    }
  }
  if (Object.keys(wrong).length) throw wrong;
  return value;
}

/** What a Problem says of each field: {name: text}. */
export const wrongFields = (problem) => Object.fromEntries(problem.errors.map((one) => [one.pointer.split("/")[1], one.detail]));
