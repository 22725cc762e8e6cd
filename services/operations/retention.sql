-- name: tracks
-- Where people walked; the minutes of the patrol stay.
DELETE FROM track_point
 WHERE (patrol_id, at) IN (SELECT patrol_id, at FROM track_point WHERE at < %(before)s LIMIT %(size)s);

-- name: texts_answered
-- Marks of text messages that were answered; no carrier delivers one again so late.
DELETE FROM received_text
 WHERE message_id IN (SELECT message_id FROM received_text WHERE received_at < %(before)s LIMIT %(size)s);

-- name: texts_received
-- What came in by text message, with the sealed number it came from.
DELETE FROM sms_received
 WHERE message_id IN (SELECT message_id FROM sms_received WHERE received_at < %(before)s LIMIT %(size)s);

-- name: contacts
-- Numbers of people outside the city's service who have no case under way and had none lately.
DELETE FROM contact
 WHERE subject IN (
       SELECT c.subject
         FROM contact AS c
        WHERE c.updated_at < %(before)s AND c.subject NOT LIKE 'staff:%%'
          AND NOT EXISTS (SELECT FROM incident AS i
                           WHERE i.reporter = c.subject AND (i.closed_at IS NULL OR i.closed_at >= %(before)s))
        LIMIT %(size)s);

-- name: notices
-- What people were told about cases that are long over.
DELETE FROM notice
 WHERE id IN (SELECT n.id
                FROM notice AS n
                JOIN incident AS i ON i.id = n.incident_id
               WHERE n.created_at < %(before)s AND n.state <> 'waiting' AND i.closed_at < %(before)s
               LIMIT %(size)s);

-- name: originals
-- Pictures as they came from a phone, with where and when the phone says it stood; the picture people see stays.
SELECT object_key, original_key
  FROM photo
 WHERE uploaded_at < %(before)s AND original_key <> '' AND original_key <> object_key
 ORDER BY uploaded_at
 LIMIT %(size)s;

-- name: forget_originals
UPDATE photo
   SET original_key = '', longitude_deg = NULL, latitude_deg = NULL
 WHERE object_key = ANY (%(keys)s);

-- name: oldest_audit
-- The trail itself is never shortened; how far back it reaches.
SELECT min(at) AS oldest, count(*) AS rows FROM audit;
