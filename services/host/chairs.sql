-- name: take_chair
-- There is one chair for each department and release, held as long as the connection that took it.
SELECT pg_try_advisory_lock(hashtextextended('gridward.host.chair/' || %(line)s, 0)) AS taken;

-- name: still_there
-- A database that does not answer may have given the chair to somebody else.
SELECT 1;

-- name: set_up_alone
-- Two hosts that start at once must not both make the same tables.
SELECT pg_advisory_xact_lock(hashtextextended('gridward.host.desk', 0));
