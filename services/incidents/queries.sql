-- name: insert_reports
-- Files many reports in one statement: those whose request id is new, each with all its parts; answers which.
WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(requests)s::json)
        AS r(incident_id uuid, subject text, method text, request_id text, body_digest bytea, answer bytea)
), claimed AS (
    INSERT INTO request (subject, method, request_id, body_digest, answer)
    SELECT asked.subject, asked.method, asked.request_id, asked.body_digest, asked.answer
      FROM asked
    ON CONFLICT DO NOTHING
    RETURNING subject, request_id
), filed AS MATERIALIZED (
    SELECT asked.incident_id
      FROM asked
      JOIN claimed ON claimed.subject = asked.subject AND claimed.request_id = asked.request_id
), opened AS (
    INSERT INTO incident (
           id, number, version, state, state_since, updated_at, ended_as, task_type, task_type_version, emergency,
           filing_condition, closing_condition, closing_condition_en, limit_value, limit_unit, longitude_deg,
           latitude_deg, accuracy_m, grid_code, area_path, source, department_code, reporter, handler, solver, checker,
           reported_at, provisional, signal, overdue, stage_due_at, sign_missed_count, leg_sequence, loop_level,
           leg_receiver, leg_received_at, leg_reply, loop_due_at, return_count, rework_count, rating, rating_comment,
           dealings)
    SELECT c.id, c.number, c.version, c.state, c.state_since, c.updated_at, '', c.task_type, c.task_type_version,
           c.emergency, c.filing_condition, c.closing_condition, c.closing_condition_en, c.limit_value, c.limit_unit,
           c.longitude_deg, c.latitude_deg, c.accuracy_m, c.grid_code, c.area_path, c.source, c.department_code,
           c.reporter, c.handler, c.solver, c.checker, c.reported_at, c.provisional, c.signal, c.overdue,
           c.stage_due_at, c.sign_missed_count, c.leg_sequence, c.loop_level, c.leg_receiver, c.leg_received_at,
           c.leg_reply, c.loop_due_at, c.return_count, c.rework_count, c.rating, c.rating_comment, c.dealings
      FROM json_populate_recordset(NULL::incident, %(cases)s::json) AS c
      JOIN filed ON filed.incident_id = c.id
), described AS (
    INSERT INTO dossier (incident_id, description, place, form_answers, seen_at, terminal_id, evidence, route)
    SELECT d.incident_id, d.description, d.place, d.form_answers, d.seen_at, d.terminal_id, d.evidence, d.route
      FROM json_populate_recordset(NULL::dossier, %(dossiers)s::json) AS d
      JOIN filed ON filed.incident_id = d.incident_id
), written AS (
    INSERT INTO history (incident_id, sequence, event, from_state, to_state, actor, role, receiver, opinion, opinion_en, at,
                         elapsed_s, overdue, evidence)
    SELECT h.incident_id, h.sequence, h.event, h.from_state, h.to_state, h.actor, h.role, h.receiver, h.opinion,
           coalesce(h.opinion_en, ''), h.at,
           h.elapsed_s, h.overdue, h.evidence
      FROM json_populate_recordset(NULL::history, %(entries)s::json) AS h
      JOIN filed ON filed.incident_id = h.incident_id
), received AS (
    INSERT INTO leg (incident_id, sequence, loop_level, receiver, received_at, replied_at, reply)
    SELECT l.incident_id, l.sequence, l.loop_level, l.receiver, l.received_at, l.replied_at, l.reply
      FROM json_populate_recordset(NULL::leg, %(legs)s::json) AS l
      JOIN filed ON filed.incident_id = l.incident_id
), set_timers AS (
    INSERT INTO timer (incident_id, rung, due_at, try_at)
    SELECT t.incident_id, t.rung, t.due_at, t.due_at
      FROM json_populate_recordset(NULL::timer, %(timers)s::json) AS t
      JOIN filed ON filed.incident_id = t.incident_id
), told AS (
    INSERT INTO outbox (id, type, subject, task_type, occurred_at, payload)
    SELECT e.id, e.type, e.subject, e.task_type, e.occurred_at, e.payload
      FROM json_to_recordset(%(events)s::json)
           AS e(place integer, id uuid, type text, subject text, task_type text, occurred_at timestamptz, payload bytea)
      JOIN filed ON filed.incident_id = e.subject::uuid
     ORDER BY e.place
)
SELECT incident_id FROM filed;

