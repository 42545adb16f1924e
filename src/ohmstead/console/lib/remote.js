// What a page shows of the API: loaded, kept while it is loaded again, with its problem and its age.
import { get, request } from "./api.js";
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
  }, [key]);
  return { ...state, load };
}

/** A list, page after page: `rows` (null until the first page), `more()` reads the next, `done` when there is none. */
export function useList(path, query = {}) {
  const state = { rows: useSignal(null), problem: useSignal(null), done: useSignal(false) };
  const key = JSON.stringify([path, query]);
  const at = useRef({});
  const page = async (cursor) => {
    if (!path) return;
    try {
      const answer = await get(path, { limit: 100, ...query, cursor });
      if (at.current.key !== key) return;
      const shown = cursor ? state.rows.value : [];
      state.rows.value = [...shown, ...answer.data];
      state.done.value = answer.next_cursor === null;
      state.problem.value = null;
      at.current.cursor = answer.next_cursor;
    } catch (problem) {
      if (at.current.key === key) state.problem.value = problem;
    }
  };
  const load = () => {
    at.current = { key, cursor: null };
    return page(null);
  };
  useEffect(() => {
    load();
  }, [key]);
  return { ...state, load, more: () => at.current.cursor && page(at.current.cursor) };
}
