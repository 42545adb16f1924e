// One certificate of a station: how long it is good, how its renewal stands, and what can be done about it.
import { post } from "../lib/api.js";
import { ago, moment, words } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useRemote } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { askFor } from "../kit/ask-form.js";
import { Broken, Skeleton } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { ask, tell, trying } from "../kit/floating.js";
import { Icon } from "../kit/icon.js";
import { Left } from "../kit/left.js";
import { Card, Facts, PageHead } from "../kit/page.js";
import { CertificateState } from "./certificates.js";

const OVER = ["retired", "revoked", "failed"];

export function CertificatePage({ id }) {
  const remote = useRemote(to("certificates", id));
  const one = remote.data.value;
  useFeed((event) => /^ohmstead\.(certificate|command)\./.test(event.type) && event.subject === one?.station_id, remote.load);
  if (!one) return remote.problem.value ? html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />` : html`<${Skeleton} />`;
  return html`<${PageHead} title=${one.subject} status=${html`<${CertificateState} state=${one.state} />`} actions=${may("certificates:write") && !OVER.includes(one.state) && html`<${Acts} one=${one} again=${remote.load} />`}>
      ${words(one.use)} of <a class="link" href=${to("stations", one.station_id, "certificates")}>${one.station_id}</a>.
    <//>
    ${one.renewal && html`<div class="note" data-s=${one.renewal.state === "failed" ? "bad" : "info"}><${Icon} name=${one.renewal.state === "failed" ? "bad" : "info"} /><div><b>Renewal: ${words(one.renewal.state).toLowerCase()}</b><p>${one.renewal.reason}</p></div></div>`}
    <div class="split even">
      <${Card} title="Good for">
        <${Facts}
          facts=${[
            ["Left", html`<${Left} until=${one.not_after} />`],
            ["From", moment(one.not_before)],
            ["Until", moment(one.not_after)],
            ["Station last came in with it", one.seen_at ? ago(one.seen_at) : "never"],
            ["Revoked", one.revoked_at && `${moment(one.revoked_at)}, ${words(one.revocation_reason)}`],
            ["External CA told of it", one.passed_on && `${one.passed_on.state}${one.passed_on.reason ? `: ${one.passed_on.reason}` : ""}`],
            ["Why", one.reason],
          ]}
        />
      <//>
      ${one.chain?.length > 0 && html`<${Chain} links=${one.chain} />`}
      <${Card} title="What it is"><${Facts} facts=${[["Subject", one.subject], ["Issuer", one.issuer], ["Serial number", html`<span class="mono">${one.serial_number}</span>`], ["SHA-256", html`<span class="mono">${one.sha256}</span>`], ["Issued", moment(one.created_at)]]} /><//>
    </div>`;
}

/** The root on top, and what each issued below it. */
const Chain = ({ links }) =>
  html`<${Card} title="Chain" small="each is issued by the one above" table>
    <div class="tree">${links.toReversed().reduceRight((below, link, n) => html`<div class="node"><${Icon} name=${n ? "cert" : "lock"} /><b title=${link.subject}>${link.subject}</b><span class="v"><${Left} until=${link.not_after} /></span><span class="sub mono">${link.sha256.slice(0, 24)}</span></div>${below && html`<ul><li>${below}</li></ul>`}`, null)}</div>
  <//>`;

export const renew = (one, again) =>
  ask({
    title: `Renew the certificate of ${one.station_id}?`,
    body: html`<p>The station is asked for a signing request with a new key. The old certificate works until it comes in with the new one.</p>`,
    word: "Renew 1 certificate",
    keep: "Leave it",
    act: trying(async () => {
      await post(`${to("certificates", one.id)}/renew`);
      tell({ s: "info", title: "Renewal asked", text: "Watch the state: it is done when the station comes in with the new one.", href: `${to("stations", one.station_id, "commands")}` });
      await again();
    }),
  });

const Acts = ({ one, again }) =>
  html`<${Button} kind="primary" icon="refresh" onClick=${() => renew(one, again)}>Renew…<//>
    <${Button} kind="danger" onClick=${() => askFor({ title: `Revoke the certificate of ${one.station_id}?`, word: "Revoke 1 certificate", danger: true, schema: "Revocation", small: "It is refused from now on, also on the line that is open. That cannot be undone.", send: async (given) => (await post(`${to("certificates", one.id)}/revoke`, given), await again()) })}>Revoke…<//>`;
