-- name: list_children
-- The cases directly within a case, oldest first.
SELECT i.id
  FROM incident AS i
 WHERE i.parent_id = %(id)s
 ORDER BY i.reported_at, i.id
 LIMIT 500;

-- name: find_ancestors
-- A case and all that hold it, nearest first.
WITH RECURSIVE above AS (
    SELECT i.id, i.parent_id, 1 AS depth FROM incident AS i WHERE i.id = %(id)s
    UNION ALL
    SELECT i.id, i.parent_id, above.depth + 1
      FROM above
      JOIN incident AS i ON i.id = above.parent_id
     WHERE above.depth < 100
)
SELECT id FROM above ORDER BY depth;

-- name: lock_cases
-- Nobody else changes these cases meanwhile.
SELECT id FROM incident WHERE id = ANY (%(ids)s) ORDER BY id FOR NO KEY UPDATE;

-- name: lock_linking
-- One case is put into another at a time, so that no circle can come about.
SELECT pg_advisory_xact_lock(7401031);
