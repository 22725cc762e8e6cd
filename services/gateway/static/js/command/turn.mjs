// What waits for the visitor's own desk: the states from which the next step is theirs.

import { t, visitor } from "../page.mjs";
import { h } from "../dom.mjs";

const ACCEPTING = ["REPORTED", "SELF_DONE", "ACCEPTED", "FEEDBACK", "CHECKED"];
const DISPATCHING = ["REGISTERED", "RETURNED", "CHECK_FAILED", "REOPENED"];
const TURNS = { acceptor: ACCEPTING, dispatcher: DISPATCHING, duty_chief: [...ACCEPTING, ...DISPATCHING] };

/** The states in which it is the visitor's turn; none for those who are not at such a desk. */
export const TURN = [...new Set((visitor?.roles ?? []).flatMap((each) => TURNS[each.role] ?? []))];

/** The button that shows only these; `pressed` says whether it does. */
export function turnButton({ pressed, onToggle }) {
  if (!TURN.length) return null;
  const button = h("button", { class: "button plain turn", type: "button", title: t("my_turn_why"), "aria-pressed": String(pressed()), onclick: () => onToggle() }, t("my_turn"));
  button.refresh = () => button.setAttribute("aria-pressed", String(pressed()));
  return button;
}
