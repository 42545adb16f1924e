// The fleet as it is now: one stream, first a snapshot, then deltas; one signal for each station, so that a change draws
// one row. The server filters and says what comes first; here the order is only kept while states change.
import { address } from "./api.js";
import { batch, signal } from "./html.js";

const RANK = ["faulted", "offline", "pending", "charging", "occupied", "available", "reserved", "unavailable"];
const SORT_EVERY = 500;
const AGAIN_MS = 5000;

/** By code units: ten thousand comparisons by the rules of a language take a tenth of a second. */
const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const byId = (a, b) => byText(a.id, b.id);
const ORDERS = {
  status: (a, b) => RANK.indexOf(a.status) - RANK.indexOf(b.status) || byId(a, b),
  id: byId,
  last_seen_at: (a, b) => byText(a.last_seen_at ?? "", b.last_seen_at ?? "") || byId(a, b),
};

export class Fleet {
  /** `query`: the filters and `sort` of GET /stations. */
  constructor(query) {
    this.stations = new Map();
    this.order = signal([]);
    this.state = signal("waiting");
    this.complete = signal(false);
    this.compare = this.#comparison(query.sort ?? "status");
    this.#open(address("/stations/live", query));
  }

  /** The browser comes back by itself where the line was cut, not where something else answered: then it is begun anew. */
  #open(url) {
    this.source = new EventSource(url);
    this.source.onopen = () => (this.state.value = "on");
    this.source.onerror = () => {
      const isClosed = this.source.readyState === EventSource.CLOSED;
      this.state.value = isClosed ? "stale" : "waiting";
      if (isClosed) this.retry = setTimeout(() => this.#open(url), AGAIN_MS);
    };
    this.source.addEventListener("snapshot", (event) => this.#snapshot(JSON.parse(event.data)));
    this.source.addEventListener("delta", (event) => this.#delta(JSON.parse(event.data)));
  }

  close() {
    this.source.close();
    clearTimeout(this.timer);
    clearTimeout(this.retry);
  }

  #comparison(sort) {
    const order = ORDERS[sort.replace("-", "")];
    return sort.startsWith("-") ? (a, b) => -order(a, b) : order;
  }

  #snapshot({ page, complete, stations }) {
    batch(() => {
      if (page === 0) {
        this.incoming = new Set();
        this.complete.value = false;
      }
      for (const one of stations) {
        this.#keep(one);
        this.incoming.add(one.id);
      }
      if (complete) for (const id of this.stations.keys()) if (!this.incoming.has(id)) this.stations.delete(id);
      if (page === 0 || complete) this.#sort();
      this.complete.value = complete;
    });
  }

  #delta({ stations, gone }) {
    let moved = false;
    batch(() => {
      for (const one of stations) moved = this.#keep(one) || moved;
      for (const id of gone) moved = this.stations.delete(id) || moved;
    });
    if (moved) this.timer ??= setTimeout(() => this.#sort(), SORT_EVERY);
  }

  /** Whether its place in the list may be another one now. */
  #keep(station) {
    const known = this.stations.get(station.id);
    if (!known) {
      this.stations.set(station.id, signal(station));
      return true;
    }
    const before = known.peek();
    known.value = station;
    return this.compare({ ...before, id: "" }, { ...station, id: "" }) !== 0;
  }

  #sort() {
    this.timer = undefined;
    const all = [...this.stations.values()].map((one) => one.peek());
    this.order.value = all.sort(this.compare).map((one) => one.id);
  }
}
