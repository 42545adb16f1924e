// Tenants: operators that share this installation and see nothing of each other.
import { post } from "../lib/api.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { askFor } from "../kit/ask-form.js";
import { Button } from "../kit/button.js";
import { PageHead } from "../kit/page.js";
import { DataTable } from "../kit/table.js";
import { showSecret } from "./keys.js";

const COLUMNS = [
  { key: "name", title: "Tenant", class: "name", cell: (row) => row.name },
  { key: "id", title: "Id", cell: (row) => row.id },
  { key: "path", title: "Its stations connect at", class: "mono wrap", cell: (row) => row.path },
];

export function TenantsPage() {
  const list = useList("/tenants");
  const add = () =>
    askFor({
      title: "Add a tenant",
      word: "Add tenant",
      schema: "TenantNew",
      send: async (given) => {
        const made = await post("/tenants", given);
        setTimeout(() => showSecret(`The first key of ${made.name}`, made.key), 0);
        await list.load();
      },
    });
  return html`<${PageHead} title="Tenants" actions=${html`<${Button} kind="primary" icon="plus" onClick=${add}>Add tenant…<//>`}>Operators on this installation; only the first one adds others.<//>
    <div class="card table-card"><${DataTable} label="Tenants" list=${list} columns=${COLUMNS} /></div>`;
}
