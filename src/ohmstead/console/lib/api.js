// The public API and nothing else. A refusal is a Problem: what, where, why, what next (RFC 9457).
import { signal } from "./html.js";
import { session } from "./session.js";

const BASE = "/api/v1";

/** Counts the answers that something was changed meanwhile (412): what pages show is then read anew, so that who edits again
    edits what is there. */
export const conflicts = signal(0);

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? "No answer");
    this.status = status;
    this.title = body.title ?? "The server does not answer";
    this.errors = body.errors ?? [];
    this.requestId = body.request_id;
  }
}

/** "/stations?status=faulted&status=offline"; values that are null, undefined or empty are left out. */
export function address(path, query = {}) {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== null && one !== undefined && one !== "") given.append(name, one);
  const text = given.toString();
  return BASE + path + (text && `?${text}`);
}

/** Makes one request; `{data, etag}`. Throws a Problem. Signed out by the answer: the sign-in comes over the page. A body is
    sent as JSON, a Blob as it is. */
export async function request(method, path, { query, body, ifMatch } = {}) {
  const headers = { Accept: "application/json" };
  const isRaw = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = isRaw ? "application/octet-stream" : "application/json";
  if (ifMatch) headers["If-Match"] = ifMatch;
  if (method !== "GET" && session.value) headers["X-CSRF-Token"] = session.value.csrf_token;
  let answer;
  try {
    answer = await fetch(address(path, query), { method, headers, body: body === undefined || isRaw ? body : JSON.stringify(body) });
  } catch {
    throw new Problem(0, { title: "No connection to Ohmstead", detail: "The server does not answer. Nothing was changed." });
  }
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json");
  const data = isJson && text ? JSON.parse(text) : text || null;
  if (answer.ok) return { data, etag: answer.headers.get("etag"), headers: answer.headers };
  if (answer.status === 401 && path !== "/sign-in") session.value = null;
  if (answer.status === 412) conflicts.value++;
  throw new Problem(answer.status, isJson ? data : { title: `Status ${answer.status}` });
}

export const get = async (path, query) => (await request("GET", path, { query })).data;
export const upload = async (path, file, query) => (await request("POST", path, { body: file, query })).data;
export const post = async (path, body, query) => (await request("POST", path, { body, query })).data;

/** All rows of a list, page after page, up to `most`. */
export async function all(path, query, most = 20_000) {
  const rows = [];
  let cursor;
  do {
    const page = await get(path, { limit: 1000, ...query, cursor });
    rows.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor && rows.length < most);
  return rows;
}
