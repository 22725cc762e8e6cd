// Says beside a form why something was refused.

import { h } from "./dom.mjs";

/** A line that is empty as long as all goes well, and a way to try what may be refused: its reason then stands in the line. */
export function trying() {
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const tried = async (run) => {
    problem.hidden = true;
    try {
      await run();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  };
  return { problem, tried };
}
