// For those who look after volunteers: orders, the mall, people and pairs, honours, reviews, rules, corrections.

import { byId } from "../dom.mjs";
import { may, t } from "../page.mjs";
import "../shell.mjs";
import { tabs } from "../tabs.mjs";
import { alliances } from "./alliances.mjs";
import { honours } from "./honours.mjs";
import { mall } from "./mall.mjs";
import { orders } from "./orders.mjs";
import { people } from "./people.mjs";
import { reviews } from "./reviews.mjs";
import { rules } from "./rules.mjs";
import { safety } from "./safety.mjs";

const ROOMS = [
  ["orders", orders, may("points.orders.read")],
  ["people", people, may("points.volunteers.read")],
  ["mall", mall, may("points.mall.manage")],
  ["honours", honours, may("points.volunteers.read")],
  ["alliances", alliances, may("points.volunteers.read")],
  ["reviews", reviews, may("points.reviews.review")],
  ["rules", rules, may("points.rules.read")],
  ["safety", safety, may("points.audit")],
];

tabs(byId("app"), ROOMS.filter(([, , shown]) => shown).map(([key, draw]) => ({ key, text: t(`care_${key}`), draw })), { label: t("volunteering_page") });
