// The partner's counter: type or scan the code, see what it stands for, hand it out once.

import { post } from "../api.mjs";
import { byId, h, show, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { exactly, moment } from "../format.mjs";
import { named, t } from "../page.mjs";
import { lastingly } from "../patience.mjs";
import "../shell.mjs";

const code = h("input", { class: "input code", required: true, minLength: 6, maxLength: 40, autocomplete: "off", spellcheck: false, autofocus: true });
const found = h("div", { "aria-live": "polite" });

/** What the code stands for; asked again by itself while the shop cannot be reached. */
function find(event) {
  event?.preventDefault();
  const draw = ({ redemption }) => {
    const state = redemption.state.replace("REDEMPTION_STATE_", "");
    show(found, h("div", { class: "card" }, h("div", { class: "card-head" }, h("b", {}, named(redemption, "title"), redemption.quantity > 1 ? ` × ${redemption.quantity}` : ""), h("span", { class: "badge" }, t(`redemption_${state}`))), h("p", { class: "quiet" }, [t("points_count", { count: redemption.points }), moment(redemption.at), t("fetch_until", { time: exactly(redemption.until) })].join(" · ")), state === "HELD" && h("button", { class: "button main", type: "button", onclick: hand }, t("hand_out"))));
  };
  const refused = (error) => show(found, h("p", { class: "wrong", role: "alert" }, error.message));
  return lastingly(found, () => post("/v1/mall/redemptions:find", { code: code.value.trim() }), draw, refused);
}

async function hand() {
  try {
    await post("/v1/mall/redemptions:fulfil", { code: code.value.trim() });
    toast(t("handed_out"));
    code.value = "";
    show(found);
    code.focus();
  } catch (error) {
    show(found, h("p", { class: "wrong", role: "alert" }, error.message));
  }
}

show(byId("app"), h("form", { class: "panel grid-form", onsubmit: find }, field(t("pickup_code"), code, { required: true, help: t("counter_help") }), h("button", { class: "button", type: "submit" }, t("find"))), found);
