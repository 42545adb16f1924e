// Any command, as a form from the API's own schema; below, those that were sent.
import { post } from "../../lib/api.js";
import { html, useEffect, useRef, useSignal, useState } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { openapi } from "../../lib/schemas.js";
import { may } from "../../lib/session.js";
import { Button, Segmented } from "../../kit/button.js";
import { tell, tellProblem } from "../../kit/floating.js";
import { Fields, plain, read, wrongFields } from "../../kit/form.js";
import { Card } from "../../kit/page.js";
import { CommandTable } from "../commands.js";

const AROUND = ["type", "if_offline", "expires_in"];

/** Type of command -> its schema, and all schemas they refer to. */
async function commandSchemas() {
  const document = await openapi();
  const body = document.paths["/api/v1/stations/{id}/commands"].post.requestBody.content["application/json"].schema;
  const names = body.anyOf.find((one) => one.discriminator).discriminator.mapping;
  const all = document.components.schemas;
  return { all, types: Object.fromEntries(Object.entries(names).map(([type, $ref]) => [type, plain({ $ref }, all)])) };
}

export function CommandsTab({ station }) {
  const [raw, setRaw] = useState("typed");
  const sent = useSignal(0);
  const Form = raw === "raw" ? RawForm : TypedForm;
  return html`<div class="split">
    <div class="stack"><${CommandTable} key=${sent.value} station=${station.id} /></div>
    <div class="stack">
      ${may("commands:write") &&
      html`<${Card} title="Send a command" actions=${html`<${Segmented} label="How" value=${raw} pick=${setRaw} options=${[["typed", "Typed"], ["raw", "Raw OCPP"]]} />`}>
        <${Form} station=${station} done=${() => sent.value++} />
      <//>`}
    </div>
  </div>`;
}

async function send(station, body, done) {
  const made = await post(`${to("stations", station.id)}/commands`, body);
  tell({ s: "info", title: `${body.type ?? body.ocpp.action}: ${made.state}`, text: station.id, href: to("commands", made.id) });
  done();
}

function TypedForm({ station, done }) {
  const schemas = useSignal(null);
  const [type, setType] = useState("trigger");
  const [wrong, setWrong] = useState({});
  useEffect(() => {
    commandSchemas().then((found) => (schemas.value = found), tellProblem);
  }, []);
  if (!schemas.value) return null;
  const { all, types } = schemas.value;
  const submit = async (event) => {
    event.preventDefault();
    setWrong({});
    try {
      await send(station, { type, ...read(types[type], all, new FormData(event.target)) }, done);
    } catch (refused) {
      if (!(refused instanceof Error)) return setWrong(refused);
      setWrong(wrongFields({ errors: [], ...refused }));
      tellProblem(refused);
    }
  };
  return html`<form class="form" onSubmit=${submit}>
    <div class="field">
      <label for="command-type">Command</label>
      <select class="input" id="command-type" value=${type} onChange=${(event) => (setType(event.target.value), setWrong({}))}>
        ${Object.keys(types).sort().map((one) => html`<option key=${one} value=${one} selected=${one === type}>${one.replaceAll("_", " ")}</option>`)}
      </select>
      <span class="help">${types[type].description}</span>
    </div>
    <${Fields} key=${type} schema=${types[type]} all=${all} without=${AROUND} wrong=${wrong} />
    <button class="btn primary">Send to ${station.id}</button>
  </form>`;
}

function RawForm({ station, done }) {
  const [wrong, setWrong] = useState(null);
  const box = useRef();
  const submit = async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    let payload;
    try {
      payload = JSON.parse(given.get("payload") || "{}");
    } catch (error) {
      return setWrong([`The payload is no JSON: ${error.message}`]);
    }
    try {
      setWrong(null);
      await send(station, { ocpp: { action: given.get("action").trim(), payload } }, done);
    } catch (problem) {
      setWrong(problem.errors?.length ? problem.errors.map((one) => `${one.pointer}: ${one.detail}`) : [problem.message]);
    }
  };
  return html`<form class="form" onSubmit=${submit} ref=${box}>
    <div class="field"><label for="raw-action">Action of OCPP ${station.ocpp_version}</label><input class="input mono" id="raw-action" name="action" required /></div>
    <div class="field"><label for="raw-payload">Payload</label><textarea class="input mono area" id="raw-payload" name="payload" rows="8" spellcheck=${false} placeholder="{}"></textarea></div>
    ${wrong && html`<ul class="field" role="alert">${wrong.map((one) => html`<li class="err" key=${one}>${one}</li>`)}</ul>`}
    <button class="btn primary">Send to ${station.id}</button>
  </form>`;
}