-- name: find_answers
-- The answers given to requests before.
SELECT r.subject, r.request_id, r.body_digest, r.answer
  FROM unnest(%(subjects)s::text[], %(request_ids)s::text[]) AS asked(subject, request_id)
  JOIN request AS r ON r.subject = asked.subject AND r.request_id = asked.request_id AND r.method = %(method)s;

-- name: reserve_numbers
-- Takes so many numbers of a day; two processes never get the same. Nobody waits for the disk: the reports that are
-- written next do, and with them all that was committed before.
INSERT INTO numbering (day, last)
SELECT %(day)s, %(count)s FROM set_config('synchronous_commit', 'off', true)
ON CONFLICT (day) DO UPDATE SET last = numbering.last + excluded.last
RETURNING last;

-- name: find_cases
-- Cases by id or number, each if whoever asks for it may see it. LIMIT 1 has each looked up by its key: a plan made
-- while the table was small would else go on reading all of it as it grows.
SELECT asked.place AS asked_place, i.id, i.number, i.version, i.revision, i.state, i.state_since, i.updated_at, i.task_type, i.task_type_version,
       i.emergency, i.filing_condition, i.closing_condition, i.closing_condition_en, i.limit_value, i.limit_unit,
       i.longitude_deg, i.latitude_deg, i.accuracy_m, i.grid_code, i.area_path::text AS area_path, i.source,
       i.department_code, i.reporter, i.handler, i.solver, i.checker, i.reported_at, i.registered_at, i.dispatched_at,
       i.signed_at, i.disposed_at, i.closed_at, i.time_value, i.time_unit, i.started_at, i.yellow_at, i.deadline_at,
       i.red_at, i.provisional, i.paused_at, i.stopped_at, i.remaining_us, i.signal, i.overdue, i.stage_due_at,
       i.sign_due_at, i.sign_missed_count, i.leg_sequence, i.loop_level, i.leg_receiver, i.leg_received_at,
       i.leg_replied_at, i.leg_reply, i.loop_due_at, i.return_count, i.rework_count, i.rating, i.rating_comment,
       i.rated_at, i.ending, i.parent_id, i.blocking, i.dealings, i.leg_cause,
       d.description, d.place, d.form_answers, d.evidence,
       (SELECT json_agg(row_to_json(p) ORDER BY p.sequence) FROM part AS p WHERE p.incident_id = i.id) AS parts,
       (SELECT json_agg(child.number ORDER BY child.number)
          FROM incident AS child
         WHERE child.parent_id = i.id AND child.blocking AND child.closed_at IS NULL) AS open_children
  FROM json_to_recordset(%(asked)s::json)
           AS asked(place integer, id uuid, number text, subject text, own boolean, areas text[], departments text[])
 CROSS JOIN LATERAL (SELECT * FROM incident
                      WHERE incident.id = coalesce(asked.id, (SELECT named.id FROM incident AS named
                                                               WHERE named.number = asked.number))
                      LIMIT 1) AS i
 CROSS JOIN LATERAL (SELECT * FROM dossier WHERE dossier.incident_id = i.id LIMIT 1) AS d
 WHERE (asked.own AND asked.subject IN (i.reporter, i.handler, i.checker))
    OR EXISTS (SELECT FROM unnest(asked.areas::ltree[], asked.departments) AS held(area, department)
                WHERE i.area_path <@ held.area
                  AND (held.department IN ('', i.department_code)
                       OR held.department IN (SELECT p.receiver FROM part AS p WHERE p.incident_id = i.id)))
    OR EXISTS (SELECT FROM part AS p WHERE p.incident_id = i.id AND asked.subject IN (p.receiver, p.holder));

