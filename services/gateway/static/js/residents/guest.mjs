// Speaks for a resident, signed in or not: the same questions, asked at one of two doors.

import { freshKey, get, lend, post, upload } from "../api.mjs";
import { visitor } from "../page.mjs";

const GUEST = "/v1/guest";

/** Where a report would go, and `alike`: what is known nearby already. */
export async function preview(report) {
  if (!visitor) return post(`${GUEST}/preview`, { report });
  const { taskType, description, point } = report;
  const [route, alike] = await Promise.all([
    post("/v1/cases:preview", { report: { ...report, evidence: [] } }),
    post("/v1/cases:findDuplicates", { taskType, description, point }).catch(() => ({})),
  ]);
  return { ...route, alike: alike.cases ?? [] };
}

export const send = (requestId, report, phone) =>
  visitor ? post("/v1/cases", { requestId, report }) : post(`${GUEST}/reports`, { requestId, report, phone });

export const join = (caseId, words, phone) =>
  visitor
    ? post(`/v1/cases/${encodeURIComponent(caseId)}:follow`, { requestId: freshKey(), words })
    : post(`${GUEST}/follows`, { requestId: freshKey(), caseId, words, phone });

/** Store a picture; its evidence. */
export async function keepPicture(file, kind) {
  if (visitor) return upload(file, kind);
  const { lent, ...evidence } = await upload(file, kind, `${GUEST}/photos`);
  lend({ [evidence.objectKey]: lent });
  return evidence;
}

/** A case of one's own, whole. */
export async function ownCase(number, phone) {
  if (visitor) return get(`/v1/cases/${encodeURIComponent(number)}`);
  const { lent, ...whole } = await post(`${GUEST}/case`, { number, phone });
  lend(lent);
  return whole;
}

export const take = (item, step, phone, requestId) =>
  visitor
    ? post(`/v1/cases/${item.id}:advance`, { requestId, version: item.version, steps: [step] })
    : post(`${GUEST}/advance`, { requestId, number: item.number, phone, version: item.version, step });
