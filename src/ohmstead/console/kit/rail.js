// How far a command truly is: queued, sent, answered, confirmed, a time under every stop. Never optimistic.
import { clock, lasted } from "../lib/format.js";
import { html } from "../lib/html.js";
import { Icon } from "./icon.js";
import { Chip } from "./status.js";

const MARKS = { done: "ok", now: "now", todo: "todo", fail: "bad", warn: "warn", skip: "skip" };
const TONES = {
  queued: "info", sent: "running", accepted: "ok", confirmed: "confirmed", rejected: "rejected", error: "bad",
  timed_out: "warn", unconfirmed: "warn", expired: "none", cancelled: "none",
}; // prettier-ignore

export const CommandState = ({ state }) => html`<${Chip} s=${TONES[state]}>${state.replace("_", " ")}<//>`;

/** The stops of a command: [word, how, text]. */
export function stops(command) {
  const { state, calls } = command;
  const first = calls.find((one) => one.sent_at);
  const last = calls.findLast((one) => one.answered_at);
  const sent = first ? ["Sent", "done", `+${lasted(command.created_at, first.sent_at)}`] : null;
  const failed = { rejected: "Rejected", error: "Error", timed_out: "No answer" }[state];
  const queued = ["Queued", "done", clock(command.created_at)];
  if (state === "queued") return [["Queued", "now", "waits for its turn"], ["Sent", "todo"], ["Accepted", "todo"], ["Confirmed", "todo"]];
  if (state === "expired" || state === "cancelled") return [queued, [state === "expired" ? "Expired" : "Cancelled", "warn", "never sent"]];
  if (state === "sent") return [queued, sent ?? ["Sent", "done"], ["Accepted", "now", "waits for the answer"], ["Confirmed", "todo"]];
  const answered = last ? `+${lasted(first?.sent_at, last.answered_at)}` : "";
  if (failed) return [queued, sent ?? ["Sent", "skip"], [failed, state === "timed_out" ? "warn" : "fail", answered], ["Confirmed", "skip", "not reached"]];
  const accepted = ["Accepted", "done", answered];
  if (state === "confirmed") return [queued, sent, accepted, ["Confirmed", "done"]];
  if (state === "unconfirmed") return [queued, sent, accepted, ["Not confirmed", "warn", "the station did not show it"]];
  return [queued, sent, accepted];
}

export const Rail = ({ command }) =>
  html`<ol class="rail long">
      ${stops(command)
        .filter(Boolean)
        .map(([word, how, text]) => html`<li key=${word} data-at=${how}><${Icon} name=${MARKS[how]} /><b>${word}</b><small>${text}</small></li>`)}
    </ol>
    ${(command.reason || command.error) && html`<p class="mt2 micro ink2">${command.reason ?? `${command.error.code}: ${command.error.description}`}</p>`}`;
