// One station: what it is, what is wrong, and a tab for each side of it.
import { ago, age, clock, now } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useRemote } from "../lib/remote.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { siteName } from "../lib/sites.js";
import { Broken, Skeleton } from "../kit/blank.js";
import { Button } from "../kit/button.js";
import { FactsRow, PageHead, Tabs } from "../kit/page.js";
import { Status } from "../kit/status.js";
import { Alerts } from "./station/alerts.js";
import { CertificatesTab } from "./station/certificates.js";
import { CommandsTab } from "./station/commands.js";
import { ConnectorsTab } from "./station/connectors.js";
import { DesiredTab } from "./station/desired.js";
import { DeviceModelTab } from "./station/device-model.js";
import { MessagesTab } from "./station/messages.js";
import { OverviewTab } from "./station/overview.js";
import { ProceduresTab } from "./station/procedures.js";
import { ProfilesTab } from "./station/profiles.js";
import { QuirksTab } from "./station/quirks.js";
import { resetStation, startCharge } from "./station/acts.js";
import { TransactionsTab } from "./station/transactions.js";

const TABS = [
  ["", "Overview", OverviewTab, "stations:read"],
  ["connectors", "Connectors", ConnectorsTab, "stations:read"],
  ["transactions", "Transactions", TransactionsTab, "transactions:read"],
  ["device-model", "Device model", DeviceModelTab, "stations:read"],
  ["messages", "Messages", MessagesTab, "messages:read"],
  ["commands", "Commands", CommandsTab, "commands:read"],
  ["certificates", "Certificates", CertificatesTab, "certificates:read"],
  ["profiles", "Profiles", ProfilesTab, "stations:read"],
  ["procedures", "Firmware and logs", ProceduresTab, "stations:read"],
  ["desired", "Desired", DesiredTab, "campaigns:read"],
  ["quirks", "Quirks", QuirksTab, "stations:read"],
];
const CONCERNS = ["station.", "connector.", "transaction.", "alert.", "command."];

export function StationPage({ id, tab = "" }) {
  const remote = useRemote(to("stations", id));
  useFeed((event) => event.subject === id && CONCERNS.some((one) => event.type.startsWith(`ohmstead.${one}`)), remote.load);
  const station = remote.data.value;
  if (!station && remote.problem.value) return html`<${Broken} problem=${remote.problem.value} retry=${remote.load} />`;
  if (!station) return html`<${Skeleton} />`;
  const tabs = TABS.filter(([, , , scope]) => may(scope));
  const Tab = tabs.find(([name]) => name === tab)?.[2] ?? OverviewTab;
  const address = (name) => (name ? to("stations", id, name) : to("stations", id));
  return html`<${PageHead} title=${id} status=${html`<${Status} s=${station.status} />`} actions=${may("commands:write") && html`<${Actions} station=${station} />`}>
      ${[station.vendor, station.model].filter(Boolean).join(" ") || "It has not said yet what it is"}${station.site_id && html`${station.vendor ? " at" : "; it stands at"} <a class="link" href=${to("sites", station.site_id)}>${siteName(station.site_id)}</a>`}.
    <//>
    <${Facts} station=${station} />
    <${Tabs} label="Station" tabs=${tabs.map(([name, word]) => [address(name), word])} />
    <${Alerts} station=${station} />
    <${Tab} station=${station} remote=${remote} />`;
}

const Actions = ({ station }) =>
  html`<${Button} icon="play" disabled=${!station.online} onClick=${() => startCharge(station)}>Start…<//>
    <${Button} icon="refresh" disabled=${!station.online} onClick=${() => resetStation(station)}>Reset…<//>
    <a class="btn" href=${to("stations", station.id, "commands")}>Command</a>`;

function Facts({ station }) {
  const skew = station.clock_skew_s;
  const clockText = skew === null ? "–" : Math.abs(skew) < 1 ? "right" : age(Math.abs(skew));
  return html`<${FactsRow}
    facts=${[
      ["Last heard", ago(station.last_seen_at)],
      station.connected_since && ["Connected since", clock(station.connected_since), age((now.value - Date.parse(station.connected_since)) / 1000)],
      ["Firmware", station.firmware_version ?? "–"],
      ["Protocol", station.ocpp_version ? `OCPP ${station.ocpp_version}` : "–"],
      ["Security profile", String(station.security_profile), station.security_profile_name.replaceAll("_", " ")],
      ["Serial number", station.serial_number ?? "–"],
      ["Registration", station.registration],
      ["Clock", clockText, skew === null || Math.abs(skew) < 1 ? "" : skew < 0 ? "behind" : "ahead"],
    ]}
  />`;
}
