// The city's books: look something up, note what stands here, bring files in, change areas, go on an emergency footing.

import { byId } from "../dom.mjs";
import { may, t } from "../page.mjs";
import "../shell.mjs";
import { tabs } from "../tabs.mjs";
import { adding } from "./adding.mjs";
import { changes } from "./changes.mjs";
import { emergencies } from "./emergencies.mjs";
import { imports } from "./imports.mjs";
import { search } from "./search.mjs";

const ROOMS = [
  ["search", search, may("registry.elements.read")],
  ["add", adding, may("registry.elements.write")],
  ["imports", imports, may("registry.imports.write")],
  ["changes", changes, may("registry.areas.write")],
  ["emergencies", emergencies, may("registry.staff.read")],
];

tabs(byId("app"), ROOMS.filter(([, , shown]) => shown).map(([key, draw]) => ({ key, text: t(`books_${key}`), draw })), { label: t("registry_page") });
