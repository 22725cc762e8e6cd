// What is done for and with the people of a grid: what they say, errands, task lists, campaigns, law, council.

import { byId } from "../dom.mjs";
import { may, t } from "../page.mjs";
import "../shell.mjs";
import { tabs } from "../tabs.mjs";
import { campaigns } from "./campaigns.mjs";
import { council } from "./council.mjs";
import { duties } from "./duties.mjs";
import { errands } from "./errands.mjs";
import { law } from "./law.mjs";
import { opinions } from "./opinions.mjs";

const ROOMS = [
  ["opinions", opinions, may("opinions.read")],
  ["errands", errands, may("errands.read")],
  ["duties", duties, may("duties.read")],
  ["campaigns", campaigns, may("campaigns.read")],
  ["law", law, may("stations.ask")],
  ["council", council, may("stations.council")],
];

tabs(byId("app"), ROOMS.filter(([, , shown]) => shown).map(([key, draw]) => ({ key, text: t(`folk_${key}`), draw })), { label: t("community_page") });
