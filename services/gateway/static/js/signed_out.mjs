// The session ended while somebody was at work: they sign in again where they are, and nothing they typed is lost.

import { h, show } from "./dom.mjs";
import { field } from "./fields.mjs";
import { t, visitor } from "./page.mjs";

const OWN = { "content-type": "application/json", "x-gridward-client": "page" };
const elsewhere = () => `?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`;

async function told(path, body) {
  const response = await fetch(path, { method: "POST", headers: OWN, body: JSON.stringify(body) });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.message ?? String(response.status));
  return answer;
}

/** By password, for the same person; somebody else begins a page of their own. */
function byPassword() {
  const login = h("input", { class: "input", value: visitor.login, readOnly: true, autocomplete: "username" });
  const password = h("input", { class: "input", type: "password", required: true, autocomplete: "current-password" });
  return {
    fields: [field(t("login"), login, { required: true }), field(t("password"), password, { required: true })],
    first: password,
    send: () => told("/v1/session", { login: login.value, password: password.value }),
  };
}

function byCode() {
  const code = h("input", { class: "input code", required: true, maxLength: 40, autocomplete: "one-time-code", spellcheck: false });
  return {
    fields: [field(t("second_code"), code, { required: true })],
    first: code,
    send: () => told("/v1/session/second-factor", { code: code.value }),
  };
}

/** Settled as soon as somebody is signed in again; whoever would rather not is led to the door. */
export function signInHere(reason) {
  const door = reason === "SECOND_FACTOR_NEEDED" ? "/second-factor" : "/sign-in";
  const way = reason === "SECOND_FACTOR_NEEDED" ? byCode() : byPassword();
  return new Promise((settle) => {
    const problem = h("p", { class: "wrong", role: "alert", hidden: true });
    const submit = h("button", { class: "button main", type: "submit" }, t("sign_in"));
    const done = () => {
      dialog.close();
      settle();
    };
    const send = async (event) => {
      event.preventDefault();
      submit.disabled = true;
      problem.hidden = true;
      try {
        await way.send();
        done();
      } catch (error) {
        tell(error.message);
        submit.disabled = false;
        way.first.select();
      }
    };
    /** Whoever signed in elsewhere goes on here only as the person this page was drawn for. */
    const goOn = async () => {
      const who = await fetch("/v1/session", { headers: OWN }).then((response) => response.json()).catch(() => ({}));
      if (who.subject === visitor.subject) done();
      else if (who.subject) location.reload();
      else tell(t("signed_out_still"));
    };
    const tell = (text) => {
      show(problem, text, " ", h("a", { href: door + elsewhere(), target: "_blank", rel: "noopener" }, t("signed_out_door")));
      problem.hidden = false;
    };
    const dialog = h("dialog", { class: "window signed-out", "aria-label": t("signed_out"), onclose: () => dialog.remove() },
      h("header", {}, h("h2", {}, t("signed_out"))),
      h("form", { class: "step-form", onsubmit: send }, h("p", { class: "notice" }, t("signed_out_why")), way.fields, problem, h("div", { class: "steps-row" }, h("button", { class: "button plain", type: "button", onclick: goOn }, t("signed_out_elsewhere")), h("a", { class: "button plain", href: door + elsewhere() }, t("signed_out_leave")), submit)));
    // Escape would leave a page that looks alive and can do nothing.
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(dialog);
    dialog.showModal();
    way.first.focus();
  });
}
