// Signs in, and fills in a demonstration account at a click.

import { byId } from "./dom.mjs";
import { t } from "./page.mjs";
import "./shell.mjs";

const form = byId("sign-in");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  const problem = byId("problem");
  problem.hidden = true;
  button.disabled = true;
  button.textContent = t("signing_in");
  try {
    await signIn();
    location.assign(form.dataset.then);
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    button.disabled = false;
    button.textContent = t("sign_in");
    byId("password").select();
  }
});

async function signIn() {
  const response = await fetch("/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json", "x-gridward-client": "page" },
    body: JSON.stringify({ login: byId("login").value, password: byId("password").value }),
  });
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).message ?? String(response.status));
}

for (const offered of document.querySelectorAll("[data-login]")) {
  offered.addEventListener("click", () => {
    byId("login").value = offered.dataset.login;
    byId("password").value = offered.dataset.password;
    form.querySelector("button[type=submit]").focus();
  });
}
