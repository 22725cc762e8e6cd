// What the city keeps about each kind of thing, in the page's language.

import { once } from "../api.mjs";
import { named, t } from "../page.mjs";

export const KINDS = ["PERSON", "HOUSEHOLD", "DWELLING", "BUILDING", "COMPONENT", "PLACE", "ORGANISATION", "ROAD"];
export const kindWord = (kind) => t(`books_kind_${(kind ?? "").replace("ELEMENT_KIND_", "")}`);

/** The terminal this phone is bound to, as the pocket app keeps it; empty at a desk. */
export const terminal = () => localStorage.getItem("gridward.pocket.terminal") ?? "";

/** Names of classes, tags and items, and which items each kind has. */
export async function schema() {
  const { itemClasses = [], classes = [], tags = [] } = await once("/v1/element-schema");
  const ofKind = (kind) => itemClasses.filter((each) => each.kind === kind).flatMap((each) => each.items ?? []);
  const name = (list, code) => named(list.find((each) => each.code === code) ?? {}) || code;
  return {
    items: ofKind,
    classes: (kind) => classes.filter((each) => each.kind === kind),
    itemName: (kind, code) => name(ofKind(kind), code),
    className: (code) => name(classes, code),
    tagName: (code) => name(tags, code),
  };
}

/** What is wrong, in the page's language; the server's own words for a fault that has none here. */
export function faultWord({ reason, message }) {
  const key = `books_fault_${reason}`;
  const text = t(`books_fault_${reason}`);
  return text === key ? message : [text, reason === "REFUSED" ? `: ${message}` : ""].join("");
}
