// Administration: what the city takes up, by which rules it is sent, in whose hands it lies, and who looked at what.

import { byId } from "../dom.mjs";
import { may, t } from "../page.mjs";
import "../shell.mjs";
import { tabs } from "../tabs.mjs";
import { areas } from "./areas.mjs";
import { audit } from "./audit.mjs";
import { calendars } from "./calendars.mjs";
import { classes } from "./classes.mjs";
import { people, roles } from "./people.mjs";
import { departments } from "./plugins.mjs";
import { rules } from "./rules.mjs";
import { taskTypes } from "./task_types.mjs";
import { templates } from "./templates.mjs";
import { webhooks } from "./webhooks.mjs";

const ROOMS = [
  ["types", taskTypes, true],
  ["classes", classes, may("categories.write")],
  ["rules", rules, may("rules.read")],
  ["calendars", calendars, may("rules.read")],
  ["templates", templates, may("notices.write")],
  ["webhooks", webhooks, may("notices.write")],
  ["plugins", departments, may("registry.staff.read")],
  ["areas", areas, may("registry.staff.read")],
  ["people", people, may("accounts.read")],
  ["roles", roles, may("accounts.read")],
  ["audit", audit, may("audit.read")],
];

tabs(byId("app"), ROOMS.filter(([, , shown]) => shown).map(([key, draw]) => ({ key, text: t(`admin_${key}`), draw })), { label: t("admin_page") });
