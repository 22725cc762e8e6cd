// Where neighbours decide: councils and their sessions, what was proposed, deliberated twice, voted, disclosed and done.

import { ask } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { areaField, areaName } from "../area_picker.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

const KINDS = ["COUNCIL", "COORDINATION", "HEARING", "BRANCH"];
const VOTES = ["FOR", "AGAINST", "ABSTAIN"];
const STAGES = 2;
const WRITES = may("registry.councils.write");
const VOTES_HERE = may("registry.councils.vote");
/** Why incidents did not take a resolution: by name where the page has one, else by its code. */
const problemWord = (reason) => (t(`books_refused_${reason}`) === `books_refused_${reason}` ? reason : t(`books_refused_${reason}`));
const codes = (text) => text.split(/[\s,，、]+/).filter(Boolean);
const today = () => new Date().toLocaleDateString("sv-SE");
const line = (required = true) => h("input", { class: "input", required, maxLength: 100 });
const text = (most) => h("textarea", { class: "input", required: true, maxLength: most, rows: 4 });

export function councils(target) {
  const list = h("div", {});
  const draw = () => asked(list, () => get("/v1/councils"), ({ councils: found = [], total = {} }) => found.length ? [h("p", { class: "quiet" }, tally(total)), found.map((each) => card(each, draw))] : h("p", { class: "empty" }, t("books_councils_none")));
  show(target, h("p", { class: "quiet" }, t("books_councils_lead")), WRITES && h("div", { class: "steps-row" }, h("button", { class: "button main", type: "button", onclick: () => found(draw) }, t("books_council_found"))), list);
  draw();
}

const tally = (each) => t("books_council_tally", { sessions: each.sessions ?? 0, wanted: each.sessionsWanted ?? 0, proposals: each.proposals ?? 0, adopted: each.adopted ?? 0, executed: each.executed ?? 0 });

function found(done) {
  const kind = choice(KINDS.map((each) => [`COUNCIL_KIND_${each}`, t(`books_council_${each}`)]), { chosen: "COUNCIL_KIND_COUNCIL", required: true });
  const area = areaField(t("books_area_code"), { required: true });
  const [name, members] = [line(), text(20_000)];
  const quorum = h("input", { class: "input", type: "number", min: 1, max: 500 });
  const yearly = h("input", { class: "input", type: "number", min: 0, max: 366, value: 12 });
  ask(t("books_council_found"), [h("p", { class: "notice" }, t("books_council_effect")), field(t("books_council_kind"), kind, { required: true }), area.element, field(t("books_name"), name, { required: true }), field(t("books_council_members"), members, { required: true, help: t("books_members_help") }), h("div", { class: "books-pair" }, field(t("books_council_quorum"), quorum, { help: t("books_quorum_help") }), field(t("books_council_yearly"), yearly))], t("books_council_found"), async () => {
    const people = codes(members.value);
    await post("/v1/councils", { requestId: freshKey(), council: { areaCode: area.value(), kind: kind.value, name: name.value.trim(), members: people, quorum: Number(quorum.value) || Math.floor(people.length / 2) + 1, sessionsAYear: Number(yearly.value) } });
    done();
  });
}

function card({ council, tally: figures = {} }, again) {
  const inside = h("div", {});
  const drawInside = () => asked(inside, async () => [await get(`/v1/councils/${council.id}/sessions`), await get("/v1/proposals", { councilId: council.id, pageSize: 50 })], ([{ sessions = [] }, { proposals = [] }]) => [
    h("h3", {}, t("books_proposals")), proposals.length ? proposals.map((each) => proposal(each, sessions, drawInside)) : h("p", { class: "empty" }, t("books_proposals_none")),
    h("h3", {}, t("books_sessions")), sessions.length ? h("ul", { class: "books-list" }, sessions.map((each) => h("li", {}, h("p", {}, h("b", {}, each.day), " · ", t("books_attendees", { count: each.attendeeCount ?? 0 })), h("p", { class: "quiet" }, each.minutes)))) : h("p", { class: "empty" }, t("books_sessions_none"))]);
  return h("article", { class: "books-change" },
    h("header", {}, h("h2", {}, council.name), h("span", { class: "badge" }, t(`books_council_${council.kind.replace("COUNCIL_KIND_", "")}`))),
    h("p", { class: "quiet" }, areaName(council.areaCode), " · ", t("books_council_size", { members: council.memberCount ?? 0, quorum: council.quorum ?? 0 }), " · ", tally(figures)),
    h("div", { class: "steps-row" },
      h("button", { class: "button", type: "button", onclick: drawInside }, t("books_open")),
      VOTES_HERE && h("button", { class: "button", type: "button", onclick: () => propose(council, () => { again(); }) }, t("books_propose")),
      WRITES && h("button", { class: "button", type: "button", onclick: () => session(council, again) }, t("books_session_record"))),
    inside);
}

