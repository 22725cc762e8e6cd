// Note what stands here: a lamp, a bin, a bench, with its state; the place decides the grid.

import { freshKey, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { showElement } from "./element.mjs";
import { schema, terminal } from "./schema.mjs";

const KIND = "ELEMENT_KIND_COMPONENT";
const STATES = ["intact", "damaged", "lost", "abandoned"];

export function adding(target) {
  asked(target, schema, (known) => {
    const kinds = known.classes(KIND);
    const list = h("datalist", { id: "books-classes" }, kinds.map((each) => h("option", { value: `${each.code} ${known.className(each.code)}` })));
    const what = h("input", { class: "input", required: true, autocomplete: "off" });
    what.setAttribute("list", "books-classes");
    const state = choice(STATES.map((each) => [each, t(`books_element_${each}`)]), { chosen: "intact", required: true });
    const name = h("input", { class: "input", maxLength: 100 });
    const east = h("input", { class: "input code", type: "number", step: "any", required: true, min: -180, max: 180 });
    const north = h("input", { class: "input code", type: "number", step: "any", required: true, min: -90, max: 90 });
    const problem = h("p", { class: "wrong", role: "alert", hidden: true });
    const done = h("div", {});
    const here = () => navigator.geolocation?.getCurrentPosition(({ coords }) => { east.value = coords.longitude.toFixed(7); north.value = coords.latitude.toFixed(7); }, () => say(t("books_place_unknown")), { enableHighAccuracy: true, timeout: 20_000 });
    const say = (text) => { problem.textContent = text; problem.hidden = !text; };
    const save = async (event) => {
      event.preventDefault();
      say("");
      const classCode = what.value.trim().split(" ")[0];
      if (!kinds.some((each) => each.code === classCode)) {
        say(t("books_class_unknown"));
        return;
      }
      const point = { longitudeDeg: Number(east.value), latitudeDeg: Number(north.value) };
      try {
        const { element } = await post("/v1/elements", { requestId: freshKey(), element: { kind: KIND, classCode, state: state.value, name: name.value.trim(), point }, terminalId: terminal() });
        toast(t("books_noted"));
        show(done, h("p", { class: "quiet" }, t("books_noted_in", { grid: element.gridCode }), " ", h("button", { class: "button plain", type: "button", onclick: () => showElement(element.id) }, t("books_open"))));
      } catch (error) {
        say(error.message);
      }
    };
    here();
    return h("form", { class: "books-form", onsubmit: save }, list, h("p", { class: "quiet" }, t("books_adding_lead")), field(t("books_class"), what, { required: true }), field(t("books_state"), state, { required: true }), field(t("books_name"), name), h("div", { class: "books-pair" }, field(t("books_east"), east, { required: true }), field(t("books_north"), north, { required: true })), h("div", { class: "steps-row" }, h("button", { class: "button", type: "button", onclick: here }, t("books_here")), h("button", { class: "button main", type: "submit" }, t("books_note_it"))), problem, done);
  });
}
