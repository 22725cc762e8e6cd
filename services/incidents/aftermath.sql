-- name: look_ahead
-- Whether anything waits for a group, how far the stream has come, and where the group stands in it.
WITH place AS (
    SELECT coalesce((SELECT r.position FROM reader AS r WHERE r.name = %(group)s), 0) AS reached
)
SELECT EXISTS (SELECT FROM outbox AS o WHERE o.position > p.reached AND o.type = ANY (%(types)s)) AS waiting,
       coalesce((SELECT max(o.position) FROM outbox AS o), 0) AS head,
       p.reached
  FROM place AS p;

-- name: lock_follower
-- One follower of a group at a time; the others look again later. Nobody waits for the disk: a power cut that loses what
-- was done loses in the same transaction how far the group had come, and it is done again.
SELECT pg_try_advisory_xact_lock(hashtextextended('aftermath ' || %(group)s, 0)) AS locked,
       set_config('synchronous_commit', 'off', true);

-- name: read_happenings
-- What was told after the place a group had come to.
SELECT o.position, o.id, o.type, o.subject, o.occurred_at, o.payload
  FROM outbox AS o
 WHERE o.position > coalesce((SELECT r.position FROM reader AS r WHERE r.name = %(group)s), 0)
   AND o.type = ANY (%(types)s)
 ORDER BY o.position
 LIMIT %(size)s;

-- name: move_follower
-- The group has come so far; in the transaction of what it did.
INSERT INTO reader (name, position) VALUES (%(group)s, %(position)s)
ON CONFLICT (name) DO UPDATE SET position = excluded.position, moved_at = now();
