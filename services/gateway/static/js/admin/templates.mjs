// What people are told, by occasion and channel; shown as they will read it before it is kept.

import { freshKey, get, put } from "../api.mjs";
import { h, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { ask, row, table } from "./table.mjs";

const SAMPLE = { number: "9991-20260306-00017", title: "井盖缺失破损", place: "松风路口东侧", department: "市政公用服务中心", deadline: "3月6日 17:30", words: "…" };
const filled = (text) => text.replace(/\{(\w+)\}/g, (hole, name) => SAMPLE[name] ?? hole);
const bare = (value) => (value ?? "").replace(/^(OCCASION|CHANNEL)_/, "");

export function templates(target) {
  asked(target, () => get("/v1/notice-templates"), ({ templates: list = [] }) => {
    const again = () => templates(target);
    if (!list.length) return h("p", { class: "empty" }, t("templates_none"));
    return table([t("template_occasion"), t("template_language"), t("template_text"), ""], list.map((each) => row([t(`notice_${bare(each.occasion)}`), each.channel && bare(each.channel) ? ` · ${t(`channel_${bare(each.channel)}`)}` : "", each.taskType && h("span", { class: "code faint" }, ` ${each.taskType}`)], each.language === "en" ? "English" : "中文", [h("span", {}, each.text), each.supplied && h("span", { class: "faint" }, ` ${t("template_supplied")}`)], may("notices.write") ? h("button", { class: "button", type: "button", onclick: () => change(each, again) }, t("change_it")) : "")));
  });
}

function change(template, again) {
  const text = h("textarea", { class: "input", rows: 4, required: true, maxLength: 500, value: template.text, oninput: () => (preview.textContent = filled(text.value)) });
  const preview = h("p", { class: "notice" }, filled(template.text));
  ask(t("change_it"), [field(t("template_text"), text, { required: true, help: t("template_help") }), h("span", { class: "label" }, t("template_preview")), preview], t("save"), async () => {
    await put("/v1/notice-templates", { requestId: freshKey(), template: { ...template, supplied: undefined, text: text.value } });
    toast(t("done"));
    again();
  });
}
