-- name: search_keys
-- Whole natural keys, or those that begin so.
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM element
 WHERE kind = ANY(%(kinds)s) AND NOT retired AND grid_code = ANY(%(grids)s)
   AND (key = ANY(%(keys)s) OR (%(prefix)s <> '' AND key >= %(prefix)s AND key < %(beyond)s))
 LIMIT %(size)s;

-- name: search_phones
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM element
 WHERE phone_index = ANY(%(phones)s) AND kind = ANY(%(kinds)s) AND NOT retired AND grid_code = ANY(%(grids)s)
 LIMIT %(size)s;

-- name: search_tokens_everywhere
-- All tokens at once, in the whole city. Within the bracket no limit is known, so that the index of tokens is taken and
-- never a walk through the table in hope of early hits; it still stops when there are enough.
WITH found AS MATERIALIZED (
    SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
           tags, items, sealed, retired, version, updated_at, updated_by
      FROM element
     WHERE kind = ANY(%(kinds)s) AND tokens @> %(tokens)s AND NOT retired
)
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM found
 LIMIT %(size)s;

-- name: search_tokens_in_grids
-- All tokens at once, in some grids.
WITH found AS MATERIALIZED (
    SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
           tags, items, sealed, retired, version, updated_at, updated_by
      FROM element
     WHERE kind = ANY(%(kinds)s) AND tokens @> %(tokens)s AND NOT retired
       AND grid_code = ANY(%(grids)s)
)
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM found
 LIMIT %(size)s;
