-- name: note_holding
-- Two words of one moment are one: the later counts.
INSERT INTO post_holding (post_code, from_at, staff_code, reason, named_by, named_at, to_come)
VALUES (%(post_code)s, %(from_at)s, %(staff_code)s, %(reason)s, %(named_by)s, %(named_at)s, %(to_come)s)
    ON CONFLICT (post_code, from_at) DO UPDATE
   SET staff_code = excluded.staff_code, reason = excluded.reason, named_by = excluded.named_by,
       named_at = excluded.named_at, to_come = excluded.to_come;

-- name: call_off_holdings
DELETE FROM post_holding WHERE post_code = ANY(%(post_codes)s) AND to_come;

-- name: seat_holder
UPDATE post SET staff_code = %(staff_code)s, version = nextval('change_version') WHERE code = %(post_code)s;

-- name: find_due_holdings
-- Those whose time has come, the earliest first.
SELECT post_code, from_at, staff_code, reason, named_by, named_at, to_come
  FROM post_holding
 WHERE to_come AND from_at <= %(now)s
 ORDER BY from_at, post_code
 LIMIT 200;

-- name: settle_holding
UPDATE post_holding SET to_come = false WHERE post_code = %(post_code)s AND from_at = %(from_at)s;

-- name: list_holdings
SELECT post_code, from_at, staff_code, reason, named_by, named_at, to_come
  FROM post_holding
 WHERE post_code = %(post_code)s
 ORDER BY from_at DESC
 LIMIT 100;
