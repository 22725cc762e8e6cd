// Says in words why a camera gave no picture.

import { t } from "../page.mjs";

/** Of a key; a key without words is said as it is. */
export const why = (key) => {
  if (!key) return "";
  const said = t(`problem_${key}`);
  return said === `problem_${key}` ? key : said;
};
