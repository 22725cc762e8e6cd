// Signs in, has a password changed where that is due or wished for, and fills in a demonstration account at a click.

import { byId } from "./dom.mjs";
import { t } from "./page.mjs";
import "./shell.mjs";

const form = byId("sign-in");
//: Signing in goes on with a password of one's own.
const TO_CHANGE = ["PASSWORD_GIVEN", "PASSWORD_EXPIRED"];

class Refused extends Error {
  constructor(told, status) {
    super(told.message ?? String(status));
    this.reason = told.reason;
  }
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  const problem = byId("problem");
  problem.hidden = true;
  const usual = button.textContent;
  button.disabled = true;
  button.textContent = t("signing_in");
  try {
    await signIn();
    // Whoever was not on the way to a page begins where their work lies.
    location.assign(form.dataset.then === "/" ? "/home" : form.dataset.then);
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    button.disabled = false;
    button.textContent = usual;
    if (TO_CHANGE.includes(error.reason)) byId("new").hidden = false;
    (byId("new").hidden ? byId("password") : byId("new-password")).select();
  }
});

async function signIn() {
  const chosen = byId("new").hidden ? "" : byId("new-password").value;
  if (!byId("new").hidden && (!chosen || chosen !== byId("new-again").value)) throw new Error(t("password_differs"));
  const response = await fetch("/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json", "x-gridward-client": "page" },
    body: JSON.stringify({ login: byId("login").value, password: byId("password").value, ...(chosen && { newPassword: chosen }) }),
  });
  if (!response.ok) throw new Refused(await response.json().catch(() => ({})), response.status);
}

for (const offered of document.querySelectorAll("[data-login]")) {
  offered.addEventListener("click", () => {
    byId("login").value = offered.dataset.login;
    byId("password").value = offered.dataset.password;
    form.querySelector("button[type=submit]").focus();
  });
}