-- name: only_noted
-- Of cases as somebody saw them, those that have had nothing but notes since.
SELECT look.id, look.version
  FROM unnest(%(ids)s::uuid[], %(versions)s::integer[]) AS look(id, version)
 WHERE NOT EXISTS (SELECT FROM history AS h
                    WHERE h.incident_id = look.id AND h.sequence > look.version AND h.event <> 'note');

-- name: read_course
-- What a case went through: its route, its history and its legs, as one answer that fits together.
SELECT d.route,
       (SELECT json_agg(json_build_object(
                   'sequence', h.sequence, 'event', h.event, 'from_state', h.from_state, 'to_state', h.to_state,
                   'actor', h.actor, 'role', h.role, 'receiver', h.receiver, 'opinion', h.opinion, 'opinion_en', h.opinion_en,
                   'at', h.at,
                   'elapsed_s', h.elapsed_s, 'overdue', h.overdue, 'evidence', h.evidence,
                   'deadline_at', h.deadline_at) ORDER BY h.sequence)
          FROM history AS h
         WHERE h.incident_id = d.incident_id AND h.sequence <= %(version)s) AS history,
       (SELECT json_agg(json_build_object(
                   'sequence', l.sequence, 'loop_level', l.loop_level, 'receiver', l.receiver,
                   'received_at', l.received_at, 'replied_at', l.replied_at, 'reply', l.reply, 'cause', l.cause)
                   ORDER BY l.sequence)
          FROM leg AS l
         WHERE l.incident_id = d.incident_id) AS legs
  FROM dossier AS d
 WHERE d.incident_id = %(id)s;

-- name: read_cases
-- Cases that the timer worker holds locked.
SELECT i.id, i.number, i.version, i.revision, i.state, i.state_since, i.updated_at, i.task_type, i.task_type_version,
       i.emergency, i.filing_condition, i.closing_condition, i.closing_condition_en, i.limit_value, i.limit_unit,
       i.longitude_deg, i.latitude_deg, i.accuracy_m, i.grid_code, i.area_path::text AS area_path, i.source,
       i.department_code, i.reporter, i.handler, i.solver, i.checker, i.reported_at, i.registered_at, i.dispatched_at,
       i.signed_at, i.disposed_at, i.closed_at, i.time_value, i.time_unit, i.started_at, i.yellow_at, i.deadline_at,
       i.red_at, i.provisional, i.paused_at, i.stopped_at, i.remaining_us, i.signal, i.overdue, i.stage_due_at,
       i.sign_due_at, i.sign_missed_count, i.leg_sequence, i.loop_level, i.leg_receiver, i.leg_received_at,
       i.leg_replied_at, i.leg_reply, i.loop_due_at, i.return_count, i.rework_count, i.rating, i.rating_comment,
       i.rated_at, i.ending, i.parent_id, i.blocking, i.dealings, i.leg_cause,
       d.description, d.place, d.form_answers, d.evidence,
       (SELECT json_agg(row_to_json(p) ORDER BY p.sequence) FROM part AS p WHERE p.incident_id = i.id) AS parts,
       (SELECT json_agg(child.number ORDER BY child.number)
          FROM incident AS child
         WHERE child.parent_id = i.id AND child.blocking AND child.closed_at IS NULL) AS open_children
  FROM incident AS i
  JOIN dossier AS d ON d.incident_id = i.id
 WHERE i.id = ANY (%(ids)s);

