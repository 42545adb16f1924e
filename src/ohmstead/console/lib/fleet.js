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
    this.moved = new Set();
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
      if (complete) for (const id of this.stations.keys()) if (!this.incoming.has(id)) this.#drop(id);
      if (page === 0 || complete) this.#sort();
      this.complete.value = complete;
    });
  }

  #delta({ stations, gone }) {
    batch(() => {
      for (const one of stations) this.#keep(one);
      for (const id of gone) this.#drop(id);
    });
    if (this.moved.size) this.timer ??= setTimeout(() => this.#sort(), SORT_EVERY);
  }

  /** What may have another place in the list now is noted in `moved`. */
  #keep(station) {
    const known = this.stations.get(station.id);
    const before = known?.peek();
    if (known) known.value = station;
    else this.stations.set(station.id, signal(station));
    if (!before || this.compare({ ...before, id: "" }, { ...station, id: "" })) this.moved.add(station.id);
  }

  #drop(id) {
    if (this.stations.delete(id)) this.moved.add(id);
  }

  /** Only those that moved are sorted, and put between the others: all ten thousand would take a frame. */
  #sort() {
    this.timer = undefined;
    const one = (id) => this.stations.get(id).peek();
    const compare = (a, b) => this.compare(one(a), one(b));
    const stay = this.order.peek().filter((id) => !this.moved.has(id));
    const come = [...this.moved].filter((id) => this.stations.has(id)).sort(compare);
    this.moved.clear();
    this.order.value = merged(stay, come, compare);
  }
}

/** Two sorted lists as one. */
function merged(some, others, compare) {
  const found = [];
  let n = 0;
  for (const one of others) {
    while (n < some.length && compare(some[n], one) <= 0) found.push(some[n++]);
    found.push(one);
  }
  return found.concat(some.slice(n));
}
