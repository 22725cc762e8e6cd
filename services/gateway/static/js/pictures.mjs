// Shows evidence whole, with when and where it was taken, and takes in new pictures.

import { pictureUrl, upload } from "./api.mjs";
import { h, icon, show } from "./dom.mjs";
import { exactly, moment, plain } from "./format.mjs";
import { t, word } from "./page.mjs";

/** Show one picture as large as the window. */
export function enlarge(evidence) {
  const caption = [word("kind", plain(evidence.kind) || "SCENE"), evidence.takenAt && `${t("evidence_at")} ${exactly(evidence.takenAt)}`];
  const dialog = h(
    "dialog",
    { class: "viewer", onclose: () => dialog.remove(), onclick: (event) => event.target.tagName !== "IMG" && dialog.close() },
    h("figure", {}, h("img", { src: pictureUrl(evidence.objectKey), alt: caption[0] }), h("figcaption", {}, caption.filter(Boolean).join(" · "))),
    h("button", { class: "button", type: "button", "aria-label": t("close") }, icon("close")),
  );
  document.body.append(dialog);
  dialog.showModal();
}

const spoken = (evidence) => (evidence.contentType ?? "").startsWith("audio/");

/** A spoken note to listen to. */
export const voiceOf = (evidence) => h("audio", { controls: true, preload: "none", src: pictureUrl(evidence.objectKey), "aria-label": t("voice_note") });

/** Says in its place that a picture is not shown yet: faces and plates in it are hidden first. */
function withheld(event) {
  event.target.replaceWith(h("span", { class: "faint" }, t("picture_withheld")));
}

/** A picture small, with its kind and time. */
export function shot(evidence) {
  if (spoken(evidence)) return h("figure", { class: "shot voice" }, voiceOf(evidence), h("figcaption", {}, h("b", {}, t("voice_note"))));
  const kind = word("kind", plain(evidence.kind) || "SCENE");
  return h(
    "figure",
    { class: "shot" },
    h("button", { type: "button", onclick: () => enlarge(evidence), "aria-label": kind }, h("img", { src: pictureUrl(evidence.objectKey, true), alt: kind, loading: "lazy", onerror: withheld })),
    h("figcaption", {}, h("b", {}, kind), evidence.takenAt ? h("span", {}, moment(evidence.takenAt)) : null),
  );
}

/** All evidence of a case; what shows before and after comes first, side by side. */
export function gallery(all) {
  const kinds = (...wanted) => all.filter((evidence) => wanted.includes(plain(evidence.kind) || "SCENE"));
  const before = kinds("BEFORE", "SCENE", "SNAPSHOT")[0];
  const after = kinds("AFTER").at(-1);
  if (!before || !after) return h("div", { class: "gallery" }, all.map(shot));
  const rest = all.filter((evidence) => evidence !== before && evidence !== after);
  return [compare(before, after), h("div", { class: "gallery" }, [before, after, ...rest].map(shot))];
}

/** Before and after over one another; the edge between them is moved by mouse, finger or arrow keys. */
export function compare(before, after) {
  const edge = h("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": t("compare"), oninput: () => place() });
  const over = h("img", { src: pictureUrl(after.objectKey), alt: word("kind", "AFTER"), class: "after" });
  const frame = h(
    "div",
    { class: "compare" },
    h("img", { src: pictureUrl(before.objectKey), alt: word("kind", plain(before.kind) || "SCENE") }),
    over,
    h("span", { class: "compare-edge", "aria-hidden": "true" }),
    edge,
    h("span", { class: "compare-tag left" }, word("kind", plain(before.kind) || "SCENE"), before.takenAt ? ` ${moment(before.takenAt)}` : ""),
    h("span", { class: "compare-tag right" }, word("kind", "AFTER"), after.takenAt ? ` ${moment(after.takenAt)}` : ""),
  );
  const place = () => frame.style.setProperty("--at", `${edge.value}%`);
  place();
  return frame;
}

/** A field that takes in pictures; `evidence()` gives what was stored. */
export function uploader(kind, { count = 0, onChange = () => undefined, keep = upload } = {}) {
  const stored = [];
  const tiles = h("div", { class: "uploads" });
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const input = h("input", { type: "file", accept: "image/jpeg,image/png,image/webp", multiple: true, class: "unseen", onchange: () => take([...input.files]) });

  async function take(files) {
    problem.hidden = true;
    for (const file of files) {
      const tile = h("figure", {}, t("uploading"));
      tiles.insertBefore(tile, adder);
      try {
        const evidence = await keep(file, kind);
        stored.push(evidence);
        const drop = () => {
          stored.splice(stored.indexOf(evidence), 1);
          tile.remove();
          onChange();
        };
        show(tile, h("img", { src: pictureUrl(evidence.objectKey, true), alt: "" }), h("button", { type: "button", "aria-label": t("remove"), onclick: drop }, icon("close", 12)));
      } catch (error) {
        tile.remove();
        problem.textContent = error.message;
        problem.hidden = false;
      }
    }
    input.value = "";
    onChange();
  }

  const adder = h("label", { class: "adder" }, h("span", {}, icon("camera", 20), h("br"), t("add_photo")), input);
  tiles.append(adder);
  const need = count ? t("photos_needed", { count }) : t("optional");
  const element = h("div", { class: "field" }, h("span", { class: "label" }, t("photos"), h("span", { class: "mark" }, need)), tiles, problem);
  return { element, evidence: () => stored.map((each) => ({ ...each })) };
}
