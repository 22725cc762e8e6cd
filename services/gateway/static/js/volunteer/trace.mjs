// Where a number comes from: the row in the books, the service behind it, and the rules of that day.

import { get } from "../api.mjs";
import { h } from "../dom.mjs";
import { exactly } from "../format.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { category, claimFacts, hours, open, reason, signed } from "./deeds.mjs";

const ORDER = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** Open what stands behind a line of a statement; `whose` is shown of several who served. */
export function trace(line, whose = "") {
  const service = h("div", { class: "trace" });
  open(t("trace_title"),
    h("dl", { class: "facts" }, [
      [t("why"), reason(line)],
      [t("change"), signed(line.change)],
      [t("after"), String(line.after ?? 0)],
      [t("when"), exactly(line.at)],
      [t("trace_row"), `${line.number} · ${line.key}`],
      line.causeTitle && [t("trace_cause"), line.causeTitle],
      line.expiresOn && [t("trace_until"), line.expiresOn],
    ].filter(Boolean).map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value)))),
    service);
  if (["ORDER_SERVED", "SERVICE_TIME", "NO_SHOW", "REVERSED"].includes(line.reason) && ORDER.test(line.cause ?? "")) behind(service, line, whose);
}

const behind = (target, line, whose) =>
  asked(target, () => Promise.all([get(`/v1/orders/${line.cause}`), get("/v1/point-rules")]), ([{ order, claims = [] }, { versions = [] }]) => {
    const mine = claims.filter((claim) => !whose || claim.volunteer === whose);
    return [
      h("h3", {}, `${order.number} ${order.description}`),
      h("p", { class: "quiet" }, [category(order.category), hours(order.minutes), order.rating ? t("rated", { count: order.rating }) : ""].filter(Boolean).join(" · "), order.ratedByDefault ? ` (${t("rated_by_default")})` : ""),
      (mine.length ? mine : order.mine ? [order.mine] : []).map((claim) => h("div", { class: "card" }, claimFacts(claim))),
      rulesOf(versions, order, line),
    ];
  });

/** The numbers by which it was reckoned: those in force then. */
function rulesOf(versions, order, line) {
  const then = versions.filter((each) => each.effectiveAt && Date.parse(each.effectiveAt) <= Date.parse(line.at)).sort((one, other) => Date.parse(other.effectiveAt) - Date.parse(one.effectiveAt) || (other.version ?? 0) - (one.version ?? 0))[0] ?? versions.find((each) => !each.version);
  const rules = then?.rules;
  if (!rules) return null;
  return h("p", { class: "help" }, t("trace_rules", {
    version: then.version ?? 0, perHour: rules.pointsPerHour ?? 0, step: rules.stepMinutes ?? 0,
    kind: rules.categoryPercent?.[order.category] ?? 0, rating: rules.ratingPercent?.[order.rating] ?? 0,
    day: hours(rules.dayMinutesMax), bonus: rules.bestRatingBonus ?? 0,
  }));
}
