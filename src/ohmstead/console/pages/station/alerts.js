// What at this station needs a person, above every tab.
import { post } from "../../lib/api.js";
import { ago } from "../../lib/format.js";
import { useFeed } from "../../lib/feed.js";
import { html } from "../../lib/html.js";
import { useList } from "../../lib/remote.js";
import { may } from "../../lib/session.js";
import { Button } from "../../kit/button.js";
import { tellProblem } from "../../kit/floating.js";
import { Icon } from "../../kit/icon.js";
import { severityTone } from "../../kit/status.js";

const MOST = 4;
const ICONS = { bad: "s-faulted", warn: "warn", info: "info" };

export function Alerts({ station }) {
  const list = useList(may("alerts:read") ? "/alerts" : null, { station_id: station.id, state: "firing" });
  useFeed((event) => event.subject === station.id && event.type.startsWith("ohmstead.alert."), list.load);
  const waiting = (list.rows.value ?? []).filter((one) => !one.acknowledged_at && severityTone(one.severity) !== "info"); // news is on the page of alerts
  if (!waiting.length) return null;
  const acknowledge = (id) => post(`/alerts/${id}/acknowledge`).then(list.load, tellProblem);
  return html`<section class="alerts" aria-label="Alerts">
    ${waiting.slice(0, MOST).map(
      (one) =>
        html`<div class="note" key=${one.id} data-s=${severityTone(one.severity)}>
          <${Icon} name=${ICONS[severityTone(one.severity)]} />
          <div><b>${one.text || one.subject}</b><p>${one.severity_name}, ${ago(one.last_at)}${one.count > 1 ? `, ${one.count} times` : ""}</p></div>
          ${may("alerts:write") && html`<${Button} kind="small" onClick=${() => acknowledge(one.id)}>Acknowledge<//>`}
        </div>`,
    )}
  </section>`;
}
