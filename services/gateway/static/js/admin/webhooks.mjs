// Other systems that are told of events: added with a secret shown once, what they were told last, and what is sent again.

import { freshKey, get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, person } from "../format.mjs";
import { named, t } from "../page.mjs";
import { departments } from "../step_inputs.mjs";
import { asked } from "../tabs.mjs";
import { ask, row, table } from "./table.mjs";

const EVENTS = ["incident_reported", "case_advanced", "signal_changed", "case_escalated", "case_rated", "cases_merged"];
const bare = (state) => state.replace("NOTICE_STATE_", "");
const events = (types) => types.map((each) => h("span", { class: "badge" }, t(`hook_event_${each}`)));

export function webhooks(target) {
  asked(target, () => get("/v1/webhooks"), ({ webhooks: list = [] }) => {
    const again = () => webhooks(target);
    const body = h("div", { class: "rule-body", "aria-live": "polite" });
    return [
      h("p", { class: "quiet" }, t("hooks_lead")),
      h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => add(again) }, t("hook_add"))),
      list.length ? table([t("hook_url"), t("hook_events"), t("hook_scope"), t("hook_tally"), ""], list.map((each) => line(each, body, again))) : h("p", { class: "empty" }, t("hooks_none")),
      body,
    ];
  });
}

function line(hook, body, again) {
  const failed = hook.failedCount ?? 0;
  const act = (key, run) => h("button", { class: "button", type: "button", onclick: run }, t(key));
  return row(
    [h("span", { class: "code" }, hook.url), hook.stopped && [" ", h("span", { class: "badge urgent" }, t("hook_stopped"))], h("p", { class: "faint" }, person(hook.addedBy))],
    events(hook.eventTypes ?? []),
    [hook.areaCode, hook.departmentCode].filter(Boolean).join(" · ") || t("whole_city"),
    [t("hook_waiting", { count: hook.waitingCount ?? 0 }), " ", failed > 0 && h("span", { class: "badge urgent" }, t("hook_failed", { count: failed }))],
    h("div", { class: "card-acts" }, act("hook_deliveries", () => told(hook, body)), !hook.stopped && failed > 0 && act("hook_retry", () => retry(hook, again)), !hook.stopped && act("hook_stop", () => stop(hook, again))),
  );
}

function told(hook, body) {
  asked(body, () => get(`/v1/webhooks/${hook.id}/deliveries`), ({ deliveries = [] }) => h("section", { class: "panel" }, h("h2", {}, t("hook_deliveries_of", { url: hook.url })), deliveries.length ? table([t("when_done"), t("case"), t("outcome"), t("hook_tries"), t("hook_said")], deliveries.map((each) => row(exactly(each.deliveredAt ?? each.createdAt), each.caseNumber ? h("a", { class: "code", href: `/cases/${encodeURIComponent(each.caseNumber)}` }, each.caseNumber) : "—", [h("span", { class: each.state === "NOTICE_STATE_FAILED" ? "badge urgent" : "badge" }, t(`hook_state_${bare(each.state)}`)), " ", h("span", { class: "faint code" }, each.problem)], String(each.tryCount ?? 0), h("details", {}, h("summary", {}, t("hook_show")), h("pre", { class: "code hook-said", tabIndex: 0 }, pretty(each.text)))))) : h("p", { class: "empty" }, t("hook_deliveries_none"))));
  body.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function retry(hook, again) {
  try {
    const { retriedCount } = await post(`/v1/webhooks/${hook.id}:retry`, { requestId: freshKey() });
    toast(t("hook_retried", { count: retriedCount ?? 0 }));
    again();
  } catch (error) {
    toast(error.message);
  }
}

function stop(hook, again) {
  ask(t("hook_stop"), [h("p", { class: "notice" }, t("effect_hook_stop", { url: hook.url, count: hook.waitingCount ?? 0 }))], t("hook_stop"), async () => {
    await post(`/v1/webhooks/${hook.id}:stop`, {});
    toast(t("done"));
    again();
  });
}

async function add(again) {
  const known = await departments();
  const url = h("input", { class: "input code", type: "url", required: true, minLength: 8, maxLength: 500 });
  const boxes = EVENTS.map((each) => [h("input", { type: "checkbox", value: each }), t(`hook_event_${each}`)]);
  const area = areaField(t("when_areaCodes"));
  const department = choice(known.map((each) => [each.code, named(each)]), { empty: t("hook_all_departments") });
  ask(t("hook_add"), [h("p", { class: "notice" }, t("effect_hook_add")), field(t("hook_url"), url, { required: true, help: t("hook_url_help") }), h("div", { class: "field" }, h("span", { class: "label" }, t("hook_events")), h("div", { class: "boxes", role: "group", "aria-label": t("hook_events") }, boxes.map(([box, text]) => h("label", {}, box, text)))), area.element, field(t("department"), department)], t("hook_add"), async () => {
    const eventTypes = boxes.filter(([box]) => box.checked).map(([box]) => box.value);
    if (!eventTypes.length) throw new Error(t("hook_events_needed"));
    const { secret, webhook } = await post("/v1/webhooks", { requestId: freshKey(), url: url.value.trim(), eventTypes, areaCode: area.value(), departmentCode: department.value });
    again();
    // Shown once, and only here: whoever closes it without writing it down adds the webhook anew.
    if (secret) tellSecret(webhook, secret);
  });
}

function tellSecret(hook, secret) {
  const text = h("input", { class: "input code", readOnly: true, value: secret, onfocus: () => text.select() });
  ask(t("hook_secret"), [h("p", { class: "notice" }, t("hook_secret_lead", { url: hook.url })), field(t("hook_secret"), text, { required: true })], t("hook_secret_kept"), async () => toast(t("done")));
}