function propose(council, done) {
  const [title, words, type] = [line(), text(1000), line(false)];
  ask(t("books_propose"), [field(t("books_proposal_title"), title, { required: true }), field(t("books_proposal_text"), words, { required: true }), field(t("books_proposal_type"), type, { help: t("books_proposal_type_help") })], t("books_propose"), async () => {
    await post(`/v1/councils/${council.id}/proposals`, { requestId: freshKey(), title: title.value.trim(), text: words.value.trim(), taskType: type.value.trim() });
    toast(t("books_proposed"));
    done();
  });
}

function session(council, done) {
  const day = h("input", { class: "input", type: "date", required: true, value: today(), max: today() });
  const [attendees, minutes] = [text(20_000), text(5000)];
  attendees.value = (council.members ?? []).join(" ");
  ask(t("books_session_record"), [field(t("books_session_day"), day, { required: true }), field(t("books_session_attendees"), attendees, { required: true, help: t("books_members_help") }), field(t("books_session_minutes"), minutes, { required: true })], t("books_session_record"), async () => {
    await post(`/v1/councils/${council.id}/sessions`, { requestId: freshKey(), day: day.value, attendees: codes(attendees.value), minutes: minutes.value.trim() });
    done();
  });
}

function proposal(each, sessions, again) {
  const state = each.state.replace("PROPOSAL_STATE_", "");
  const [heard, told] = [each.deliberations ?? [], each.disclosures ?? []];
  const open = state === "PROPOSED";
  const act = (key, run, main = false) => h("button", { class: main ? "button main" : "button", type: "button", onclick: run }, t(key));
  return h("article", { class: "books-change" },
    h("header", {}, h("h4", {}, each.title), h("span", { class: "badge" }, t(`books_proposal_${state}`))),
    h("p", {}, each.text), h("p", { class: "quiet" }, t(`books_proposed_by_${each.proposedBy}`)),
    heard.map((one) => h("p", {}, h("b", {}, t("books_deliberation", { stage: one.stage })), " ", one.opinion)),
    each.countedAt && h("p", {}, t("books_votes", { yes: each.votesFor ?? 0, no: each.votesAgainst ?? 0, abstain: each.votesAbstaining ?? 0, quorum: each.quorum ?? 0 })),
    told.map((one) => h("p", {}, h("b", {}, t("books_disclosure", { stage: one.stage })), " ", one.text)),
    each.caseNumber && h("p", {}, h("a", { href: `/cases/${each.caseNumber}` }, t("books_resolution_case", { number: each.caseNumber }))),
    each.caseProblem && h("p", { class: "wrong" }, t("books_resolution_refused"), " ", problemWord(each.caseProblem)),
    each.outcome && h("p", {}, h("b", {}, t("books_outcome")), " ", each.outcome),
    h("div", { class: "steps-row" },
      WRITES && open && heard.length < STAGES && act("books_deliberate", () => deliberate(each, sessions, again), true),
      VOTES_HERE && open && heard.length === STAGES && act("books_vote", () => vote(each, again), true),
      WRITES && open && heard.length === STAGES && act("books_count", () => count(each, again)),
      WRITES && state === "ADOPTED" && told.length < STAGES && act("books_disclose", () => words(each, "disclosures", "text", "books_disclose", again), told.length === 0),
      WRITES && state === "ADOPTED" && act("books_execute", () => words(each, "execute", "outcome", "books_execute", again))));
}

function deliberate(each, sessions, done) {
  const which = choice(sessions.map((one) => [one.id, `${one.day} ${one.minutes.slice(0, 30)}`]), { required: true });
  const opinion = text(2000);
  ask(t("books_deliberate"), [field(t("books_session"), which, { required: true, help: t("books_deliberate_help") }), field(t("books_opinion"), opinion, { required: true })], t("books_deliberate"), async () => {
    await post(`/v1/proposals/${each.id}/deliberations`, { requestId: freshKey(), sessionId: which.value, opinion: opinion.value.trim() });
    done();
  });
}

function vote(each, done) {
  const what = choice(VOTES.map((one) => [`VOTE_CHOICE_${one}`, t(`books_vote_${one}`)]), { required: true });
  ask(t("books_vote"), [h("p", {}, each.title), field(t("books_vote"), what, { required: true, help: t("books_vote_help") })], t("books_vote"), async () => {
    const { votedCount = 0 } = await post(`/v1/proposals/${each.id}:vote`, { requestId: freshKey(), choice: what.value });
    toast(t("books_voted", { count: votedCount }));
    done();
  });
}

function count(each, done) {
  ask(t("books_count"), [h("p", {}, t("books_count_effect"))], t("books_count"), async () => {
    await post(`/v1/proposals/${each.id}:count`, { requestId: freshKey() });
    done();
  });
}

/** A step that takes words alone: a disclosure, or how it was carried out. */
function words(each, step, name, key, done) {
  const said = text(2000);
  const path = step === "execute" ? `/v1/proposals/${each.id}:execute` : `/v1/proposals/${each.id}/${step}`;
  ask(t(key), [field(t("books_words"), said, { required: true })], t(key), async () => {
    await post(path, { requestId: freshKey(), [name]: said.value.trim() });
    done();
  });
}