-- name: list_cases
-- One page, newest first, through one window of what the caller may see. Planned anew each time: with the values
-- known, conditions that are not asked for fall away and the index that fits the others is found. A partner's cases are
-- an array, which the key's index takes; as a subquery beside an OR they would be looked for in every case there is.
SELECT i.id, i.number, i.version, i.revision, i.state, i.state_since, i.updated_at, i.task_type, i.task_type_version,
       i.emergency, i.filing_condition, i.closing_condition, i.closing_condition_en, i.limit_value, i.limit_unit,
       i.longitude_deg, i.latitude_deg, i.accuracy_m, i.grid_code, i.area_path::text AS area_path, i.source,
       i.department_code, i.reporter, i.handler, i.solver, i.checker, i.reported_at, i.registered_at, i.dispatched_at,
       i.signed_at, i.disposed_at, i.closed_at, i.time_value, i.time_unit, i.started_at, i.yellow_at, i.deadline_at,
       i.red_at, i.provisional, i.paused_at, i.stopped_at, i.remaining_us, i.signal, i.overdue, i.stage_due_at,
       i.sign_due_at, i.sign_missed_count, i.leg_sequence, i.loop_level, i.leg_receiver, i.leg_received_at,
       i.leg_replied_at, i.leg_reply, i.loop_due_at, i.return_count, i.rework_count, i.rating, i.rating_comment,
       i.rated_at, i.ending, i.parent_id, i.blocking, i.dealings, i.leg_cause, d.description, d.place,
       '' AS form_answers, '[]'::jsonb AS evidence, NULL::json AS parts, NULL::json AS open_children
  FROM incident AS i
  JOIN dossier AS d ON d.incident_id = i.id
 WHERE (%(area_path)s::ltree IS NULL OR i.area_path <@ %(area_path)s::ltree)
   AND (%(grid_code)s::text IS NULL OR i.grid_code = %(grid_code)s)
   AND (%(department_code)s::text IS NULL OR i.department_code = %(department_code)s)
   AND (%(reporter)s::text IS NULL OR i.reporter = %(reporter)s)
   AND (%(partners)s::text[] IS NULL
        OR i.id = ANY (ARRAY(SELECT p.incident_id FROM part AS p WHERE p.receiver = ANY (%(partners)s)
                              UNION
                             SELECT p.incident_id FROM part AS p WHERE p.holder = ANY (%(partners)s) AND p.holder <> '')))
   AND (%(task_type)s::text IS NULL OR i.task_type = %(task_type)s)
   AND (%(grid_codes)s::text[] IS NULL OR i.grid_code = ANY (%(grid_codes)s::text[]))
   AND (%(rings)s::polygon[] IS NULL
        OR point(i.longitude_deg, i.latitude_deg) <@ ALL (%(rings)s::polygon[]))
   AND (NOT %(open_only)s OR i.closed_at IS NULL)
   AND (NOT %(for_interview)s OR (i.dealings ->> 'interview')::boolean)
   AND (NOT %(refused_only)s OR i.ended_as IN ('rejected', 'cancelled'))
   AND (%(states)s::text[] IS NULL OR i.state = ANY (%(states)s::text[]))
   AND (%(signals)s::text[] IS NULL OR light(i, %(now)s, %(red_sign_misses)s) = ANY (%(signals)s::text[]))
   AND (%(number_end)s::text IS NULL OR reverse(i.number) LIKE %(number_end)s)
   AND (%(grams)s::text[] IS NULL OR grams(d.description || ' ' || d.place) @> %(grams)s::text[])
   AND (%(pattern)s::text IS NULL OR d.description ILIKE %(pattern)s OR d.place ILIKE %(pattern)s)
   AND (%(reported_from)s::timestamptz IS NULL OR i.reported_at >= %(reported_from)s)
   AND (%(reported_until)s::timestamptz IS NULL OR i.reported_at < %(reported_until)s)
   AND (%(closed_from)s::timestamptz IS NULL OR i.closed_at >= %(closed_from)s)
   AND (%(after_at)s::timestamptz IS NULL OR (i.reported_at, i.id) < (%(after_at)s, %(after_id)s::uuid))
 ORDER BY i.reported_at DESC, i.id DESC
 LIMIT %(size)s;

