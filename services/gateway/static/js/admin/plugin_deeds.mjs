// What can be decided about a department's program: each window says first what it affects, and each decision has its reason.

import { freshKey, get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly } from "../format.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { ask, row, table } from "./table.mjs";

const PAGE = 200;
const reasonBox = () => h("textarea", { class: "input", rows: 2, required: true, maxLength: 500 });

/** How many open cases of its task types there are; "200+" where there are more than one page. */
async function openCases(state) {
  const pages = await Promise.all((state.taskTypes ?? []).map((taskType) => get("/v1/cases", { taskType, openOnly: true, pageSize: PAGE })));
  const count = pages.reduce((sum, { cases = [] }) => sum + cases.length, 0);
  return `${count}${pages.some((each) => each.nextPageToken) ? "+" : ""}`;
}

/** Suspend or withdraw. */
export async function silence(state, standing, again) {
  const stop = t(standing === "SUSPENDED" ? "plugin_types_stop_suspended" : "plugin_types_stop_withdrawn");
  const types = choice([["KEEP", t("plugin_types_keep")], ["STOP", stop]], { required: true, chosen: "KEEP" });
  const reason = reasonBox();
  const effect = h("p", { class: "notice" }, t("plugin_effect_silent", { count: "…" }));
  const title = `${t(standing === "SUSPENDED" ? "plugin_suspend" : "plugin_withdraw")} · ${state.plugin}`;
  ask(title, [effect, field(t("plugin_types_fate"), types, { required: true }), field(t("reason"), reason, { required: true })], t("plugin_confirm"), async () => {
    await post(`/v1/plugins/${state.plugin}:decide`, { requestId: freshKey(), standing: `PLUGIN_STANDING_${standing}`, types: `TYPES_FATE_${types.value}`, reason: reason.value.trim() });
    toast(t("done"));
    again();
  });
  effect.textContent = t("plugin_effect_silent", { count: await openCases(state).catch(() => "?") });
}

export function resume(state, again) {
  const reason = reasonBox();
  ask(`${t("plugin_resume")} · ${state.plugin}`, [h("p", { class: "notice" }, t("plugin_effect_resume")), field(t("reason"), reason, { required: true })], t("plugin_confirm"), async () => {
    await post(`/v1/plugins/${state.plugin}:decide`, { requestId: freshKey(), standing: "PLUGIN_STANDING_ENABLED", reason: reason.value.trim() });
    toast(t("done"));
    again();
  });
}

export function setAreas(state, again) {
  const areas = areaField(t("plugin_area_codes"), { chosen: state.areaCodes ?? [], several: true, help: t("plugin_area_codes_help") });
  const reason = reasonBox();
  ask(`${t("plugin_areas_set")} · ${state.plugin}`, [h("p", { class: "notice" }, t("plugin_effect_areas")), areas.element, field(t("reason"), reason, { required: true })], t("plugin_confirm"), async () => {
    await post(`/v1/plugins/${state.plugin}:enable`, { requestId: freshKey(), areaCodes: areas.values(), reason: reason.value.trim() });
    toast(t("done"));
    again();
  });
}

export function endRelease(plugin, release, again) {
  const reason = reasonBox();
  ask(`${t("plugin_end", { version: release.version })} · ${plugin}`, [h("p", { class: "notice" }, t("plugin_effect_end")), field(t("reason"), reason, { required: true })], t("plugin_confirm"), async () => {
    await post(`/v1/plugins/${plugin}:end-release`, { requestId: freshKey(), release: release.name ?? "", reason: reason.value.trim() });
    toast(t("done"));
    again();
  });
}

/** A window without a form. */
function look(title, draw) {
  const body = h("div", { class: "step-form" });
  const dialog = h("dialog", { class: "window wide", "aria-label": title, onclose: () => dialog.remove() }, h("header", {}, h("h2", {}, title), h("button", { class: "button plain", type: "button", onclick: () => dialog.close() }, t("close"))), body);
  document.body.append(dialog);
  dialog.showModal();
  draw(body, dialog);
}

export function openLog(plugin) {
  look(`${t("plugin_log")} · ${plugin}`, (body) =>
    asked(body, async () => get(`/v1/plugins/${plugin}/decisions`), ({ decisions = [] }) =>
      decisions.length ? table([t("when_done"), t("deed"), t("who_did"), t("reason")], decisions.map((each) => row(exactly(each.decidedAt), [t(`plugin_deed_${each.deed}`), [...(each.taskTypes ?? []), ...(each.areaCodes ?? []), each.release ?? ""].filter((text) => text).map((text) => h("div", { class: "code faint" }, text))], h("span", { class: "code" }, each.decidedBy), each.reason))) : h("p", { class: "empty" }, t("plugin_log_none"))));
}

/** What was put aside, at all hosts of a plugin. */
export function openLetters(plugin, hosts, again) {
  look(`${t("plugin_letters")} · ${plugin}`, (body, dialog) => {
    dialog.addEventListener("close", again);
    const draw = () => asked(body, async () => lettersAt(hosts), (letters) => lettersTable(plugin, letters, draw));
    draw();
  });
}

async function lettersAt(hosts) {
  const found = await Promise.all(hosts.map(async (host) => ({ host, ...(await get(`/v1/departments/${host}/letters`)) })));
  return found.flatMap(({ host, letters = [] }) => letters.map((letter) => ({ ...letter, host })));
}

function lettersTable(plugin, letters, draw) {
  if (!letters.length) return h("p", { class: "empty" }, t("plugin_letters_none"));
  const deal = async (deed, chosen) => {
    let count = 0;
    for (const host of new Set(chosen.map((letter) => letter.host))) {
      const ids = chosen.filter((letter) => letter.host === host).map((letter) => letter.id);
      count += (await post(`/v1/departments/${host}/letters`, { plugin, deed, ids })).count ?? 0;
    }
    toast(t(deed === "drop" ? "letter_dropped" : "letter_told", { count }));
    draw();
  };
  const button = (key, deed, chosen) => {
    const element = h("button", { class: "button", type: "button", onclick: async () => {
      element.disabled = true;
      await deal(deed, chosen).catch((error) => toast(error.message));
      element.disabled = false;
    } }, t(key));
    return element;
  };
  return [
    table([t("when_done"), t("letter_what"), t("letter_tries"), t("letter_error"), ""], letters.map((letter) => row(exactly(letter.at), [h("b", { class: "code" }, letter.what), h("div", { class: "code faint" }, letter.details)], String(letter.tries), letter.error, h("div", { class: "steps-row" }, button("letter_again", "redeliver", [letter]), button("letter_drop", "drop", [letter]))))),
    h("div", { class: "steps-row" }, button("letter_again_all", "redeliver", letters)),
  ];
}
