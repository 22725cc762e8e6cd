// Findings that wait for a person: confirm, merge, refuse with a reason, or say that it belongs there; how often each kind was false.

import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { ago } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { trying } from "../trying.mjs";

const decidedOf = (row) => (row.confirmedCount ?? 0) + (row.refusedCount ?? 0) + (row.fixtureCount ?? 0);
const percentOf = (row) => Math.round((row.falseAlarmRate ?? 0) * 100);

export function findings(target) {
  const waiting = get("/v1/findings", { states: ["FINDING_STATE_WAITING"], pageSize: 100 });
  asked(target, async () => Promise.all([waiting, get("/v1/finding-classes").catch(() => ({})), get("/v1/findings:accuracy").catch(() => ({}))]), ([answer, known, accuracy]) => {
    const rows = answer.findings ?? [];
    const names = new Map((known.classes ?? []).map((each) => [each.code, named(each)]));
    const rates = new Map((accuracy.cameras ?? []).map((each) => [`${each.cameraId} ${each.classCode}`, each]));
    const list = rows.length ? h("ul", { class: "finding-list" }, rows.map((row) => card(row, names, rates, rows, () => findings(target)))) : h("p", { class: "empty" }, t("findings_none"));
    return [list, accuracyTable(accuracy.classes ?? [], names)];
  });
}

function accuracyTable(classes, names) {
  const decided = classes.filter(decidedOf);
  if (!decided.length) return null;
  const head = h("thead", {}, h("tr", {}, [t("accuracy_class"), t("accuracy_decided"), t("accuracy_false")].map((text) => h("th", {}, text))));
  const body = h("tbody", {}, decided.map((row) => h("tr", {}, h("td", {}, names.get(row.classCode) ?? row.classCode), h("td", {}, String(decidedOf(row))), h("td", {}, `${percentOf(row)}%`))));
  return h("details", { class: "card" }, h("summary", {}, t("accuracy")), h("table", { class: "rows" }, head, body));
}

/** The marked picture; pressing the button shows the place as it used to be, and back. */
function pictures(row) {
  const frame = h("div", { class: "tile-frame" });
  const look = (id) => get(`/v1/video-evidence/${id}`).then((told) => show(frame, h("img", { src: `data:image/jpeg;base64,${told.picture}`, alt: row.cameraName }))).catch((error) => show(frame, h("span", { class: "faint" }, error.message)));
  const now = row.markedEvidenceId || row.evidenceId;
  look(now);
  const toggle = row.beforeEvidenceId && h("button", { class: "button", type: "button", "aria-pressed": "false", onclick: (event) => {
    const before = event.target.getAttribute("aria-pressed") !== "true";
    event.target.setAttribute("aria-pressed", String(before));
    event.target.textContent = t(before ? "now_picture" : "before_picture");
    look(before ? row.beforeEvidenceId : now);
  } }, t("before_picture"));
  return [frame, toggle];
}

function card(row, names, rates, all, again) {
  const [frame, toggle] = pictures(row);
  const reason = h("input", { class: "input", maxLength: 500, placeholder: t("finding_reason"), "aria-label": t("finding_reason") });
  const { problem, tried } = trying();
  const decide = (decision, more = {}) => tried(async () => {
    const { finding } = await post(`/v1/findings/${row.id}:decide`, { requestId: freshKey(), version: row.version, decision: `DECISION_${decision}`, reason: reason.value.trim(), ...more });
    toast(finding.caseNumber ? t("finding_case", { number: finding.caseNumber }) : t("done"));
    again();
  });
  const clip = () => tried(async () => window.open((await get(`/v1/video-evidence/${row.clipEvidenceId}/link`)).url, "_blank", "noopener"));
  const keep = () => tried(async () => {
    await post(`/v1/video-evidence/${row.evidenceId}:hold`, { requestId: freshKey(), held: true, reason: reason.value.trim() });
    toast(t("held_done"));
  });
  const twin = all.find((other) => other.id !== row.id && other.cameraId === row.cameraId && other.classCode === row.classCode);
  const rate = rates.get(`${row.cameraId} ${row.classCode}`);
  const button = (text, run, look = "") => h("button", { class: `button ${look}`, type: "button", onclick: run }, text);
  const facts = [row.cameraName, row.preset && t("preset_of", { name: row.preset }), t("sightings", { count: row.sightings ?? 1 }), row.firstSeenAt && ago(row.firstSeenAt), rate && decidedOf(rate) && t("false_alarms", { percent: percentOf(rate), count: decidedOf(rate) })];
  const head = h("div", { class: "card-head" }, h("b", {}, names.get(row.classCode) ?? row.words ?? row.classCode), h("span", { class: "badge" }, t("confidence", { percent: Math.round((row.confidence ?? 0) * 100) })));
  const looks = h("div", { class: "card-acts" }, toggle, row.clipEvidenceId && may("video.evidence.original") && button(t("clip_open"), clip), row.evidenceId && may("video.evidence.hold") && button(t("hold_evidence"), keep));
  const acts = h("div", { class: "card-acts" }, button(t("confirm_finding"), () => decide("CONFIRM"), "main"), button(t("refuse_finding"), () => decide("REFUSE"), "grave"), button(t("fixture_finding"), () => decide("FIXTURE")), twin && button(t("merge_finding"), () => decide("MERGE", { intoFindingId: twin.id })));
  const decides = may("video.findings.decide");
  return h("li", { class: "card" }, frame, head, h("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")), looks, (decides || may("video.evidence.hold")) && reason, problem, decides && acts);
}