-- name: share_any
-- Whether some of these have a part in any case. Planned anew each time: not knowing the names, a plan would count on
-- meeting one soon, and read every part there is for somebody who has none.
SELECT EXISTS (SELECT FROM part AS p WHERE p.receiver = ANY (%(partners)s::text[]))
    OR EXISTS (SELECT FROM part AS p WHERE p.holder = ANY (%(partners)s::text[]) AND p.holder <> '') AS shared;

-- name: find_horizon
-- How far back the newest so many cases seen through a window reach.
SELECT min(newest.reported_at) AS reported_at
  FROM (SELECT i.reported_at
          FROM incident AS i
         WHERE (%(area_path)s::ltree IS NULL OR i.area_path <@ %(area_path)s::ltree)
           AND (%(grid_code)s::text IS NULL OR i.grid_code = %(grid_code)s)
           AND (%(department_code)s::text IS NULL OR i.department_code = %(department_code)s)
           AND (%(reporter)s::text IS NULL OR i.reporter = %(reporter)s)
           AND (%(partners)s::text[] IS NULL
                OR i.id = ANY (ARRAY(SELECT p.incident_id FROM part AS p WHERE p.receiver = ANY (%(partners)s)
                                      UNION
                                     SELECT p.incident_id FROM part AS p
                                      WHERE p.holder = ANY (%(partners)s) AND p.holder <> '')))
           AND (%(after_at)s::timestamptz IS NULL OR (i.reported_at, i.id) < (%(after_at)s, %(after_id)s::uuid))
         ORDER BY i.reported_at DESC
         LIMIT %(most)s) AS newest;

-- name: count_open
-- Open cases by grid and light, of those the caller may see.
SELECT i.grid_code, light(i, %(now)s, %(red_sign_misses)s) AS light, count(*) AS count
  FROM incident AS i
 WHERE i.closed_at IS NULL
   AND i.area_path <@ %(under)s::ltree
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE i.area_path <@ held.area AND (held.department = '' OR held.department = i.department_code))
 GROUP BY i.grid_code, 2;

