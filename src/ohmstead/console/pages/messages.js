// Every call with its answer: how long it took, what it says, and what is wrong at its path. On a wide screen the one that is
// picked stands beside the list.
import { clock, lasted } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html, useEffect, useSignal } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { said } from "../lib/said.js";
import { Blank } from "../kit/blank.js";
import { Button, Segmented } from "../kit/button.js";
import { Icon } from "../kit/icon.js";
import { PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable, Search } from "../kit/table.js";
import { Beside, directions, Result } from "./message.js";

const WHICH = [["", "All"], ["true", "Refused or odd", "bad"]];
/** From here on there is room for the picked message beside the list. */
const WIDE = matchMedia("(width >= 68rem)");

const pick = (id) => filter({ message: id });

function Action({ row }) {
  const [icon, word] = directions[row.direction];
  const show = (event) => {
    const isPlain = !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0;
    if (WIDE.matches && isPlain) (event.preventDefault(), pick(row.id));
  };
  return html`<span class="act"><${Icon} name=${icon} /><span class="vh">${word}</span><a href=${to("messages", row.id)} onClick=${show}>${row.action ?? "not OCPP"}</a></span>`;
}

const Time = ({ at }) => html`${clock(at)}<span class="dim">.${at.slice(20, 23).padEnd(3, "0")}</span>`;

const columns = (withStation) =>
  [
    { key: "time", title: "Time", class: "c-time", cell: (row) => html`<${Time} at=${row.at} />` },
    { key: "action", title: "Action", class: "c-act", cell: (row) => html`<${Action} row=${row} />` },
    withStation && { key: "station", title: "Station", class: "c-station", cell: (row) => row.station_id },
    { key: "latency", title: "Answer in", class: "c-lat r", cell: (row) => lasted(row.at, row.answered_at) },
    { key: "result", title: "Result, and what it says", class: "c-res", cell: (row) => html`<span class="res"><${Result} row=${row} />${row.invalid ? html`<${Chip} s="bad"><span class="clip">${row.invalid}</span><//>` : html`<span class="said dim">${said(row)}</span>`}</span>` },
  ].filter(Boolean);

/** J and K go down and up the list, where nothing is typed. */
function useKeys(rows, picked) {
  useEffect(() => {
    const key = (event) => {
      const step = { j: 1, k: -1 }[event.key];
      if (!step || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog") || !WIDE.matches) return;
      const at = rows.findIndex((one) => one.id === picked);
      const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
      if (next) pick(next.id);
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, [rows, picked]);
}

export function MessageList({ station }) {
  const asked = query.value;
  const filters = { station_id: station ?? asked.get("station_id"), action: asked.get("action"), invalid: asked.get("invalid") };
  const list = useList("/messages", filters);
  const tail = useSignal(false);
  const picked = asked.get("message");
  useFeed((event) => tail.value && (!station || event.subject === station), list.load, 2000);
  useKeys(list.rows.value ?? [], picked);
  const empty = html`<${Blank} icon="messages" title="No message meets the filters" />`;
  const foot = html`<span class="hide-s gap2"><kbd>J</kbd> <kbd>K</kbd> go down and up</span>`;
  return html`<div class="toolbar">
      ${!station && html`<${Search} name="station_id" label="Station" />`}
      <${Search} name="action" label="Action, as OCPP spells it" placeholder="Action" />
      <${Segmented} label="Findings" options=${WHICH} value=${asked.get("invalid") ?? ""} pick=${(one) => filter({ invalid: one })} />
      <span class="push"></span>
      <${Button} kind="small" icon=${tail.value ? "pause" : "play"} aria-pressed=${String(tail.value)} onClick=${() => (tail.value = !tail.value)}>${tail.value ? "Stop following" : "Follow"}<//>
    </div>
    <div class=${picked ? "mail" : ""}>
      <div class="card table-card"><${DataTable} name="msgs" label="Messages, newest first" list=${list} columns=${columns(!station)} empty=${empty} selected=${picked} foot=${foot} /></div>
      ${picked && html`<${Beside} key=${picked} id=${picked} close=${() => pick(null)} />`}
    </div>`;
}

export const MessagesPage = () => html`<${PageHead} title="Messages">Every call with its answer, as it was on the wire, newest first.<//><${MessageList} />`;
