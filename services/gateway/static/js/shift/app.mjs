// Shift handover: what waits to be taken over, what is in hand to be handed over, and the book of it.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, once, post } from "../api.mjs";
import { byId, h, shape, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { person, signalOf, stateWord, timeLeft, timeOf } from "../format.mjs";
import { language, may, named, t, visitor, word } from "../page.mjs";
import "../shell.mjs";
import { asked } from "../tabs.mjs";
import { drawRelief } from "./relief.mjs";

const OTHER = "other";
const split = h("div", { class: "shift-split", "aria-live": "polite" });
const absent = h("section", { class: "panel shift-absent" });
const book = h("section", { class: "panel shift-book" });

const standings = (list) => h("ul", { class: "shift-standings" }, list.map((each) => h("li", {}, h("span", {}, stateWord(each.state)), h("b", {}, String(each.count ?? 0)), each.overdueCount ? h("span", { class: "tone", data: { signal: "RED" } }, t("shift_overdue", { count: each.overdueCount })) : null)));

const desk = (one) => [word("roles", one.role), language === "en" ? one.areaNameEn || one.areaName : one.areaName].filter(Boolean).join(" · ");

function offer(one) {
  return h("article", { class: "shift-offer" },
    h("header", {}, h("b", {}, person(one.fromStaff, one.role), " ", t("shift_hands_over")), h("span", { class: "quiet" }, desk(one)), timeOf(one.offeredAt)),
    one.note && h("p", { class: "shift-note" }, one.note),
    one.standings?.length ? standings(one.standings) : null,
    h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => take(one) }, one.inHandCount ? t("shift_take", { count: one.inHandCount }) : t("shift_take_desk")),
      one.toStaff === visitor.subject && h("button", { class: "button", type: "button", onclick: () => decline(one) }, t("shift_decline"))));
}

function decline(one) {
  const requestId = freshKey();
  const reason = h("input", { class: "input", required: true, minLength: 2, maxLength: 300, autocomplete: "off" });
  ask(t("shift_decline"), [h("p", { class: "notice" }, t("shift_decline_effect")), field(t("shift_reason"), reason, { required: true })], t("shift_decline"), async () => {
    await post(`/v1/shifts/${one.id}:decline`, { requestId, reason: reason.value.trim() });
    draw();
  });
}

/** Do something, then draw anew; what is refused is said. */
const trying = (run) => run().catch((error) => toast(error.message)).then(draw);

const take = (one) => trying(async () => {
  const { handover } = await post(`/v1/shifts/${one.id}:takeOver`, { requestId: freshKey() });
  toast(t(handover.leftCount ? "shift_taken_left" : "shift_taken_done", { moved: handover.movedCount ?? 0, left: handover.leftCount ?? 0 }));
});

const withdraw = (one) => trying(async () => {
  await post(`/v1/shifts/${one.id}:withdraw`, { requestId: freshKey() });
  toast(t("shift_withdrawn_done"));
});

function line(each) {
  return h("li", {}, h("a", { href: `/cases/${encodeURIComponent(each.number)}` },
    h("span", { class: "tone", data: { signal: signalOf(each) } }, shape(signalOf(each), 13)),
    h("b", {}, named(each, "taskTypeTitle")),
    h("span", { class: "badge" }, each.toCheck ? t("shift_to_check") : stateWord(each.state)),
    h("span", { class: "shift-left" }, timeLeft(each)),
    h("span", { class: "faint" }, h("span", { class: "code" }, each.number), " ", each.place)));
}

async function colleagues(shift) {
  if (!may("registry.staff.read")) return [];
  const answer = await once(`/v1/areas/${shift.areaCode}/duty`, { role: shift.role, departmentCode: shift.departmentCode }).catch(() => ({}));
  const seen = new Map((answer.onDuty ?? []).filter((each) => each.staffCode && each.staffCode !== visitor.subject).map((each) => [each.staffCode, named(each.post ?? {}, "title") || each.staffCode]));
  return [...seen];
}

