-- name: find_element
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM element
 WHERE id = %(id)s;

-- name: find_elements
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM element
 WHERE id = ANY(%(ids)s);

-- name: lock_element
-- By id, or by kind and any of its possible keys; whoever comes second waits and then sees the first one's change.
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM element
 WHERE id = %(id)s OR (kind = %(kind)s AND key = ANY(%(keys)s))
   FOR UPDATE;

-- name: claim_key
-- Two who create the same thing at once take turns.
SELECT pg_advisory_xact_lock(hashtextextended(%(kind)s::text || ' ' || %(key)s, 7));

-- name: save_element
INSERT INTO element (kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code,
                     within_id, tags, items, sealed, phone_index, tokens, retired, updated_at, updated_by)
VALUES (%(kind)s, %(id)s, %(key)s, %(name)s, %(address)s, %(class_code)s, %(state)s, %(owner_unit)s, %(longitude_deg)s,
        %(latitude_deg)s, %(grid_code)s, %(within_id)s, %(tags)s, %(items)s, %(sealed)s, %(phone_index)s, %(tokens)s,
        %(retired)s, %(now)s, %(by)s)
    ON CONFLICT (kind, id) DO UPDATE
   SET key = excluded.key, name = excluded.name, address = excluded.address, class_code = excluded.class_code,
       state = excluded.state, owner_unit = excluded.owner_unit, longitude_deg = excluded.longitude_deg,
       latitude_deg = excluded.latitude_deg, grid_code = excluded.grid_code, within_id = excluded.within_id,
       tags = excluded.tags, items = excluded.items, sealed = excluded.sealed, phone_index = excluded.phone_index,
       tokens = excluded.tokens, retired = excluded.retired, version = element.version + 1,
       updated_at = excluded.updated_at, updated_by = excluded.updated_by
RETURNING version;

-- name: list_elements
-- One page of one kind, by grid.
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM element
 WHERE kind = %(kind)s AND NOT retired
   AND grid_code = ANY(%(grids)s)
   AND (grid_code, id) > (%(after_grid)s, %(after_id)s::uuid)
   AND (cardinality(%(tags)s::text[]) = 0 OR tags && %(tags)s::text[])
   AND (%(class_code)s = '' OR class_code = %(class_code)s)
 ORDER BY grid_code, id
 LIMIT %(size)s;

-- name: list_elements_within
-- One page of what lies directly within something.
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM element
 WHERE within_id = %(within_id)s AND kind = %(kind)s AND NOT retired
   AND (grid_code, id) > (%(after_grid)s, %(after_id)s::uuid)
 ORDER BY grid_code, id
 LIMIT %(size)s;

-- name: count_within
SELECT count(*) AS count
  FROM element
 WHERE within_id = %(id)s AND NOT retired;

-- name: count_group
-- Households of a grid that stand together in one ten-household group (十户联防组).
SELECT count(*) AS count
  FROM element
 WHERE kind = 2 AND NOT retired AND grid_code = %(grid_code)s AND items ->> 'joint_group' = %(group)s;

-- name: move_contents
-- What lies within something goes where it goes, however deep.
WITH RECURSIVE inside AS (
    SELECT kind, id FROM element WHERE within_id = %(id)s
    UNION ALL
    SELECT element.kind, element.id FROM element JOIN inside ON element.within_id = inside.id
)
UPDATE element
   SET grid_code = %(grid_code)s, longitude_deg = %(longitude_deg)s, latitude_deg = %(latitude_deg)s,
       version = element.version + 1, updated_at = %(now)s, updated_by = %(by)s
  FROM inside
 WHERE element.kind = inside.kind AND element.id = inside.id;

-- name: count_kinds
SELECT kind, count(*) AS count
  FROM element
 WHERE NOT retired AND grid_code = ANY(%(grids)s)
 GROUP BY kind;

-- name: count_classes
SELECT class_code, count(*) AS count
  FROM element
 WHERE class_code <> '' AND NOT retired AND grid_code = ANY(%(grids)s)
 GROUP BY class_code
 ORDER BY class_code;

-- name: count_tags
-- People by tag; who has several is in several rows.
SELECT tag, count(*) AS count
  FROM element, unnest(tags) AS tag
 WHERE kind = 1 AND tags <> '{}' AND NOT retired AND grid_code = ANY(%(grids)s)
 GROUP BY tag
 ORDER BY tag;

-- name: count_tagged
-- People with any tag, each once.
SELECT count(*) AS count
  FROM element
 WHERE kind = 1 AND tags <> '{}' AND NOT retired AND grid_code = ANY(%(grids)s);

-- name: save_person_link
INSERT INTO person_link (person_id, dwelling_id, kind, since, until, set_by, set_at)
VALUES (%(person_id)s, %(dwelling_id)s, %(kind)s, %(since)s, %(until)s, %(by)s, %(now)s)
    ON CONFLICT (person_id, dwelling_id, kind, since) DO UPDATE
   SET until = excluded.until, set_by = excluded.set_by, set_at = excluded.set_at;

-- name: end_person_links
-- Who moves in somewhere no longer lives, or is no longer registered, where it was before.
UPDATE person_link
   SET until = greatest(since, %(since)s::date - 1), set_by = %(by)s, set_at = %(now)s
 WHERE person_id = %(person_id)s AND kind = %(kind)s AND dwelling_id <> %(dwelling_id)s AND until IS NULL
   AND since <= %(since)s;

-- name: list_person_links
SELECT person_link.person_id, person_link.dwelling_id, person_link.kind, person_link.since, person_link.until,
       element.address, element.grid_code
  FROM person_link
  JOIN element ON element.kind = 3 AND element.id = person_link.dwelling_id
 WHERE person_link.person_id = %(id)s OR person_link.dwelling_id = %(id)s
 ORDER BY person_link.since DESC, person_link.kind, person_link.dwelling_id;

-- name: read_unrotated
-- What older keys sealed: a slice, for bringing it forward while everything runs.
SELECT kind, id, sealed
  FROM element
 WHERE sealed <> '' AND substring(sealed FROM 1 FOR %(length)s) <> %(prefix)s
   AND (kind, id) > (%(after_kind)s, %(after_id)s::uuid)
 ORDER BY kind, id
 LIMIT %(size)s;

-- name: reseal
-- Unless somebody changed it meanwhile; then it is under the new key already.
UPDATE element
   SET sealed = %(fresh)s
 WHERE kind = %(kind)s AND id = %(id)s AND sealed = %(sealed)s;
