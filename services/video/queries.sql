-- name: upsert_camera
-- Touches a row only where something differs; an empty stream address keeps the one known.
INSERT INTO camera AS c (id, gb_code, name, longitude_deg, latitude_deg, accuracy_m, grid_code, area_path, road_segment,
                         owner_department, stream_address, azimuth_deg)
VALUES (%(id)s, %(gb_code)s, %(name)s, %(longitude_deg)s, %(latitude_deg)s, %(accuracy_m)s, %(grid_code)s,
        %(area_path)s::text::ltree, %(road_segment)s, %(owner_department)s, %(stream_address)s, %(azimuth_deg)s)
ON CONFLICT (id) DO UPDATE
   SET gb_code = excluded.gb_code, name = excluded.name, longitude_deg = excluded.longitude_deg,
       latitude_deg = excluded.latitude_deg, accuracy_m = excluded.accuracy_m, grid_code = excluded.grid_code,
       area_path = excluded.area_path, road_segment = excluded.road_segment,
       owner_department = excluded.owner_department, azimuth_deg = excluded.azimuth_deg,
       stream_address = coalesce(nullif(excluded.stream_address, ''), c.stream_address)
 WHERE (c.gb_code, c.name, c.longitude_deg, c.latitude_deg, c.accuracy_m, c.grid_code, c.area_path, c.road_segment,
        c.owner_department, c.azimuth_deg, c.stream_address)
       IS DISTINCT FROM
       (excluded.gb_code, excluded.name, excluded.longitude_deg, excluded.latitude_deg, excluded.accuracy_m,
        excluded.grid_code, excluded.area_path, excluded.road_segment, excluded.owner_department, excluded.azimuth_deg,
        coalesce(nullif(excluded.stream_address, ''), c.stream_address));

-- name: list_foreign_cameras
-- Of these cameras, those that stand outside what the caller may change; checked before they are changed.
SELECT c.id
  FROM camera AS c
 WHERE c.id = ANY (%(ids)s)
   AND NOT EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department))
 ORDER BY c.id;

-- name: list_cameras
-- By id, after the one the caller saw last, within the caller's areas.
SELECT c.id, c.gb_code, c.name, c.longitude_deg, c.latitude_deg, c.accuracy_m, c.grid_code, c.area_path::text,
       c.road_segment, c.owner_department, c.azimuth_deg, c.seen_at, c.fault
  FROM camera AS c
 WHERE EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department))
   AND (%(area_code)s::text = '' OR %(area_code)s = ANY (string_to_array(c.area_path::text, '.')))
   AND c.id > %(after)s
 ORDER BY c.id
 LIMIT %(size)s;

-- name: find_camera
-- One camera within the caller's areas, with the address of its stream.
SELECT c.id, c.gb_code, c.name, c.longitude_deg, c.latitude_deg, c.accuracy_m, c.grid_code, c.area_path::text,
       c.road_segment, c.owner_department, c.azimuth_deg, c.seen_at, c.fault, c.stream_address
  FROM camera AS c
 WHERE c.id = %(id)s
   AND EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department));

-- name: mark_camera_seen
-- A frame came; whatever was wrong is over.
UPDATE camera SET seen_at = greatest(seen_at, %(at)s), fault = '' WHERE id = %(id)s;

-- name: mark_camera_fault
-- No frame came, and why.
UPDATE camera SET fault = %(fault)s WHERE id = %(id)s AND fault <> %(fault)s;

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
