// The console: who is signed in, which page the address names, and what lies around it.
import * as api from "./lib/api.js";
import { html, render, signal, useEffect } from "./lib/html.js";
import { path } from "./lib/router.js";
import { restore, session } from "./lib/session.js";
import { loadSites } from "./lib/sites.js";
import { Dialogs, Toasts } from "./kit/floating.js";
import { pageAt } from "./pages/index.js";
import { loadOthers } from "./pages/lazy.js";
import { Palette } from "./shell/palette.js";
import { Shell } from "./shell/shell.js";
import { SignIn, SignInAgain } from "./shell/sign-in.js";

const linkProblem = signal(null);
/** Somebody was signed in: their page, with what they typed, stays behind the sign-in that comes when it ends. */
const begun = signal(false);

function App() {
  useEffect(() => {
    if (!session.value) return;
    begun.value = true;
    loadSites().catch(() => {});
  }, [session.value]);
  if (session.value === undefined) return null;
  if (!session.value && !begun.value) return html`<${SignIn} problem=${linkProblem.value} />`;
  const { Page, params, section } = pageAt(path.value);
  return html`<${Shell} section=${section}><${Page} key=${path.value} ...${params} /><//>
    <${Palette} /><${Dialogs} /><${Toasts} />${!session.value && html`<${SignInAgain} />`}`;
}

linkProblem.value = await restore(api);
render(html`<${App} />`, document.getElementById("app"));
setTimeout(loadOthers, 2000);
