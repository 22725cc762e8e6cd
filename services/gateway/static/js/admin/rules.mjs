// Routing rules in versions: written, tried on past cases, then put into force; nobody is sent elsewhere by surprise.

import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, person } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { departments } from "../step_inputs.mjs";
import { asked } from "../tabs.mjs";
import { editor, lines } from "./rule_editor.mjs";
import { row, table } from "./table.mjs";

const CASES = [1000, 10_000, 100_000];

export function rules(target) {
  asked(target, () => get("/v1/rules"), ({ versions = [] }) => {
    const again = () => rules(target);
    const body = h("div", { class: "rule-body", "aria-live": "polite" });
    const active = versions.find((each) => each.active);
    const newest = versions[0];
    const lead = h("p", { class: "quiet" }, t("rules_lead"));
    const acts = may("rules.write") && h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => edit(active, body, again) }, t(active ? "rules_edit" : "rules_begin")), newest && newest !== active && h("button", { class: "button", type: "button", onclick: () => edit(newest, body, again) }, t("rules_edit_newest", { version: newest.version })));
    const list = versions.length
      ? table([t("rule_version"), t("note"), t("rule_count"), t("rule_by"), t("rule_tried"), ""], versions.map((each) => versionRow(each, active, body, again)))
      : h("p", { class: "empty" }, t("rules_none"));
    return [lead, acts, list, body];
  });
}

function versionRow(version, active, body, again) {
  const acts = h("div", { class: "card-acts" },
    h("button", { class: "button", type: "button", onclick: () => look(version.version, body) }, t("rule_show")),
    may("rules.write") && !version.active && h("button", { class: "button", type: "button", onclick: () => trial(version, active, body, again) }, t("rule_try")));
  return row(
    [h("b", {}, String(version.version)), " ", version.active && h("span", { class: "badge" }, t("rule_active"))],
    version.note,
    String(version.ruleCount ?? 0),
    [version.createdBy && person(version.createdBy), h("span", { class: "faint" }, ` ${exactly(version.createdAt)}`)],
    version.triedAt ? t("rule_moved", { moved: version.movedCount ?? 0, count: version.triedCount ?? 0 }) : "—",
    acts,
  );
}

const reveal = (body) => body.scrollIntoView({ block: "nearest", behavior: "smooth" });

function look(version, body) {
  asked(body, () => get(`/v1/rules/${version}`), ({ rules: list = [] }) => h("section", { class: "panel" }, h("h2", {}, t("rule_version_title", { version })), list.length ? lines(list) : h("p", { class: "empty" }, t("rules_empty_version"))));
  reveal(body);
}

function edit(version, body, again) {
  asked(body, () => (version ? get(`/v1/rules/${version.version}`) : {}), ({ rules: list = [] }) => editor(list, {
    title: version ? t("rules_draft_of", { version: version.version }) : t("rules_draft"),
    cancel: () => show(body),
    save: async (changed, note) => {
      const answer = await post("/v1/rules", { requestId: freshKey(), rules: changed, note });
      toast(t("rule_saved", { version: answer.version?.version ?? "" }));
      again();
    },
  }));
  reveal(body);
}

function trial(version, active, body, again) {
  const count = choice(CASES.map((each) => [String(each), t("rule_last_cases", { count: each })]), { chosen: String(CASES[1]), required: true, empty: "" });
  count.firstChild.remove();
  const result = h("div", {});
  const run = h("button", { class: "button main", type: "button", onclick: () => tryOut(version, active, Number(count.value), { run, result }, again) }, t("rule_try"));
  show(body, h("section", { class: "panel" }, h("h2", {}, t("rule_trial_title", { version: version.version })), h("div", { class: "inline-form" }, field(t("rule_trial_on"), count, { required: true }), run), result));
  reveal(body);
}

async function tryOut(version, active, caseCount, { run, result }, again) {
  run.disabled = true;
  show(result, h("p", { class: "notice", role: "status" }, t("rule_trying")));
  try {
    const [answer, known, kept] = await Promise.all([post(`/v1/rules/${version.version}:dryRun`, { caseCount }), departments(), get(`/v1/rules/${version.version}`)]);
    const titles = new Map((kept.rules ?? []).map((each) => [each.key, named(each, "title")]));
    show(result, outcome(answer, new Map(known.map((each) => [each.code, named(each)])), titles), h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => activate(version, active, caseCount, { run, result }, again) }, t("rule_activate"))));
  } catch (error) {
    show(result, h("p", { class: "wrong", role: "alert" }, error.message));
  }
  run.disabled = false;
}

function outcome(answer, names, titles) {
  const name = (code) => (code ? [names.get(code) ?? "", " ", h("span", { class: "code faint" }, code)] : t("rule_desk"));
  const moves = answer.moves ?? [];
  const hits = answer.rules ?? [];
  const cases = answer.cases ?? [];
  return [
    h("p", { class: "figure", role: "status" }, t("rule_result", { count: answer.caseCount ?? 0, moved: answer.movedCount ?? 0 })),
    answer.loadsAreOfNow && h("p", { class: "notice" }, t("rule_loads_now")),
    moves.length > 0 && table([t("rule_from"), t("rule_to"), t("rule_cases")], moves.map((move) => row(name(move.fromDepartment), name(move.toDepartment), String(move.caseCount ?? 0)))),
    hits.length > 0 && table([t("rule_name"), t("rule_hits")], hits.map((hit) => row(titles.get(hit.ruleKey) ?? h("span", { class: "code" }, hit.ruleKey), hit.caseCount ? String(hit.caseCount) : h("span", { class: "badge" }, t("rule_never"))))),
    cases.length > 0 && h("details", {}, h("summary", {}, t("rule_examples", { count: cases.length })), table([t("case"), t("when_taskTypes"), t("rule_from"), t("rule_to")], cases.slice(0, 50).map((item) => row(h("a", { class: "code", href: `/cases/${encodeURIComponent(item.number)}` }, item.number), item.taskType, name(item.fromDepartment), name(item.toDepartment))))),
  ];
}

async function activate(version, active, caseCount, shown, again) {
  try {
    await post(`/v1/rules/${version.version}:activate`, { requestId: freshKey(), activeVersion: active?.version ?? 0 });
    toast(t("rule_in_force", { version: version.version }));
    again();
  } catch (error) {
    toast(error.message);
    // Somebody put another version in force: it is shown, and this one is tried against it before it may follow.
    const inForce = error.fresh?.version;
    if (!inForce) return;
    const rulesThere = error.fresh.rules ?? [];
    await tryOut(version, inForce, caseCount, shown, again);
    shown.result.prepend(h("div", { class: "notice changed", role: "alert" }, h("b", {}, t("rule_other_in_force", { version: inForce.version })), h("p", {}, person(inForce.activatedBy), " ", exactly(inForce.activatedAt), " · ", inForce.note), rulesThere.length ? lines(rulesThere) : t("rules_empty_version")));
  }
}
