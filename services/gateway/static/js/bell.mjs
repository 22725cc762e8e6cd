// The bell: how much one has not read, and what it says; read up to what was seen.

import { get, post } from "./api.mjs";
import { byId, h, show } from "./dom.mjs";
import { ago, exactly } from "./format.mjs";
import { t } from "./page.mjs";

const EVERY_MS = 30_000;
const PAGE = 20;

/** Keep the count on a bell, and show what there is when it is opened. */
export function ring() {
  const bell = byId("bell");
  if (!bell) return;
  const list = byId("bell-list");
  const count = byId("bell-count");
  let newest = "";
  const mark = (unread = 0) => {
    count.textContent = unread > 98 ? "99+" : String(unread);
    count.hidden = !unread;
    byId("bell-words").textContent = unread ? t("bell_unread", { count: unread }) : t("bell_none_unread");
  };
  const look = async () => {
    try {
      const { unreadCount } = await get("/v1/my-notices", { pageSize: 1 }, { once: true });
      mark(unreadCount);
    } catch {
      // Asked again soon.
    }
  };
  const read = async () => {
    if (newest) mark((await post("/v1/my-notices:markRead", { noticeId: newest })).unreadCount);
  };
  const open = async (token = "") => {
    if (!token) show(list, h("p", { class: "quiet" }, t("bell_loading")));
    try {
      const { notices = [], nextPageToken = "", unreadCount } = await get("/v1/my-notices", { pageSize: PAGE, pageToken: token });
      mark(unreadCount);
      if (!token) newest = notices[0]?.id ?? "";
      const items = notices.map(item);
      const more = nextPageToken && h("button", { class: "button plain wide", type: "button", onclick: (event) => { event.target.remove(); open(nextPageToken); } }, t("bell_more"));
      if (token) list.append(...items, ...(more ? [more] : []));
      else show(list, items.length ? items : h("p", { class: "empty" }, t("bell_empty")), more);
      await read();
    } catch (error) {
      show(list, h("p", { class: "wrong", role: "alert" }, error.message));
    }
  };
  bell.addEventListener("toggle", () => bell.open && open());
  bell.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !bell.open) return;
    bell.open = false;
    bell.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (bell.open && !bell.contains(event.target)) bell.open = false;
  });
  look();
  setInterval(() => document.visibilityState === "visible" && !bell.open && look(), EVERY_MS);
}

function item(notice) {
  const parts = [h("span", { class: "bell-text" }, notice.text), h("span", { class: "faint", title: exactly(notice.createdAt) }, ago(notice.createdAt))];
  const common = { class: "bell-item", data: { read: notice.readAt ? "yes" : "no" } };
  return notice.caseNumber ? h("a", { ...common, href: `/cases/${encodeURIComponent(notice.caseNumber)}` }, parts) : h("div", common, parts);
}
