// What offices read about oneself, and what the city publishes for everybody.

import { row, table } from "../admin/table.mjs";
import { get, post } from "../api.mjs";
import { myContact } from "../contact.mjs";
import { byId, h, show } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly } from "../format.mjs";
import { t, word } from "../page.mjs";
import "../shell.mjs";
import { kindWord } from "./schema.mjs";

const OPEN = ["COMPONENT", "BUILDING", "PLACE", "ORGANISATION"];
const PAGE = 5000;

function readsOfMe() {
  const number = h("input", { class: "input code", required: true, autocomplete: "off", maxLength: 24 });
  const phone = h("input", { class: "input code", required: true, autocomplete: "off", inputMode: "tel", maxLength: 24 });
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const found = h("div", {});
  const look = async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      const { reads = [] } = await post("/v1/reads-of-me", { identityNumber: number.value.trim(), phone: phone.value.trim() });
      show(found, reads.length ? table([t("books_when"), t("books_reader"), t("books_why_read"), t("books_what_read"), t("books_how_read")], reads.map((each) => row(exactly(each.at), [(each.roles ?? []).map((role) => word("roles", role)).join(" "), " ", h("span", { class: "code faint" }, each.who)], each.purpose || "—", h("span", { class: "code faint" }, (each.fields ?? []).join(" ")), t(each.masked ? "books_read_masked" : "books_read_clear")))) : h("p", { class: "empty" }, t("books_reads_none")));
    } catch (error) {
      show(found);
      problem.textContent = error.message;
      problem.hidden = false;
    }
  };
  return h("section", {}, h("h2", {}, t("books_reads")), h("form", { class: "books-form", onsubmit: look }, h("p", { class: "quiet" }, t("books_reads_lead")), field(t("books_identity"), number, { required: true }), field(t("books_phone"), phone, { required: true }), h("div", { class: "steps-row" }, h("button", { class: "button main", type: "submit" }, t("books_find"))), problem), found);
}

function openData() {
  const kind = choice(OPEN.map((each) => [`ELEMENT_KIND_${each}`, kindWord(each)]), { chosen: "ELEMENT_KIND_COMPONENT", required: true });
  const said = h("p", { class: "quiet", role: "status" });
  const load = async (event) => {
    event.preventDefault();
    said.textContent = t("books_loading");
    try {
      const lines = [];
      for (let token = "", first = true; first || token; first = false) {
        const { csv = "", nextPageToken = "" } = await get("/v1/open-data", { kind: kind.value, pageSize: PAGE, pageToken: token });
        lines.push(first ? csv : csv.slice(csv.indexOf("\n") + 1));
        token = nextPageToken;
      }
      const text = lines.map((each) => (each.endsWith("\n") ? each : `${each}\n`)).join("");
      const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      h("a", { href: address, download: `${kind.value.replace("ELEMENT_KIND_", "").toLowerCase()}.csv` }).click();
      URL.revokeObjectURL(address);
      said.textContent = t("books_loaded", { count: Math.max(0, text.trimEnd().split("\n").length - 1) });
    } catch (error) {
      said.textContent = error.message;
    }
  };
  return h("section", {}, h("h2", {}, t("books_open_data")), h("form", { class: "books-form", onsubmit: load }, h("p", { class: "quiet" }, t("books_open_data_lead")), field(t("books_kind"), kind, { required: true }), h("div", { class: "steps-row" }, h("button", { class: "button main", type: "submit" }, t("books_download")))), said);
}

show(byId("app"), h("div", { class: "room" }, myContact(), readsOfMe(), openData()));
