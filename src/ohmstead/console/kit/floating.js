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
/** What was refused: in the dialog that asked for it, where what was typed stays, else as a toast. */
export const tellProblem = (problem) => (open.value ? (wrong.value = problem) : tell({ s: "bad", title: problem.title, text: problem.message }));

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
const wrong = signal(null);
/** The dialog's act is under way: it is not begun twice. */
const busy = signal(false);

/** Shows a dialog: `{title, body, act, word, keep, danger}`. `word` names what is done, `keep` what stays. */
export const ask = (dialog) => ((wrong.value = null), (open.value = dialog));
export const closeDialog = () => (open.value = null);

/** An act of a dialog: where the API refuses it, the dialog says why and stays. */
export const trying = (work) => async (form) => {
  try {
    await work(form);
  } catch (problem) {
    tellProblem(problem.status === 412 ? { title: "Somebody else changed it", message: "Nothing was saved. Close this, look at it again and decide anew." } : problem);
    return false;
  }
};

const Wrong = ({ problem }) =>
  html`<div class="note" data-s="bad" role="alert">
    <${Icon} name="bad" />
    <div><b>${problem.title}</b>${problem.message !== problem.title && html`<p>${problem.message}</p>`}${problem.errors?.map((one) => html`<p key=${one.pointer}><span class="mono">${one.pointer}</span> ${one.detail}</p>`)}</div>
  </div>`;

export function Dialogs() {
  const box = useRef();
  const dialog = open.value;
  useEffect(() => {
    if (dialog) box.current.showModal();
    else box.current.close();
  }, [dialog]);
  const act = async (event) => {
    event.preventDefault();
    if (busy.value) return;
    wrong.value = null;
    busy.value = true;
    let done;
    try {
      done = await dialog.act(new FormData(event.target));
    } finally {
      busy.value = false;
    }
    if (done !== false && open.value === dialog) closeDialog();
  };
  return html`<dialog class="dialog" ref=${box} aria-labelledby="dialog-title" onClose=${closeDialog}>
    ${dialog &&
    html`<form onSubmit=${act}>
      <header><h2 id="dialog-title">${dialog.title}</h2></header>
      <div class="body">${dialog.body}${wrong.value && html`<${Wrong} problem=${wrong.value} />`}</div>
      <footer>
        <${Button} onClick=${closeDialog} autofocus=${dialog.danger}>${dialog.keep ?? "Cancel"}<//>
        ${dialog.act && html`<button class=${dialog.danger ? "btn danger primary" : "btn primary"} aria-disabled=${String(busy.value)}>${dialog.word}</button>`}
      </footer>
    </form>`}
  </dialog>`;
}
