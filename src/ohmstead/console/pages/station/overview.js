// The EVSEs as they are now, what happened in one order, and beside it what is known and wanted of the station.
import { useFeed } from "../../lib/feed.js";
import { html } from "../../lib/html.js";
import { useList, useRemote } from "../../lib/remote.js";
import { to } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Blank } from "../../kit/blank.js";
import { EvseCard } from "./evse-card.js";
import { Migration } from "./migration.js";
import { Settings } from "./settings.js";
import { Timeline } from "./timeline.js";
import { Today, Wanted } from "./today.js";

const NEWEST = 30;

export function OverviewTab({ station, remote }) {
  const list = useList(may("transactions:read") ? "/transactions" : null, { station_id: station.id, limit: NEWEST });
  useFeed((event) => event.subject === station.id && event.type.startsWith("ohmstead.transaction."), list.load, 3000);
  const shares = useShares(station);
  const cards = station.evses.map((evse) => html`<${EvseCard} key=${evse.id} station=${station} evse=${evse} transactions=${list.rows.value} shares=${shares(evse.id)} />`);
  return html`${cards.length ? html`<section class="evses" aria-label="EVSEs">${cards}</section>` : html`<${Blank} icon="plug" title="No EVSE known yet">The station tells of them when it connects and reports its status.<//>`}
    <div class="split">
      <div class="stack">${may("messages:read") && html`<${Timeline} station=${station} />`}</div>
      <div class="stack">
        ${may("campaigns:read") && html`<${Wanted} station=${station} />`}
        <${Migration} station=${station} remote=${remote} />
        <${Settings} station=${station} remote=${remote} />
        ${may("transactions:read") && html`<${Today} station=${station} transactions=${list.rows.value} most=${NEWEST} />`}
      </div>
    </div>`;
}

/** What the site gave each EVSE in the last hour, and why: EVSE -> [{at, limit_w, text}]. */
function useShares(station) {
  const remote = useRemote(station.site_id && may("sites:read") ? `${to("sites", station.site_id)}/timeline` : null);
  const samples = remote.data.value?.data ?? [];
  return (evse) =>
    samples.flatMap((sample) => {
      const own = sample.evses.find((one) => one.station_id === station.id && one.evse_id === evse);
      return own ? [{ at: Date.parse(sample.at) / 1000, limit_w: own.limit_w, text: own.text }] : [];
    });
}
