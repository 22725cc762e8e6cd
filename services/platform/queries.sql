-- name: find_answer
-- The answer given to a request before, if any.
SELECT body_digest, answer
  FROM request
 WHERE subject = %(subject)s AND method = %(method)s AND request_id = %(request_id)s;

-- name: claim_request
-- Two callers with one request id wait for each other here; the second then finds the answer.
SELECT pg_advisory_xact_lock(hashtextextended(%(subject)s || ' ' || %(method)s || ' ' || %(request_id)s, 0));

-- name: insert_answer
-- Kept in the same transaction as what it answers.
INSERT INTO request (subject, method, request_id, body_digest, answer)
VALUES (%(subject)s, %(method)s, %(request_id)s, %(body_digest)s, %(answer)s);

-- name: delete_old_answers
-- A bounded slice of answers older than anyone retries.
DELETE FROM request
 WHERE (subject, method, request_id) IN (
       SELECT subject, method, request_id FROM request
        WHERE answered_at < now() - make_interval(hours => %(hours)s) LIMIT %(size)s);

-- name: insert_event
-- Part of the transaction in which the thing happened; gets its position afterwards.
INSERT INTO outbox (id, type, subject, task_type, occurred_at, payload)
VALUES (%(id)s, %(type)s, %(subject)s, %(task_type)s, %(occurred_at)s, %(payload)s);

-- name: place_events
-- Gives committed events their places in the stream, unless somebody else is at it; how it then stands.
SELECT placed, waiting, head FROM place_events(%(lock)s, %(size)s);

-- name: read_events
-- A batch after a position, narrowed to types and task types where these are given.
SELECT id, position, type, subject, task_type, occurred_at, payload
  FROM outbox
 WHERE position > %(after)s AND position <= %(head)s
   AND (cardinality(%(types)s::text[]) = 0 OR type = ANY (%(types)s))
   AND (cardinality(%(task_types)s::text[]) = 0 OR task_type = ANY (%(task_types)s))
 ORDER BY position
 LIMIT %(size)s;

-- name: read_reader
-- How far a group has come.
SELECT position FROM reader WHERE name = %(name)s;

-- name: move_reader
-- Forward only, so that a late acknowledgement does no harm; nor does a lost one, so nobody waits for the disk.
INSERT INTO reader (name, position)
SELECT %(name)s, %(position)s FROM set_config('synchronous_commit', 'off', true)
ON CONFLICT (name) DO UPDATE
   SET position = excluded.position, moved_at = now()
 WHERE reader.position < excluded.position;

-- name: delete_old_events
-- A bounded slice of events that are old and that every reader has passed.
DELETE FROM outbox
 WHERE id IN (
       SELECT id FROM outbox
        WHERE position IS NOT NULL
          AND occurred_at < now() - make_interval(days => %(days)s)
          AND position <= (SELECT coalesce(min(position), 9223372036854775807) FROM reader
                            WHERE moved_at > now() - make_interval(days => %(reader_days)s))
        ORDER BY position LIMIT %(size)s);

-- name: insert_handled
-- Returns a row only the first time.
INSERT INTO handled (source, event_id) VALUES (%(source)s, %(event_id)s)
ON CONFLICT DO NOTHING
RETURNING event_id;

-- name: delete_old_handled
-- A bounded slice of marks older than any event that can still come again.
DELETE FROM handled
 WHERE (source, event_id) IN (
       SELECT source, event_id FROM handled WHERE at < now() - make_interval(days => %(days)s) LIMIT %(size)s);
