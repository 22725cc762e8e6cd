-- name: upsert_camera
-- Touches a row only where something differs; an empty address keeps the one known. Addresses are compared by the
-- caller, since the same one is sealed differently every time.
INSERT INTO camera AS c (id, gb_code, name, longitude_deg, latitude_deg, accuracy_m, grid_code, area_path, road_segment,
                         owner_department, stream_address, azimuth_deg, sealed_address, field_of_view_deg, presets,
                         live_url, recorder, sealed_control)
VALUES (%(id)s, %(gb_code)s, %(name)s, %(longitude_deg)s, %(latitude_deg)s, %(accuracy_m)s, %(grid_code)s,
        %(area_path)s::text::ltree, %(road_segment)s, %(owner_department)s, '', %(azimuth_deg)s, %(sealed_address)s,
        %(field_of_view_deg)s, %(presets)s, %(live_url)s, %(recorder)s, %(sealed_control)s)
ON CONFLICT (id) DO UPDATE
   SET gb_code = excluded.gb_code, name = excluded.name, longitude_deg = excluded.longitude_deg,
       latitude_deg = excluded.latitude_deg, accuracy_m = excluded.accuracy_m, grid_code = excluded.grid_code,
       area_path = excluded.area_path, road_segment = excluded.road_segment,
       owner_department = excluded.owner_department, azimuth_deg = excluded.azimuth_deg,
       field_of_view_deg = excluded.field_of_view_deg, presets = excluded.presets, live_url = excluded.live_url,
       recorder = excluded.recorder, stream_address = '', version = c.version + 1,
       sealed_address = coalesce(nullif(excluded.sealed_address, ''), c.sealed_address),
       sealed_control = coalesce(nullif(excluded.sealed_control, ''), c.sealed_control)
 WHERE (c.gb_code, c.name, c.longitude_deg, c.latitude_deg, c.accuracy_m, c.grid_code, c.area_path, c.road_segment,
        c.owner_department, c.azimuth_deg, c.field_of_view_deg, c.presets, c.live_url, c.recorder, c.sealed_address,
        c.sealed_control)
       IS DISTINCT FROM
       (excluded.gb_code, excluded.name, excluded.longitude_deg, excluded.latitude_deg, excluded.accuracy_m,
        excluded.grid_code, excluded.area_path, excluded.road_segment, excluded.owner_department, excluded.azimuth_deg,
        excluded.field_of_view_deg, excluded.presets, excluded.live_url, excluded.recorder,
        coalesce(nullif(excluded.sealed_address, ''), c.sealed_address),
        coalesce(nullif(excluded.sealed_control, ''), c.sealed_control));

-- name: list_sealed_addresses
-- The sealed addresses of these cameras, to see which of them are changed.
SELECT c.id, c.sealed_address, c.sealed_control FROM camera AS c WHERE c.id = ANY (%(ids)s);

-- name: list_gb_codes
-- Cameras that have one of these national codes.
SELECT c.id, c.gb_code FROM camera AS c WHERE c.gb_code <> '' AND c.gb_code = ANY (%(gb_codes)s);

-- name: list_versions
-- How often each of these cameras was changed; locked until the change is done.
SELECT c.id, c.version FROM camera AS c WHERE c.id = ANY (%(ids)s) FOR UPDATE;

-- name: list_plain_addresses
-- Addresses that an older version wrote down in plain text.
SELECT c.id, c.stream_address FROM camera AS c WHERE c.stream_address <> '' FOR UPDATE;

-- name: seal_plain_address
-- Sealed, and the plain text gone.
UPDATE camera SET sealed_address = %(sealed_address)s, stream_address = '' WHERE id = %(id)s;

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
       c.road_segment, c.owner_department, c.azimuth_deg, c.seen_at, c.fault, c.field_of_view_deg, c.presets,
       c.live_url, c.recorder, c.version, c.sealed_address <> '' AS has_stream, c.sealed_control <> '' AS turns
  FROM camera AS c
 WHERE EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department))
   AND (%(area_code)s::text = '' OR %(area_code)s = ANY (string_to_array(c.area_path::text, '.')))
   AND c.id > %(after)s
 ORDER BY c.id
 LIMIT %(size)s;

-- name: find_camera
-- One camera within the caller's areas, with the sealed address of its stream.
SELECT c.id, c.gb_code, c.name, c.longitude_deg, c.latitude_deg, c.accuracy_m, c.grid_code, c.area_path::text,
       c.road_segment, c.owner_department, c.azimuth_deg, c.seen_at, c.fault, c.field_of_view_deg, c.presets,
       c.live_url, c.recorder, c.version, c.sealed_address, c.sealed_control, c.sealed_address <> '' AS has_stream,
       c.sealed_control <> '' AS turns
  FROM camera AS c
 WHERE c.id = %(id)s
   AND EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department));

-- name: list_all_cameras
-- Every camera with its sealed address, for the patrol itself.
SELECT c.id, c.gb_code, c.name, c.longitude_deg, c.latitude_deg, c.accuracy_m, c.grid_code, c.area_path::text,
       c.road_segment, c.owner_department, c.azimuth_deg, c.seen_at, c.fault, c.field_of_view_deg, c.presets,
       c.live_url, c.recorder, c.version, c.sealed_address, c.sealed_control, c.sealed_address <> '' AS has_stream,
       c.sealed_control <> '' AS turns
  FROM camera AS c
 ORDER BY c.id;

-- name: mark_camera_seen
-- A frame came; whatever was wrong is over.
UPDATE camera SET seen_at = greatest(seen_at, %(at)s), fault = '' WHERE id = %(id)s;

-- name: mark_camera_fault
-- No frame came, and why.
UPDATE camera SET fault = %(fault)s WHERE id = %(id)s AND fault <> %(fault)s;

-- name: raise_plan
-- What is to be patrolled has changed; replicas look at it anew.
UPDATE patrol_plan SET version = version + 1;

-- name: find_plan_version
-- How often it has changed.
SELECT version FROM patrol_plan;
