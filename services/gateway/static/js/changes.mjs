// Says what somebody else changed in a case while one was looking at it.

import { h } from "./dom.mjs";
import { exactly, person, plain, stateWord } from "./format.mjs";
import { named, t, word } from "./page.mjs";

const FIELDS = [
  ["state", "state", (value) => stateWord(value)],
  ["signal", "signal_field", (value) => word("signal", plain(value))],
  ["departmentCode", "department", (value, item) => (item.route?.departmentCode === value && named(item.route, "departmentName")) || value],
  ["taskTypeTitle", "task_type", (_value, item) => named(item, "taskTypeTitle")],
  ["handler", "handler", (value) => person(value)],
  ["checker", "checker", (value) => person(value)],
  ["deadlineAt", "deadline", (value) => exactly(value)],
  ["loopLevel", "loop_field", (value) => t(`loop_${value}`)],
  ["description", "what", (value) => value],
];

/** A list of what differs, empty when nothing that people see does. */
export function changesBetween(seen, fresh) {
  const changed = FIELDS.filter(([name]) => (seen[name] ?? "") !== (fresh[name] ?? ""));
  if (!changed.length) return null;
  const say = (item, name, text) => (item[name] === undefined || item[name] === "" || item[name] === null ? "—" : text(item[name], item));
  return h(
    "div",
    { class: "notice changed", role: "alert" },
    h("b", {}, t("changed_meanwhile")),
    h("ul", {}, changed.map(([name, label, text]) => h("li", {}, h("span", { class: "quiet" }, t(label)), " ", h("s", {}, say(seen, name, text)), " → ", h("b", {}, say(fresh, name, text))))),
  );
}
