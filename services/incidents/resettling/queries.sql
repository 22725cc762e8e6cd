-- name: find_unsettled
-- Open cases in areas that ended, locked, some at a time.
SELECT i.id
  FROM incident AS i
 WHERE i.closed_at IS NULL AND i.grid_code = ANY (%(ended)s)
 ORDER BY i.id
 LIMIT %(size)s
   FOR NO KEY UPDATE;

-- name: settle_cases
-- Where they lie from now on.
UPDATE incident AS i
   SET grid_code = moved.grid_code, area_path = moved.area_path::ltree
  FROM json_to_recordset(%(moved)s::json) AS moved(id uuid, grid_code text, area_path text)
 WHERE i.id = moved.id;
