// Pictures and clips that are held beyond their time: by whom, since when and why; looked at and let go.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { exactly } from "../format.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

const CLIP = "video/mp4";

/** Every hold one may end. */
async function holds() {
  const all = [];
  let token = "";
  do {
    const answer = await get("/v1/video-evidence:held", { pageSize: 500, pageToken: token });
    all.push(...(answer.held ?? []));
    token = answer.nextPageToken ?? "";
  } while (token);
  return all;
}

export function held(target) {
  asked(target, holds, (all) => {
    if (!all.length) return h("p", { class: "empty" }, t("held_none"));
    const heads = [t("camera"), t("held_taken"), t("held_until"), t("held_by"), t("held_why"), ""];
    return [h("p", { class: "quiet" }, t("held_lead")), table(heads, all.map((each) => row([h("b", {}, each.cameraName), " ", h("span", { class: "code faint" }, each.cameraId)], exactly(each.takenAt), exactly(each.keptUntil), [each.heldBy, each.heldAt && h("span", { class: "faint" }, ` ${exactly(each.heldAt)}`)], each.reason, acts(each, () => held(target)))))];
  });
}

function acts(each, again) {
  const frame = h("div", { class: "held-frame" });
  const fail = (error) => show(frame, h("p", { class: "wrong", role: "alert" }, error.message));
  const look = () => get(`/v1/video-evidence/${each.evidenceId}`).then((told) => show(frame, h("img", { src: `data:image/jpeg;base64,${told.picture}`, alt: each.cameraName })), fail);
  const play = () => get(`/v1/video-evidence/${each.evidenceId}/link`).then(({ url }) => window.open(url, "_blank", "noopener"), fail);
  const clip = each.contentType === CLIP;
  const release = () => {
    const reason = h("input", { class: "input", required: true, maxLength: 500 });
    ask(t("held_release"), [h("p", { class: "help" }, t("held_release_help", { until: exactly(each.keptUntil) })), field(t("held_why"), reason, { required: true })], t("held_release"), async () => {
      await post(`/v1/video-evidence/${each.evidenceId}:hold`, { requestId: freshKey(), held: false, reason: reason.value.trim() });
      toast(t("held_released"));
      again();
    });
  };
  return [h("div", { class: "card-acts" }, (!clip || may("video.evidence.original")) && h("button", { class: "button", type: "button", onclick: clip ? play : look }, t(clip ? "clip_open" : "held_look")), h("button", { class: "button", type: "button", "aria-label": t("held_release_of", { name: each.cameraName }), onclick: release }, t("held_release"))), frame];
}
