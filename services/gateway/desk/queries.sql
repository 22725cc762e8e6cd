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
