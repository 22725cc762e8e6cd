// Follow a report: with an account by a click, without one by its number and the telephone it was reported with.

import { byId, h, show } from "../dom.mjs";
import { t, visitor } from "../page.mjs";
import { follow } from "../shell.mjs";
import { field } from "../steps.mjs";
import { ownCase } from "./guest.mjs";
import { drawProgress } from "./progress.mjs";

const form = byId("follow");
const target = byId("case");
const asked = new URLSearchParams(location.search);
const number = h("input", { class: "input code", name: "number", required: true, autocomplete: "off", spellcheck: false, placeholder: "9991-20260306-00017", value: asked.get("number") ?? "" });
const phone = h("input", { class: "input", name: "phone", type: "tel", required: true, autocomplete: "tel", inputMode: "tel", value: sessionStorage.getItem("gridward.phone") ?? "" });
const problem = h("p", { class: "wrong", role: "alert", hidden: true });
let shownId = "";

async function open() {
  problem.hidden = true;
  try {
    const whole = await ownCase(number.value.trim(), phone.value.trim());
    shownId = whole.case.id;
    if (!visitor) sessionStorage.setItem("gridward.phone", phone.value.trim());
    history.replaceState(null, "", `/follow?number=${encodeURIComponent(whole.case.number)}`);
    drawProgress(target, whole, { phone: phone.value.trim(), onDone: open });
  } catch (error) {
    show(target);
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

show(
  form,
  field(t("follow_number"), number, { required: true }),
  visitor ? null : field(t("follow_phone"), phone, { required: true, help: t("follow_phone_help") }),
  problem,
  h("div", {}, h("button", { class: "button main", type: "submit" }, t("follow_open"))),
);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  open();
});
if (number.value && (visitor || phone.value)) open();
else show(target, h("p", { class: "empty" }, t("follow_empty")));
if (visitor) follow({ onCase: ({ case: item }) => item.id === shownId && !target.querySelector(":focus") && open(), onReset: () => undefined });
