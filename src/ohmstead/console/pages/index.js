// The pages and their addresses. What the API does not have is not here.
import { match } from "../lib/router.js";
import { AlertsPage } from "./alerts.js";
import { AuditPage } from "./audit.js";
import { CampaignPage } from "./campaign.js";
import { CampaignsPage } from "./campaigns.js";
import { CertificatesPage } from "./certificates.js";
import { CommandPage, CommandsPage } from "./commands.js";
import { FindingsPage } from "./findings.js";
import { FleetPage } from "./fleet.js";
import { HealthPage } from "./health.js";
import { KeysPage } from "./keys.js";
import { MessagePage, MessagesPage } from "./messages.js";
import { NotFoundPage } from "./not-found.js";
import { RefusedPage } from "./refused.js";
import { SitePage } from "./site.js";
import { SitesPage } from "./sites.js";
import { StationPage } from "./station.js";
import { TokensPage } from "./tokens.js";
import { TransactionPage } from "./transaction.js";
import { TransactionsPage } from "./transactions.js";
import { UsersPage } from "./users.js";
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
    ],
  ],
  [
    "Inspect",
    [
      entry("/messages", "Messages", "messages", "messages:read", MessagesPage, { "/messages/:id": MessagePage }),
      entry("/commands", "Commands", "command", "commands:read", CommandsPage, { "/commands/:id": CommandPage }),
      entry("/certificates", "Certificates", "cert", "certificates:read", CertificatesPage),
      entry("/campaigns", "Campaigns", "campaign", "campaigns:read", CampaignsPage, { "/campaigns/:id": CampaignPage }),
      entry("/refused", "Refused", "door", "stations:read", RefusedPage),
      entry("/quirks", "Quirks", "wrench", "stations:read", FindingsPage),
    ],
  ],
  [
    "Set up",
    [
      entry("/sites", "Sites", "site", "sites:read", SitesPage, { "/sites/:id": SitePage }),
      entry("/tokens", "Tokens", "card", "tokens:read", TokensPage),
      entry("/webhooks", "Webhooks", "hook", "webhooks:read", WebhooksPage, { "/webhooks/:id": WebhookPage }),
      entry("/keys", "Keys", "key", "keys:read", KeysPage),
      entry("/users", "Users", "lock", "users:read", UsersPage),
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
