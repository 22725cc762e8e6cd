-- name: look
-- The elements among these that are to be seen.
SELECT id FROM element WHERE id = ANY (%(ids)s::uuid[]);
