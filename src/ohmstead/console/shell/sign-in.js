// User and password, or an API key in the password field alone.
import { get, post } from "../lib/api.js";
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { session } from "../lib/session.js";
import { Icon } from "../kit/icon.js";
import { useTitle } from "../kit/page.js";

export function SignIn({ problem: first, again }) {
  useTitle("Sign in");
  const [problem, setProblem] = useState(first);
  const [busy, setBusy] = useState(false);
  const [provider, setProvider] = useState(null);
  useEffect(() => void get("/sign-in/options").then((options) => setProvider(options.provider), () => {}), []);
  const send = async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    setBusy(true);
    try {
      session.value = await post("/sign-in", { user: given.get("user").trim() || null, password: given.get("password") });
    } catch (refused) {
      setProblem(refused);
      setBusy(false);
    }
  };
  return html`<main class="sign-in" id="main">
    <form class="card" onSubmit=${send} aria-labelledby="sign-in-title">
      <span class="brand"><svg aria-hidden="true"><use href="#mark" /></svg><span>Ohmstead</span></span>
      <h1 id="sign-in-title">${again ? "Sign in again to go on" : "Sign in"}</h1>
      <div class="field">
        <label for="user">User <span class="dim">empty for an API key</span></label>
        <input class="input" id="user" name="user" autocomplete="username" autofocus />
      </div>
      <div class="field">
        <label for="password">Password or API key</label>
        <input class="input" id="password" name="password" type="password" autocomplete="current-password" required aria-invalid=${problem ? "true" : undefined} aria-describedby=${problem ? "wrong" : undefined} />
        ${problem && html`<span class="err" id="wrong" role="alert"><${Icon} name="bad" />${problem.message}</span>`}
      </div>
      <button class="btn primary" disabled=${busy}>Sign in</button>
      ${provider && html`<a class="btn" href=${provider.path}>${provider.label}</a>`}
    </form>
  </main>`;
}

/** Over the page, where a session ended in the middle of something: what was typed stays. */
export function SignInAgain() {
  const box = useRef();
  useEffect(() => box.current.showModal(), []);
  return html`<dialog class="again" ref=${box} aria-label="Sign in again" onCancel=${(event) => event.preventDefault()}><${SignIn} again /></dialog>`;
}
