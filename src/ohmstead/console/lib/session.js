// Who is signed in: null while nobody is, undefined until that is known.
import { signal } from "./html.js";

export const session = signal(undefined);

/** Whether the signed-in one has a scope; what they may not do is not shown. */
export const may = (scope) => {
  const scopes = session.value?.scopes ?? [];
  return scopes.includes("admin") || scopes.includes(scope);
};

/** Finds out who is signed in; a one-time link in the address (`/#link=...`) is used up first. */
export async function restore(api) {
  const link = new URLSearchParams(location.hash.slice(1)).get("link");
  if (link) {
    history.replaceState(null, "", location.pathname + location.search);
    try {
      session.value = await api.post("/sign-in", { link });
      return null;
    } catch (problem) {
      session.value = null;
      return problem;
    }
  }
  try {
    session.value = await api.get("/sign-in");
  } catch {
    session.value = null;
  }
  return null;
}
