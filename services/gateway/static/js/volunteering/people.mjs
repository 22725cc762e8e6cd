// Volunteers, their books, teams with vacancies, how posts are taken, and who looks after whom.

import { ask, row, table } from "../admin/table.mjs";
import { get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h, show } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { moment } from "../format.mjs";
import { inClear } from "../in_clear.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { button, category, figure, hours, open } from "../volunteer/deeds.mjs";
import { bookOf, claims } from "../volunteer/rows.mjs";
import { offering } from "./forces.mjs";

const NEEDS = ["elderly", "disabled", "poor", "left_behind_child"];

export function people(target) {
  const parts = Object.fromEntries(["report", "pairs", "teams", "list"].map((key) => [key, h("section", { class: "care-part" })]));
  const text = h("input", { class: "input", type: "search", maxLength: 40, "aria-label": t("care_find") });
  const find = h("form", { class: "inline-form", onsubmit: (event) => { event.preventDefault(); volunteers(parts.list, text.value.trim()); } }, text, h("button", { class: "button", type: "submit" }, t("care_find")));
  show(target, parts.report, h("h2", {}, t("care_pairs")), parts.pairs, h("h2", {}, t("care_teams")), parts.teams, h("h2", {}, t("care_volunteers")), find, parts.list);
  report(parts.report);
  pairs(parts.pairs);
  teams(parts.teams);
  volunteers(parts.list, "");
}

const report = (target) => {
  const again = () => report(target);
  return asked(target, () => get("/v1/volunteer-posts:report"), ({ claims: count = 0, claimants = 0, average = 0, top = [] }) => [
    h("div", { class: "figures" }, figure(t("care_post_claims"), count, () => claims(t("care_post_claims"))), figure(t("care_post_people"), claimants, () => claims(t("care_post_people"))), figure(t("care_post_average"), average)),
    top.length ? h("p", { class: "quiet" }, t("care_post_top"), " ", top.map((each) => button(`${category(each.category)} ${each.claims}`, () => claims(category(each.category), each.category)))) : null,
    h("div", { class: "card-acts" }, offering(again)),
  ]);
};

function pairs(target) {
  const again = () => pairs(target);
  asked(target, () => get("/v1/volunteer-pairs", { pageSize: 100 }), ({ pairs: rows = [] }) => [
    may("points.volunteers.manage") && h("div", { class: "card-acts" }, button(t("care_pair_new"), () => pair(again))),
    rows.length ? table([t("care_beneficiary"), t("care_need"), t("care_looked_after"), t("care_contact"), ""], rows.map((each) => row(h("span", { class: "code" }, each.beneficiary), t(`need_${each.need}`), (each.volunteers ?? []).join("、"), [moment(each.contactAt), " ", each.contactNote], each.overdue ? h("span", { class: "badge wrong" }, t("care_overdue")) : ""))) : h("p", { class: "empty" }, t("care_pairs_none")),
  ]);
}

function pair(again) {
  const input = (more) => h("input", { class: "input", maxLength: 200, required: true, ...more });
  const [beneficiary, first, second] = [input(), input(), input({ required: false })];
  const area = areaField(t("care_area_path"), { required: true, byPath: true });
  const need = choice(NEEDS.map((key) => [key, t(`need_${key}`)]), { required: true });
  ask(t("care_pair_new"), [h("p", { class: "notice" }, t("care_pair_effect")), field(t("care_beneficiary"), beneficiary, { required: true }), field(t("care_need"), need, { required: true }), area.element, field(t("care_looked_after"), first, { required: true }), field(t("care_second"), second)], t("care_save"), async () => {
    await post("/v1/volunteer-pairs", { pair: { beneficiary: beneficiary.value.trim(), need: need.value, areaPath: area.value(), volunteers: [first, second].map((each) => each.value.trim()).filter(Boolean) } });
    again();
  });
}

const teams = (target) =>
  asked(target, () => get("/v1/volunteer-teams", { vacantOnly: true, pageSize: 50 }), ({ teams: rows = [], total = 0, people: count = 0, vacant = 0 }) => [
    h("div", { class: "figures" }, figure(t("care_team_count"), total, allTeams), figure(t("care_team_people"), count, allTeams), figure(t("care_team_vacant"), vacant)),
    rows.length ? h("ul", { class: "plain-list" }, rows.map((team) => h("li", {}, h("b", {}, team.name), " ", h("span", { class: "faint code" }, team.code), " ", (team.vacancies ?? []).map((role) => h("span", { class: "badge wrong" }, t(`care_role_${role}`)))))) : null,
  ]);

/** Every team with its members, page by page. */
function allTeams() {
  const body = open(t("care_teams"));
  const list = h("ul", { class: "plain-list" });
  const draw = async (pageToken) => {
    const { teams: rows = [], nextPageToken } = await get("/v1/volunteer-teams", { pageSize: 100, pageToken });
    list.append(...rows.map((team) => h("li", {}, h("b", {}, team.name), " ", h("span", { class: "faint code" }, team.code), " ", (team.members ?? []).map((member) => h("span", { class: "badge" }, `${t(`care_member_${member.role}`)} ${member.subject}`)))));
    return nextPageToken ? button(t("rows_more"), async (event) => { event.target.replaceWith((await draw(nextPageToken)) ?? ""); }) : null;
  };
  asked(body, () => { list.replaceChildren(); return draw(""); }, (more) => [list, more]);
}

/** A name, masked; who may see it whole says what for, and it goes by itself. */
function nameOf(each) {
  const cell = h("span", {}, each.name, " ");
  const look = () => {
    const purpose = h("input", { class: "input", required: true, minLength: 4, maxLength: 200 });
    ask(t("care_name"), [h("p", { class: "quiet" }, t("care_name_lead")), field(t("care_purpose"), purpose, { required: true })], t("care_name"), async () => {
      const { name, shownUntil } = await post(`/v1/volunteers/${encodeURIComponent(each.subject)}:revealName`, { purpose: purpose.value.trim() });
      show(cell, inClear(h("b", {}, name), shownUntil));
    });
  };
  if (may("points.volunteers.reveal")) cell.append(button(t("care_name"), look));
  return cell;
}

const volunteers = (target, text) =>
  asked(target, () => get("/v1/volunteers", { text, pageSize: 50 }), ({ volunteers: rows = [] }) => rows.length ? table([t("join_nickname"), t("join_name"), t("join_community"), t("service_hours"), t("star"), ""], rows.map((each) => row(each.nickname, nameOf(each), h("span", { class: "code" }, each.communityCode), hours(each.minutes), each.star ? "★".repeat(each.star) : "", may("points.read") && button(t("care_book"), () => bookOf(each.subject, each.nickname))))) : h("p", { class: "empty" }, t("care_volunteers_none")));
