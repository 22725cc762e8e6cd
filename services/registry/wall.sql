-- name: look
-- The elements among these that are to be seen.
SELECT id FROM element WHERE id = ANY (%(ids)s::uuid[]);

-- name: look_clues
SELECT id FROM clue WHERE id = ANY (%(ids)s::uuid[]);

-- name: look_corrections
SELECT id FROM correction WHERE id = ANY (%(ids)s::uuid[]);

-- name: look_loans
SELECT id FROM loan WHERE id = ANY (%(ids)s::uuid[]);

-- name: look_visits
SELECT id FROM visit WHERE id = ANY (%(ids)s::uuid[]);

-- name: look_diaries
SELECT id FROM diary_entry WHERE id = ANY (%(ids)s::uuid[]);
