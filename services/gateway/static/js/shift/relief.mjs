// Taking over from somebody who is not there: who has what in hand, what would come over, and why it is done.

import { ask } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { h, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { person } from "../format.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";

/** Draw those from whom the visitor may take over; `line` draws a case, `done` comes after one was relieved. */
export function drawRelief(target, { line, done }) {
  const open = async (holder) => {
    const coming = await get("/v1/shift/relief", { fromStaff: holder.staff }).catch((error) => toast(error.message));
    if (coming) confirm(holder, coming, { line, done });
  };
  const row = (holder) => h("li", {},
    h("span", {}, person(holder.staff)),
    h("span", { class: "quiet" }, t("shift_mine_count", { count: holder.inHandCount ?? 0 })),
    holder.overdueCount ? h("span", { class: "tone", data: { signal: "RED" } }, t("shift_overdue", { count: holder.overdueCount })) : null,
    h("button", { class: "button", type: "button", onclick: () => open(holder) }, t("shift_relieve")));
  asked(target, () => get("/v1/shift/holders"), ({ holders = [] }) => [
    h("h2", {}, t("shift_absent")),
    h("p", { class: "quiet" }, t("shift_absent_lead")),
    holders.length ? h("ul", { class: "shift-holders" }, holders.map(row)) : h("p", { class: "quiet" }, t("shift_none_absent")),
  ]);
}

function confirm(holder, { cases = [], movedCount = 0, leftCount = 0 }, { line, done }) {
  const requestId = freshKey();
  const reason = h("input", { class: "input", required: true, minLength: 2, maxLength: 300, autocomplete: "off" });
  ask(t("shift_relieve"), [
    h("p", {}, person(holder.staff)),
    h("p", { class: "notice" }, t("shift_relieve_effect", { count: movedCount }), leftCount ? ` ${t("shift_relieve_left", { count: leftCount })}` : ""),
    h("details", {}, h("summary", {}, t("shift_relieve_which", { count: movedCount })), h("ul", { class: "shift-cases" }, cases.map(line))),
    field(t("shift_reason"), reason, { required: true, help: t("shift_reason_help") }),
  ], t("shift_relieve_do", { count: movedCount }), async () => {
    const { handover } = await post("/v1/shift:relieve", { requestId, fromStaff: holder.staff, reason: reason.value.trim() });
    toast(t(handover.leftCount ? "shift_taken_left" : "shift_taken_done", { moved: handover.movedCount ?? 0, left: handover.leftCount ?? 0 }));
    done();
  });
  reason.focus();
}
