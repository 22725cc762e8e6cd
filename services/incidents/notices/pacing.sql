-- name: hold_telephone
-- One text to a telephone at a time, so that several senders count one by one.
SELECT pg_advisory_xact_lock(hashtextextended('text ' || encode(%(phone_index)s, 'hex'), 0));

-- name: forget_texts
-- What no longer counts is not kept.
DELETE FROM text_sent WHERE at <= %(before)s;

-- name: list_texts
-- When a telephone was sent texts lately, other than this one.
SELECT at, pressing
  FROM text_sent
 WHERE phone_index = %(phone_index)s AND at > %(since)s AND notice_id <> %(notice_id)s
 ORDER BY at;

-- name: note_text
INSERT INTO text_sent (notice_id, phone_index, at, pressing)
VALUES (%(notice_id)s, %(phone_index)s, %(at)s, %(pressing)s)
ON CONFLICT (notice_id) DO UPDATE SET at = excluded.at, phone_index = excluded.phone_index;

-- name: give_back
DELETE FROM text_sent WHERE notice_id = %(notice_id)s;
