// Departments' programs: how each is, which versions serve which cases and where, what waits for a person, what was decided.

import { get } from "../api.mjs";
import { h } from "../dom.mjs";
import { ago, exactly, moment } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { endRelease, openLetters, openLog, resume, setAreas, silence } from "./plugin_deeds.mjs";
import { row, table } from "./table.mjs";

const MAY = may("registry.admission.decide");
const standingOf = (state) => (state.standing ?? "").replace("PLUGIN_STANDING_", "").toLowerCase();
const current = (state) => (state.releases ?? []).filter((each) => !each.endedAt);
/** The name under which a release has a host of its own. */
const hostOf = (state, release) => (release?.name ? `${state.plugin}@${release.name}` : state.plugin);

/** What the hosts say of themselves; without them the registry's part is shown all the same. */
async function healthOf(states) {
  const hosts = states.flatMap((state) => current(state).map((release) => hostOf(state, release)));
  try {
    return (await get("/v1/departments/health", { hosts: hosts.join(",") }, { once: true })).plugins ?? {};
  } catch {
    return null;
  }
}

export function departments(target) {
  const ask = async () => {
    const [{ states = [] }, { departments: known = [] }, { absences = [] }] = await Promise.all([get("/v1/plugin-states"), get("/v1/departments"), may("incidents.read") ? get("/v1/absences", { currentOnly: true }) : {}]);
    return { states, known, absences, health: await healthOf(states) };
  };
  asked(target, ask, ({ states, known, absences, health }) => {
    const names = new Map(known.map((each) => [each.code, named(each)]));
    const without = known.filter((each) => !states.some((state) => state.departmentCode === each.code));
    const again = () => departments(target);
    const refused = Object.entries(health ?? {}).filter(([name, told]) => told.state === "refused" && !states.some((state) => state.plugin === name));
    return [
      health ? null : h("p", { class: "notice" }, t("plugins_host_away")),
      states.length ? table([t("plugin"), t("department"), t("plugin_health"), t("plugin_where"), t("plugin_types"), t("plugin_aside"), ""], states.map((state) => line(state, names, health, again))) : h("p", { class: "empty" }, t("plugins_none")),
      refused.map(([name, told]) => h("p", { class: "notice" }, h("b", { class: "code" }, name), " ", t("plugin_state_refused"), h("pre", { class: "quiet" }, told.problem))),
      absences.length ? [h("h2", {}, t("absences_title")), table([t("plugin"), t("plugin_health"), t("absence_since"), ""], absences.map(absenceLine))] : null,
      without.length ? h("p", { class: "quiet" }, t("plugins_without"), " ", without.map((each) => named(each)).join("、")) : null,
    ];
  });
}

function line(state, names, health, again) {
  const told = current(state).map((release) => health?.[hostOf(state, release)]).filter((each) => each);
  const aside = told.reduce((sum, each) => sum + (each.aside ?? 0), 0);
  const areas = state.areaCodes ?? [];
  return row(
    [h("b", { class: "code" }, state.plugin), (state.releases ?? []).map((release, place) => versionLine(state, release, place, again))],
    names.get(state.departmentCode) ?? state.departmentCode,
    healthCell(state, told, aside),
    areas.length ? areas.map((code) => h("div", { class: "code" }, code)) : t("plugin_everywhere"),
    String((state.taskTypes ?? []).length),
    aside ? h("button", { class: "button", type: "button", onclick: () => openLetters(state.plugin, current(state).map((release) => hostOf(state, release)), again) }, String(aside)) : "0",
    h("div", { class: "steps-row" }, MAY ? deeds(state, again) : null, h("button", { class: "button plain", type: "button", onclick: () => openLog(state.plugin) }, t("plugin_log"))),
  );
}

function versionLine(state, release, place, again) {
  const next = state.releases[place + 1];
  const serves = release.endedAt ? t("plugin_ended", { when: moment(release.endedAt) }) : release.fromAt ? t("plugin_serves_from", { when: moment(release.fromAt) }) : next ? t("plugin_serves_before", { when: moment(next.fromAt) }) : "";
  const newest = current(state).at(-1) === release;
  return h("div", { class: "version" }, h("span", { class: "live", data: { live: release.online ? "yes" : "no" }, title: exactly(release.seenAt) }, release.version), release.name ? h("span", { class: "code faint" }, ` ${release.name}`) : null, serves ? h("span", { class: "quiet" }, ` · ${serves}`) : null, MAY && !newest && !release.endedAt ? h("button", { class: "button plain", type: "button", onclick: () => endRelease(state.plugin, release, again) }, t("plugin_end", { version: release.version })) : null);
}

function healthCell(state, told, aside) {
  const silent = current(state).filter((release) => !release.online);
  const standing = standingOf(state);
  const word = standing !== "enabled" ? standing : silent.length ? "offline" : told.some((each) => each.state === "degraded") ? "degraded" : told.length ? told[0].state : "well";
  const reasons = [
    ...silent.map((release) => t("plugin_why_lease", { when: ago(release.sinceAt) })),
    aside ? t("plugin_why_aside", { count: aside }) : "",
    told.some((each) => each.failing) ? t("plugin_why_failing") : "",
    ...told.map((each) => (each.installed ? t("plugin_why_installed", { version: each.installed }) : "")),
    ...told.map((each) => (each.state === "refused" || each.state === "offline" ? each.problem : "")),
  ].filter((text) => text);
  return [h("span", { class: "badge", data: { plugin: word } }, t(`plugin_state_${word}`)), reasons.map((text) => h("div", { class: "quiet" }, text))];
}

function deeds(state, again) {
  const standing = standingOf(state);
  const deed = (key, act) => h("button", { class: "button", type: "button", onclick: act }, t(key));
  return [
    standing === "enabled" ? deed("plugin_areas_set", () => setAreas(state, again)) : null,
    standing === "enabled" ? deed("plugin_suspend", () => silence(state, "SUSPENDED", again)) : deed("plugin_resume", () => resume(state, again)),
    standing === "withdrawn" ? null : deed("plugin_withdraw", () => silence(state, "WITHDRAWN", again)),
  ];
}

const absenceLine = (absence) =>
  row(
    [h("b", { class: "code" }, absence.plugin), absence.release ? h("span", { class: "code faint" }, ` ${absence.release}`) : null],
    t(`absence_cause_${absence.cause}`),
    h("span", { title: exactly(absence.sinceAt) }, ago(absence.sinceAt)),
    absence.fellBackAt ? t("absence_cases", { count: absence.caseCount ?? 0, desk: absence.desk }) : t("absence_waiting"),
  );
