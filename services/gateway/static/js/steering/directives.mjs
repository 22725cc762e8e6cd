// Orders that go down all levels at once: what is new for one's own posts, who has read, who has not.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { person, timeOf } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

const LEVELS = [2, 3, 4, 5];

export function directives(target) {
  const again = () => directives(target);
  asked(target, () => get("/v1/directives"), ({ directives: list = [] }) => {
    const body = h("div", { class: "steer-body", "aria-live": "polite" });
    const give = may("directives.issue") && h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => issue(again) }, t("steer_issue")));
    return [give, list.length ? list.map((one) => card(one, body, again)) : h("p", { class: "empty" }, t("steer_no_directives")), body];
  });
}

function card(one, body, again) {
  const withdrawn = Boolean(one.withdrawnAt);
  const mark = withdrawn ? h("span", { class: "badge" }, t("steer_withdrawn")) : one.ownUnreadCount ? h("span", { class: "badge", data: { mention: "MENTION_CRITICISED" } }, t("steer_unread")) : null;
  const acts = [
    !withdrawn && one.ownUnreadCount > 0 && act(t("steer_read"), () => acknowledge(one, { done: false }, again)),
    !withdrawn && one.ownOpenCount > 0 && one.dueAt && act(t("steer_carried_out"), () => carriedOut(one, again)),
    act(t("steer_receipts"), () => receipts(one, body)),
    !withdrawn && may("directives.issue") && act(t("steer_withdraw"), () => withdraw(one, again)),
  ];
  return h("section", { class: "panel" },
    h("div", { class: "card-head" }, h("b", {}, one.title), mark),
    h("p", { class: "steer-words" }, one.body),
    h("p", { class: "quiet" }, person(one.issuedBy), " ", timeOf(one.issuedAt), one.dueAt && [" · ", t("steer_due"), " ", timeOf(one.dueAt)]),
    h("div", { class: "card-acts" }, acts));
}

const act = (text, onclick) => h("button", { class: "button", type: "button", onclick }, text);

async function trying(work, done, again) {
  try {
    await work();
    toast(done);
    again();
  } catch (error) {
    toast(error.message);
  }
}

const acknowledge = (one, said, again) => trying(() => post(`/v1/directives/${one.id}:acknowledge`, { requestId: freshKey(), ...said }), t("steer_acknowledged"), again);
const withdraw = (one, again) => trying(() => post(`/v1/directives/${one.id}:withdraw`, { requestId: freshKey() }), t("steer_withdrawn"), again);

function carriedOut(one, again) {
  const reply = h("textarea", { class: "input", rows: 3, maxLength: 1000 });
  ask(t("steer_carried_out"), [field(t("steer_reply"), reply)], t("steer_send"), async () => {
    await post(`/v1/directives/${one.id}:acknowledge`, { requestId: freshKey(), done: true, reply: reply.value.trim() });
    toast(t("steer_acknowledged"));
    again();
  });
}

function issue(again) {
  const title = h("input", { class: "input", required: true, maxLength: 120 });
  const words = h("textarea", { class: "input", rows: 5, required: true, maxLength: 5000 });
  const area = areaField(t("steer_area"), { help: t("steer_area_help") });
  const until = choice(LEVELS.map((level) => [String(level), t(`steer_level_${level}`)]), { chosen: "5", required: true, empty: "" });
  until.firstChild.remove();
  const due = h("input", { class: "input", type: "datetime-local" });
  ask(t("steer_issue"), [h("p", { class: "notice" }, t("steer_issue_effect")), field(t("steer_title"), title, { required: true }), field(t("steer_body"), words, { required: true }), area.element, field(t("steer_until"), until, { required: true }), field(t("steer_due"), due)], t("steer_send"), async () => {
    const dueAt = due.value ? new Date(due.value).toISOString() : undefined;
    const { levels = [] } = await post("/v1/directives", { requestId: freshKey(), title: title.value.trim(), body: words.value.trim(), areaCode: area.value(), untilLevel: Number(until.value), dueAt });
    toast(t("steer_reached", { count: levels.reduce((sum, level) => sum + level.areaCount, 0) }));
    again();
  });
}

function receipts(one, body) {
  const both = () => Promise.all([get(`/v1/directives/${one.id}`), get(`/v1/directives/${one.id}/unread`)]);
  asked(body, both, ([{ levels = [] }, { areas = [], nextPageToken }]) => [
    h("h2", {}, t("steer_receipts_of", { title: one.title })),
    table([t("steer_level"), t("steer_areas"), t("steer_read_by"), t("steer_done_by"), ""], levels.map((level) => row(t(`steer_level_${level.level}`), String(level.areaCount), String(level.readCount ?? 0), String(level.doneCount ?? 0), h("progress", { max: 1, value: level.readRatio ?? 0, "aria-label": t(`steer_level_${level.level}`) })))),
    areas.length ? [h("h3", {}, t("steer_unread_list", { count: nextPageToken ? `${areas.length}+` : areas.length })), table([t("steer_level"), t("steer_name"), t("steer_holder")], areas.map((area) => row(t(`steer_level_${area.level}`), [named(area), " ", h("span", { class: "code faint" }, area.areaCode)], area.holder ? person(area.holder) : t("steer_vacant"))))] : h("p", { class: "notice" }, t("steer_all_read")),
  ]);
  body.scrollIntoView({ block: "nearest", behavior: "smooth" });
}
