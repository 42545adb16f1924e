// Dialogs that ask for what the API takes: fields of a schema, or JSON where people write whole documents.
import { html, signal } from "../lib/html.js";
import { schemaOf } from "../lib/schemas.js";
import { ask, tellProblem, trying } from "./floating.js";
import { Fields, read, wrongFields } from "./form.js";

/** `schema` is a name of the OpenAPI document; `without` leaves fields out, `values` fills some in, `small` says what it is
    about. `send(given)` makes the request; where the API refuses it, each field says what is wrong with it. */
export async function askFor({ title, word, schema: name, without = [], values = {}, small, danger, send }) {
  const found = await schemaOf(name).catch(tellProblem);
  if (!found) return;
  const { schema, all } = found;
  const wrong = signal({});
  const Body = () => html`<div class="form">${small && html`<p class="ink2 small">${small}</p>`}<${Fields} schema=${schema} all=${all} without=${without} values=${values} wrong=${wrong.value} /></div>`;
  const act = trying(async (form) => {
    wrong.value = {};
    try {
      await send(read(schema, all, form));
    } catch (problem) {
      const isRead = !(problem instanceof Error);
      wrong.value = isRead ? problem : wrongFields({ errors: [], ...problem });
      throw isRead ? { title: "Something cannot be read", message: "Look at the fields that are marked." } : problem;
    }
  });
  ask({ title, word, danger, body: html`<${Body} />`, act });
}

/** A whole document as JSON; `save(value)` makes the request. */
export function askJson({ title, word, value, small, save }) {
  const body = html`<div class="form">
    ${small && html`<p class="ink2 small">${small}</p>`}
    <div class="field"><label for="document">JSON</label><textarea class="input mono area tall" id="document" name="document" rows="16" spellcheck=${false} defaultValue=${JSON.stringify(value, null, 2)}></textarea></div>
  </div>`;
  const act = trying(async (form) => {
    let given;
    try {
      given = JSON.parse(form.get("document"));
    } catch (error) {
      throw { title: "That is no JSON", message: error.message };
    }
    await save(given);
  });
  ask({ title, word, body, act });
}
