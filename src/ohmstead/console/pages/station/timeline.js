// Messages, status, commands, alerts, findings and refused connections of one station, newest first; quiet is folded.
import { clock, day, lasted } from "../../lib/format.js";
import { useFeed } from "../../lib/feed.js";
import { Fragment, html, useSignal } from "../../lib/html.js";
import { useList } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { asked, commandTitle, isRoutine, readings, said } from "../../lib/said.js";
import { Blank, Broken, Skeleton } from "../../kit/blank.js";
import { Button, Segmented } from "../../kit/button.js";
import { Icon } from "../../kit/icon.js";
import { CommandState, Rail } from "../../kit/rail.js";
import { Chip } from "../../kit/status.js";

const KINDS = [["all", "All"], ["message", "Messages", "messages"], ["status", "Status", "s-available"], ["command", "Commands", "command"], ["alert", "Alerts", "bell"]];
export function Timeline({ station }) {
  const list = useList(`${to("stations", station.id)}/timeline`, { limit: 50 });
  const kind = useSignal("all");
  const paused = useSignal(false);
  useFeed((event) => !paused.value && event.subject === station.id, list.load, 2000);
  const rows = list.rows.value?.filter((one) => kind.value === "all" || one.kind === kind.value);
  return html`<section class="card" aria-labelledby="timeline">
    <div class="card-head">
      <h2 id="timeline">Timeline</h2>
      <${Segmented} label="Show" options=${KINDS} value=${kind.value} pick=${(one) => (kind.value = one)} />
      <${Button} kind="quiet small" icon=${paused.value ? "play" : "pause"} aria-pressed=${String(paused.value)} onClick=${() => (paused.value = !paused.value)}>${paused.value ? "Go on" : "Pause"}<//>
    </div>
    <div class="card-body">
      ${!rows ? (list.problem.value ? html`<${Broken} problem=${list.problem.value} retry=${list.load} />` : html`<${Skeleton} />`) : rows.length ? html`<${Items} rows=${rows} />` : html`<${Blank} icon="clock" title="Nothing happened yet" />`}
    </div>
    <div class="card-foot">
      <${Button} kind="small" disabled=${list.done.value} onClick=${list.more}>Older<//><span class="push"></span>
      <a class="btn small quiet" download href=${`/api/v1${to("stations", station.id)}/trace.jsonl?limit=1000`}><${Icon} name="download" />Export trace</a>
    </div>
  </section>`;
}

/** Rows by day; what repeats itself is one line. */
function Items({ rows }) {
  let last = null;
  return html`<ol class="tl">
    ${folded(rows).map((one, n) => {
      const today = day(one.at);
      const isNew = today !== last;
      last = today;
      return html`<${Fragment} key=${n}>${isNew && html`<li class="tl-day">${today}</li>`}${one.quiet ? html`<${Quiet} many=${one.quiet} />` : html`<${Item} one=${one} />`}<//>`;
    })}
  </ol>`;
}

/** Readings and signs of life in one line; a command's own messages are in its rail and not beside it. */
function folded(rows) {
  const own = new Set(rows.filter((one) => one.kind === "command").flatMap((one) => one.data.calls.map((call) => call.message_id)));
  const found = [];
  for (const one of rows) {
    const isMessage = one.kind === "message";
    if (isMessage && one.data.direction === "out" && own.has(one.data.message_id)) continue;
    const isQuiet = isMessage && isRoutine(one.data);
    const before = found.at(-1);
    if (isQuiet && before?.quiet) before.quiet.push(one);
    else found.push(isQuiet ? { at: one.at, quiet: [one] } : one);
  }
  return found;
}

/** "3 readings, 14:01:02 to 14:03:02, the last 5.7 kW". */
function Quiet({ many }) {
  const open = useSignal(false);
  if (open.value || many.length === 1) return many.map((one) => html`<${Item} key=${one.data.id} one=${one} />`);
  const beats = many.filter((one) => one.data.action === "Heartbeat").length;
  const taken = many.length - beats;
  const last = many.map((one) => readings(one.data.payload)).find(Boolean);
  const parts = [taken && `${taken} ${taken === 1 ? "reading" : "readings"}`, beats && `${beats} ${beats === 1 ? "heartbeat" : "heartbeats"}`].filter(Boolean);
  return html`<li class="tl-item tl-gap"><time></time><span class="mk"></span><div class="tl-body">${parts.join(", ")}, ${clock(many.at(-1).at)} to ${clock(many[0].at)}${last && `, the last ${last}`}. <button type="button" class="link" onClick=${() => (open.value = true)}>Show them</button></div></li>`;
}

function Item({ one }) {
  const { icon, s, title, more, meta, extra } = look(one);
  return html`<li class="tl-item">
    <time datetime=${one.at}>${clock(one.at)}</time>
    <span class="mk" data-s=${s}><${Icon} name=${icon} s=${s} /></span>
    <div class="tl-body"><b>${title}</b> ${more && html`<span class="more">${more}</span>`}${extra}</div>
    <div class="tl-meta">${meta}</div>
  </li>`;
}

/** How an entry of each kind looks. */
function look({ kind, text, data }) {
  if (kind === "message" || kind === "status") {
    const bad = data.invalid ?? data.error?.code;
    const latency = lasted(data.at, data.answered_at);
    const title = html`<a class="link" href=${to("messages", data.id)}>${data.action ?? "Not OCPP"}</a>`;
    return { icon: bad ? "bad" : data.direction === "in" ? "in" : "out", s: bad ? "bad" : undefined, title, more: said(data), meta: bad ? html`<${Chip} s="bad">${bad}<//>` : latency };
  }
  if (kind === "command") {
    const title = html`<a class="link" href=${to("commands", data.id)}>${commandTitle(data)}</a>`;
    const isQuiet = ["accepted", "confirmed"].includes(data.state);
    return { icon: "command", s: "running", title, more: asked(data), meta: html`<${CommandState} state=${data.state} />`, extra: !isQuiet && html`<div class="tl-card"><${Rail} command=${data} /></div>` };
  }
  if (kind === "alert") return { icon: "bell", s: data.state === "firing" ? "bad" : "ok", title: data.subject, more: data.text, meta: html`<${Chip} s=${data.state === "firing" ? "bad" : "ok"}>${data.state}<//>` };
  if (kind === "finding") return { icon: "wrench", s: "repaired", title: data.code, more: data.text, meta: `${data.count} times` };
  return { icon: "door", s: "bad", title: "Refused", more: data.reason ?? text, meta: data.code };
}
