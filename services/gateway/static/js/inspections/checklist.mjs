// The list of one place, line by line: all is well unless something is ticked; what the round before found stands first.

import { freshKey, get, post, upload } from "../api.mjs";
import { bones, h, show, toast } from "../dom.mjs";
import { moment } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

const LIMIT = 9;

/** Draw the list of a place; `after` when the visit is recorded. */
export function checklist(target, plan, siteCode, { back, after }) {
  show(target, bones());
  asked(target, () => get(`/v1/inspections/${plan.id}/sites/${encodeURIComponent(siteCode)}/checklist`), (answer) => {
    const entries = [];
    const groups = (answer.lines ?? []).map((line, place) => lineGroup(line, place, entries));
    const problem = h("p", { class: "wrong", role: "alert", hidden: true });
    const send = h("button", { class: "button main", type: "submit" });
    const said = () => {
      const found = entries.filter((entry) => entry.ticked()).length;
      send.textContent = found ? t("inspection_record_found", { count: found }) : t("inspection_record_well");
    };
    said();
    const form = h("form", {
      class: "checklist",
      onchange: said,
      onsubmit: async (event) => {
        event.preventDefault();
        send.disabled = true;
        problem.hidden = true;
        try {
          const findings = await Promise.all(entries.filter((entry) => entry.ticked()).map((entry) => entry.read()));
          const { problems = [] } = await post(`/v1/inspections/${plan.id}/visits`, { requestId: freshKey(), visits: [{ siteCode, findings }] });
          toast(problems.length ? t("inspection_recorded_found", { count: problems.length }) : t("inspection_recorded_well"));
          await after();
        } catch (error) {
          problem.textContent = error.message;
          problem.hidden = false;
          send.disabled = false;
        }
      },
    }, groups, problem, may("inspections.inspect") && h("div", { class: "steps-row sticky" }, send));
    const site = answer.site ?? {};
    return [h("header", { class: "pane-head" }, h("button", { class: "button plain back", type: "button", onclick: back }, "←", h("span", { class: "unseen" }, t("back"))), h("h2", {}, site.site?.name ?? siteCode), h("span", { class: "code faint" }, siteCode)), site.visitedAt && h("p", { class: "notice" }, t("inspection_visited_at", { time: moment(site.visitedAt) })), form];
  });
}

function lineGroup({ line = {}, entries = [] }, place, all) {
  const parts = entries.map((entry) => entryRow(entry, all));
  const before = entries.filter((entry) => entry.foundBefore?.length).length;
  return h("details", { class: "check-line", open: place === 0 || before > 0 }, h("summary", {}, h("b", {}, named(line)), h("span", { class: "faint" }, ` ${entries.length}`), before > 0 && h("span", { class: "badge", data: { signal: "YELLOW" } }, t("inspection_found_before", { count: before }))), parts);
}

function entryRow({ item, foundBefore = [] }, all) {
  const box = h("input", { type: "checkbox", disabled: !may("inspections.inspect") });
  const words = h("textarea", { class: "input", rows: 2, maxLength: 1000, placeholder: t("inspection_words"), "aria-label": t("inspection_words") });
  const own = h("input", { type: "checkbox" });
  const files = h("input", { class: "unseen", type: "file", accept: "image/*", multiple: true, capture: "environment" });
  const pictures = h("span", { class: "quiet", role: "status" });
  files.addEventListener("change", () => (pictures.textContent = files.files.length ? t("inspection_photos", { count: files.files.length }) : ""));
  const detail = h("div", { class: "check-detail", hidden: true }, words, h("div", { class: "pane-acts" }, h("label", { class: "button" }, files, t("inspection_photo"), item.photoRequired && h("span", { class: "mark" }, t("inspection_photo_needed"))), pictures, h("label", { class: "tick" }, own, t("inspection_self"))));
  box.addEventListener("change", () => (detail.hidden = !box.checked));
  const open = foundBefore.filter((each) => !each.clearedAt);
  if (open.length) words.value = open[0].description ?? "";
  const severity = (item.severity ?? "").replace("SEVERITY_", "");
  all.push({
    ticked: () => box.checked,
    read: async () => ({ itemCode: item.code, description: words.value.trim(), selfRectify: own.checked, evidence: await Promise.all([...files.files].slice(0, LIMIT).map((file) => upload(file, "scene"))) }),
  });
  return h("div", { class: "check-entry" },
    h("label", { class: "check-title" }, box, h("span", {}, named(item, "title")), severity && severity !== "UNSPECIFIED" && h("span", { class: "badge", data: { severity } }, t(`severity_${severity}`))),
    foundBefore.length > 0 && h("ul", { class: "found-before" }, foundBefore.slice(0, 3).map((each) => h("li", {}, `${moment(each.foundAt)} ${each.description || t("inspection_without_words")} · ${t(each.clearedAt ? "inspection_cleared" : "inspection_still_open")}`))),
    detail);
}