-- name: save_cases
-- Writes what became of cases, unless somebody else wrote them meanwhile; answers which. No number is ever among what
-- is sent, and a null tells the planner to expect few: so each case is looked up by its key, however small the table
-- was when the plan was made.
WITH moved AS (
    UPDATE incident AS i
       SET (version, revision, state, state_since, updated_at, ended_as, task_type, task_type_version, emergency,
            filing_condition, closing_condition, closing_condition_en, limit_value, limit_unit, department_code,
            handler, solver, checker, registered_at, dispatched_at, signed_at, disposed_at, closed_at, time_value,
            time_unit, started_at, yellow_at, deadline_at, red_at, provisional, paused_at, stopped_at, remaining_us,
            signal, overdue, stage_due_at, sign_due_at, sign_missed_count, leg_sequence, loop_level, leg_receiver,
            leg_received_at, leg_replied_at, leg_reply, loop_due_at, return_count, rework_count, rating,
            rating_comment, rated_at, ending, parent_id, blocking, dealings, leg_cause)
         = (c.version, i.revision + 1, c.state, c.state_since, c.updated_at, c.ended_as, c.task_type,
            c.task_type_version, c.emergency, c.filing_condition, c.closing_condition, c.closing_condition_en,
            c.limit_value, c.limit_unit, c.department_code, c.handler, c.solver, c.checker, c.registered_at,
            c.dispatched_at, c.signed_at, c.disposed_at, c.closed_at, c.time_value, c.time_unit, c.started_at,
            c.yellow_at, c.deadline_at, c.red_at, c.provisional, c.paused_at, c.stopped_at, c.remaining_us, c.signal,
            c.overdue, c.stage_due_at, c.sign_due_at, c.sign_missed_count, c.leg_sequence, c.loop_level,
            c.leg_receiver, c.leg_received_at, c.leg_replied_at, c.leg_reply, c.loop_due_at, c.return_count,
            c.rework_count, c.rating, c.rating_comment, c.rated_at, c.ending, c.parent_id, c.blocking, c.dealings,
            c.leg_cause)
      FROM json_populate_recordset(NULL::incident, %(cases)s::json) AS c
     WHERE i.id = c.id AND i.revision = c.revision AND c.number IS NULL
    RETURNING i.id
), written AS (
    INSERT INTO history (incident_id, sequence, event, from_state, to_state, actor, role, receiver, opinion, opinion_en, at,
                         elapsed_s, overdue, evidence, deadline_at)
    SELECT h.incident_id, h.sequence, h.event, h.from_state, h.to_state, h.actor, h.role, h.receiver, h.opinion,
           coalesce(h.opinion_en, ''), h.at,
           h.elapsed_s, h.overdue, h.evidence, h.deadline_at
      FROM json_populate_recordset(NULL::history, %(entries)s::json) AS h
      JOIN moved ON moved.id = h.incident_id
     ORDER BY h.incident_id, h.sequence
), received AS (
    INSERT INTO leg (incident_id, sequence, loop_level, receiver, received_at, replied_at, reply, cause)
    SELECT l.incident_id, l.sequence, l.loop_level, l.receiver, l.received_at, l.replied_at, l.reply, l.cause
      FROM json_populate_recordset(NULL::leg, %(legs)s::json) AS l
      JOIN moved ON moved.id = l.incident_id
    ON CONFLICT (incident_id, sequence) DO UPDATE SET replied_at = excluded.replied_at, reply = excluded.reply
), shared AS (
    INSERT INTO part (incident_id, sequence, kind, receiver, holder, place, limit_value, limit_unit, given_by, given_at,
                      due_at, state, signed_by, signed_at, arrived_at, done_by, ended_at, reply, missed)
    SELECT p.incident_id, p.sequence, p.kind, p.receiver, p.holder, p.place, p.limit_value, p.limit_unit, p.given_by,
           p.given_at, p.due_at, p.state, p.signed_by, p.signed_at, p.arrived_at, p.done_by, p.ended_at, p.reply,
           p.missed
      FROM json_populate_recordset(NULL::part, %(parts)s::json) AS p
      JOIN moved ON moved.id = p.incident_id
    ON CONFLICT (incident_id, sequence) DO UPDATE
       SET (given_at, due_at, state, signed_by, signed_at, arrived_at, done_by, ended_at, reply, missed)
         = (excluded.given_at, excluded.due_at, excluded.state, excluded.signed_by, excluded.signed_at,
            excluded.arrived_at, excluded.done_by, excluded.ended_at, excluded.reply, excluded.missed)
), set_timers AS (
    INSERT INTO timer (incident_id, rung, due_at, try_at)
    SELECT t.incident_id, t.rung, t.due_at, t.due_at
      FROM json_populate_recordset(NULL::timer, %(timers)s::json) AS t
      JOIN moved ON moved.id = t.incident_id
    ON CONFLICT (incident_id, rung) DO UPDATE SET due_at = excluded.due_at, try_at = excluded.try_at, try_count = 0
), cancelled AS (
    DELETE FROM timer
     USING json_populate_recordset(NULL::timer, %(cancelled)s::json) AS t
      JOIN moved ON moved.id = t.incident_id
     WHERE timer.incident_id = t.incident_id AND timer.rung = t.rung
), shown AS (
    UPDATE dossier
       SET evidence = dossier.evidence || d.evidence
      FROM json_populate_recordset(NULL::dossier, %(shown)s::json) AS d
      JOIN moved ON moved.id = d.incident_id
     WHERE dossier.incident_id = d.incident_id
), answered AS (
    INSERT INTO request (subject, method, request_id, body_digest, answer)
    SELECT r.subject, r.method, r.request_id, r.body_digest, r.answer
      FROM json_to_recordset(%(requests)s::json)
           AS r(incident_id uuid, subject text, method text, request_id text, body_digest bytea, answer bytea)
      JOIN moved ON moved.id = r.incident_id
), told AS (
    INSERT INTO outbox (id, type, subject, task_type, occurred_at, payload)
    SELECT e.id, e.type, e.subject, e.task_type, e.occurred_at, e.payload
      FROM json_to_recordset(%(events)s::json)
           AS e(place integer, id uuid, type text, subject text, task_type text, occurred_at timestamptz, payload bytea)
      JOIN moved ON moved.id = e.subject::uuid
     ORDER BY e.place
)
SELECT id FROM moved;

