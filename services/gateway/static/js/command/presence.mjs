// Who else looks at the open case, and whether they are writing; told while the page is open, forgotten soon after.

import { post } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { named, t, visitor } from "../page.mjs";

const BEAT_MS = 15_000;
let open = "";
let doing = "";
let beating = 0;

const tell = (caseId, what) => post("/v1/presence", { caseId, doing: what }, { background: true }).catch(() => undefined);

/** The case that is open now; empty when none is. */
export function nowAt(caseId) {
  if (caseId === open) return;
  clearInterval(beating);
  if (open) tell(open, "");
  open = caseId;
  doing = caseId ? "looking" : "";
  if (!caseId) return;
  tell(open, doing);
  beating = setInterval(() => tell(open, doing), BEAT_MS);
}

/** Whether somebody writes a step here. */
export function nowWriting(writing) {
  const what = writing ? "writing" : "looking";
  if (!open || what === doing) return;
  doing = what;
  tell(open, doing);
}

/** Show who is there, told by the stream. */
export function drawPresence(element, { caseId, people = [] }) {
  if (caseId !== open) return;
  const others = people.filter((each) => each.subject !== visitor.subject);
  element.hidden = !others.length;
  show(element, others.map((each) => h("span", { class: `badge present ${each.doing}` }, t(each.doing === "writing" ? "is_writing" : "is_looking", { name: named(each) }))));
}

addEventListener("pagehide", () => open && navigator.sendBeacon && fetch("/v1/presence", { method: "POST", keepalive: true, headers: { "x-gridward-client": "page", "content-type": "application/json" }, body: JSON.stringify({ caseId: open, doing: "" }) }).catch(() => undefined));
