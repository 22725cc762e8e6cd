-- name: upsert_resource
-- A resource as it is from now on.
INSERT INTO rescue_resource (id, name, kind, longitude_deg, latitude_deg, phone, on_duty, grid_code)
VALUES (%(id)s, %(name)s, %(kind)s, %(longitude_deg)s, %(latitude_deg)s, %(phone)s, %(on_duty)s, %(grid_code)s)
ON CONFLICT (id) DO UPDATE
   SET name = excluded.name, kind = excluded.kind, longitude_deg = excluded.longitude_deg,
       latitude_deg = excluded.latitude_deg, phone = excluded.phone, on_duty = excluded.on_duty,
       grid_code = excluded.grid_code;

-- name: list_resources
-- All that are on duty.
SELECT r.id, r.name, r.kind, r.longitude_deg, r.latitude_deg, r.phone, r.on_duty, r.grid_code
  FROM rescue_resource AS r
 WHERE r.on_duty
 ORDER BY r.id;

-- name: insert_call
-- A call for help.
INSERT INTO rescue_call (id, longitude_deg, latitude_deg, words, raised_at, raised_by)
VALUES (%(id)s, %(longitude_deg)s, %(latitude_deg)s, %(words)s, %(raised_at)s, %(raised_by)s);

-- name: mark_on_site
-- Help is there; the first to say so counts.
UPDATE rescue_call SET on_site_at = coalesce(on_site_at, %(at)s),
       on_site_by = CASE WHEN on_site_at IS NULL THEN %(by)s ELSE on_site_by END
 WHERE id = %(id)s
RETURNING id, longitude_deg, latitude_deg, words, raised_at, raised_by, on_site_at, on_site_by;

-- name: list_calls
-- Newest first.
SELECT c.id, c.longitude_deg, c.latitude_deg, c.words, c.raised_at, c.raised_by, c.on_site_at, c.on_site_by
  FROM rescue_call AS c
 WHERE %(since)s::timestamptz IS NULL OR c.raised_at >= %(since)s
 ORDER BY c.raised_at DESC, c.id DESC
 LIMIT 200;

-- name: find_call
-- One call.
SELECT c.id, c.longitude_deg, c.latitude_deg, c.words, c.raised_at, c.raised_by, c.on_site_at, c.on_site_by
  FROM rescue_call AS c
 WHERE c.id = %(id)s;
