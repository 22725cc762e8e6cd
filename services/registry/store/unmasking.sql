-- name: hold_tally
-- One reveal of a person at a time, so that a hundred at once are counted one by one.
SELECT pg_advisory_xact_lock(hashtextextended('revealed ' || %(subject)s, 0));

-- name: count_revealed
-- How many others this person has seen in clear lately.
SELECT count(*) AS count
  FROM revealed
 WHERE subject = %(subject)s AND at > %(since)s AND element_id <> %(element_id)s;

-- name: note_revealed
INSERT INTO revealed (subject, element_id, at) VALUES (%(subject)s, %(element_id)s, %(now)s)
ON CONFLICT (subject, element_id) DO UPDATE SET at = %(now)s
RETURNING (SELECT before.at FROM revealed AS before
            WHERE before.subject = %(subject)s AND before.element_id = %(element_id)s) AS before;

-- name: use_unmasking
-- One of an approved number, of the approval that ends first.
UPDATE unmasking
   SET people_used = people_used + 1
 WHERE id = (SELECT id FROM unmasking
              WHERE asked_by = %(subject)s AND granted AND until > %(now)s AND people_used < people_max
                AND (case_id = '' OR case_id = %(case_id)s)
              ORDER BY until LIMIT 1)
RETURNING id;

-- name: insert_unmasking
INSERT INTO unmasking (id, asked_by, purpose, case_id, people_max, hours, asked_at)
VALUES (%(id)s, %(asked_by)s, %(purpose)s, %(case_id)s, %(people_max)s, %(hours)s, %(asked_at)s);

-- name: lock_unmasking
SELECT id, asked_by, purpose, case_id, people_max, people_used, hours, asked_at, granted, decided_by, until
  FROM unmasking
 WHERE id = %(id)s
   FOR UPDATE;

-- name: decide_unmasking
UPDATE unmasking SET granted = %(granted)s, decided_by = %(decided_by)s, until = %(until)s WHERE id = %(id)s;

-- name: list_unmaskings
SELECT id, asked_by, purpose, case_id, people_max, people_used, hours, asked_at, granted, decided_by, until
  FROM unmasking
 WHERE NOT %(waiting_only)s OR granted IS NULL
 ORDER BY asked_at DESC, id DESC
 LIMIT 200;

-- name: list_own_unmaskings
SELECT id, asked_by, purpose, case_id, people_max, people_used, hours, asked_at, granted, decided_by, until
  FROM unmasking
 WHERE asked_by = %(subject)s
 ORDER BY asked_at DESC, id DESC
 LIMIT 50;

-- name: count_seen
SELECT count(*) AS count FROM revealed WHERE subject = %(subject)s AND at > %(since)s;
