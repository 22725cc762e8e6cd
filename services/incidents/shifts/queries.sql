-- name: count_standings
-- Open cases of a desk by state.
SELECT i.state, count(*)::integer AS count, (count(*) FILTER (WHERE i.overdue))::integer AS overdue_count
  FROM incident AS i
 WHERE i.closed_at IS NULL
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE i.area_path <@ held.area AND held.department IN ('', i.department_code))
 GROUP BY i.state;

-- name: list_in_hand
-- Open cases in somebody's hands: to be solved, to be looked at, or with a part of theirs; the most urgent first.
SELECT i.id, (count(*) OVER ())::integer AS found
  FROM incident AS i
 WHERE i.closed_at IS NULL
   AND (i.handler = %(staff)s
        OR (i.checker = %(staff)s AND i.state = ANY (%(looked_at)s::text[]))
        OR EXISTS (SELECT FROM part AS p
                    WHERE p.incident_id = i.id AND p.holder = %(staff)s AND p.state = ANY (%(unfinished)s::text[])))
 ORDER BY i.deadline_at NULLS LAST, i.id
 LIMIT %(size)s;

-- name: hold_cases
-- Nobody else carries them on meanwhile.
SELECT i.id FROM incident AS i WHERE i.id = ANY (%(ids)s::uuid[]) AND i.closed_at IS NULL ORDER BY i.id FOR NO KEY UPDATE;

-- name: withdraw_waiting
-- An earlier offer of the same person that nobody has taken.
UPDATE shift_handover SET withdrawn_at = %(at)s
 WHERE from_staff = %(staff)s AND taken_at IS NULL AND withdrawn_at IS NULL;

-- name: insert_handover
INSERT INTO shift_handover (id, from_staff, to_staff, role, area_path, department_code, note, standings, in_hand_count,
                            offered_at, taken_by, taken_at, moved_count, left_count, reason)
VALUES (%(id)s, %(from_staff)s, %(to_staff)s, %(role)s, %(area_path)s, %(department_code)s, %(note)s,
        %(standings)s::jsonb, %(in_hand_count)s, %(offered_at)s, %(taken_by)s, %(taken_at)s, %(moved_count)s, %(left_count)s,
        %(reason)s);

-- name: hold_handover
SELECT id, from_staff, to_staff, role, area_path::text AS area_path, department_code, note, standings, in_hand_count,
       offered_at, taken_by, taken_at, moved_count, left_count, withdrawn_at, reason
  FROM shift_handover
 WHERE id = %(id)s
   FOR UPDATE;

-- name: settle_handover
UPDATE shift_handover
   SET taken_by = %(taken_by)s, taken_at = %(taken_at)s, moved_count = %(moved_count)s, left_count = %(left_count)s,
       withdrawn_at = %(withdrawn_at)s, reason = %(reason)s
 WHERE id = %(id)s;

-- name: list_waiting
-- Offers that nobody has taken: those somebody made, those made to them, and those left at their desk.
SELECT id, from_staff, to_staff, role, area_path::text AS area_path, department_code, note, standings, in_hand_count,
       offered_at, taken_by, taken_at, moved_count, left_count, withdrawn_at, reason
  FROM shift_handover
 WHERE taken_at IS NULL AND withdrawn_at IS NULL
   AND (%(staff)s IN (from_staff, to_staff)
        OR (to_staff = '' AND (role, area_path, department_code) IN (
            SELECT * FROM unnest(%(roles)s::text[], %(areas)s::ltree[], %(departments)s::text[]))))
 ORDER BY offered_at DESC, id DESC
 LIMIT 50;

-- name: list_handovers
-- The book of somebody's desks and of themselves, newest first.
SELECT id, from_staff, to_staff, role, area_path::text AS area_path, department_code, note, standings, in_hand_count,
       offered_at, taken_by, taken_at, moved_count, left_count, withdrawn_at, reason
  FROM shift_handover
 WHERE (%(staff)s IN (from_staff, to_staff, taken_by)
        OR (role, area_path, department_code) IN (
            SELECT * FROM unnest(%(roles)s::text[], %(areas)s::ltree[], %(departments)s::text[])))
   AND (%(before_at)s::timestamptz IS NULL OR (offered_at, id) < (%(before_at)s, %(before_id)s::uuid))
 ORDER BY offered_at DESC, id DESC
 LIMIT %(size)s;

-- name: list_holders
-- Who has open cases in hand that somebody may take over in their absence, and how many; the most overdue first.
SELECT held.staff, count(*)::integer AS count, (count(*) FILTER (WHERE i.overdue))::integer AS overdue_count
  FROM incident AS i
 CROSS JOIN LATERAL (
       SELECT i.handler AS staff
        UNION
       SELECT i.checker WHERE i.state = ANY (%(looked_at)s::text[])
        UNION
       SELECT p.holder FROM part AS p WHERE p.incident_id = i.id AND p.state = ANY (%(unfinished)s::text[])) AS held
 WHERE i.closed_at IS NULL
   AND held.staff <> '' AND held.staff <> %(staff)s
   AND held.staff NOT LIKE 'plugin:%%' AND held.staff NOT LIKE 'service:%%'
   AND (held.staff = ANY (%(mates)s::text[])
        OR EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS lead(area, department)
                    WHERE i.area_path <@ lead.area AND lead.department IN ('', i.department_code)))
 GROUP BY held.staff
 ORDER BY overdue_count DESC, count DESC, held.staff
 LIMIT %(size)s;
