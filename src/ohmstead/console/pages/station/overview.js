// The EVSEs as they are now, and what happened in one order.
import { html } from "../../lib/html.js";
import { may } from "../../lib/session.js";
import { Blank } from "../../kit/blank.js";
import { EvseCard } from "./evse-card.js";
import { Settings } from "./settings.js";
import { Timeline } from "./timeline.js";

export const OverviewTab = ({ station, remote }) =>
  html`${station.evses.length
      ? html`<section class="evses" aria-label="EVSEs">${station.evses.map((evse) => html`<${EvseCard} key=${evse.id} station=${station} evse=${evse} />`)}</section>`
      : html`<${Blank} icon="plug" title="No EVSE known yet">The station tells of them when it connects and reports its status.<//>`}
    <div class="split">
      <div class="stack">${may("messages:read") && html`<${Timeline} station=${station} />`}</div>
      <div class="stack"><${Settings} station=${station} remote=${remote} /></div>
    </div>`;
