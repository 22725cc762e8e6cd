// The year's three reviews of a volunteer: by oneself, the community, the organisation; no grade while one is missing.

import { get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { moment } from "../format.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { row, table } from "../admin/table.mjs";
import { bare, figure } from "../volunteer/deeds.mjs";

const KINDS = ["COMMUNITY", "ORGANISATION"];

export const reviews = (target) => reviewing(target);

/** A person's reviews of a year, and a form for one more; `owner` and `kinds` are given where one reviews oneself. */
export function reviewing(target, { owner = "", kinds = KINDS } = {}) {
  const who = h("input", { class: "input", required: true, maxLength: 100, value: owner, disabled: Boolean(owner) });
  const year = h("input", { class: "input", type: "number", min: 2000, max: 2999, required: true, value: new Date().getFullYear() });
  const body = h("section", { class: "care-part", "aria-live": "polite" });
  const path = () => `/v1/reviews/${encodeURIComponent(who.value.trim())}/${year.value}`;
  const draw = () => asked(body, () => get(path()), ({ reviews: found }) => [
    h("div", { class: "figures" }, figure(t("care_grade"), found.grade || t("care_grade_none")), found.grade && figure(t("care_score"), found.score)),
    (found.missing ?? []).length ? h("p", { class: "notice" }, t("care_missing"), " ", found.missing.map((kind) => t(`care_review_${bare(kind, "REVIEW_KIND_")}`)).join("、")) : null,
    (found.reviews ?? []).length ? table([t("care_kind"), t("care_score"), t("care_words"), t("when")], found.reviews.map((each) => row(t(`care_review_${bare(each.kind, "REVIEW_KIND_")}`), String(each.score ?? 0), each.comment ?? "", moment(each.at)))) : null,
  ]);
  const kind = choice(kinds.map((key) => [`REVIEW_KIND_${key}`, t(`care_review_${key}`)]), { chosen: kinds.length === 1 ? `REVIEW_KIND_${kinds[0]}` : "", required: true });
  const score = h("input", { class: "input", type: "number", min: 0, max: 100, required: true });
  const words = h("textarea", { class: "input", rows: 2, maxLength: 1000 });
  const give = async (event) => {
    event.preventDefault();
    try {
      await post("/v1/reviews", { owner: who.value.trim(), year: Number(year.value), review: { kind: kind.value, score: Number(score.value), comment: words.value.trim() } });
      toast(t("done"));
      draw();
    } catch (error) {
      toast(error.message);
    }
  };
  show(target,
    h("form", { class: "panel grid-form", onsubmit: (event) => { event.preventDefault(); draw(); } }, !owner && field(t("care_who"), who, { required: true }), field(t("care_year"), year, { required: true }), h("button", { class: "button", type: "submit" }, t("care_show"))),
    body,
    h("form", { class: "panel grid-form", onsubmit: give }, h("h2", {}, t("care_review_give")), field(t("care_kind"), kind, { required: true }), field(t("care_score"), score, { required: true }), field(t("care_words"), words), h("button", { class: "button main", type: "submit" }, t("care_review_give"))));
  if (owner) draw();
}
