// Data lent with care: what there is, who asked for it and why, what was lent, and who read it.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, person } from "../format.mjs";
import { may, named, t, visitor, word } from "../page.mjs";
import { departments } from "../step_inputs.mjs";
import { asked } from "../tabs.mjs";

const LEVELS = ["SEALED", "LEADERS", "DEPARTMENT", "RELATED", "GOVERNMENT", "PUBLIC"];
const DAY_MS = 86_400_000;
const mine = new Set(visitor.roles.map((role) => role.departmentCode).filter(Boolean));
const level = (openness) => t(`books_open_${(openness ?? "").replace("OPENNESS_", "")}`);

export function lending(target) {
  const totals = h("p", { class: "quiet", role: "status" });
  const found = h("div", {});
  const loans = h("div", {});
  const traces = h("div", {});
  const query = h("input", { class: "input", type: "search", maxLength: 100, "aria-label": t("books_items_query"), placeholder: t("books_items_query") });
  const chosen = new Map();
  const drawLoans = () => asked(loans, async () => [await get("/v1/loans"), await unitNames()], ([{ loans: all = [] }, names]) => all.length ? all.map((loan) => card(loan, names, drawLoans)) : h("p", { class: "empty" }, t("books_loans_none")));
  const look = (event) => {
    event?.preventDefault();
    asked(found, () => get("/v1/catalogue", { query: query.value.trim(), pageSize: 50 }), ({ items = [] }) => items.length ? catalogue(items, chosen, look) : h("p", { class: "empty" }, t("books_nothing")));
  };
  const borrow = h("button", { class: "button main", type: "button", onclick: () => (chosen.size ? request([...chosen.values()], () => { chosen.clear(); look(); drawLoans(); }) : toast(t("books_loan_choose"))) }, t("books_loan_ask"));
  show(target, h("p", { class: "quiet" }, t("books_lending_lead")), totals,
    h("form", { class: "books-search", role: "search", onsubmit: look }, query, h("button", { class: "button", type: "submit" }, t("books_find")), may("registry.loans.write") && borrow), found,
    h("h2", {}, t("books_loans")), loans,
    may("audit.read") && [h("h2", {}, t("books_traces")), traces]);
  asked(totals, () => get("/v1/catalogue:totals"), ({ units = 0, tables = 0, items = 0 }) => t("books_catalogue_totals", { units, tables, items }));
  look();
  drawLoans();
  if (may("audit.read")) asked(traces, () => get("/v1/traces", { action: "loan_read", pageSize: 50 }), ({ traces: all = [] }) => all.length ? table([t("books_when"), t("books_reader"), t("books_why_read"), t("books_rows_read"), t("books_how_read")], all.map((each) => row(exactly(each.at), [person(each.who), " ", h("span", { class: "faint" }, (each.roles ?? []).map((role) => word("roles", role)).join(" "))], each.purpose || "—", each.rowCount ?? 0, t(each.masked ? "books_read_masked" : "books_read_clear")))) : h("p", { class: "empty" }, t("books_traces_none")));
}

/** Items to choose from; owners settle here how openly each is shared. */
function catalogue(items, chosen, again) {
  const box = (item) => h("input", { type: "checkbox", checked: chosen.has(item.code), disabled: item.openness === "OPENNESS_SEALED" || !item.elementItem, "aria-label": `${t("books_loan_ask")}: ${item.name}`, onchange: ({ target }) => (target.checked ? chosen.set(item.code, item) : chosen.delete(item.code)) });
  const owns = (item) => may("registry.catalogue.write") && mine.has(item.unitCode);
  return table([t("books_item"), t("books_item_table"), t("books_owner"), t("books_openness"), ""], items.map((item) => row(
    h("label", { class: "books-tick" }, may("registry.loans.write") && box(item), h("b", {}, item.name), h("span", { class: "code faint" }, item.code), !item.elementItem && h("span", { class: "faint" }, t("books_item_outside"))),
    item.tableName, h("span", { class: "code" }, item.unitCode), h("span", { class: "badge" }, level(item.openness)),
    owns(item) ? h("button", { class: "button", type: "button", onclick: () => settle(item, again) }, t("books_open_settle")) : "")));
}

function settle(item, again) {
  const openness = choice(LEVELS.map((each) => [`OPENNESS_${each}`, level(each)]), { chosen: item.openness, required: true });
  const reason = h("input", { class: "input", required: true, maxLength: 200 });
  ask(`${t("books_open_settle")} · ${item.name}`, [h("p", { class: "notice" }, t("books_openness_effect")), field(t("books_openness"), openness, { required: true }), field(t("books_why"), reason, { required: true })], t("books_open_settle"), async () => {
    await post(`/v1/catalogue/${item.code}:openness`, { requestId: freshKey(), openness: openness.value, reason: reason.value.trim() });
    again();
  });
}

