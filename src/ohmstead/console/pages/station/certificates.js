import { html } from "../../lib/html.js";
import { CertificateTable } from "../certificates.js";

export const CertificatesTab = ({ station }) => html`<${CertificateTable} station=${station.id} />`;
