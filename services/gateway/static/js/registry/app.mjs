// The city's books: look something up, note what stands here, bring files in, see data in clear, lend data, decide together, change areas,
// place the force, go on an emergency footing.

import { byId } from "../dom.mjs";
import { may, t } from "../page.mjs";
import "../shell.mjs";
import { tabs } from "../tabs.mjs";
import { adding } from "./adding.mjs";
import { changes } from "./changes.mjs";
import { councils } from "./councils.mjs";
import { emergencies } from "./emergencies.mjs";
import { force } from "./force.mjs";
import { imports } from "./imports.mjs";
import { lending } from "./lending.mjs";
import { search } from "./search.mjs";
import { unmasking } from "./unmasking.mjs";

const ROOMS = [
  ["search", search, may("registry.elements.read")],
  ["add", adding, may("registry.elements.write")],
  ["imports", imports, may("registry.imports.write")],
  ["unmasking", unmasking, may("people.reveal") || may("people.approve")],
  ["lending", lending, may("registry.catalogue.read")],
  ["councils", councils, may("registry.councils.write") || may("registry.councils.vote")],
  ["changes", changes, may("registry.areas.write")],
  ["force", force, may("registry.staff.read")],
  ["emergencies", emergencies, may("registry.staff.read")],
];

tabs(byId("app"), ROOMS.filter(([, , shown]) => shown).map(([key, draw]) => ({ key, text: t(`books_${key}`), draw })), { label: t("registry_page") });