function request(items, done) {
  const area = areaField(t("books_area_code"), { required: true, chosen: visitor.roles.find((role) => role.departmentCode)?.areaPath.split(".").at(-1) ?? "" });
  const purpose = h("input", { class: "input", required: true, minLength: 2, maxLength: 200 });
  const until = h("input", { class: "input", type: "date", required: true, value: new Date(Date.now() + 30 * DAY_MS).toISOString().slice(0, 10) });
  ask(t("books_loan_ask"), [h("p", {}, items.map((item) => item.name).join("、")), h("p", { class: "notice" }, t("books_loan_effect")), area.element, field(t("books_purpose"), purpose, { required: true }), field(t("books_loan_until"), until, { required: true, help: t("books_loan_until_help") })], t("books_loan_ask"), async () => {
    const { loan } = await post("/v1/loans", { requestId: freshKey(), itemCodes: items.map((item) => item.code), areaCode: area.value(), purpose: purpose.value.trim(), until: until.value });
    toast(t(`books_loan_${loan.state}`));
    done();
  });
}

/** Units by code; those that are no department keep their code. */
const unitNames = async () => new Map((await departments()).map((each) => [each.code, named(each)]));

function card(loan, names, again) {
  const unit = (code) => names.get(code) ?? code;
  const read = h("div", {});
  const owner = may("registry.catalogue.write") && mine.has(loan.lender);
  const reads = may("registry.loans.read") && mine.has(loan.borrower) && loan.state === "granted";
  return h("article", { class: "books-change" },
    h("header", {}, h("h2", {}, `${unit(loan.lender)} → ${unit(loan.borrower)}`, " · ", loan.purpose), h("span", { class: loan.state === "waiting" ? "badge urgent" : "badge" }, t(`books_loan_${loan.state}`))),
    h("p", { class: "quiet" }, t("books_loan_term", { day: loan.until, area: loan.areaCode }), " · ", exactly(loan.askedAt), " ", person(loan.askedBy), loan.decidedBy && [" → ", person(loan.decidedBy)], loan.unmasked && [" · ", t("books_read_clear")]),
    loan.reason && h("p", {}, loan.reason),
    h("p", {}, (loan.itemNames ?? []).join("、")),
    h("div", { class: "steps-row" },
      owner && loan.state === "waiting" && h("button", { class: "button main", type: "button", onclick: () => decide(loan, true, again) }, t("books_loan_grant")),
      owner && ["waiting", "granted"].includes(loan.state) && h("button", { class: "button", type: "button", onclick: () => decide(loan, false, again) }, t(loan.state === "waiting" ? "books_loan_refuse" : "books_loan_end")),
      reads && h("button", { class: "button main", type: "button", onclick: () => drawRows(read, loan) }, t("books_loan_read"))),
    read);
}

function decide(loan, grant, again) {
  const unmasked = choice([["", t("books_read_masked")], ["yes", t("books_read_clear")]], { empty: t("books_read_masked") });
  const reason = h("input", { class: "input", required: true, maxLength: 200 });
  const title = t(grant ? "books_loan_grant" : loan.state === "waiting" ? "books_loan_refuse" : "books_loan_end");
  const then = h("p", { class: "notice" }, t(grant ? "books_grant_effect" : loan.state === "waiting" ? "books_refuse_effect" : "books_end_effect"));
  ask(title, grant ? [h("p", {}, loan.purpose), then, field(t("books_how_read"), unmasked)] : [then, field(t("books_why"), reason, { required: true })], title, async () => {
    await post(`/v1/loans/${loan.id}:decide`, { requestId: freshKey(), grant, unmasked: grant && unmasked.value === "yes", reason: grant ? "" : reason.value.trim() });
    again();
  });
}

function drawRows(target, loan) {
  const codes = loan.itemCodes ?? [];
  asked(target, () => post(`/v1/loans/${loan.id}:read`, { pageSize: 50 }), ({ rows = [], nextPageToken = "" }) => [
    rows.length ? table(codes.map((code, at) => loan.itemNames?.[at] ?? code), rows.map((each) => row(...codes.map((code) => each.values?.[code] ?? "—")))) : h("p", { class: "empty" }, t("books_nothing")),
    h("p", { class: "quiet" }, t(nextPageToken ? "books_more_lent" : "books_traced"))]);
}
