-- name: insert_finding
-- A new finding.
INSERT INTO finding (id, version, class_code, camera_id, preset, zone_id, sides, confidence, state, first_seen_at,
                     last_seen_at, sightings, evidence_id, marked_evidence_id, before_evidence_id, clip_evidence_id, longitude_deg,
                     latitude_deg, of_object, found_by, words, task_type, decided_by, decided_at)
VALUES (%(id)s, %(version)s, %(class_code)s, %(camera_id)s, %(preset)s, %(zone_id)s, %(sides)s, %(confidence)s,
        %(state)s, %(first_seen_at)s, %(last_seen_at)s, %(sightings)s, %(evidence_id)s, %(marked_evidence_id)s,
        %(before_evidence_id)s, %(clip_evidence_id)s, %(longitude_deg)s, %(latitude_deg)s, %(of_object)s, %(found_by)s, %(words)s,
        %(task_type)s, %(decided_by)s, %(decided_at)s);

-- name: update_finding
-- After a decision, with its case or its clip.
UPDATE finding
   SET version = %(version)s, class_code = %(class_code)s, state = %(state)s, words = %(words)s,
       task_type = %(task_type)s, decided_by = %(decided_by)s, decided_at = %(decided_at)s, reason = %(reason)s,
       merged_into = %(merged_into)s, case_id = %(case_id)s, case_number = %(case_number)s,
       clip_evidence_id = %(clip_evidence_id)s
 WHERE id = %(id)s;

-- name: renew_finding
-- Seen once more.
UPDATE finding
   SET last_seen_at = greatest(last_seen_at, %(at)s), sightings = sightings + 1, gone_at = NULL,
       confidence = greatest(confidence, %(confidence)s), state = CASE state WHEN 'gone' THEN 'waiting' ELSE state END
 WHERE id = %(id)s
RETURNING state, case_id;

-- name: mark_finding_gone
-- Seen no more; one that waits is over, but may still be decided.
UPDATE finding
   SET gone_at = %(at)s, state = CASE state WHEN 'waiting' THEN 'gone' ELSE state END, version = version + 1
 WHERE id = %(id)s AND gone_at IS NULL
RETURNING id;

-- name: insert_sighting
-- One sighting.
INSERT INTO finding_sighting (finding_id, at, sides, confidence, evidence_id)
VALUES (%(finding_id)s, %(at)s, %(sides)s, %(confidence)s, %(evidence_id)s)
ON CONFLICT DO NOTHING;

-- name: list_recent_findings
-- Findings of a view that a new sighting may belong to.
SELECT f.id, f.version, f.class_code, f.camera_id, f.preset, f.zone_id, f.sides, f.confidence, f.state, f.first_seen_at,
       f.last_seen_at, f.sightings, f.evidence_id, f.marked_evidence_id, f.before_evidence_id, f.clip_evidence_id, f.longitude_deg,
       f.latitude_deg, f.of_object, f.found_by, f.words, f.task_type, f.decided_by, f.decided_at, f.reason,
       f.merged_into, f.gone_at, f.case_id, f.case_number, c.name AS camera_name, c.road_segment
  FROM finding AS f
  JOIN camera AS c ON c.id = f.camera_id
 WHERE f.camera_id = %(camera_id)s AND f.preset = %(preset)s AND f.class_code = %(class_code)s
   AND f.last_seen_at > %(since)s
 ORDER BY f.last_seen_at DESC
   FOR UPDATE OF f;

-- name: find_finding
-- One finding of a camera within the caller's areas, locked for a decision.
SELECT f.id, f.version, f.class_code, f.camera_id, f.preset, f.zone_id, f.sides, f.confidence, f.state, f.first_seen_at,
       f.last_seen_at, f.sightings, f.evidence_id, f.marked_evidence_id, f.before_evidence_id, f.clip_evidence_id, f.longitude_deg,
       f.latitude_deg, f.of_object, f.found_by, f.words, f.task_type, f.decided_by, f.decided_at, f.reason,
       f.merged_into, f.gone_at, f.case_id, f.case_number, c.name AS camera_name, c.road_segment
  FROM finding AS f
  JOIN camera AS c ON c.id = f.camera_id
 WHERE f.id = %(id)s
   AND EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department))
   FOR UPDATE OF f;

-- name: list_findings
-- Newest first, within the caller's areas.
SELECT f.id, f.version, f.class_code, f.camera_id, f.preset, f.zone_id, f.sides, f.confidence, f.state, f.first_seen_at,
       f.last_seen_at, f.sightings, f.evidence_id, f.marked_evidence_id, f.before_evidence_id, f.clip_evidence_id, f.longitude_deg,
       f.latitude_deg, f.of_object, f.found_by, f.words, f.task_type, f.decided_by, f.decided_at, f.reason,
       f.merged_into, f.gone_at, f.case_id, f.case_number, c.name AS camera_name, c.road_segment
  FROM finding AS f
  JOIN camera AS c ON c.id = f.camera_id
 WHERE f.state = ANY (%(states)s)
   AND (cardinality(%(class_codes)s::text[]) = 0 OR f.class_code = ANY (%(class_codes)s))
   AND (%(camera_id)s::text = '' OR f.camera_id = %(camera_id)s)
   AND (%(area_code)s::text = '' OR %(area_code)s = ANY (string_to_array(c.area_path::text, '.')))
   AND (%(before)s::uuid IS NULL OR f.id < %(before)s)
   AND EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department))
 ORDER BY f.id DESC
 LIMIT %(size)s;

-- name: list_sightings
-- Sightings of a finding, newest first.
SELECT s.at, s.sides, s.confidence, s.evidence_id
  FROM finding_sighting AS s
 WHERE s.finding_id = %(finding_id)s
 ORDER BY s.at DESC
 LIMIT 100;

-- name: count_decided
-- How machine findings were decided, by class and camera, within the caller's areas.
SELECT f.class_code, f.camera_id,
       count(*) FILTER (WHERE f.state IN ('confirmed', 'merged')) AS confirmed,
       count(*) FILTER (WHERE f.state = 'refused') AS refused,
       count(*) FILTER (WHERE f.state = 'fixture') AS fixtures,
       EXISTS (SELECT 1 FROM trusted_class AS t WHERE t.camera_id = f.camera_id AND t.class_code = f.class_code) AS trusted
  FROM finding AS f
  JOIN camera AS c ON c.id = f.camera_id
 WHERE f.decided_by <> '' AND f.decided_by <> f.found_by
   AND (%(since)s::timestamptz IS NULL OR f.decided_at >= %(since)s)
   AND (%(camera_id)s::text = '' OR f.camera_id = %(camera_id)s)
   AND EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department))
 GROUP BY f.class_code, f.camera_id
 ORDER BY f.class_code, f.camera_id;
