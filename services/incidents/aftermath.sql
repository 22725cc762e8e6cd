-- name: lock_follower
-- One follower of a group at a time; the others look again later.
SELECT pg_try_advisory_xact_lock(hashtextextended('aftermath ' || %(group)s, 0)) AS locked;

-- name: read_happenings
-- What was told after the place a group had come to.
SELECT o.position, o.id, o.type, o.subject, o.occurred_at, o.payload
  FROM outbox AS o
 WHERE o.position > coalesce((SELECT r.position FROM reader AS r WHERE r.name = %(group)s), 0)
   AND o.type = ANY (%(types)s)
 ORDER BY o.position
 LIMIT %(size)s;

-- name: read_head
-- How far the stream has come, and where a group stands in it.
SELECT coalesce((SELECT max(o.position) FROM outbox AS o), 0) AS head,
       coalesce((SELECT r.position FROM reader AS r WHERE r.name = %(group)s), 0) AS reached;

-- name: move_follower
-- The group has come so far; in the transaction of what it did.
INSERT INTO reader (name, position) VALUES (%(group)s, %(position)s)
ON CONFLICT (name) DO UPDATE SET position = excluded.position, moved_at = now();
