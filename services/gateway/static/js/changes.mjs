// Says what somebody else changed in a case while one was looking at it.

import { exactly, person, plain, stateWord } from "./format.mjs";
import { differences } from "./meanwhile.mjs";
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
export const changesBetween = (seen, fresh) => differences(seen, fresh, FIELDS);