async function give(shift) {
  const who = choice([...(await colleagues(shift)), [OTHER, t("shift_other")]], { empty: t("shift_next") });
  const code = h("input", { class: "input code", maxLength: 80, placeholder: "staff:", autocomplete: "off", spellcheck: false, "aria-label": t("shift_code"), hidden: true });
  who.addEventListener("change", () => {
    code.hidden = who.value !== OTHER;
    code.required = !code.hidden;
    if (!code.hidden) code.focus();
  });
  const note = h("textarea", { class: "input", rows: 4, maxLength: 1000 });
  ask(t("shift_give"), [h("p", { class: "notice" }, t("shift_lead")), field(t("shift_whom"), who), code, field(t("shift_note"), note, { help: t("shift_note_help") })], t("shift_give"), async () => {
    const toStaff = who.value === OTHER ? code.value.trim() : who.value;
    await post("/v1/shift:offer", { requestId: freshKey(), toStaff, note: note.value.trim() });
    toast(t(toStaff ? "shift_given_done" : "shift_given_done_next"));
    draw();
  });
}

function inHand(shift) {
  const { cases = [], inHandCount: count = 0, standings: stands = [], given } = shift;
  if (!shift.role) return h("p", { class: "empty" }, t("shift_no_desk"));
  return [
    given
      ? h("div", { class: "notice shift-given" }, h("p", {}, h("b", {}, given.toStaff ? [t("shift_to"), " ", person(given.toStaff)] : t("shift_to_next")), " ", timeOf(given.offeredAt)), h("p", {}, t("shift_given")), given.note && h("p", { class: "shift-note" }, given.note), h("div", { class: "card-acts" }, h("button", { class: "button", type: "button", onclick: () => withdraw(given) }, t("shift_withdraw"))))
      : [h("p", { class: "quiet" }, t("shift_lead")), h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => give(shift) }, t("shift_give")))],
    cases.length ? h("ul", { class: "shift-cases" }, cases.map(line)) : h("p", { class: "quiet" }, t("shift_none_mine")),
    count > cases.length ? h("p", { class: "faint" }, t("shift_more", { count: count - cases.length })) : null,
    h("h3", {}, t("shift_standing")),
    stands.length ? standings(stands) : h("p", { class: "quiet" }, t("shift_none_standing")),
  ];
}

function stood(one) {
  if (one.withdrawnAt) return t(one.reason ? "shift_state_declined" : "shift_state_withdrawn");
  if (!one.takenAt) return t("shift_state_waiting");
  return one.leftCount ? t("shift_stayed", { moved: one.movedCount ?? 0, left: one.leftCount }) : t("shift_mine_count", { count: one.movedCount ?? 0 });
}

function drawBook(token = "", before = []) {
  asked(book, () => get("/v1/shifts", { pageToken: token }), ({ handovers = [], nextPageToken }) => {
    const all = [...before, ...handovers];
    return [
      h("h2", {}, t("shift_book")),
      all.length
        ? table([t("shift_when"), t("shift_giver"), t("shift_taker"), t("shift_moved"), t("shift_said")], all.map((one) => row(timeOf(one.offeredAt), [person(one.fromStaff), " ", h("span", { class: "faint" }, desk(one))], one.takenBy ? [person(one.takenBy), " ", timeOf(one.takenAt)] : "—", stood(one), one.reason ? [h("span", { class: "badge" }, t(one.takenBy ? "shift_relieved" : "shift_state_declined")), " ", one.reason] : one.note || "—")))
        : h("p", { class: "quiet" }, t("shift_none_book")),
      nextPageToken ? h("button", { class: "button", type: "button", onclick: () => drawBook(nextPageToken, all) }, t("shift_older")) : null,
    ];
  });
}

function draw() {
  asked(split, () => get("/v1/shift"), (shift) => [
    h("section", { class: "panel shift-waiting" }, h("h2", {}, t("shift_waiting")), shift.offered?.length ? shift.offered.map(offer) : h("p", { class: "quiet" }, t("shift_none_waiting"))),
    h("section", { class: "panel shift-mine" }, h("h2", {}, t("shift_mine"), shift.role && h("span", { class: "quiet" }, ` ${t("shift_mine_count", { count: shift.inHandCount ?? 0 })}`)), inHand(shift)),
  ]);
  drawRelief(absent, { line, done: draw });
  drawBook();
}

show(byId("app"), split, absent, book);
draw();
