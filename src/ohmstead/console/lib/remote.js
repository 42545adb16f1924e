// What a page shows of the API: loaded, kept while it is loaded again, with its problem and its age.
import { conflicts, get, request } from "./api.js";
import { useEffect, useRef, useSignal } from "./html.js";

/** One thing: signals of `data`, `etag`, `problem`; `load()` reads it again. Old data stays until there is new. */
export function useRemote(path, query) {
  const state = { data: useSignal(null), etag: useSignal(null), problem: useSignal(null) };
  const key = JSON.stringify([path, query]);
  const latest = useRef(key);
  latest.current = key;
  const load = async () => {
    if (!path) return;
    try {
      const answer = await request("GET", path, { query });
      if (latest.current !== key) return;
      state.data.value = answer.data;
      state.etag.value = answer.etag;
      state.problem.value = null;
    } catch (problem) {
      if (latest.current === key) state.problem.value = problem;
    }
  };
  useEffect(() => {
    load();
  }, [key, conflicts.value]);
  return { ...state, load };
}

const idOf = (row) => row?.id ?? row?.data?.id;

/** A list, page after page: `rows` (null until the first page), `more()` reads the next, `done` when there is none. Read again,
    what was read after the first page stays below it: nobody loses their place. */
export function useList(path, query = {}) {
  const state = { rows: useSignal(null), problem: useSignal(null), done: useSignal(false) };
  const key = JSON.stringify([path, query]);
  const at = useRef({});
  const page = async (cursor) => {
    if (!path) return;
    try {
      const answer = await get(path, { limit: 100, ...query, cursor });
      if (at.current.key !== key) return;
      const shown = state.rows.value ?? [];
      const last = idOf(answer.data.at(-1));
      const joint = cursor || last === undefined ? -1 : shown.findIndex((one) => idOf(one) === last);
      const below = joint >= 0 && at.current.pages > 1 ? shown.slice(joint + 1) : [];
      state.rows.value = cursor ? [...shown, ...answer.data] : [...answer.data, ...below];
      state.problem.value = null;
      if (below.length) return;
      at.current.pages = cursor ? at.current.pages + 1 : 1;
      state.done.value = answer.next_cursor === null;
      at.current.cursor = answer.next_cursor;
    } catch (problem) {
      if (at.current.key === key) state.problem.value = problem;
    }
  };
  const load = () => page(null);
  useEffect(() => {
    at.current = { key, cursor: null, pages: 0 };
    load();
  }, [key]);
  return { ...state, load, more: () => at.current.cursor && page(at.current.cursor) };
}
