// The book of cameras: who stands where, registered or changed by hand, or brought by a spreadsheet.

import { row, table } from "../admin/table.mjs";
import { get } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { cameraForm } from "./camera_form.mjs";
import { sheet } from "./sheet.mjs";
import { why } from "./why.mjs";

const SHOWN = 100;

/** All cameras one may see. */
export async function cameras() {
  const all = [];
  let token = "";
  do {
    const answer = await get("/v1/cameras", { pageSize: 500, pageToken: token });
    all.push(...(answer.cameras ?? []));
    token = answer.nextPageToken ?? "";
  } while (token);
  return all;
}

export function books(target) {
  asked(target, cameras, (all) => {
    const again = () => books(target);
    const found = h("div", {});
    const search = h("input", { class: "input", type: "search", placeholder: t("book_search"), "aria-label": t("book_search"), oninput: () => draw() });
    const draw = () => {
      const asked = search.value.trim().toLowerCase();
      const fitting = all.filter((each) => [each.id, each.name, each.gbCode, each.roadSegment, each.gridCode, each.ownerDepartment].some((text) => text?.toLowerCase().includes(asked)));
      const heads = [t("camera"), t("book_gb_code"), t("book_grid"), t("book_segment"), t("book_owner"), t("book_source"), ""];
      const rows = fitting.slice(0, SHOWN).map((each) => row([h("b", {}, each.name), " ", h("span", { class: "code faint" }, each.id)], h("span", { class: "code" }, each.gbCode || "—"), h("span", { class: "code" }, each.gridCode), each.roadSegment || "—", each.ownerDepartment || "—", source(each), h("button", { class: "button", type: "button", "aria-label": t("book_change_of", { name: each.name }), onclick: () => cameraForm(each, again) }, t("book_change"))));
      show(found, rows.length ? table(heads, rows) : h("p", { class: "empty" }, t("cameras_none")), fitting.length > SHOWN && h("p", { class: "quiet" }, t("book_more", { shown: SHOWN, all: fitting.length })));
    };
    draw();
    return [h("div", { class: "wall-bar" }, search, h("button", { class: "button main", type: "button", onclick: () => cameraForm(null, again) }, t("book_register")), h("button", { class: "button", type: "button", onclick: () => sheet(again) }, t("book_sheet"))), found];
  });
}

function source(camera) {
  if (!camera.hasStream) return h("span", { class: "faint" }, t("book_source_none"));
  return camera.fault ? t("book_source_fault", { why: why(camera.fault) }) : t("book_source_kept");
}
