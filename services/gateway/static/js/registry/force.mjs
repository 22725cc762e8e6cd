// The force that was sent to the grids: how many, where, what is vacant, and who is placed anew.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { person } from "../format.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

const KINDS = ["CADRE", "RECRUIT", "SOCIAL"];
const SHOWN = 200;
const kindName = (kind) => t(`books_force_${kind.replace("FORCE_KIND_", "")}`);

export function force(target) {
  const area = areaField(t("books_area_code"));
  const kind = choice(KINDS.map((each) => [`FORCE_KIND_${each}`, kindName(each)]), { empty: t("books_every_kind") });
  kind.setAttribute("aria-label", t("books_kind"));
  const summary = h("div", {});
  const people = h("div", {});
  const draw = (event) => {
    event?.preventDefault();
    asked(summary, () => get("/v1/force:summary", { areaCode: area.value() }), figures);
    asked(people, () => get("/v1/force", { areaCode: area.value(), kind: kind.value, pageSize: SHOWN }), ({ members = [], nextPageToken = "" }) => members.length ? [table([t("books_force_person"), t("books_kind"), t("books_force_unit"), t("books_force_grids")], members.map((each) => row([person(each.staffCode), " ", h("span", { class: "code faint" }, each.staffCode)], kindName(each.kind), each.unit || "—", h("span", { class: "code" }, (each.gridCodes ?? []).join(" "))))), nextPageToken && h("p", { class: "quiet" }, t("books_more"))] : h("p", { class: "empty" }, t("books_force_none")));
  };
  show(target, h("p", { class: "quiet" }, t("books_force_lead")),
    h("form", { class: "books-search", role: "search", onsubmit: draw }, area.element, kind, h("button", { class: "button", type: "submit" }, t("books_find"))),
    may("registry.force.write") && h("div", { class: "steps-row" }, h("button", { class: "button main", type: "button", onclick: () => place(draw) }, t("books_force_place"))),
    summary, h("h2", {}, t("books_force_people")), people);
  draw();
}

function figures({ peopleCount = 0, cadreCount = 0, recruitCount = 0, socialCount = 0, trainingCount = 0, untrainedCount = 0, grids = [] }) {
  const worth = grids.filter((each) => each.vacancyCount || !each.peopleCount).sort((one, other) => (other.vacancyCount ?? 0) - (one.vacancyCount ?? 0));
  return [
    h("p", {}, h("b", {}, t("books_force_total", { people: peopleCount })), " ", t("books_force_by_kind", { cadre: cadreCount, recruit: recruitCount, social: socialCount }), " · ", t("books_force_trained", { trainings: trainingCount, untrained: untrainedCount })),
    h("h2", {}, t("books_force_gaps", { count: worth.length, all: grids.length })),
    worth.length > 0 && table([t("books_grid"), t("books_force_people"), t("books_force_vacant")], worth.slice(0, 50).map((each) => row([each.name, " ", h("span", { class: "code faint" }, each.gridCode)], each.peopleCount ?? 0, each.vacancyCount ?? 0)))];
}

function place(done) {
  const kind = choice(KINDS.map((each) => [`FORCE_KIND_${each}`, kindName(each)]), { chosen: "FORCE_KIND_CADRE", required: true });
  const unit = h("input", { class: "input", maxLength: 100 });
  const lines = h("textarea", { class: "input code", required: true, rows: 5 });
  ask(t("books_force_place"), [h("p", { class: "notice" }, t("books_force_effect")), field(t("books_kind"), kind, { required: true }), field(t("books_force_unit"), unit), field(t("books_force_who"), lines, { required: true, help: t("books_force_who_help") })], t("books_force_place"), async () => {
    const members = lines.value.split("\n").map((text) => text.split(/[\s,，、]+/).filter(Boolean)).filter((parts) => parts.length).map(([staffCode, ...gridCodes]) => ({ staffCode, gridCodes, kind: kind.value, unit: unit.value.trim() }));
    const { changedCount = 0 } = await post("/v1/force", { requestId: freshKey(), members });
    toast(t("books_force_placed", { count: changedCount }));
    done();
  });
}
