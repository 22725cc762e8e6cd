-- name: insert_filing
-- To be told to incidents; a finding, a fault and a clip once.
INSERT INTO filing (id, kind, about, evidence, due_at)
VALUES (%(id)s, %(kind)s, %(about)s, %(evidence)s, %(due_at)s)
ON CONFLICT DO NOTHING;

-- name: list_due_filings
-- What is due, the first due first; not what another replica tells just now.
SELECT f.id, f.kind, f.about, f.evidence, f.attempts
  FROM filing AS f
 WHERE f.done_at IS NULL AND f.due_at <= %(at)s
 ORDER BY f.due_at
 LIMIT %(size)s
   FOR UPDATE SKIP LOCKED;

-- name: finish_filing
-- Told, or no longer needed.
UPDATE filing SET done_at = %(at)s, error = %(error)s WHERE id = %(id)s;

-- name: postpone_filing
-- Not taken; again later.
UPDATE filing SET attempts = attempts + 1, error = %(error)s, due_at = %(due_at)s WHERE id = %(id)s;

-- name: find_fault
-- A fault with its camera, for its ticket.
SELECT f.id, f.camera_id, f.fault, f.host, f.measured, f.begun_at, f.ended_at, f.evidence_id, f.case_id, f.case_number,
       c.name AS camera_name, c.owner_department, c.road_segment, c.longitude_deg, c.latitude_deg, c.gb_code
  FROM fault AS f
  JOIN camera AS c ON c.id = f.camera_id
 WHERE f.id = %(id)s;

-- name: find_ticket
-- A ticket that this fault belongs to: the camera's own that stands, or that of its recorder from the same outage.
SELECT f.case_id, f.case_number
  FROM fault AS f
 WHERE f.case_id <> '' AND f.ended_at IS NULL
   AND (f.camera_id = %(camera_id)s
        OR (%(fault)s = 'offline' AND f.fault = 'offline' AND f.host = %(host)s
            AND f.begun_at BETWEEN %(begun_at)s - interval '10 minutes' AND %(begun_at)s + interval '10 minutes'))
 ORDER BY (f.camera_id = %(camera_id)s) DESC, f.begun_at
 LIMIT 1;

-- name: set_ticket
-- The case of a fault.
UPDATE fault SET case_id = %(case_id)s, case_number = %(case_number)s WHERE id = %(id)s;

-- name: find_camera_of_case
-- Which camera, preset and finding a case came from; the first one.
SELECT f.camera_id, f.preset, f.id FROM finding AS f WHERE f.case_id = %(case_id)s AND f.state <> 'merged'
 ORDER BY f.id LIMIT 1;

-- name: insert_after
-- A fresh look is asked for, once for each check of a case.
INSERT INTO after_picture (case_id, round, camera_id, asked_at)
VALUES (%(case_id)s, %(round)s, %(camera_id)s, %(at)s)
ON CONFLICT DO NOTHING
RETURNING case_id;

-- name: set_after
-- It was taken.
UPDATE after_picture SET evidence_id = %(evidence_id)s WHERE case_id = %(case_id)s AND evidence_id IS NULL;
