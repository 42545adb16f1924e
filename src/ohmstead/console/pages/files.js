// Files: firmware that operators added, logs that stations brought.
import { address, request, upload } from "../lib/api.js";
import { ago, count } from "../lib/format.js";
import { useFeed } from "../lib/feed.js";
import { html } from "../lib/html.js";
import { useList } from "../lib/remote.js";
import { filter, query, to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { Blank } from "../kit/blank.js";
import { Button, Segmented } from "../kit/button.js";
import { ask, tell, trying } from "../kit/floating.js";
import { PageHead } from "../kit/page.js";
import { Chip } from "../kit/status.js";
import { DataTable, Search } from "../kit/table.js";

const KINDS = [["", "All"], ["file", "Added here"], ["upload", "From stations"]];
const size = (bytes) => (bytes < 1e4 ? `${count(bytes)} B` : bytes < 1e7 ? `${count(Math.round(bytes / 1e3))} kB` : `${count(Math.round(bytes / 1e6))} MB`);

export function FilesPage() {
  const kind = query.value.get("kind") ?? "";
  const list = useList("/files", { kind, name: query.value.get("name") });
  useFeed((event) => /^ohmstead\.(file)\./.test(event.type), list.load, 2000);
  const columns = [
    { key: "name", title: "File", class: "name wrap", cell: (row) => html`<a class="link" download href=${address(`${to("files", row.id)}/content`)}>${row.name}</a>` },
    { key: "id", title: "Id", cell: (row) => row.id },
    { key: "from", title: "From", cell: (row) => (row.station_id ? html`<a class="link" href=${to("stations", row.station_id)}>${row.station_id}</a>` : "an operator") },
    { key: "firmware", title: "Firmware", cell: (row) => row.firmware_version && html`${row.firmware_version} <${Chip} s=${row.signed ? "ok" : "none"}>${row.signed ? "signed" : "not signed"}<//>` },
    { key: "size", title: "Size", class: "r", cell: (row) => size(row.size) },
    { key: "sha", title: "SHA-256", class: "mono", cell: (row) => html`<span title=${row.sha256}>${row.sha256.slice(0, 12)}…</span>` },
    { key: "made", title: "Came", class: "r", cell: (row) => ago(row.created_at) },
    { key: "act", title: "", cell: (row) => may("files:write") && html`<${Button} kind="small quiet danger" onClick=${() => remove(row, list)}>Remove…<//>` },
  ];
  const empty = html`<${Blank} icon="upload" title="No file yet">Add firmware here; logs come by themselves when stations are asked for them.<//>`;
  const add = may("files:write") && html`<${Button} kind="primary" icon="upload" onClick=${() => addFile(list)}>Add file…<//>`;
  return html`<${PageHead} title="Files" actions=${add}>A file's content never changes: another one is another file.<//>
    <div class="toolbar"><${Segmented} label="Which" options=${KINDS} value=${kind} pick=${(one) => filter({ kind: one })} /><${Search} name="name" label="Name" /></div>
    <div class="card table-card"><${DataTable} label="Files" list=${list} columns=${columns} empty=${empty} /></div>`;
}

function addFile(list) {
  const body = html`<div class="form">
    <div class="field"><label for="new-file">File</label><input class="input" id="new-file" name="file" type="file" required /></div>
    <div class="field"><label for="new-version">Firmware version <span class="dim">where it is firmware</span></label><input class="input" id="new-version" name="firmware_version" maxlength="50" /></div>
  </div>`;
  const act = trying(async (form) => {
    const file = form.get("file");
    const made = await upload("/files", file, { name: file.name, firmware_version: form.get("firmware_version") });
    tell({ title: "The file is here", text: `${made.name}, id ${made.id}` });
    await list.load();
  });
  ask({ title: "Add a file", body, word: "Add file", act });
}

const remove = (row, list) =>
  ask({
    title: `Remove ${row.name}?`,
    body: html`<p>A station that was told to fetch it finds nothing.</p>`,
    word: "Remove 1 file",
    keep: "Keep it",
    danger: true,
    act: trying(async () => (await request("DELETE", to("files", row.id)), await list.load())),
  });
