// Findings that wait for a person: confirm, merge, refuse with a reason, or say that it belongs there.

import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { ago } from "../format.mjs";
import { named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

export function findings(target) {
  asked(target, async () => Promise.all([get("/v1/findings", { states: ["FINDING_STATE_WAITING"], pageSize: 100 }), get("/v1/finding-classes").catch(() => ({}))]), ([answer, known]) => {
    const rows = answer.findings ?? [];
    const names = new Map((known.classes ?? []).map((each) => [each.code, named(each)]));
    if (!rows.length) return h("p", { class: "empty" }, t("findings_none"));
    return h("ul", { class: "finding-list" }, rows.map((row) => card(row, names, rows, () => findings(target))));
  });
}

function card(row, names, all, again) {
  const frame = h("div", { class: "tile-frame" });
  const reason = h("input", { class: "input", maxLength: 500, placeholder: t("finding_reason"), "aria-label": t("finding_reason") });
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  get(`/v1/video-evidence/${row.markedEvidenceId || row.evidenceId}`).then((told) => show(frame, h("img", { src: `data:image/jpeg;base64,${told.picture}`, alt: row.cameraName }))).catch((error) => show(frame, h("span", { class: "faint" }, error.message)));
  const decide = async (decision, more = {}) => {
    problem.hidden = true;
    try {
      const { finding } = await post(`/v1/findings/${row.id}:decide`, { requestId: freshKey(), version: row.version, decision: `DECISION_${decision}`, reason: reason.value.trim(), ...more });
      toast(finding.caseNumber ? t("finding_case", { number: finding.caseNumber }) : t("done"));
      again();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  };
  const twin = all.find((other) => other.id !== row.id && other.cameraId === row.cameraId && other.classCode === row.classCode);
  const button = (text, run, look = "") => h("button", { class: `button ${look}`, type: "button", onclick: run }, text);
  return h("li", { class: "card" }, frame, h("div", { class: "card-head" }, h("b", {}, names.get(row.classCode) ?? row.words ?? row.classCode), h("span", { class: "badge" }, t("confidence", { percent: Math.round((row.confidence ?? 0) * 100) }))), h("p", { class: "quiet" }, [row.cameraName, t("sightings", { count: row.sightings ?? 1 }), row.firstSeenAt && ago(row.firstSeenAt)].filter(Boolean).join(" · ")), reason, problem, h("div", { class: "card-acts" }, button(t("confirm_finding"), () => decide("CONFIRM"), "main"), button(t("refuse_finding"), () => decide("REFUSE"), "grave"), button(t("fixture_finding"), () => decide("FIXTURE")), twin && button(t("merge_finding"), () => decide("MERGE", { intoFindingId: twin.id }))));
}
