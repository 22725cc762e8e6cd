-- name: list_views
-- One's own, and those shared with a role one holds.
SELECT id, subject, role, name, query
  FROM saved_view
 WHERE subject = %(subject)s OR role = ANY(%(roles)s)
 ORDER BY subject <> %(subject)s, created_at
 LIMIT %(most)s;

-- name: count_views
-- How many somebody keeps.
SELECT count(*) AS kept FROM saved_view WHERE subject = %(subject)s;

-- name: save_view
-- The same name again replaces the view.
INSERT INTO saved_view (id, subject, role, name, query, created_at)
VALUES (%(id)s, %(subject)s, %(role)s, %(name)s, %(query)s, %(now)s)
ON CONFLICT (subject, name) DO UPDATE SET role = excluded.role, query = excluded.query;

-- name: delete_view
-- Only one's own.
DELETE FROM saved_view WHERE id = %(id)s AND subject = %(subject)s;

-- name: tell_presence
-- Tell all gateways that somebody is at a case.
SELECT pg_notify(%(channel)s, %(told)s);

-- name: listen_for_presence
-- Hear what the other gateways tell.
LISTEN gateway_presence;

-- name: still_there
-- Whether the line still holds.
SELECT 1;
