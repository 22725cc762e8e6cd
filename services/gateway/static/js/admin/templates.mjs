// What people are told, by occasion, task type and channel; shown as they will read it before it is kept.

import { freshKey, get, put } from "../api.mjs";
import { h, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { may, named, t } from "../page.mjs";
import { admitted } from "../step_inputs.mjs";
import { asked } from "../tabs.mjs";
import { ask, row, table } from "./table.mjs";

const SAMPLE = { number: "9991-20260306-00017", title: "井盖缺失破损", place: "松风路口东侧", department: "市政公用服务中心", deadline: "03-06 17:30", opinion: "已清理" };
const filled = (text) => text.replace(/\{(\w+)\}/g, (hole, name) => SAMPLE[name] ?? hole);
const bare = (value) => (value ?? "").replace(/^(OCCASION|CHANNEL)_/, "");
const CHANNELS = ["CHANNEL_APP", "CHANNEL_SMS"];
const languageName = (code) => (code === "en" ? "English" : "中文");
const channelName = (channel) => (bare(channel) && bare(channel) !== "UNSPECIFIED" ? t(`channel_${bare(channel)}`) : t("template_all_channels"));

export function templates(target) {
  asked(target, () => get("/v1/notice-templates"), ({ templates: list = [] }) => {
    const again = () => templates(target);
    const supplied = list.filter((each) => each.supplied);
    const own = list.filter((each) => !each.supplied);
    const write = may("notices.write");
    return [
      h("p", { class: "quiet" }, t("templates_lead")),
      write && h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => askTemplate(null, supplied, again) }, t("template_add"))),
      h("h2", {}, t("templates_own")),
      own.length ? table(heads(write), own.map((each) => templateRow(each, write && h("div", { class: "card-acts" }, h("button", { class: "button", type: "button", onclick: () => askTemplate(each, supplied, again) }, t("change_it")), h("button", { class: "button plain", type: "button", onclick: () => takeAway(each, again) }, t("template_take_away")))))) : h("p", { class: "empty" }, t("templates_none_own")),
      h("h2", {}, t("templates_supplied")),
      table(heads(write), supplied.map((each) => templateRow(each, write && h("button", { class: "button", type: "button", onclick: () => askTemplate({ ...each, supplied: undefined }, supplied, again) }, t("template_replace"))))),
    ];
  });
}

const heads = (write) => [t("template_occasion"), t("template_for"), t("template_language"), t("template_text"), ...(write ? [t("acts")] : [])];

const templateRow = (each, acts) => row(t(`notice_${bare(each.occasion)}`), [each.taskType ? h("span", { class: "code" }, each.taskType) : t("template_all_types"), " · ", channelName(each.channel)], languageName(each.language), each.text, ...(acts ? [acts] : []));

/** How many open cases will be written about by it from now on. */
async function concerned(taskType) {
  const { cases = [], nextPageToken } = await get("/v1/cases", { taskType, openOnly: true, pageSize: 200 });
  return `${cases.length}${nextPageToken ? "+" : ""}`;
}

/** Say whom it concerns as soon as that is known. */
function effectOf(key, taskType) {
  const line = h("p", { class: "notice", role: "status" }, t(key, { count: "…" }));
  const tell = async (code) => (line.textContent = t(key, { count: await concerned(code).catch(() => "?") }));
  tell(taskType);
  return [line, tell];
}

function takeAway(template, again) {
  const [effect] = effectOf("effect_template_gone", template.taskType);
  ask(t("template_take_away"), [h("p", {}, template.text), effect], t("template_take_away"), async () => {
    await put("/v1/notice-templates", { requestId: freshKey(), template: { ...template, supplied: undefined, text: "" } });
    toast(t("done"));
    again();
  });
}

async function askTemplate(template, supplied, again) {
  const types = await admitted();
  const occasions = [...new Set(supplied.map((each) => each.occasion))];
  const preview = h("p", { class: "notice", role: "status" });
  const text = h("textarea", { class: "input", rows: 4, required: true, maxLength: 500, value: template?.text ?? "", oninput: () => (preview.textContent = filled(text.value)) });
  const usual = () => supplied.find((each) => each.occasion === occasion.value && each.language === tongue.value)?.text ?? "";
  const suggest = () => {
    if (!template && (!text.value || supplied.some((each) => each.text === text.value))) text.value = usual();
    preview.textContent = filled(text.value);
  };
  const occasion = choice(occasions.map((each) => [each, t(`notice_${bare(each)}`)]), { chosen: template?.occasion ?? occasions[0], required: true });
  const tongue = choice(["zh", "en"].map((each) => [each, languageName(each)]), { chosen: template?.language ?? "zh", required: true });
  const type = choice(types.map((each) => [each.code, named(each, "title")]), { chosen: template?.taskType ?? "", empty: t("template_all_types") });
  const channel = choice(CHANNELS.map((each) => [each, channelName(each)]), { chosen: template?.channel ?? "", empty: t("template_all_channels") });
  for (const control of [occasion, tongue]) {
    control.addEventListener("change", suggest);
    control.disabled = Boolean(template);
  }
  suggest();
  const [effect, tell] = effectOf("effect_template", type.value);
  type.addEventListener("change", () => tell(type.value));
  ask(t(template ? "change_it" : "template_add"), [field(t("template_occasion"), occasion, { required: true }), field(t("template_language"), tongue, { required: true }), field(t("when_taskTypes"), type), field(t("template_channel"), channel), field(t("template_text"), text, { required: true, help: t("template_help") }), h("span", { class: "label" }, t("template_preview")), preview, effect], t("save"), async () => {
    const wanted = { occasion: occasion.value, language: tongue.value, taskType: type.value, channel: channel.value || "CHANNEL_UNSPECIFIED", text: text.value };
    await put("/v1/notice-templates", { requestId: freshKey(), template: wanted });
    toast(t("done"));
    again();
  });
}
