-- name: look_orders
-- The orders among these that are to be seen.
SELECT id FROM service_order WHERE id = ANY (%(ids)s::text[]);

-- name: look_volunteers
-- The volunteers among these that are to be seen.
SELECT subject AS id FROM volunteer WHERE subject = ANY (%(ids)s::text[]);
