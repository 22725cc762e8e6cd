-- name: look
-- The cases among these that are to be seen.
SELECT id FROM incident WHERE id = ANY (%(ids)s::uuid[]);

-- name: look_opinions
SELECT id::text AS id FROM opinion WHERE id = ANY (%(ids)s::text[]::uuid[]);

-- name: look_errands
SELECT id::text AS id FROM errand WHERE id = ANY (%(ids)s::text[]::uuid[]);

-- name: look_duties
SELECT id::text AS id FROM duty WHERE id = ANY (%(ids)s::text[]::uuid[]);

-- name: look_persons
-- Those who are meant, each by its campaign and itself.
SELECT campaign_id || ':' || person_id AS id
  FROM campaign_person
 WHERE (campaign_id, person_id) IN (SELECT split_part(asked, ':', 1)::uuid, substr(asked, 38)
                                      FROM unnest(%(ids)s::text[]) AS asked);
