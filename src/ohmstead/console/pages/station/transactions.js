import { html } from "../../lib/html.js";
import { TransactionTable } from "../transactions.js";

export const TransactionsTab = ({ station }) => html`<${TransactionTable} station=${station.id} />`;
