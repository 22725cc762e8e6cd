-- name: insert_notices
-- Adds what is to be told; what was told before stays as it is.
INSERT INTO notice (id, incident_id, occasion, mark, recipient, channel, text, state, created_at, due_at, delivered_at)
SELECT n.id, n.incident_id, n.occasion, n.mark, n.recipient, n.channel, n.text,
       CASE n.channel WHEN 'app' THEN 'delivered' ELSE 'waiting' END, n.created_at, n.due_at,
       CASE n.channel WHEN 'app' THEN n.created_at END
  FROM ROWS FROM (jsonb_to_recordset(%(notices)s::jsonb)
                  AS (id uuid, incident_id uuid, occasion text, mark text, recipient text, channel text, text text,
                      created_at timestamptz, due_at timestamptz))
       WITH ORDINALITY AS n(id, incident_id, occasion, mark, recipient, channel, text, created_at, due_at, place)
 ORDER BY n.place
ON CONFLICT DO NOTHING;

-- name: claim_due
-- Takes notices whose time has come, each only when nothing earlier about the same case waits for the same recipient.
UPDATE notice
   SET claimed_until = %(now)s + make_interval(secs => %(lease_s)s), try_count = try_count + 1
 WHERE id IN (
       SELECT n.id
         FROM notice AS n
        WHERE n.state = 'waiting' AND n.due_at <= %(now)s AND (n.claimed_until IS NULL OR n.claimed_until <= %(now)s)
          AND NOT EXISTS (
              SELECT FROM notice AS e
               WHERE e.state = 'waiting' AND e.recipient = n.recipient AND e.channel = n.channel
                 AND e.incident_id = n.incident_id AND e.place < n.place)
        ORDER BY n.place
        LIMIT %(size)s
          FOR UPDATE SKIP LOCKED)
RETURNING id, place, occasion, recipient, channel, text, try_count;

-- name: postpone
-- Its turn has not come; that was no try.
UPDATE notice
   SET due_at = %(due_at)s, claimed_until = NULL, try_count = try_count - 1
 WHERE id = %(id)s AND state = 'waiting';

-- name: note_sent
-- The carrier took it, under a number of its own.
UPDATE notice
   SET state = 'sent', sent_at = %(now)s, provider_id = %(provider_id)s, claimed_until = NULL, problem = ''
 WHERE id = %(id)s AND state = 'waiting';

-- name: note_arrived
-- A webhook said that it has it.
UPDATE notice
   SET state = 'delivered', sent_at = %(now)s, delivered_at = %(now)s, claimed_until = NULL, problem = ''
 WHERE id = %(id)s AND state = 'waiting';

-- name: note_trouble
-- It did not go; it is tried again, or given up.
UPDATE notice
   SET state = CASE WHEN %(again_at)s::timestamptz IS NULL THEN 'failed' ELSE 'waiting' END,
       due_at = coalesce(%(again_at)s, due_at), claimed_until = NULL, problem = %(problem)s
 WHERE id = %(id)s AND state = 'waiting';

-- name: note_receipts
-- What became of messages; a receipt that comes twice or late changes nothing.
UPDATE notice AS n
   SET state = CASE WHEN r.delivered THEN 'delivered' ELSE 'failed' END,
       delivered_at = CASE WHEN r.delivered THEN %(now)s::timestamptz END, problem = r.problem
  FROM unnest(%(provider_ids)s::text[], %(delivered)s::boolean[], %(problems)s::text[])
       AS r(provider_id, delivered, problem)
 WHERE n.channel = 'sms' AND n.provider_id = r.provider_id AND n.state = 'sent';

-- name: list_mine
-- Somebody's own notices, newest first.
SELECT n.id, n.place, n.incident_id, i.number, n.occasion, n.recipient, n.channel, n.text, n.state, n.created_at,
       n.due_at, n.sent_at, n.delivered_at, n.read_at, n.try_count, n.problem
  FROM notice AS n
  LEFT JOIN incident AS i ON i.id = n.incident_id
 WHERE n.recipient = %(recipient)s AND n.channel = 'app'
   AND (%(before)s::bigint IS NULL OR n.place < %(before)s)
   AND (NOT %(unread_only)s OR n.read_at IS NULL)
 ORDER BY n.place DESC
 LIMIT %(size)s;

-- name: count_unread
-- How many somebody has not read; nobody counts beyond 99.
SELECT count(*) AS count
  FROM (SELECT 1 FROM notice WHERE recipient = %(recipient)s AND channel = 'app' AND read_at IS NULL LIMIT 99) AS unread;

-- name: mark_read
-- Everything up to a notice has been read.
UPDATE notice
   SET read_at = %(now)s
 WHERE recipient = %(recipient)s AND channel = 'app' AND read_at IS NULL
   AND place <= (SELECT seen.place FROM notice AS seen WHERE seen.id = %(id)s AND seen.recipient = %(recipient)s);

-- name: list_of_case
-- Everything told about a case, in order.
SELECT n.id, n.place, n.incident_id, i.number, n.occasion, n.recipient, n.channel, n.text, n.state, n.created_at,
       n.due_at, n.sent_at, n.delivered_at, n.read_at, n.try_count, n.problem
  FROM notice AS n
  JOIN incident AS i ON i.id = n.incident_id
 WHERE n.incident_id = %(id)s
 ORDER BY n.place;

-- name: list_templates
-- The city's own texts.
SELECT occasion, task_type, channel, language, text FROM notice_template;

-- name: set_template
-- Sets one text.
INSERT INTO notice_template (occasion, task_type, channel, language, text)
VALUES (%(occasion)s, %(task_type)s, %(channel)s, %(language)s, %(text)s)
ON CONFLICT (occasion, task_type, channel, language) DO UPDATE SET text = excluded.text;

