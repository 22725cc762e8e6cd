-- name: lock_changes
-- One writer of a kind at a time until its commit: so nobody who reads by version passes over a late one.
SELECT pg_advisory_xact_lock(%(lock)s);

-- name: read_heads
-- The newest version of each kind.
SELECT (SELECT coalesce(max(version), 0) FROM area) AS areas,
       (SELECT coalesce(max(version), 0) FROM post) AS posts,
       (SELECT coalesce(max(version), 0) FROM department) AS departments,
       (SELECT coalesce(max(change_version), 0) FROM task_type_version) AS task_types;