-- name: claim_due
-- Locks cases with a timer whose moment has come, the longest waiting first; passes over those in other hands.
SELECT i.id
  FROM timer AS t
  JOIN incident AS i ON i.id = t.incident_id
 WHERE t.try_at <= %(now)s
 ORDER BY t.try_at
 LIMIT %(size)s
   FOR NO KEY UPDATE OF i SKIP LOCKED;

-- name: take_due
-- Takes the due timers of locked cases: they go with this transaction or not at all.
DELETE FROM timer
 WHERE incident_id = ANY (%(ids)s) AND try_at <= %(now)s
RETURNING incident_id, rung, due_at;

-- name: put_off
-- A timer that could not fire is tried again later.
UPDATE timer
   SET try_count = try_count + 1, try_at = %(now)s + make_interval(secs => least(%(pause_s)s * 2 ^ try_count, 600))
 WHERE incident_id = %(id)s AND try_at <= %(now)s
RETURNING rung, try_count;

-- name: next_due
-- The moment of the next timer.
SELECT min(try_at) AS try_at FROM timer;

-- name: read_settlement
-- What the city has settled, all in one; the version tells whether it has changed.
SELECT s.version,
       (SELECT json_agg(json_build_object('day', d.day, 'worked', d.worked, 'name', d.name) ORDER BY d.day)
          FROM calendar_day AS d) AS days,
       (SELECT json_agg(y.year ORDER BY y.year) FROM calendar_year AS y) AS years,
       (SELECT json_agg(json_build_array(o.start_s, o.end_s) ORDER BY o.start_s) FROM office_slot AS o) AS slots,
       (SELECT json_agg(json_build_array(l.stage, l.value::text, l.unit)) FROM stage_limit AS l) AS stage_limits,
       (SELECT json_agg(json_build_array(l.loop_level, l.value::text, l.unit)) FROM loop_limit AS l) AS loop_limits,
       (SELECT json_build_array(r.yellow_left_ratio::text, r.red_over_ratio::text, r.red_sign_misses)
          FROM signal_rule AS r) AS signal_rule,
       (SELECT json_agg(json_build_array(r.kind, r.key, r.department_code)) FROM responsibility AS r) AS responsibilities,
       (SELECT json_agg(json_build_array(a.area_code, a.document))
          FROM (SELECT DISTINCT ON (area_code) area_code, document
                  FROM area_calendar
                 ORDER BY area_code, version DESC) AS a) AS calendars,
       (SELECT json_agg(json_build_array(p.priority, p.share::text)) FROM priority_share AS p) AS priority_shares,
       (SELECT json_agg(json_build_array(a.area_code, a.document))
          FROM (SELECT DISTINCT ON (area_code) area_code, document
                  FROM area_limits
                 ORDER BY area_code, version DESC) AS a) AS area_limits,
       (SELECT json_agg(json_build_array(p.task_type, p.version, p.in_force_at, p.document) ORDER BY p.version)
          FROM procedure AS p) AS procedures
  FROM settlement AS s;

-- name: read_settlement_version
-- Whether to read it all again.
SELECT version FROM settlement;
