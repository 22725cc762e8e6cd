-- name: find_contacts
SELECT subject AS key, 'contact.phone:' || subject AS place, phone AS sealed
  FROM contact
 WHERE phone <> '' AND substring(phone FOR length(%(prefix)s::bytea)) <> %(prefix)s::bytea AND subject > %(after)s
 ORDER BY 1
 LIMIT %(size)s;

-- name: save_contacts
UPDATE contact SET phone = %(sealed)s WHERE subject = %(key)s AND phone = %(before)s;

-- name: find_received
SELECT message_id AS key, 'sms_received.phone:' || message_id AS place, phone AS sealed
  FROM sms_received
 WHERE phone <> '' AND substring(phone FOR length(%(prefix)s::bytea)) <> %(prefix)s::bytea AND message_id > %(after)s
 ORDER BY 1
 LIMIT %(size)s;

-- name: save_received
UPDATE sms_received SET phone = %(sealed)s WHERE message_id = %(key)s AND phone = %(before)s;

-- name: find_webhooks
SELECT id::text AS key, 'webhook.secret:' || id::text AS place, secret AS sealed
  FROM webhook
 WHERE secret <> '' AND substring(secret FOR length(%(prefix)s::bytea)) <> %(prefix)s::bytea AND id::text > %(after)s
 ORDER BY 1
 LIMIT %(size)s;

-- name: save_webhooks
UPDATE webhook SET secret = %(sealed)s WHERE id = %(key)s::uuid AND secret = %(before)s;

-- name: find_campaign_persons
SELECT campaign_id::text || ':' || person_id AS key, 'campaign_person.phone:' || campaign_id::text || ':' || person_id AS place, phone AS sealed
  FROM campaign_person
 WHERE phone <> '' AND substring(phone FOR length(%(prefix)s::bytea)) <> %(prefix)s::bytea AND campaign_id::text || ':' || person_id > %(after)s
 ORDER BY 1
 LIMIT %(size)s;

-- name: save_campaign_persons
UPDATE campaign_person SET phone = %(sealed)s WHERE campaign_id = split_part(%(key)s, ':', 1)::uuid AND person_id = substr(%(key)s, 38) AND phone = %(before)s;
