// The schemas of the API's own document, read once by the first page that has a form of them.
import { get } from "./api.js";

let document = null;

export function openapi() {
  document ??= get("/openapi.json").catch((problem) => {
    document = null; // the next one tries again
    throw problem;
  });
  return document;
}

/** The schema of this name, and all that it may refer to. */
export async function schemaOf(name) {
  const all = (await openapi()).components.schemas;
  return { schema: all[name], all };
}
