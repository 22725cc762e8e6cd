// Marks given by hand: of a grid or a worker, each by whom it is due from.

import { ask } from "../admin/table.mjs";
import { freshKey, post } from "../api.mjs";
import { h, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { t, visitor } from "../page.mjs";

/** Who gives which mark; the same table as the service's. */
const GRID_SOURCES = { SELF: ["subdistrict_admin"], OPEN_CHECK: ["acceptor", "duty_chief"], UNDERCOVER: ["duty_chief"], VIDEO: ["video_patroller"] };
const WORKER_PARTS = { ATTENDANCE: ["community_admin"], DAILY: ["acceptor", "duty_chief"], SPECIAL: ["department_leader"], COMMUNITY: ["community_admin"], BONUS: ["duty_chief"] };
const HELD = new Set(visitor.roles.map((role) => role.role));

const kindsFor = (kind) => Object.entries({ GRID: GRID_SOURCES, WORKER: WORKER_PARTS }[kind] ?? {}).filter(([, roles]) => roles.some((role) => HELD.has(role))).map(([name]) => name);

/** Whether the visitor gives any mark of this kind. */
export const mayMark = (kind) => kindsFor(kind).length > 0;

export function giveMark(kind, period, { code = "" } = {}, again) {
  const who = h("input", { class: "input code", value: code, required: true, maxLength: 80 });
  const kinds = kindsFor(kind);
  const part = choice(kinds.map((name) => [name, t(`steer_part_${name.toLowerCase()}`)]), { chosen: kinds.length === 1 ? kinds[0] : "", required: true });
  const score = h("input", { class: "input", type: "number", min: 0, max: 100, step: 0.01, required: true });
  const note = h("textarea", { class: "input", rows: 2, maxLength: 500 });
  ask(t("steer_mark"), [h("p", { class: "notice" }, t("effect_mark")), field(t(kind === "GRID" ? "steer_mark_grid" : "steer_mark_worker"), who, { required: true }), field(t("steer_mark_part"), part, { required: true }), field(t("steer_score"), score, { required: true }), field(t("steer_note"), note)], t("save"), async () => {
    const mark = { score: Number(score.value), note: note.value.trim() };
    const given = kind === "GRID" ? { gridCode: who.value.trim(), source: `GRID_MARK_SOURCE_${part.value}`, ...mark } : { staffCode: who.value.trim(), part: `WORKER_PART_${part.value}`, ...mark };
    await post(`/v1/assessments/${kind === "GRID" ? "grids" : "workers"}:mark`, { requestId: freshKey(), period, marks: [given] });
    toast(t("steer_marked"));
    again();
  });
}