-- name: delete_template
-- Takes one text away.
DELETE FROM notice_template
 WHERE occasion = %(occasion)s AND task_type = %(task_type)s AND channel = %(channel)s AND language = %(language)s;

-- name: read_contacts
-- How these people are reached.
SELECT subject, phone, sms, language FROM contact WHERE subject = ANY (%(subjects)s);

-- name: find_contact
-- Whose number this is.
SELECT subject, phone, sms, language FROM contact WHERE phone_index = ANY (%(indexes)s) ORDER BY updated_at DESC LIMIT 1;

-- name: set_contact
-- Sets how somebody is reached.
INSERT INTO contact (subject, phone, phone_index, sms, language, updated_at)
VALUES (%(subject)s, %(phone)s, %(phone_index)s, %(sms)s, %(language)s, %(updated_at)s)
ON CONFLICT (subject) DO UPDATE
   SET phone = excluded.phone, phone_index = excluded.phone_index, sms = excluded.sms, language = excluded.language,
       updated_at = excluded.updated_at;

-- name: insert_webhook
-- Adds one.
INSERT INTO webhook (id, url, secret, event_types, area_code, department_code, added_by, added_at)
VALUES (%(id)s, %(url)s, %(secret)s, %(event_types)s, %(area_code)s, %(department_code)s, %(added_by)s, %(added_at)s);

-- name: list_webhooks
-- All of them, with what waits and what was given up.
SELECT w.id, w.url, w.secret, w.event_types, w.area_code, w.department_code, w.added_by, w.stopped_at,
       (SELECT count(*) FROM notice AS n
         WHERE n.state = 'waiting' AND n.channel = 'webhook' AND n.recipient = w.id::text) AS waiting_count,
       (SELECT count(*) FROM notice AS n
         WHERE n.state = 'failed' AND n.channel = 'webhook' AND n.recipient = w.id::text) AS failed_count
  FROM webhook AS w
 ORDER BY w.added_at;

-- name: list_live_webhooks
-- Those that are told of events.
SELECT id, url, secret, event_types, area_code, department_code, added_by, stopped_at, 0 AS waiting_count,
       0 AS failed_count
  FROM webhook
 WHERE stopped_at IS NULL;

-- name: stop_webhook
-- Stops one and gives up what waits for it.
WITH dropped AS (
    UPDATE notice SET state = 'failed', problem = 'stopped'
     WHERE state = 'waiting' AND channel = 'webhook' AND recipient = %(id)s::text
)
UPDATE webhook SET stopped_at = %(now)s WHERE id = %(id)s::uuid AND stopped_at IS NULL;

-- name: find_webhook
-- One by its id, with what waits and what was given up.
SELECT w.id, w.url, w.secret, w.event_types, w.area_code, w.department_code, w.added_by, w.stopped_at,
       (SELECT count(*) FROM notice AS n
         WHERE n.state = 'waiting' AND n.channel = 'webhook' AND n.recipient = w.id::text) AS waiting_count,
       (SELECT count(*) FROM notice AS n
         WHERE n.state = 'failed' AND n.channel = 'webhook' AND n.recipient = w.id::text) AS failed_count
  FROM webhook AS w
 WHERE w.id = %(id)s::uuid;

-- name: list_deliveries
-- What a webhook was told last.
SELECT n.id, n.place, n.incident_id, i.number, n.occasion, n.recipient, n.channel, n.text, n.state, n.created_at,
       n.due_at, n.sent_at, n.delivered_at, n.read_at, n.try_count, n.problem
  FROM notice AS n
  LEFT JOIN incident AS i ON i.id = n.incident_id
 WHERE n.recipient = %(id)s AND n.channel = 'webhook' AND (NOT %(failed_only)s OR n.state = 'failed')
 ORDER BY n.place DESC
 LIMIT %(size)s;

-- name: retry_failed
-- What was given up waits again, as if it had just come up.
UPDATE notice
   SET state = 'waiting', due_at = %(now)s, try_count = 0, claimed_until = NULL
 WHERE recipient = %(id)s AND channel = 'webhook' AND state = 'failed';

-- name: insert_received
-- Takes a text message in; nothing when it came before.
INSERT INTO sms_received (message_id, phone, subject, text, reply, received_at)
VALUES (%(message_id)s, %(phone)s, %(subject)s, %(text)s, %(reply)s, %(received_at)s)
ON CONFLICT DO NOTHING
RETURNING message_id;

-- name: find_received
-- A text message that came in before.
SELECT message_id, phone, reply FROM sms_received WHERE message_id = %(message_id)s;

-- name: find_last_closed
-- The case somebody was last told of as done, while it is not rated.
SELECT i.id, i.version
  FROM notice AS n
  JOIN incident AS i ON i.id = n.incident_id
 WHERE n.recipient = %(subject)s AND n.channel = 'app' AND n.occasion = 'closed' AND i.reporter = %(subject)s
   AND i.rating = 0 AND n.created_at >= %(since)s
 ORDER BY n.place DESC
 LIMIT 1;

-- name: list_followers_of
-- Who follows these cases.
SELECT incident_id, subject FROM case_follower WHERE incident_id = ANY (%(ids)s) ORDER BY since, subject;

-- name: list_masters
-- The numbers of the cases into which these were merged.
SELECT m.incident_id, i.number
  FROM case_merge AS m
  JOIN incident AS i ON i.id = m.master_id
 WHERE m.incident_id = ANY (%(ids)s);

-- name: list_reopenings
-- Where in their history these cases were opened again.
SELECT incident_id, sequence FROM history WHERE incident_id = ANY (%(ids)s) AND event = 'reopen';
