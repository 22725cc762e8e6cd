-- name: save_council
INSERT INTO council (id, area_code, kind, name, members, quorum, sessions_a_year, saved_by, saved_at)
VALUES (%(id)s, %(area_code)s, %(kind)s, %(name)s, %(members)s, %(quorum)s, %(sessions_a_year)s, %(by)s, %(now)s)
    ON CONFLICT (id) DO UPDATE
   SET kind = excluded.kind, name = excluded.name, members = excluded.members, quorum = excluded.quorum,
       sessions_a_year = excluded.sessions_a_year, saved_by = excluded.saved_by, saved_at = excluded.saved_at;

-- name: lock_council
SELECT id, area_code, kind, name, members, quorum, sessions_a_year
  FROM council
 WHERE id = %(id)s
   FOR UPDATE;

-- name: list_councils
SELECT id, area_code, kind, name, members, quorum, sessions_a_year
  FROM council
 WHERE area_code = ANY(%(areas)s)
 ORDER BY area_code, name, id
 LIMIT 500;

-- name: move_councils
-- A council of an area that ended speaks for its heir.
UPDATE council
   SET area_code = heir.new_code
  FROM unnest(%(old)s::text[], %(new)s::text[]) AS heir (old_code, new_code)
 WHERE council.area_code = heir.old_code;

-- name: count_sessions
SELECT council_id, count(*) AS count
  FROM council_session
 WHERE council_id = ANY(%(councils)s) AND day >= %(begin)s AND day < %(end)s
 GROUP BY council_id;

-- name: count_proposals
SELECT council_id, state, count(*) AS count
  FROM proposal
 WHERE council_id = ANY(%(councils)s) AND proposed_at >= %(begin)s AND proposed_at < %(end)s
 GROUP BY council_id, state;

-- name: insert_session
INSERT INTO council_session (id, council_id, day, attendees, minutes, recorded_by, recorded_at)
VALUES (%(id)s, %(council_id)s, %(day)s, %(attendees)s, %(minutes)s, %(recorded_by)s, %(now)s);

-- name: find_session
SELECT id, council_id, day, attendees, minutes, recorded_by
  FROM council_session
 WHERE id = %(id)s AND council_id = %(council_id)s;

-- name: list_sessions
SELECT id, council_id, day, attendees, minutes, recorded_by
  FROM council_session
 WHERE council_id = %(council_id)s
 ORDER BY day DESC, id
 LIMIT 200;

-- name: insert_proposal
INSERT INTO proposal (id, council_id, title, text, longitude_deg, latitude_deg, task_type, by_office, proposed_by,
                      proposed_at)
VALUES (%(id)s, %(council_id)s, %(title)s, %(text)s, %(longitude_deg)s, %(latitude_deg)s, %(task_type)s,
        %(by_office)s, %(proposed_by)s, %(proposed_at)s);

-- name: lock_proposal
SELECT id, council_id, title, text, longitude_deg, latitude_deg, task_type, state, by_office, proposed_by, proposed_at,
       votes_for, votes_against, votes_abstain, counted_at, outcome, executed_at, case_id, case_number, case_problem
  FROM proposal
 WHERE id = %(id)s
   FOR UPDATE;

-- name: list_proposals
SELECT id, council_id, title, text, longitude_deg, latitude_deg, task_type, state, by_office, proposed_by, proposed_at,
       votes_for, votes_against, votes_abstain, counted_at, outcome, executed_at, case_id, case_number, case_problem
  FROM proposal
 WHERE council_id = ANY(%(councils)s)
   AND (%(state)s = 0 OR state = %(state)s)
   AND proposed_at >= %(begin)s AND proposed_at < %(end)s
   AND (proposed_at, id) < (%(before)s, %(before_id)s::uuid)
 ORDER BY proposed_at DESC, id DESC
 LIMIT %(size)s;

-- name: list_proposals_to_file
-- Resolutions that are to become cases; a replica that comes second waits, and finds nothing left.
SELECT id
  FROM proposal
 WHERE state IN (2, 4) AND task_type <> '' AND case_id = '' AND case_problem = ''
 ORDER BY counted_at
 LIMIT 20
   FOR UPDATE;

-- name: save_proposal
UPDATE proposal
   SET state = %(state)s, votes_for = %(votes_for)s, votes_against = %(votes_against)s,
       votes_abstain = %(votes_abstain)s, counted_at = %(counted_at)s, outcome = %(outcome)s,
       executed_at = %(executed_at)s, case_id = %(case_id)s, case_number = %(case_number)s,
       case_problem = %(case_problem)s
 WHERE id = %(id)s;

-- name: read_deliberations
SELECT proposal_id, stage, session_id, opinion, at
  FROM deliberation
 WHERE proposal_id = ANY(%(proposals)s)
 ORDER BY proposal_id, stage;

-- name: read_disclosures
SELECT proposal_id, stage, text, at
  FROM disclosure
 WHERE proposal_id = ANY(%(proposals)s)
 ORDER BY proposal_id, stage;

-- name: insert_deliberation
INSERT INTO deliberation (proposal_id, stage, session_id, opinion, recorded_by, at)
VALUES (%(proposal_id)s, %(stage)s, %(session_id)s, %(opinion)s, %(by)s, %(at)s);

-- name: insert_disclosure
INSERT INTO disclosure (proposal_id, stage, text, made_by, at)
VALUES (%(proposal_id)s, %(stage)s, %(text)s, %(by)s, %(at)s);

-- name: save_vote
INSERT INTO vote (proposal_id, member, choice, at)
VALUES (%(proposal_id)s, %(member)s, %(choice)s, %(now)s)
    ON CONFLICT (proposal_id, member) DO UPDATE
   SET choice = excluded.choice, at = excluded.at;

-- name: read_votes
SELECT member, choice
  FROM vote
 WHERE proposal_id = %(proposal_id)s;
