// One site: what it may draw and draws, who got what and why, its fuses, its limits, and what was asked of it.
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useRemote } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { siteName } from "../lib/sites.js";
import { Broken, Skeleton } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { Card, Facts, PageHead } from "../kit/page.js";
import { askForLess, editSite, setLimit } from "./site/acts.js";
import { Circuits, useCircuits } from "./site/circuits.js";
import { DemandEvents } from "./site/demand.js";
import { Energy, useTimeline } from "./site/energy.js";
import { Limits } from "./site/limits.js";
import { Figures, Shares, SiteState, usePlan } from "./site/now.js";
import { Plan, usePrices } from "./site/plan.js";
import { Sources } from "./site/sources.js";

export function SitePage({ id }) {
  const remote = useRemote(to("sites", id));
  const site = remote.data.value;
  if (!site) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  return html`<${Site} site=${site} remote=${remote} />`;
}

function Site({ site, remote }) {
  const timeline = useTimeline(site);
  const limits = useRemote(`${to("sites", site.id)}/limits`);
  const demand = useRemote("/demand-response/events", { limit: 100 });
  const last = timeline.data.value?.data.at(-1);
  const { plan, load } = usePlan(site);
  const prices = usePrices(site);
  const circuits = useCircuits(site);
  useFeed((event) => event.type.startsWith("ohmstead.limit."), load);
  const again = () => Promise.all([remote.load(), limits.load(), demand.load(), load()]);
  return html`<${PageHead} title=${site.name} status=${plan && html`<${SiteState} plan=${plan} />`} actions=${html`<${Actions} site=${site} remote=${remote} again=${again} />`}>
      ${site.parent_id ? html`Part of <a class="link" href=${to("sites", site.parent_id)}>${siteName(site.parent_id)}</a>.` : "A grid connection of its own."}
    <//>
    ${plan && html`<${Figures} plan=${plan} last=${last} />`}
    <div class="site">
      <div class="stack side">
        <${Circuits} site=${site} circuits=${circuits} last=${last} plan=${plan} />
        <${Limits} site=${site} limits=${limits} />
        <${Sources} site=${site} circuits=${circuits ?? []} again=${load} />
        <${DemandEvents} site=${site} demand=${demand} />
        <${Connection} site=${site} />
      </div>
      <div class="stack">
        ${plan && html`<${Shares} plan=${plan} />`}
        <${Energy} site=${site} timeline=${timeline} circuits=${circuits ?? []} prices=${prices} />
        <${Plan} site=${site} prices=${prices} />
      </div>
    </div>`;
}

const Actions = ({ site, remote, again }) =>
  html`<a class="btn" href=${`/?site_id=${encodeURIComponent(site.id)}`}>Its stations</a>
    ${may("sites:write") &&
    html`<${Button} onClick=${() => editSite(site, remote)}>Edit…<//>
      <${Button} onClick=${() => askForLess(site, again)}>Ask for less…<//>
      <${Button} kind="primary" icon="sliders" onClick=${() => setLimit(site, again)}>Set limit…<//>`}`;

const Connection = ({ site }) =>
  html`<${Card} title="Place">
    <${Facts} facts=${[["Time zone", site.time_zone], ["Latitude, longitude", site.latitude === null ? "not known" : `${site.latitude}, ${site.longitude}`]]} />
  <//>`;
