// The pages and their addresses. What the API does not have is not here.
import { match } from "../lib/router.js";
import { AlertsPage } from "./alerts.js";
import { AuditPage } from "./audit.js";
import { BenchPage, BenchRunPage, BenchRunsPage, BenchStationPage, PersonasPage } from "./bench.js";
import { CampaignPage } from "./campaign.js";
import { CampaignsPage } from "./campaigns.js";
import { CertificatePage } from "./certificate.js";
import { CertificatesPage } from "./certificates.js";
import { CommandPage, CommandsPage } from "./commands.js";
import { ContractsPage } from "./contracts.js";
import { DemandEventPage, DemandPage } from "./demand.js";
import { DesiredPage, DriftPage, LayerPage } from "./desired.js";
import { FilesPage } from "./files.js";
import { FindingsPage } from "./findings.js";
import { FleetPage } from "./fleet.js";
import { HealthPage } from "./health.js";
import { KeysPage } from "./keys.js";
import { MessagePage } from "./message.js";
import { MessagesPage } from "./messages.js";
import { NotFoundPage } from "./not-found.js";
import { PaymentsPage } from "./payments.js";
import { PromisesPage, VehiclesPage } from "./promises.js";
import { RefusedPage } from "./refused.js";
import { ReservationsPage } from "./reservations.js";
import { SitePage } from "./site.js";
import { SitesPage } from "./sites.js";
import { HoldersPage, StatementPage, StatementsPage } from "./statements.js";
import { StationPage } from "./station.js";
import { TariffPage, TariffsPage } from "./tariffs.js";
import { TenantsPage } from "./tenants.js";
import { TokensPage } from "./tokens.js";
import { TransactionPage } from "./transaction.js";
import { TransactionsPage } from "./transactions.js";
import { UptimePage } from "./uptime.js";
import { UsersPage } from "./users.js";
import { VendorPage, VendorsPage } from "./vendors.js";
import { WebhookPage, WebhooksPage } from "./webhooks.js";

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
      entry("/sites", "Sites", "site", "sites:read", SitesPage, { "/sites/:id": SitePage }),
      entry("/demand-response", "Demand response", "grid", "sites:read", DemandPage, { "/demand-response/:id": DemandEventPage }),
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
