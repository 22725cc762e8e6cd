// Months on the clocks of the city.

import { page } from "../page.mjs";

const parts = new Intl.DateTimeFormat("en-CA", { ...(page.timezone ? { timeZone: page.timezone } : {}), year: "numeric", month: "2-digit" });

/** This month, as 2026-10. */
export const thisMonth = () => parts.format(new Date()).slice(0, 7);
