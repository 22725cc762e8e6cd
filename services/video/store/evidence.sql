-- name: insert_evidence
-- A kept picture; with the picture itself as long as the object store has not taken it.
INSERT INTO evidence (id, camera_id, object_key, sha256, content_type, size_bytes, width_px, height_px, taken_at, hidden,
                      keep_class, kept_until, waiting)
VALUES (%(id)s, %(camera_id)s, %(object_key)s, %(sha256)s, %(content_type)s, %(size_bytes)s, %(width_px)s,
        %(height_px)s, %(taken_at)s, %(hidden)s, %(keep_class)s, %(kept_until)s, %(waiting)s)
ON CONFLICT (object_key) DO NOTHING;

-- name: find_evidence
-- A kept picture of a camera within the caller's areas.
SELECT e.id, e.camera_id, e.object_key, e.sha256, e.content_type, e.size_bytes, e.width_px, e.height_px, e.taken_at,
       e.hidden, e.keep_class, e.kept_until, e.held, e.waiting
  FROM evidence AS e
  JOIN camera AS c ON c.id = e.camera_id
 WHERE e.id = %(id)s
   AND EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department));

-- name: list_evidence
-- These kept pictures; empty instead of the picture where it waits.
SELECT e.id, e.camera_id, e.object_key, e.sha256, e.content_type, e.size_bytes, e.width_px, e.height_px, e.taken_at,
       e.hidden, e.keep_class, e.kept_until, e.held,
       CASE WHEN e.waiting IS NULL THEN NULL ELSE ''::bytea END AS waiting
  FROM evidence AS e
 WHERE e.id = ANY (%(ids)s)
 ORDER BY e.taken_at, e.id;

-- name: keep_longer
-- Pictures of a case are kept as long as cases are.
UPDATE evidence SET keep_class = 'case', kept_until = greatest(kept_until, %(until)s) WHERE id = ANY (%(ids)s);

-- name: hold_evidence
-- Kept beyond its time, or no longer.
UPDATE evidence SET held = %(held)s, held_by = %(by)s, held_reason = %(reason)s, held_at = %(at)s WHERE id = %(id)s;

-- name: list_held
-- Pictures and clips of cameras within the caller's areas that are held, newest hold first.
SELECT e.id AS evidence_id, e.camera_id, c.name AS camera_name, e.content_type, e.taken_at, e.kept_until, e.held_by,
       e.held_at, e.held_reason AS reason
  FROM evidence AS e
  JOIN camera AS c ON c.id = e.camera_id
 WHERE e.held
   AND (%(first)s OR (coalesce(e.held_at, '-infinity'), e.id)
        < (coalesce(%(before_at)s::timestamptz, '-infinity'), %(before_id)s::uuid))
   AND EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department))
 ORDER BY coalesce(e.held_at, '-infinity') DESC, e.id DESC
 LIMIT %(size)s;

-- name: list_waiting
-- Pictures that the object store has not taken, oldest first; not those another replica brings just now.
SELECT e.id, e.object_key, e.content_type, e.waiting
  FROM evidence AS e
 WHERE e.waiting IS NOT NULL
 ORDER BY e.id
 LIMIT %(size)s
   FOR UPDATE SKIP LOCKED;

-- name: mark_stored
-- The object store has it.
UPDATE evidence SET waiting = NULL WHERE id = %(id)s;

-- name: count_waiting
-- How many wait.
SELECT count(*) AS waiting FROM evidence WHERE waiting IS NOT NULL;

-- name: list_over
-- Pictures whose time is over, that nobody holds and no finding of a case shows.
SELECT e.id, e.object_key
  FROM evidence AS e
 WHERE e.kept_until < %(at)s AND NOT e.held AND e.waiting IS NULL
 ORDER BY e.kept_until
 LIMIT %(size)s;

-- name: forget_evidence
-- The picture is gone from the store; that it was there stays known, without it.
WITH findings AS (
    UPDATE finding SET evidence_id = nullif(evidence_id, %(id)s), marked_evidence_id = nullif(marked_evidence_id, %(id)s),
                       before_evidence_id = nullif(before_evidence_id, %(id)s),
                       clip_evidence_id = nullif(clip_evidence_id, %(id)s)
     WHERE %(id)s IN (evidence_id, marked_evidence_id, before_evidence_id, clip_evidence_id)),
sightings AS (UPDATE finding_sighting SET evidence_id = NULL WHERE evidence_id = %(id)s),
faults AS (UPDATE fault SET evidence_id = NULL WHERE evidence_id = %(id)s),
afters AS (UPDATE after_picture SET evidence_id = NULL WHERE evidence_id = %(id)s),
filings AS (UPDATE filing SET evidence = NULL WHERE evidence = %(id)s)
DELETE FROM evidence WHERE id = %(id)s;
