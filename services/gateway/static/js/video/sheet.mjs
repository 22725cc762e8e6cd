// Cameras by a spreadsheet: tried first, every fault by row and column, then brought or left.

import { row, table } from "../admin/table.mjs";
import { freshKey, post } from "../api.mjs";
import { h, icon, show, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { language, t } from "../page.mjs";

const BYTES_MAX = 2 * 1024 * 1024;
const FAULTS = 200;
const HEADS = {
  zh: "编号,名称,经度,纬度,国标编码,网格编码,路段,权属单位,朝向,视场角,预置位,视频地址,用户名,密码,云台地址,直播地址,录像机",
  en: "id,name,longitude,latitude,gb_code,grid_code,road_segment,owner_department,azimuth_deg,field_of_view_deg,presets,stream_url,user,password,control_url,live_url,recorder",
};

/** A window for one file; `done()` when cameras were brought. */
export function sheet(done) {
  const file = h("input", { class: "input", type: "file", accept: ".csv,.xlsx", required: true });
  const outcome = h("div", { role: "status" });
  const run = async (dryRun) => {
    submit.disabled = true;
    try {
      const chosen = file.files[0];
      if (chosen.size > BYTES_MAX) throw new Error(t("sheet_too_large"));
      const told = await post("/v1/cameras:import-sheet", { requestId: freshKey(), content: await base64(chosen), dryRun });
      show(outcome, counted(told, dryRun, () => run(false)));
      if (!dryRun && !told.faults?.length) {
        toast(t("done"));
        done();
      }
    } catch (error) {
      show(outcome, h("p", { class: "wrong", role: "alert" }, error.message));
    }
    submit.disabled = false;
  };
  const submit = h("button", { class: "button main", type: "submit" }, t("sheet_try"));
  const sample = h("a", { class: "button", href: URL.createObjectURL(new Blob([`\ufeff${HEADS[language] ?? HEADS.zh}\r\n`], { type: "text/csv" })), download: "cameras.csv" }, t("sheet_sample"));
  const form = h("form", { class: "step-form", onsubmit: (event) => { event.preventDefault(); run(true); } }, h("p", { class: "help" }, t("sheet_lead")), field(t("sheet_file"), file, { required: true }), h("div", { class: "steps-row" }, sample, submit), outcome);
  const dialog = h("dialog", { class: "window sheet", "aria-label": t("book_sheet"), onclose: () => { URL.revokeObjectURL(sample.href); dialog.remove(); } }, h("header", {}, h("h2", {}, t("book_sheet")), h("button", { class: "button plain", type: "button", "aria-label": t("close"), onclick: () => dialog.close() }, icon("close"))), form);
  document.body.append(dialog);
  dialog.showModal();
}

function counted(told, dryRun, bring) {
  const faults = told.faults ?? [];
  const heads = [t("sheet_row"), t("sheet_column"), t("sheet_wrong"), t("sheet_value")];
  const counts = { created: told.createdCount ?? 0, updated: told.updatedCount ?? 0, unchanged: told.unchangedCount ?? 0 };
  return [
    faults.length ? h("h3", {}, t("sheet_faults", { count: faults.length })) : h("p", {}, t(dryRun ? "sheet_would" : "sheet_brought", counts)),
    faults.length > 0 && table(heads, faults.slice(0, FAULTS).map((each) => row(h("span", { class: "code" }, String(each.row)), each.column || "—", t(`camera_fault_${each.reason}`), h("span", { class: "code" }, each.value || "—")))),
    told.ignoredColumns?.length > 0 && h("p", { class: "quiet" }, t("sheet_ignored", { columns: told.ignoredColumns.join("、") })),
    dryRun && !faults.length && h("button", { class: "button main", type: "button", onclick: bring }, t("sheet_bring")),
  ];
}

const base64 = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.split(",")[1] ?? "");
  reader.onerror = () => reject(new Error(t("sheet_unread")));
  reader.readAsDataURL(file);
});
