-- name: insert_area_change
INSERT INTO area_change (id, kind, state, effective_on, reason, wanted, preview, planned_by, planned_at)
VALUES (%(id)s, %(kind)s, 1, %(effective_on)s, %(reason)s, %(wanted)s, %(preview)s, %(by)s, %(now)s);

-- name: lock_area_change
SELECT id, kind, state, effective_on, reason, wanted, preview, planned_by, planned_at, decided_by, done_at
  FROM area_change
 WHERE id = %(id)s
   FOR UPDATE;

-- name: list_area_changes
SELECT id, kind, state, effective_on, reason, wanted, preview, planned_by, planned_at, decided_by, done_at
  FROM area_change
 ORDER BY planned_at DESC, id
 LIMIT 100;

-- name: list_due_changes
SELECT id
  FROM area_change
 WHERE state = 2 AND effective_on <= %(today)s
 ORDER BY effective_on, planned_at;

-- name: settle_area_change
UPDATE area_change
   SET state = %(state)s, preview = %(preview)s, decided_by = %(decided_by)s, done_at = %(done_at)s
 WHERE id = %(id)s;

-- name: end_forms
-- What was so until now is so no more from the day on; what began on that very day is written anew.
UPDATE area_form
   SET until = %(day)s
 WHERE code = ANY(%(codes)s) AND until IS NULL AND since < %(day)s;

-- name: delete_forms_of_day
DELETE FROM area_form
 WHERE code = ANY(%(codes)s) AND until IS NULL AND since >= %(day)s;

-- name: begin_forms
INSERT INTO area_form (code, since, name, name_en, level, kind, parent_code, path, households, population, area_m2,
                       longitude_deg, latitude_deg, outline, change_id, from_codes)
SELECT area.code, %(day)s, area.name, area.name_en, area.level, area.kind, area.parent_code, area.path, area.households,
       area.population, area.area_m2, area.longitude_deg, area.latitude_deg, area.outline, %(change_id)s,
       coalesce(string_to_array(nullif(%(origins)s::jsonb ->> area.code, ''), ' '), '{}')
  FROM area
 WHERE area.code = ANY(%(codes)s) AND NOT area.retired;

-- name: read_forms_on
-- Every area as it was on a day, grids with their outlines.
SELECT code, name, name_en, level, kind, parent_code, path::text AS path, households, population, area_m2,
       longitude_deg, latitude_deg, CASE WHEN level = 5 THEN outline ELSE '' END AS outline
  FROM area_form
 WHERE since <= %(day)s AND (until IS NULL OR until > %(day)s);

-- name: read_last_form_change
-- The last day up to this one on which anything changed: all days from it on look the same.
SELECT greatest((SELECT max(since) FROM area_form WHERE since <= %(day)s),
                (SELECT max(until) FROM area_form WHERE until <= %(day)s)) AS day;

-- name: list_forms
SELECT code, name, name_en, level, kind, parent_code, path::text AS path, households, population, area_m2,
       longitude_deg, latitude_deg, '' AS outline, since, until, change_id, from_codes
  FROM area_form
 WHERE code = %(code)s
 ORDER BY since;

-- name: read_element_points
SELECT kind, id, grid_code, longitude_deg, latitude_deg
  FROM element
 WHERE grid_code = ANY(%(grids)s);

-- name: rebind_elements
UPDATE element
   SET grid_code = moved.grid_code, version = element.version + 1
  FROM unnest(%(kinds)s::smallint[], %(ids)s::uuid[], %(grids)s::text[]) AS moved (kind, id, grid_code)
 WHERE element.kind = moved.kind AND element.id = moved.id;

-- name: count_posts_at
SELECT area_code AS code, count(*) AS count
  FROM post
 WHERE area_code = ANY(%(codes)s)
 GROUP BY area_code;

-- name: count_terminals_at
SELECT grid_code AS code, count(*) AS count
  FROM terminal
 WHERE grid_code = ANY(%(codes)s) AND revoked_at IS NULL
 GROUP BY grid_code;

-- name: move_posts
UPDATE post
   SET area_code = heir.new_code, version = nextval('change_version')
  FROM unnest(%(old)s::text[], %(new)s::text[]) AS heir (old_code, new_code)
 WHERE post.area_code = heir.old_code
RETURNING post.code;

-- name: move_terminals
UPDATE terminal
   SET grid_code = heir.new_code, bound_at = %(now)s, bound_by = %(by)s
  FROM unnest(%(old)s::text[], %(new)s::text[]) AS heir (old_code, new_code)
 WHERE terminal.grid_code = heir.old_code
RETURNING terminal.id, terminal.grid_code, terminal.staff_code;

-- name: read_layer_shapes
SELECT code, name, name_en, kind, outline
  FROM area
 WHERE NOT retired AND outline <> '' AND level = %(level)s
   AND (%(under_code)s = '' OR code <> %(under_code)s
        AND path <@ (SELECT above.path FROM area AS above WHERE above.code = %(under_code)s))
 ORDER BY code;
