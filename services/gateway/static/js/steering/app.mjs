// How the city steers itself: who stands where, orders going down, what was done for people, ratings, times.

import { byId } from "../dom.mjs";
import { may, t } from "../page.mjs";
import "../shell.mjs";
import { tabs } from "../tabs.mjs";
import { directives } from "./directives.mjs";
import { findings } from "./findings.mjs";
import { ladder } from "./ladder.mjs";
import { limits } from "./limits.mjs";
import { matters } from "./matters.mjs";
import { ratings } from "./ratings.mjs";
import { standings } from "./standings.mjs";
import { weekly } from "./weekly.mjs";

const ROOMS = [
  ["standings", standings, may("assessment.read")],
  ["findings", findings, may("assessment.read")],
  ["weekly", weekly, may("assessment.read")],
  ["directives", directives, may("directives.read")],
  ["matters", matters, may("incidents.read")],
  ["ratings", ratings, may("ratings.read")],
  ["limits", limits, may("limits.write")],
  ["ladder", ladder, may("procedures.write")],
];

tabs(byId("app"), ROOMS.filter(([, , shown]) => shown).map(([key, draw]) => ({ key, text: t(`steer_${key}`), draw })), { label: t("steering_page") });
