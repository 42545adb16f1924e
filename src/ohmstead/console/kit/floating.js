// What floats: dialogs that ask before something is done, and toasts that tell what became of it.
import { html, signal, useEffect, useRef } from "../lib/html.js";
import { Button, IconButton } from "./button.js";
import { Icon } from "./icon.js";

const toasts = signal([]);
let number = 0;

/** `tell({s, title, text, href})`: the result of an action; it goes away by itself unless it is bad. */
export function tell(toast) {
  const id = ++number;
  toasts.value = [...toasts.value, { id, s: "ok", ...toast }];
  if (toast.s !== "bad") setTimeout(() => forget(id), 8000);
}
const forget = (id) => (toasts.value = toasts.value.filter((one) => one.id !== id));
export const tellProblem = (problem) => tell({ s: "bad", title: problem.title, text: problem.message });

export const Toasts = () =>
  html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.value.map(
      (one) =>
        html`<div class="toast" data-s=${one.s} key=${one.id}>
          <${Icon} name=${one.s} s=${one.s} />
          <div><b>${one.title}</b>${one.text && html`<p>${one.text}</p>`}${one.href && html`<a class="link" href=${one.href}>Watch it</a>`}</div>
          <${IconButton} small icon="close" label="Close" onClick=${() => forget(one.id)} />
        </div>`,
    )}
  </div>`;

const open = signal(null);

/** Shows a dialog: `{title, body, act, word, keep, danger}`. `word` names what is done, `keep` what stays. */
export const ask = (dialog) => (open.value = dialog);
export const closeDialog = () => (open.value = null);

export function Dialogs() {
  const box = useRef();
  const dialog = open.value;
  useEffect(() => {
    if (dialog) box.current.showModal();
    else box.current.close();
  }, [dialog]);
  const act = async (event) => {
    event.preventDefault();
    const done = await dialog.act(new FormData(event.target));
    if (done !== false) closeDialog();
  };
  return html`<dialog class="dialog" ref=${box} aria-labelledby="dialog-title" onClose=${closeDialog}>
    ${dialog &&
    html`<form onSubmit=${act}>
      <header><h2 id="dialog-title">${dialog.title}</h2></header>
      <div class="body">${dialog.body}</div>
      <footer>
        <${Button} onClick=${closeDialog} autofocus=${dialog.danger}>${dialog.keep ?? "Cancel"}<//>
        ${dialog.act && html`<button class=${dialog.danger ? "btn danger primary" : "btn primary"}>${dialog.word}</button>`}
      </footer>
    </form>`}
  </dialog>`;
}
