-- name: insert_snapshot
-- After the frame is in the object store, so that no row ever points at nothing.
INSERT INTO snapshot (id, camera_id, object_key, sha256, content_type, size_bytes, width_px, height_px, longitude_deg,
                      latitude_deg, accuracy_m, taken_at, taken_by)
VALUES (%(id)s, %(camera_id)s, %(object_key)s, %(sha256)s, %(content_type)s, %(size_bytes)s, %(width_px)s,
        %(height_px)s, %(longitude_deg)s, %(latitude_deg)s, %(accuracy_m)s, %(taken_at)s, %(taken_by)s);

-- name: find_snapshot
-- One frame of a camera within the caller's areas.
SELECT s.id, s.camera_id, s.object_key, s.sha256, s.content_type, s.size_bytes, s.width_px, s.height_px,
       s.longitude_deg, s.latitude_deg, s.accuracy_m, s.taken_at, c.name AS camera_name
  FROM snapshot AS s
  JOIN camera AS c ON c.id = s.camera_id
 WHERE s.id = %(id)s
   AND EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department));

-- name: insert_report
-- The case that came of a frame; told twice, it is remembered once.
INSERT INTO snapshot_report (snapshot_id, case_id, number, reported_by, reported_at)
VALUES (%(snapshot_id)s, %(case_id)s, %(number)s, %(reported_by)s, %(reported_at)s)
ON CONFLICT DO NOTHING;

-- name: list_over
-- Snapshots whose time is over; those from which something was reported stay as long as a case does.
SELECT s.id, s.object_key
  FROM snapshot AS s
 WHERE s.taken_at < %(alone)s
   AND (s.taken_at < %(reported)s OR NOT EXISTS (SELECT 1 FROM snapshot_report AS r WHERE r.snapshot_id = s.id))
 ORDER BY s.taken_at
 LIMIT %(size)s;

-- name: delete_reports
-- With the snapshot goes that something was reported from it; the case itself knows.
DELETE FROM snapshot_report WHERE snapshot_id = %(id)s;

-- name: delete_snapshot
-- The picture is gone from the store.
DELETE FROM snapshot WHERE id = %(id)s;
