// The event feed for pages that are not the fleet: one stream while anybody listens.
import { address } from "./api.js";
import { signal, useEffect, useRef } from "./html.js";

const TYPES = [
  "station.connected", "station.disconnected", "station.booted", "station.csms_migration", "connector.status_changed",
  "transaction.started", "transaction.updated", "transaction.ended", "transaction.gap_detected", "transaction.reconciled",
  "authorization.refused", "message.invalid", "alert.firing", "alert.resolved", "device_model.changed", "security.event",
  "command.queued", "command.sent", "command.accepted", "command.rejected", "command.error", "command.timed_out",
  "command.confirmed", "command.unconfirmed", "command.expired", "command.cancelled",
  "campaign.running", "campaign.paused", "campaign.resumed", "campaign.stopped", "campaign.done", "campaign.cancelled",
  "certificate.issued", "certificate.installed", "certificate.seen", "certificate.revoked", "certificate.failed",
  "reservation.active", "reservation.used", "reservation.refused", "reservation.expired", "reservation.cancelled",
  "charging_need.at_risk", "charging_need.met", "charging_need.missed", "limit.applied", "limit.violated",
  "station.in_step", "station.drifted", "station.changed_locally", "file.received", "transaction.billed",
  "contract.created", "contract.provisioned", "contract.refused", "contract.revoked",
]; // prettier-ignore
/** Listener -> what reads again all that it shows, for when events may have been missed. */
const listeners = new Map();
const AGAIN_MS = 5000;
/** null: this page listens to nothing. */
export const feedState = signal(null);
let source = null;
let retry;

function open() {
  feedState.value = "waiting";
  source = new EventSource(address("/events/stream"));
  source.onopen = () => (feedState.value = "on");
  source.onerror = () => {
    const isClosed = source.readyState === EventSource.CLOSED;
    feedState.value = isClosed ? "stale" : "waiting";
    if (isClosed) retry = setTimeout(reopen, AGAIN_MS); // something else answered: the browser gives up, we do not
  };
  for (const type of TYPES)
    source.addEventListener(`ohmstead.${type}`, (message) => {
      const event = JSON.parse(message.data);
      for (const listener of listeners.keys()) listener(event);
    });
}

function reopen() {
  open();
  for (const again of listeners.values()) again();
}

function listen(listener, again) {
  listeners.set(listener, again);
  if (!source) open();
  return () => {
    listeners.delete(listener);
    if (!listeners.size) {
      clearTimeout(retry);
      source.close();
      source = null;
      feedState.value = null;
    }
  };
}

/** Calls `work` soon after events that `concerns` picks; at most once in `every` milliseconds, and the last one counts. */
export function useFeed(concerns, work, every = 1000) {
  const latest = useRef();
  latest.current = { concerns, work };
  useEffect(() => {
    let timer;
    const stop = listen((event) => {
      if (!latest.current.concerns(event)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        latest.current.work();
      }, every);
    }, () => latest.current.work());
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
}
