// One site: what it may draw, and where.
import { kw } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useRemote } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { siteName } from "../lib/sites.js";
import { Broken, Skeleton } from "../kit/blank.js";
import { Card, Facts, PageHead } from "../kit/page.js";

export function SitePage({ id }) {
  const remote = useRemote(to("sites", id));
  const site = remote.data.value;
  if (!site) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  return html`<${PageHead} title=${site.name} actions=${html`<a class="btn" href=${`/?site_id=${encodeURIComponent(id)}`}>Its stations</a>`} />
    <${Card} title="Grid connection">
      <${Facts} facts=${[["Limit", site.limit_w === null ? "none" : `${kw(site.limit_w)} kW`], ["L1, L2, L3", site.limit_a && `${site.limit_a.join(", ")} A`], ["Part of", siteName(site.parent_id)], ["Time zone", site.time_zone], ["Place", site.latitude !== null && `${site.latitude}, ${site.longitude}`]]} />
    <//>`;
}
