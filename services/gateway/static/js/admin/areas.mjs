// Areas and posts: down the tree, who stands where, which posts nobody holds.

import { get } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { person } from "../format.mjs";
import { named, t, word } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { row, table } from "./table.mjs";

const LEVELS = ["AREA_LEVEL_DISTRICT", "AREA_LEVEL_SUBDISTRICT", "AREA_LEVEL_COMMUNITY", "AREA_LEVEL_GRID"];

export function areas(target) {
  const posts = h("div");
  const list = h("div");
  show(target, h("div", { class: "admin-split" }, list, posts));
  open("", 0, []);

  function open(code, depth, trail) {
    asked(list, () => get("/v1/areas", { underCode: code, level: LEVELS[Math.min(depth, LEVELS.length - 1)], pageSize: 500 }), ({ areas: found = [] }) => [h("nav", { class: "crumbs", "aria-label": t("area") }, h("button", { class: "button plain", type: "button", onclick: () => open("", 0, []) }, t("whole_city")), trail.map((area, index) => ["›", h("button", { class: "button plain", type: "button", onclick: () => open(area.code, index + 1, trail.slice(0, index + 1)) }, named(area))])), h("ul", { class: "plain-list" }, found.map((area) => h("li", {}, h("button", { class: "button plain", type: "button", onclick: () => (depth < LEVELS.length - 1 ? open(area.code, depth + 1, [...trail, area]) : showPosts(area)) }, named(area)), h("span", { class: "code faint" }, area.code), h("button", { class: "button plain", type: "button", onclick: () => showPosts(area) }, t("posts_show")), area.level === "AREA_LEVEL_GRID" && h("a", { class: "button plain", href: `/board/${area.code}` }, t("board_open")))))]);
    if (trail.length) showPosts(trail.at(-1));
    else showVacancies();
  }

  function showPosts(area) {
    asked(posts, () => get("/v1/posts", { underCode: area.code, pageSize: 200 }), ({ posts: found = [] }) => [h("h2", {}, named(area)), found.length ? table([t("post"), t("role"), t("holder"), t("duty_line")], found.map((each) => row([named(each, "title"), " ", h("span", { class: "code faint" }, each.code)], word("roles", each.role), each.staffCode ? person(each.staffCode) : h("span", { class: "badge urgent" }, t("vacant")), each.dutyPhone || "—"))) : h("p", { class: "empty" }, t("posts_empty"))]);
  }

  function showVacancies() {
    asked(posts, () => get("/v1/vacancies"), ({ vacancies = [] }) => [h("h2", {}, t("vacancies", { count: vacancies.length })), vacancies.length ? table([t("area"), t("role")], vacancies.slice(0, 100).map((each) => row(h("span", { class: "code" }, each.areaCode), word("roles", each.role)))) : h("p", { class: "empty" }, t("vacancies_none"))]);
  }
}
