// Shows openapi.json: groups, operations, their parameters, bodies and answers, and the kinds of problems.
const METHODS = ["get", "post", "put", "patch", "delete"];
const api = await (await fetch("openapi.json")).json();

function element(name, content = [], attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...[content].flat());
  return made;
}

const nameOf = (reference) => reference.split("/").pop();
const resolve = (schema) => (schema?.$ref ? api.components.schemas[nameOf(schema.$ref)] : schema) ?? {};

// A schema in a few words: text, number, Station, list of Station, "a" | "b" ...
function words(schema) {
  if (!schema || !Object.keys(schema).length) return "anything";
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map(words).join(" | ");
  if (schema.type === "array") return `list of ${words(schema.items)}`;
  if (schema.type === "object" && schema.additionalProperties) return `map of ${words(schema.additionalProperties)}`;
  return [schema.format ?? schema.type].flat().join(" | ");
}

const LIMITS = { minimum: "≥", maximum: "≤", exclusiveMinimum: ">", minLength: "length ≥", maxLength: "length ≤", pattern: "matches" };

function limits(schema) {
  const found = Object.entries(LIMITS).filter(([key]) => key in schema).map(([key, sign]) => `${sign} ${schema[key]}`);
  if ("default" in schema && schema.default !== null) found.push(`default ${JSON.stringify(schema.default)}`);
  return found.join(", ");
}

function row(name, schema, required, note = "") {
  const text = [limits(schema), note || schema.description || ""].filter(Boolean).join(". ");
  return element("tr", [
    element("td", element("code", name)), element("td", words(schema)),
    element("td", required ? "required" : ""), element("td", text),
  ]);
}

function table(title, rows) {
  if (!rows.length) return [];
  const head = element("tr", ["Name", "Type", "", ""].map((text) => element("th", text)));
  return [element("h3", title), element("table", [head, ...rows])];
}

function fields(schema, title, seen = []) {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.flatMap((option) => fields(option, title, seen));
  const name = schema.$ref ? nameOf(schema.$ref) : "";
  if (seen.includes(name)) return [];
  const { properties = {}, required = [], items } = resolve(schema);
  if (items) return fields(items, title, seen);
  const rows = Object.entries(properties).map(([key, value]) => row(key, value, required.includes(key)));
  const inside = Object.values(properties).flatMap((value) => value.items?.$ref ? fields(value.items, title, [...seen, name]) : []);
  return [...table(name ? `${title}: ${name}` : title, rows), ...inside];
}

function operation(path, method, one) {
  const parameters = one.parameters.map((p) => row(`${p.name} (${p.in})`, p.schema, p.required, p.description));
  const body = Object.entries(one.requestBody?.content ?? {})
    .flatMap(([type, { schema }]) => [element("p", `Takes ${type}.`, { class: "soft" }), ...fields(schema, "Body")]);
  const answers = Object.entries(one.responses).filter(([status]) => /^\d+$/.test(status)).flatMap(([status, answer]) => {
    const [type, content] = Object.entries(answer.content ?? {})[0] ?? [];
    const line = element("p", type ? `${status}: ${type}, ${words(content.schema)}` : `${status}: nothing more`, { class: "soft" });
    return content ? [line, ...fields(content.schema, "Answer")] : [line];
  });
  const scope = one["x-scope"] ? `Needs the scope ${one["x-scope"]}.` : "Needs no key.";
  return element("details", [
    element("summary", [element("b", method.toUpperCase()), element("code", path), " ", element("span", one.summary)]),
    element("p", [one.description ?? "", " ", scope]), ...table("Parameters", parameters), ...body, ...answers,
  ], { "data-text": `${method} ${path} ${one.summary} ${one.tags}`.toLowerCase() });
}

const groups = new Map(api.tags.map(({ name }) => [name, []]));
for (const [path, methods] of Object.entries(api.paths)) {
  for (const method of METHODS.filter((one) => methods[one])) {
    groups.get(methods[method].tags[0]).push(operation(path, method, methods[method]));
  }
}
const main = document.getElementById("operations");
const nav = document.getElementById("tags");
for (const [tag, operations] of groups) {
  main.append(element("section", [element("h2", tag, { id: tag }), ...operations]));
  nav.append(element("a", tag, { href: `#${tag}` }));
}
const kinds = api["x-problems"].map(({ kind, status, title }) => element("tr", [
  element("td", String(status)), element("td", element("a", element("code", kind), { href: `docs/problems/${kind}` })), element("td", title)], { id: `problem-${kind}` }));
main.append(element("section", [element("h2", "Problems", { id: "problems" }), element("table", kinds)]));
nav.append(element("a", "Problems", { href: "#problems" }));

document.getElementById("about").replaceChildren(
  `Version ${api.info.version}. Send an API key as "Authorization: Bearer …". `, element("a", "openapi.json", { href: "openapi.json" }));
document.getElementById("search").addEventListener("input", ({ target }) => {
  for (const one of main.querySelectorAll("details")) one.hidden = !one.dataset.text.includes(target.value.toLowerCase());
});
if (location.hash) document.querySelector(CSS.escape ? `#${CSS.escape(location.hash.slice(1))}` : location.hash)?.scrollIntoView();
