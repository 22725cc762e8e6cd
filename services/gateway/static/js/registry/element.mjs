// One entry of the books: what is known of it, what is masked, and how a fact is put right.

import { freshKey, get, post } from "../api.mjs";
import { ask } from "../admin/table.mjs";
import { h, icon, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly } from "../format.mjs";
import { inClear } from "../in_clear.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { kindWord, schema, terminal } from "./schema.mjs";

/** Beyond a hundred people a day somebody else has to agree. */
const BEYOND_ALONE = "SECOND_APPROVER_NEEDED";
const STATES = ["intact", "damaged", "lost", "abandoned"];

/** Open an entry in a window; `changed` is told when something was put right. */
export function showElement(id, changed = () => undefined) {
  const body = h("div", { class: "books-entry" });
  const dialog = h("dialog", { class: "window", "aria-label": t("books_entry"), onclose: () => dialog.remove() }, h("header", {}, h("h2", {}, t("books_entry")), h("button", { class: "button plain", type: "button", "aria-label": t("close"), onclick: () => dialog.close() }, icon("close"))), body);
  document.body.append(dialog);
  dialog.showModal();
  const draw = () => asked(body, async () => [await get(`/v1/elements/${id}`, { terminalId: terminal() }), await schema()], ([answer, known]) => entry(answer, known, () => { draw(); changed(); }));
  draw();
}

function entry({ element, gridName = "", adjacentGridCodes = [] }, known, again) {
  const masked = new Set(element.maskedItems ?? []);
  const line = (name, ...value) => [h("dt", {}, name), h("dd", {}, value)];
  const personal = element.kind === "ELEMENT_KIND_PERSON";
  return [
    h("h3", {}, h("span", { class: "badge" }, kindWord(element.kind)), " ", element.name || known.className(element.classCode) || element.key),
    h("dl", { class: "books-facts" }, [
      element.key && line(t("books_key"), h("span", { class: "code" }, element.key)),
      element.classCode && line(t("books_class"), known.className(element.classCode)),
      element.address && line(t("books_address"), element.address),
      element.state && line(t("books_state"), t(`books_element_${element.state}`)),
      element.ownerUnit && line(t("books_owner"), h("span", { class: "code" }, element.ownerUnit)),
      line(t("books_grid"), gridName, " ", h("span", { class: "code faint" }, element.gridCode)),
      adjacentGridCodes.length > 0 && line(t("books_next_to"), h("span", { class: "code faint" }, adjacentGridCodes.join(" "))),
      element.tags?.length > 0 && line(t("books_tags"), element.tags.map((tag) => h("span", { class: "badge" }, known.tagName(tag)))),
      Object.entries(element.items ?? {}).map(([code, value]) => line(known.itemName(element.kind, code), value, masked.has(code) && h("span", { class: "faint" }, " ", t("books_masked_mark")))),
      element.updatedAt && line(t("books_changed"), exactly(element.updatedAt)),
    ].filter(Boolean)),
    h("div", { class: "steps-row" },
      personal && masked.size > 0 && may("people.reveal") && h("button", { class: "button", type: "button", onclick: () => reveal(element, known, masked) }, t("books_reveal")),
      personal && may("registry.claims.write") && h("button", { class: "button main", type: "button", onclick: () => correct(element, known, again) }, t("books_correct")),
      !personal && may("registry.elements.write") && h("button", { class: "button main", type: "button", onclick: () => change(element, again) }, t("books_correct"))),
  ];
}

function reveal(element, known, masked) {
  const purpose = h("input", { class: "input", required: true, minLength: 2, maxLength: 200 });
  const number = h("input", { class: "input", maxLength: 64 });
  const more = h("div");
  ask(t("books_reveal"), [h("p", { class: "quiet" }, t("books_reveal_lead")), field(t("books_purpose"), purpose, { required: true }), field(t("books_case_number"), number), more], t("books_reveal"), async () => {
    const { items = {}, shownUntil } = await post(`/v1/elements/${element.id}:reveal`, { purpose: purpose.value, caseId: number.value, items: [...masked] }).catch((error) => {
      if (error.reason === BEYOND_ALONE) show(more, h("a", { class: "button", href: "#unmasking", onclick: () => document.querySelectorAll("dialog[open]").forEach((each) => each.close()) }, t("unmask_ask")));
      throw error;
    });
    document.querySelector(".books-entry")?.append(inClear(h("dl", { class: "books-facts" }, Object.entries(items).map(([code, value]) => [h("dt", {}, known.itemName(element.kind, code)), h("dd", {}, value)])), shownUntil));
  });
}

/** A look on the spot: it stands beside what others claim, and the winner is worked out. */
function correct(element, known, again) {
  const items = known.items(element.kind);
  const item = choice(items.map((each) => [each.code, known.itemName(element.kind, each.code)]), { required: true });
  const value = h("input", { class: "input", required: true, maxLength: 500 });
  ask(t("books_correct"), [h("p", { class: "quiet" }, t("books_correct_lead")), field(t("books_item"), item, { required: true }), field(t("books_value"), value, { required: true })], t("save"), async () => {
    const { winner } = await post(`/v1/elements/${element.id}/claims`, { requestId: freshKey(), item: item.value, value: value.value.trim(), terminalId: terminal() });
    toast(t("books_corrected", { value: winner?.value ?? "" }));
    again();
  });
}

function change(element, again) {
  const name = h("input", { class: "input", maxLength: 100, value: element.name ?? "" });
  const address = h("input", { class: "input", maxLength: 200, value: element.address ?? "" });
  const component = element.kind === "ELEMENT_KIND_COMPONENT";
  const state = choice(STATES.map((each) => [each, t(`books_element_${each}`)]), { chosen: element.state ?? "" });
  ask(t("books_correct"), [field(t("books_name"), name), field(t("books_address"), address), component && field(t("books_state"), state)], t("save"), async () => {
    const told = { id: element.id, kind: element.kind, version: element.version, name: name.value.trim(), address: address.value.trim(), state: component ? state.value : "" };
    await post("/v1/elements", { requestId: freshKey(), element: told, terminalId: terminal() });
    toast(t("books_saved"));
    again();
  });
}

