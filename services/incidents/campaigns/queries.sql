-- name: insert_campaign
-- Starts one.
INSERT INTO campaign (id, title, tag, area_code, area_path, text, started_by, started_at)
VALUES (%(id)s, %(title)s, %(tag)s, %(area_code)s, %(area_path)s::ltree, %(text)s, %(started_by)s, %(started_at)s);

-- name: claim_to_gather
-- The oldest of whom not everybody was lent yet; one replica at a time gathers for it.
SELECT c.id, c.title, c.tag, c.area_code, c.area_path::text AS area_path, c.text, c.started_by, c.started_at,
       c.page_token, c.gathered_at
  FROM campaign AS c
 WHERE c.gathered_at IS NULL
 ORDER BY c.started_at
 LIMIT 1
   FOR NO KEY UPDATE OF c SKIP LOCKED;

-- name: note_gathered
-- How far registry has lent.
UPDATE campaign SET page_token = %(page_token)s, gathered_at = %(gathered_at)s WHERE id = %(id)s;

-- name: insert_persons
-- Those who are meant, each once; who was there before is not tried again.
INSERT INTO campaign_person (campaign_id, person_id, grid_code, area_path, phone, ways, way, state)
SELECT %(campaign_id)s, p.person_id, p.grid_code, p.area_path::ltree, decode(p.phone, 'hex'), p.ways, p.way, 'trying'
  FROM jsonb_to_recordset(%(persons)s::jsonb)
       AS p(person_id text, grid_code text, area_path text, phone text, ways text[], way text)
ON CONFLICT DO NOTHING
RETURNING person_id;

-- name: find_campaign
-- One within whose area the caller has a part, or that holds the caller's area.
SELECT c.id, c.title, c.tag, c.area_code, c.area_path::text AS area_path, c.text, c.started_by, c.started_at,
       c.gathered_at
  FROM campaign AS c
 WHERE c.id = %(id)s
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = '' AND (c.area_path <@ held.area OR held.area <@ c.area_path));

-- name: list_campaigns
-- Campaigns within the caller's areas, with how far each has come.
SELECT c.id, c.title, c.tag, c.area_code, c.area_path::text AS area_path, c.text, c.started_by, c.started_at,
       c.gathered_at,
       (SELECT json_agg(row_to_json(counted))
          FROM (SELECT p.way, p.state, count(*) AS count
                  FROM campaign_person AS p WHERE p.campaign_id = c.id GROUP BY 1, 2) AS counted) AS counts
  FROM campaign AS c
 WHERE (%(id)s::uuid IS NULL OR c.id = %(id)s)
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = '' AND c.area_path <@ held.area)
 ORDER BY c.started_at DESC
 LIMIT 100;

-- name: list_to_reach
-- Whom to call or visit now, by grid.
SELECT p.campaign_id, p.person_id, p.grid_code, p.area_path::text AS area_path, p.ways, p.way, p.state
  FROM campaign_person AS p
 WHERE p.campaign_id = %(id)s AND p.state = 'trying' AND p.way <> 'sms'
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = '' AND p.area_path <@ held.area)
 ORDER BY p.grid_code, p.person_id
 LIMIT %(size)s;

-- name: lock_person
-- Somebody who is meant, within the caller's areas.
SELECT p.campaign_id, p.person_id, p.grid_code, p.area_path::text AS area_path, p.ways, p.way, p.state
  FROM campaign_person AS p
 WHERE p.campaign_id = %(id)s AND p.person_id = %(person_id)s
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = '' AND p.area_path <@ held.area)
   FOR NO KEY UPDATE OF p;

-- name: claim_texted
-- Of those who were sent a text, whom it reached and whom it did not.
SELECT p.campaign_id, p.person_id, p.grid_code, p.area_path::text AS area_path, p.ways, p.way, p.state,
       n.state = 'delivered' AS arrived
  FROM campaign_person AS p
  JOIN notice AS n ON n.id = p.notice_id
 WHERE p.state = 'trying' AND p.way = 'sms' AND n.state IN ('delivered', 'failed')
 LIMIT %(size)s
   FOR NO KEY UPDATE OF p SKIP LOCKED;

-- name: save_persons
-- By which way they are tried now, or that they were reached or missed; then their number is forgotten.
UPDATE campaign_person AS p
   SET way = s.way, state = s.state, phone = CASE s.state WHEN 'trying' THEN p.phone ELSE ''::bytea END
  FROM jsonb_to_recordset(%(persons)s::jsonb) AS s(campaign_id uuid, person_id text, way text, state text)
 WHERE p.campaign_id = s.campaign_id AND p.person_id = s.person_id;

-- name: note_texts
-- Which text tells whom.
UPDATE campaign_person AS p
   SET notice_id = s.notice_id
  FROM jsonb_to_recordset(%(texts)s::jsonb) AS s(campaign_id uuid, person_id text, notice_id uuid)
 WHERE p.campaign_id = s.campaign_id AND p.person_id = s.person_id;

-- name: read_phone
-- Somebody's sealed number.
SELECT phone FROM campaign_person WHERE campaign_id = %(id)s AND person_id = %(person_id)s;
