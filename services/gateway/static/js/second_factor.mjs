// Binds a telephone, takes its code, and shows the recovery codes once.

import { post, remove } from "./api.mjs";
import { byId } from "./dom.mjs";
import { t } from "./page.mjs";
import "./shell.mjs";

const form = byId("proof");
const problem = byId("problem");

function tell(error) {
  problem.textContent = error.message;
  problem.hidden = false;
}

byId("bind")?.addEventListener("click", async () => {
  try {
    const told = await post("/v1/session/second-factor/binding", {});
    byId("picture").src = told.picture;
    byId("secret").textContent = told.secret.replace(/(.{4})/g, "$1 ").trim();
    byId("telephone").hidden = false;
    byId("bind").hidden = true;
    form.hidden = false;
    byId("code").focus();
  } catch (error) {
    form.hidden = false;
    tell(error);
  }
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  problem.hidden = true;
  button.disabled = true;
  button.textContent = t("second_factor_checking");
  try {
    const { recoveryCodes } = await post("/v1/session/second-factor", { code: byId("code").value });
    if (recoveryCodes.length === 0) {
      location.assign(form.dataset.then);
      return;
    }
    showSheet(recoveryCodes);
  } catch (error) {
    tell(error);
    byId("code").select();
  }
  button.disabled = false;
  button.textContent = t("second_factor_confirm");
});

function showSheet(codes) {
  for (const code of codes) byId("codes").append(Object.assign(document.createElement("li"), { textContent: code }));
  byId("binding").hidden = true;
  form.hidden = true;
  byId("sheet").hidden = false;
  byId("go-on").focus();
}

byId("leave").addEventListener("click", async () => {
  await remove("/v1/session");
  location.assign("/sign-in");
});
