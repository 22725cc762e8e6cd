// Posts that a community offers, its type, and calling the force.

import { ask } from "../admin/table.mjs";
import { freshKey, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { may, t, visitor } from "../page.mjs";
import { button, CATEGORIES, category, open } from "../volunteer/deeds.mjs";

const TYPES = ["commercial_residential", "family_courtyard", "old_estate", "business_district"];
const own = () => visitor.roles.find((role) => role.areaPath)?.areaPath ?? "";
const community = () => h("input", { class: "input", required: true, maxLength: 40, value: own().split(".")[3] ?? "" });

/** The buttons of whoever may; `again` draws what has changed. */
export const offering = (again) => [
  may("points.volunteers.manage") && button(t("care_post_new"), () => newPost(again)),
  may("points.volunteers.manage") && button(t("care_type_set"), setType),
  may("points.volunteers.dispatch") && button(t("care_force_call"), callForce),
];

function newPost(again) {
  const kind = choice(CATEGORIES.map((code) => [code, category(code)]), { required: true });
  const title = h("input", { class: "input", required: true, maxLength: 100 });
  const where = community();
  const quota = h("input", { class: "input", type: "number", min: 1, max: 100000, value: 12, required: true });
  const requestId = freshKey();
  ask(t("care_post_new"), [h("p", { class: "notice" }, t("care_post_effect")), field(t("order_kind"), kind, { required: true }), field(t("care_title"), title, { required: true }), field(t("care_community"), where, { required: true }), field(t("care_places"), quota, { required: true })], t("care_save"), async () => {
    await post("/v1/volunteer-posts", { requestId, category: kind.value, title: title.value.trim(), communityCode: where.value.trim(), quota: Number(quota.value) });
    again();
  });
}

/** The type ranks the posts of a community; claims stay as they are. */
function setType() {
  const where = community();
  const type = choice(TYPES.map((key) => [key, t(`care_type_${key}`)]), { required: true });
  ask(t("care_type_set"), [h("p", { class: "notice" }, t("care_type_effect")), field(t("care_community"), where, { required: true }), field(t("care_kind"), type, { required: true })], t("care_save"), async () => {
    const { posts = [] } = await post(`/v1/communities/${encodeURIComponent(where.value.trim())}:type`, { communityType: type.value });
    open(t("care_type_ranked"), h("ol", { class: "plain-list" }, posts.map((each) => h("li", {}, h("b", {}, each.title), " ", category(each.category), each.suggested && h("span", { class: "badge" }, t("care_suggested"))))));
  });
}

/** Teams are drawn nearest first; nobody is out twice. */
function callForce() {
  const area = areaField(t("care_area_path"), { required: true, byPath: true, chosen: own() });
  const teams = h("input", { class: "input", type: "number", min: 1, max: 1000, value: 1, required: true });
  const purpose = h("input", { class: "input", required: true, maxLength: 500 });
  const requestId = freshKey();
  ask(t("care_force_call"), [h("p", { class: "notice" }, t("care_force_effect")), area.element, field(t("care_force_teams"), teams, { required: true }), field(t("care_purpose"), purpose, { required: true })], t("care_force_call"), async () => {
    const called = await post("/v1/volunteer-force:dispatch", { requestId, areaPath: area.value(), teams: Number(teams.value), purpose: purpose.value.trim() });
    const home = async () => {
      const { teams: gone = 0 } = await post(`/v1/volunteer-force/${called.dispatchId}:release`, {});
      toast(t("care_force_home", { count: gone }));
      body.closest("dialog").close();
    };
    const body = open(t("care_force_called"),
      h("ul", { class: "plain-list" }, (called.teams ?? []).map((team) => h("li", {}, h("b", {}, team.name), " ", h("span", { class: "faint code" }, team.code), ` ${(team.members ?? []).length}`))),
      h("p", { class: "quiet" }, t("care_force_free", { count: called.free ?? 0 })),
      h("div", { class: "card-acts" }, button(t("care_force_release"), home)));
  });
}
