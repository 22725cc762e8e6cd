-- name: read_force
-- Everybody who stands in any of these grids, with all grids of his.
SELECT force_member.staff_code, force_member.kind, force_member.unit,
       array_agg(force_place.grid_code ORDER BY force_place.grid_code) AS grid_codes
  FROM force_member
  JOIN force_place ON force_place.staff_code = force_member.staff_code
 WHERE force_member.staff_code > %(after)s
   AND (%(kind)s = 0 OR force_member.kind = %(kind)s)
   AND EXISTS (SELECT 1
                 FROM force_place AS held
                WHERE held.staff_code = force_member.staff_code AND held.grid_code = ANY(%(grids)s))
 GROUP BY force_member.staff_code
 ORDER BY force_member.staff_code
 LIMIT %(size)s;

-- name: read_members
SELECT force_member.staff_code, force_member.kind, force_member.unit,
       array_agg(force_place.grid_code ORDER BY force_place.grid_code) AS grid_codes
  FROM force_member
  JOIN force_place ON force_place.staff_code = force_member.staff_code
 WHERE force_member.staff_code = ANY(%(staff_codes)s)
 GROUP BY force_member.staff_code;

-- name: save_members
INSERT INTO force_member (staff_code, kind, unit, placed_by, placed_at)
SELECT told.staff_code, told.kind, told.unit, %(by)s, %(now)s
  FROM unnest(%(staff_codes)s::text[], %(kinds)s::smallint[], %(units)s::text[]) AS told (staff_code, kind, unit)
    ON CONFLICT (staff_code) DO UPDATE
   SET kind = excluded.kind, unit = excluded.unit, placed_by = excluded.placed_by, placed_at = excluded.placed_at;

-- name: delete_places
DELETE FROM force_place
 WHERE staff_code = ANY(%(staff_codes)s);

-- name: insert_places
INSERT INTO force_place (staff_code, grid_code)
SELECT staff_code, grid_code
  FROM unnest(%(staff_codes)s::text[], %(grids)s::text[]) AS place (staff_code, grid_code);

-- name: count_places_at
SELECT grid_code AS code, count(*) AS count
  FROM force_place
 WHERE grid_code = ANY(%(grids)s)
 GROUP BY grid_code;

-- name: inherit_places
-- Whoever stood in a grid that ended stands in its heir.
INSERT INTO force_place (staff_code, grid_code)
SELECT DISTINCT force_place.staff_code, heir.new_code
  FROM force_place
  JOIN unnest(%(old)s::text[], %(new)s::text[]) AS heir (old_code, new_code) ON heir.old_code = force_place.grid_code
    ON CONFLICT DO NOTHING;

-- name: leave_places
DELETE FROM force_place
 WHERE grid_code = ANY(%(old)s);

-- name: count_trainings
-- Trainings in a year that any of these people took part in.
SELECT count(DISTINCT training.id) AS count
  FROM trained
  JOIN training ON training.id = trained.training_id
 WHERE trained.staff_code = ANY(%(staff_codes)s) AND training.day >= %(begin)s AND training.day < %(end)s;
