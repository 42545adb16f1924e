// The pages and their addresses; the module of a page is loaded when it is first shown, or when nothing else is to be done.
// What the API does not have is not here.
import { match } from "../lib/router.js";
import { page } from "./lazy.js";

const { AlertsPage } = page("alerts");
const { AuditPage } = page("audit");
const { BenchPage, BenchRunPage, BenchRunsPage, BenchStationPage, PersonasPage } = page("bench");
const { CampaignPage } = page("campaign");
const { CampaignsPage } = page("campaigns");
const { CertificatePage } = page("certificate");
const { CertificatesPage } = page("certificates");
const { CommandPage, CommandsPage } = page("commands");
const { ContractsPage } = page("contracts");
const { DemandEventPage, DemandPage } = page("demand");
const { DesiredPage, DriftPage, LayerPage } = page("desired");
const { FilesPage } = page("files");
const { FindingsPage } = page("findings");
const { FleetPage } = page("fleet");
const { ForwardingPage, ForwardingsPage } = page("forwardings");
const { HealthPage } = page("health");
const { KeysPage } = page("keys");
const { MessagePage } = page("message");
const { MessagesPage } = page("messages");
const { NotFoundPage } = page("not-found");
const { OpenAdrPage } = page("openadr");
const { PaymentsPage } = page("payments");
const { PromisesPage, VehiclesPage } = page("promises");
const { RefusedPage } = page("refused");
const { ReservationsPage } = page("reservations");
const { SitePage } = page("site");
const { SiteGroupsPage } = page("site-groups");
const { SitesPage } = page("sites");
const { HoldersPage, StatementPage, StatementsPage } = page("statements");
const { StationPage } = page("station");
const { TariffPage, TariffsPage } = page("tariffs");
const { TenantsPage } = page("tenants");
const { TokensPage } = page("tokens");
const { TransactionPage } = page("transaction");
const { TransactionsPage } = page("transactions");
const { UptimePage } = page("uptime");
const { UsersPage } = page("users");
const { VendorPage, VendorsPage } = page("vendors");
const { WebhookPage, WebhooksPage } = page("webhooks");

const entry = (href, word, icon, scope, Page, inside = {}) => ({ href, word, icon, scope, Page, inside });

/** The navigation: an entry has its page, and `inside` the pages that belong to it. */
export const SECTIONS = [
  [
    "Operate",
    [
      entry("/", "Fleet", "fleet", "stations:read", FleetPage, { "/stations/:id": StationPage, "/stations/:id/:tab": StationPage }),
      entry("/transactions", "Transactions", "tx", "transactions:read", TransactionsPage, { "/transactions/:id": TransactionPage }),
      entry("/alerts", "Alerts", "bell", "alerts:read", AlertsPage),
      entry("/reservations", "Reservations", "s-reserved", "commands:read", ReservationsPage),
      entry("/campaigns", "Campaigns", "campaign", "campaigns:read", CampaignsPage, { "/campaigns/:id": CampaignPage }),
      entry("/desired", "Desired state", "sliders", "campaigns:read", DesiredPage, { "/drift": DriftPage, "/desired/:id": LayerPage }),
    ],
  ],
  [
    "Inspect",
    [
      entry("/messages", "Messages", "messages", "messages:read", MessagesPage, { "/messages/:id": MessagePage }),
      entry("/commands", "Commands", "command", "commands:read", CommandsPage, { "/commands/:id": CommandPage }),
      entry("/certificates", "Certificates", "cert", "certificates:read", CertificatesPage, { "/certificates/:id": CertificatePage }),
      entry("/refused", "Refused", "door", "stations:read", RefusedPage),
      entry("/quirks", "Quirks", "wrench", "stations:read", FindingsPage),
      entry("/vendors", "Vendors", "chip", "stations:read", VendorsPage, { "/vendors/:vendor/:model": VendorPage }),
      entry("/uptime", "Uptime", "clock", "stations:read", UptimePage),
      entry("/bench", "Test bench", "flask", "test_bench:read", BenchPage, { "/bench/runs": BenchRunsPage, "/bench/personas": PersonasPage, "/bench/runs/:id": BenchRunPage, "/bench/stations/:id": BenchStationPage }),
    ],
  ],
  [
    "Energy",
    [
      entry("/sites", "Sites", "site", "sites:read", SitesPage, { "/site-groups": SiteGroupsPage, "/sites/:id": SitePage }),
      entry("/demand-response", "Demand response", "grid", "sites:read", DemandPage, { "/demand-response/openadr": OpenAdrPage, "/demand-response/:id": DemandEventPage }),
      entry("/promises", "Promises", "energy", "sites:read", PromisesPage, { "/vehicles": VehiclesPage }),
    ],
  ],
  [
    "Drivers and money",
    [
      entry("/tokens", "Tokens", "card", "tokens:read", TokensPage),
      entry("/contracts", "Contracts", "plug", "contracts:read", ContractsPage),
      entry("/tariffs", "Tariffs", "tag", "tariffs:read", TariffsPage, { "/tariffs/:id": TariffPage }),
      entry("/statements", "Statements", "columns", "transactions:read", StatementsPage, { "/holders": HoldersPage, "/statements/:id": StatementPage }),
      entry("/payments", "Payments", "check", "payments:read", PaymentsPage),
    ],
  ],
  [
    "Set up",
    [
      entry("/files", "Files", "upload", "files:read", FilesPage),
      entry("/webhooks", "Webhooks", "hook", "webhooks:read", WebhooksPage, { "/webhooks/:id": WebhookPage }),
      entry("/forwardings", "Forwarding", "out", "forwardings:read", ForwardingsPage, { "/forwardings/:id": ForwardingPage }),
      entry("/keys", "Keys", "key", "keys:read", KeysPage),
      entry("/users", "Users", "lock", "users:read", UsersPage),
      entry("/tenants", "Tenants", "door", "admin", TenantsPage),
      entry("/audit", "Audit", "audit", "audit:read", AuditPage),
      entry("/health", "Health", "power", "metrics:read", HealthPage),
    ],
  ],
];

const PAGES = SECTIONS.flatMap(([, entries]) => entries).flatMap((section) => [
  [section.href, section.Page, section],
  ...Object.entries(section.inside).map(([pattern, Page]) => [pattern, Page, section]),
]);

/** The page at an address, what the address says to it, and the entry of the navigation it belongs to. */
export function pageAt(path) {
  for (const [pattern, Page, section] of PAGES) {
    const params = match(pattern, path);
    if (params) return { Page, params, section };
  }
  return { Page: NotFoundPage, params: {}, section: null };
}
