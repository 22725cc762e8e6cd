-- name: look
-- The cases among these that are to be seen.
SELECT id FROM incident WHERE id = ANY (%(ids)s::uuid[]);
