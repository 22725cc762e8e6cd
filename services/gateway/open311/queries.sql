-- name: insert_key
-- A new key for another system.
INSERT INTO open311_key (digest, name, contact, created_at)
VALUES (%(digest)s, %(name)s, %(contact)s, %(now)s)
ON CONFLICT DO NOTHING
RETURNING name;

-- name: revoke_key
-- It files nothing any more; what it filed stays.
UPDATE open311_key SET revoked_at = %(now)s WHERE name = %(name)s AND revoked_at IS NULL RETURNING name;

-- name: find_key
-- Whose key it is.
SELECT name FROM open311_key WHERE digest = %(digest)s AND revoked_at IS NULL;

-- name: insert_filing
-- Before it is tried, so that nothing accepted is ever lost. No row when the token is known.
INSERT INTO open311_filing (token, key_name, subject, report, filed_at, tried_at)
VALUES (%(token)s, %(key_name)s, %(subject)s, %(report)s, %(now)s, %(now)s)
ON CONFLICT DO NOTHING
RETURNING token;

-- name: settle_filing
-- The case it became, or why it became none.
UPDATE open311_filing SET number = %(number)s, fault = %(fault)s, report = NULL WHERE token = %(token)s;

-- name: find_filing
-- For the token call.
SELECT token, key_name, subject, number, fault FROM open311_filing WHERE token = %(token)s;

-- name: find_filing_of_case
-- Who filed a case by which key.
SELECT token, key_name, subject, number, fault FROM open311_filing WHERE number = %(number)s LIMIT 1;

-- name: take_waiting
-- Some that wait, longest first; whoever takes them has them for a while.
UPDATE open311_filing SET tried_at = %(now)s
 WHERE token IN (
    SELECT token FROM open311_filing
     WHERE number = '' AND fault = '' AND tried_at < %(before)s
     ORDER BY tried_at LIMIT %(size)s
       FOR UPDATE SKIP LOCKED)
RETURNING token, subject, report;

-- name: insert_updates
-- What happened to published cases, many at once.
INSERT INTO open311_update (number, task_type, state, event, words, happened_at)
SELECT * FROM unnest(%(numbers)s::text[], %(task_types)s::text[], %(states)s::text[], %(events)s::text[],
                     %(words)s::text[], %(moments)s::timestamptz[]);

-- name: lock_position
-- So far they reach; whoever asks is the only one to write for now.
SELECT position FROM open311_position FOR UPDATE;

-- name: reach_position
-- So far they reach now.
UPDATE open311_position SET position = %(position)s;

-- name: find_position
-- So far they reach.
SELECT position FROM open311_position;

-- name: list_updates
-- In order, from one moment to another.
SELECT id, number, task_type, state, event, words, happened_at
  FROM open311_update
 WHERE happened_at >= %(since)s AND happened_at <= %(until)s AND state <> '' AND task_type = ANY(%(task_types)s)
 ORDER BY happened_at, id
 LIMIT %(size)s;

-- name: list_updates_of_case
-- The notes of one case.
SELECT id, number, task_type, state, event, words, happened_at
  FROM open311_update
 WHERE number = %(number)s
 ORDER BY id
 LIMIT %(size)s;

-- name: last_changes
-- When each of these cases changed last.
SELECT number, max(happened_at) AS changed_at FROM open311_update WHERE number = ANY(%(numbers)s) GROUP BY number;

-- name: changed_cases
-- Cases that changed in a span of time, the latest change first.
SELECT number, max(happened_at) AS changed_at
  FROM open311_update
 WHERE happened_at >= %(since)s AND happened_at <= %(until)s
 GROUP BY number
 ORDER BY changed_at DESC
 LIMIT %(size)s;
