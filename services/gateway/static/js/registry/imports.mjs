// Files into the books: sent in pieces, tried first, faults with row and column, then stored or left.

import { freshKey, get, post } from "../api.mjs";
import { row, table } from "../admin/table.mjs";
import { h, show } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly } from "../format.mjs";
import { t } from "../page.mjs";
import { pause } from "../patience.mjs";
import { asked } from "../tabs.mjs";
import { faultWord, KINDS, kindWord } from "./schema.mjs";

const PIECE_BYTES = 512 * 1024;
const FORMATS = { csv: "CSV", txt: "CSV", xlsx: "XLSX", geojson: "GEOJSON", json: "GEOJSON" };
const SYSTEMS = ["EPSG:4326", "CGCS2000", "GCJ-02", "BD-09"];
const GOING = new Set(["IMPORT_STATE_WAITING", "IMPORT_STATE_RUNNING"]);
const LOOK_MS = 700;

export function imports(target) {
  const kind = choice(KINDS.map((each) => [`ELEMENT_KIND_${each}`, kindWord(each)]), { required: true });
  const crs = choice(SYSTEMS.map((each) => [each, each]), { chosen: "EPSG:4326", required: true });
  const file = h("input", { class: "input", type: "file", accept: ".csv,.xlsx,.geojson,.json", required: true });
  const progress = h("div", { class: "books-progress", role: "status" });
  const past = h("div", {});
  const busy = (on) => form.querySelectorAll("button, input, select").forEach((each) => (each.disabled = on));
  const run = async (dryRun) => {
    busy(true);
    try {
      await bring(file.files[0], { kind: kind.value, crs: crs.value, dryRun }, progress, () => run(false));
    } catch (error) {
      show(progress, h("p", { class: "wrong", role: "alert" }, error.message));
    }
    busy(false);
    listed();
  };
  const form = h("form", { class: "books-form", onsubmit: (event) => { event.preventDefault(); run(true); } }, h("p", { class: "quiet" }, t("books_imports_lead")), field(t("books_kind"), kind, { required: true }), field(t("books_crs"), crs, { required: true }), field(t("books_file"), file, { required: true, help: t("books_file_help") }), h("div", { class: "steps-row" }, h("button", { class: "button main", type: "submit" }, t("books_try_it"))));
  const listed = () => asked(past, () => get("/v1/imports"), ({ imports: jobs = [] }) => jobs.length ? table([t("books_file"), t("books_kind"), t("books_state"), t("books_rows"), t("books_when")], jobs.map((job) => row(job.fileName || "—", kindWord(job.kind), stateOf(job), tally(job), exactly(job.openedAt)))) : h("p", { class: "empty" }, t("books_imports_none")));
  show(target, form, progress, h("h2", {}, t("books_imports_past")), past);
  listed();
}

const stateOf = (job) => t(`books_import_${job.dryRun && job.state === "IMPORT_STATE_DONE" ? "FINE" : job.state.replace("IMPORT_STATE_", "")}`);
const tally = (job) => t("books_import_tally", { created: job.createdCount ?? 0, updated: job.updatedCount ?? 0, unchanged: job.unchangedCount ?? 0, faults: job.faultCount ?? 0 });

/** Send a file, let it be read, and tell how far it is until it is through. */
async function bring(file, { kind, crs, dryRun }, target, apply) {
  const format = FORMATS[file.name.split(".").at(-1).toLowerCase()];
  if (!format) throw new Error(t("books_file_unknown"));
  const opened = (await post("/v1/imports", { requestId: freshKey(), kind, format: `IMPORT_FORMAT_${format}`, crs, dryRun, fileName: file.name })).import;
  for (let start = 0, number = 1; start < file.size; start += PIECE_BYTES, number++) {
    const bytes = new Uint8Array(await file.slice(start, start + PIECE_BYTES).arrayBuffer());
    await post(`/v1/imports/${opened.id}/pieces`, { number, content: base64(bytes) });
    show(target, bar(t("books_sending"), Math.min(1, (start + bytes.length) / file.size)));
  }
  let job = (await post(`/v1/imports/${opened.id}:run`, {})).import;
  while (GOING.has(job.state)) {
    show(target, bar(t("books_reading", { count: job.rowsRead ?? 0 }), job.progress ?? 0));
    await pause(LOOK_MS);
    job = (await get(`/v1/imports/${opened.id}`)).import;
  }
  show(target, outcome(job, apply));
}

const bar = (text, share) => h("label", {}, text, " ", h("progress", { max: 1, value: share }));

function outcome(job, apply) {
  const faults = job.faults ?? [];
  return [
    h("h2", {}, stateOf(job)),
    h("p", {}, tally(job)),
    faults.length > 0 && h("h3", {}, t("books_faults", { count: job.faultCount })),
    faults.length > 0 && table([t("books_row"), t("books_column"), t("books_fault"), t("books_what_wrong")], faults.slice(0, 200).map((each) => row(h("span", { class: "code" }, each.row), each.column || "—", h("span", { class: "code" }, each.reason), faultWord(each)))),
    job.dryRun && !faults.length && h("button", { class: "button main", type: "button", onclick: apply }, t("books_apply")),
  ];
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}
