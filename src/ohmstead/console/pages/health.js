// Whether Ohmstead itself is well.
import { request } from "../lib/api.js";
import { count } from "../lib/format.js";
import { html, useEffect, useSignal } from "../lib/html.js";
import { Skeleton } from "../kit/blank.js";
import { Icon } from "../kit/icon.js";
import { Card, Facts, PageHead } from "../kit/page.js";
import { Status } from "../kit/status.js";
import { may } from "../lib/session.js";

const EVERY = 5000;

/** The metrics that have no label, by name: what the process says of itself. */
export function plainMetrics(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const [name, value] = line.split(" ");
    if (name.startsWith("ohmstead_") && !name.includes("{") && !name.endsWith("_created")) found.push([name.slice(9).replaceAll("_", " "), Number(value)]);
  }
  return found;
}

export function HealthPage() {
  const health = useSignal(null);
  const metrics = useSignal([]);
  useEffect(() => {
    const load = async () => {
      health.value = await request("GET", "/health/ready").then((answer) => answer.data, (problem) => ({ status: "not_ready", reasons: [problem.message] }));
      if (may("metrics:read")) metrics.value = await request("GET", "/metrics").then((answer) => plainMetrics(answer.data), () => metrics.value);
    };
    load();
    const timer = setInterval(load, EVERY);
    return () => clearInterval(timer);
  }, []);
  const now = health.value;
  if (!now) return html`<${Skeleton} />`;
  const isReady = now.status === "ok";
  return html`<${PageHead} title="Health" status=${html`<${Status} s=${isReady ? "ok" : "bad"} text=${isReady ? "Ready" : "Not ready"} />`}>Version ${now.version}.<//>
    ${!isReady && html`<div class="note" data-s="bad" role="alert"><${Icon} name="bad" /><div><b>It cannot do its work</b>${now.reasons.map((one) => html`<p key=${one}>${one}</p>`)}</div></div>`}
    ${metrics.value.length > 0 && html`<${Card} title="Counters of this process"><${Facts} facts=${metrics.value.map(([name, value]) => [name, count(value)])} /><//>`}`;
}
