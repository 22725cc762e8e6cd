-- name: insert_question
-- A question of law.
INSERT INTO legal_question (id, grid_code, area_path, words, by_hotline, asked_by, asked_at, receiver, lawyer)
VALUES (%(id)s, %(grid_code)s, %(area_path)s::ltree, %(words)s, %(by_hotline)s, %(by)s, %(at)s, %(receiver)s,
        %(lawyer)s);

-- name: list_questions
-- Questions that somebody asked, has to answer or may see by area; one of them when it is named.
SELECT q.id, q.version, q.grid_code, q.words, q.by_hotline, q.receiver, q.lawyer, q.asked_at, q.answer,
       q.answered_by, q.answered_at
  FROM legal_question AS q
 WHERE (%(id)s::uuid IS NULL OR q.id = %(id)s)
   AND (NOT %(open_only)s OR q.answered_at IS NULL)
   AND (q.asked_by = %(subject)s OR q.lawyer = %(subject)s
        OR EXISTS (SELECT FROM unnest(%(areas)s::ltree[]) AS seen(area) WHERE q.area_path <@ seen.area))
 ORDER BY q.asked_at DESC, q.id DESC
 LIMIT 200;

-- name: answer_question
-- The first answer stands.
UPDATE legal_question
   SET version = version + 1, answer = %(answer)s, answered_by = %(by)s, answered_at = %(at)s
 WHERE id = %(id)s AND answered_at IS NULL AND (%(version)s = 0 OR version = %(version)s)
   AND (lawyer = %(by)s OR EXISTS (SELECT FROM unnest(%(areas)s::ltree[]) AS seen(area) WHERE area_path <@ seen.area))
RETURNING id;

-- name: insert_item
-- An item of the council.
INSERT INTO council_item (id, grid_code, area_path, kind, title, proposed_by, proposed_at)
VALUES (%(id)s, %(grid_code)s, %(area_path)s::ltree, %(kind)s, %(title)s, %(by)s, %(at)s);

-- name: list_items
-- Items within reach; one of them when it is named.
SELECT c.id, c.version, c.grid_code, c.kind, c.title, c.parties, c.decision, c.adopted, c.proposed_at, c.decided_at
  FROM council_item AS c
 WHERE (%(id)s::uuid IS NULL OR c.id = %(id)s)
   AND (NOT %(open_only)s OR c.decided_at IS NULL)
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[]) AS seen(area) WHERE c.area_path <@ seen.area)
 ORDER BY c.proposed_at DESC, c.id DESC
 LIMIT 200;

-- name: hold_item
-- Nobody else works on it meanwhile.
SELECT id FROM council_item WHERE id = %(id)s FOR UPDATE;

-- name: seat_party
-- A party takes its seat, once.
UPDATE council_item SET version = version + 1, parties = array_append(parties, %(party)s)
 WHERE id = %(id)s AND NOT (%(party)s = ANY (parties));

-- name: decide_item
-- What was decided.
UPDATE council_item
   SET version = version + 1, decision = %(decision)s, adopted = %(adopted)s, decided_by = %(by)s, decided_at = %(at)s
 WHERE id = %(id)s;

-- name: insert_selection
-- A selection.
INSERT INTO selection (id, area_code, area_path, title, candidates, closes_at, opened_by, opened_at)
VALUES (%(id)s, %(area_code)s, %(area_path)s::ltree, %(title)s, %(candidates)s, %(closes_at)s, %(by)s, %(at)s);

-- name: find_selection
-- A selection within reach.
SELECT s.id, s.area_code, s.title, s.candidates, s.closes_at
  FROM selection AS s
 WHERE s.id = %(id)s AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[]) AS seen(area) WHERE s.area_path <@ seen.area);

-- name: list_selections
-- Selections within reach with their votes, the last to close first.
SELECT s.id, s.area_code, s.title, s.candidates, s.closes_at,
       (SELECT coalesce(jsonb_object_agg(counted.candidate, counted.count), '{}')
          FROM (SELECT v.candidate, count(*) AS count FROM selection_vote AS v
                 WHERE v.selection_id = s.id GROUP BY v.candidate) AS counted) AS votes
  FROM selection AS s
 WHERE (NOT %(open_only)s OR s.closes_at > %(now)s)
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[]) AS seen(area) WHERE s.area_path <@ seen.area)
 ORDER BY s.closes_at DESC, s.id DESC
 LIMIT 100;

-- name: cast_vote
-- The vote of a household, unless it has voted.
INSERT INTO selection_vote (selection_id, household_code, candidate, cast_by, cast_at)
VALUES (%(id)s, %(household_code)s, %(candidate)s, %(by)s, %(at)s)
ON CONFLICT DO NOTHING
RETURNING household_code;

-- name: count_votes
-- Votes by candidate.
SELECT candidate, count(*) AS count FROM selection_vote WHERE selection_id = %(id)s GROUP BY candidate;
