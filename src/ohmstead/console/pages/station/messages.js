import { html } from "../../lib/html.js";
import { MessageList } from "../messages.js";

export const MessagesTab = ({ station }) => html`<${MessageList} station=${station.id} />`;
