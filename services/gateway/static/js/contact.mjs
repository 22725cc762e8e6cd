// How one wants to be told: number, text messages, language. The number goes in and is never shown whole again.

import { get, put } from "./api.mjs";
import { h, toast } from "./dom.mjs";
import { choice, field } from "./fields.mjs";
import { t } from "./page.mjs";
import { asked } from "./tabs.mjs";
import { trying } from "./trying.mjs";

/** A section with what is kept now, and a form to change it. */
export function myContact() {
  const body = h("div", {});
  const again = () => asked(body, () => get("/v1/my-contact"), (kept) => form(kept, again));
  again();
  return h("section", {}, h("h2", {}, t("contact")), body);
}

function form({ phoneMasked = "", sms = false, language = "zh" }, again) {
  const phone = h("input", { class: "input code", type: "tel", inputMode: "tel", maxLength: 20, autocomplete: "tel", placeholder: phoneMasked });
  const texts = h("input", { type: "checkbox", checked: sms });
  const speech = choice([["zh", "中文"], ["en", "English"]], { chosen: language, required: true });
  const { problem, tried } = trying();
  const save = (event) => {
    event.preventDefault();
    return tried(async () => {
      await put("/v1/my-contact", { phone: phone.value.trim(), sms: texts.checked, language: speech.value });
      toast(t("contact_kept"));
      again();
    });
  };
  return h("form", { class: "books-form", onsubmit: save }, h("p", { class: "quiet" }, phoneMasked ? t("contact_known", { phone: phoneMasked }) : t("contact_none")), field(t("contact_phone"), phone, { help: t("contact_phone_help") }), h("label", { class: "contact-sms" }, texts, " ", t("contact_sms")), field(t("contact_language"), speech, { required: true }), problem, h("div", { class: "steps-row" }, h("button", { class: "button main", type: "submit" }, t("save"))));
}
