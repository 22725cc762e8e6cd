-- name: name_causes
-- What orders and redemptions are in words.
SELECT o.id AS cause, o.number || ' ' || left(o.description, 60) AS title FROM service_order AS o WHERE o.id = ANY (%(causes)s::text[])
 UNION ALL
SELECT r.id::text, r.title || ' × ' || r.quantity FROM redemption AS r WHERE r.id::text = ANY (%(causes)s::text[]);

-- name: sum_services
-- Time and services of one volunteer in a period.
SELECT coalesce(sum(c.minutes), 0)::bigint AS minutes, count(*) AS services, min(c.served_on) AS first_day
  FROM claim AS c
 WHERE c.volunteer = %(volunteer)s AND c.state = 'credited' AND c.minutes > 0
   AND c.served_on BETWEEN %(from_day)s AND %(until_day)s;

-- name: insert_certificate
-- The same facts make the same certificate.
INSERT INTO certificate AS k (number, owner, masked_name, sealed_name, minutes, services, from_day, until_day, star, issued_at)
VALUES (%(number)s, %(owner)s, %(masked_name)s, %(sealed_name)s, %(minutes)s, %(services)s, %(from_day)s, %(until_day)s, %(star)s, %(issued_at)s)
ON CONFLICT (owner, from_day, until_day, minutes) DO UPDATE SET number = k.number
RETURNING number, owner, coalesce(nullif(masked_name, ''), name) AS name, sealed_name, minutes, services, from_day, until_day, star, issued_at;

-- name: read_certificate
-- One by its number.
SELECT number, owner, coalesce(nullif(masked_name, ''), name) AS name, minutes, services, from_day, until_day, star, issued_at
  FROM certificate WHERE number = %(number)s;

-- name: list_wall
-- Most time first; equal ones share a rank.
SELECT rank() OVER (ORDER BY a.balance DESC) AS place, v.subject, v.nickname, v.name_public,
       CASE WHEN v.name_public THEN v.sealed_name ELSE '' END AS sealed_name, v.community_code, a.balance AS minutes
  FROM volunteer AS v
  JOIN ledger.account AS a ON a.owner = v.subject AND a.unit = 'minutes' AND a.kind = 'done' AND a.balance > 0
 WHERE %(area)s = '' OR v.area_path <@ %(area)s::ltree
 ORDER BY a.balance DESC, v.nickname, v.subject
 LIMIT %(size)s;

-- name: rank_communities
-- By time given; equal ones share a rank.
SELECT rank() OVER (ORDER BY sum(c.minutes) DESC) AS place, v.community_code, sum(c.minutes)::bigint AS minutes,
       count(*) AS services, count(DISTINCT c.volunteer) AS volunteers
  FROM claim AS c
  JOIN volunteer AS v ON v.subject = c.volunteer
 WHERE c.state = 'credited' AND c.minutes > 0 AND c.served_on >= %(from_day)s AND c.served_on < %(until_day)s
 GROUP BY v.community_code
 ORDER BY minutes DESC, v.community_code;

-- name: list_counted
-- The services behind a community's place in the ranking, newest first.
SELECT c.id, c.served_on, v.nickname, o.category, c.minutes, o.id AS order_id, o.number, o.area_path::text
  FROM claim AS c
  JOIN volunteer AS v ON v.subject = c.volunteer AND v.community_code = %(community)s
  JOIN service_order AS o ON o.id = c.order_id
 WHERE c.state = 'credited' AND c.minutes > 0 AND c.served_on >= %(from_day)s AND c.served_on < %(until_day)s
   AND (%(before_day)s::date IS NULL OR (c.served_on, c.id) < (%(before_day)s::date, %(before_id)s::uuid))
 ORDER BY c.served_on DESC, c.id DESC
 LIMIT %(size)s;

-- name: export_hours
-- Everybody's time and points, within the caller's areas.
SELECT v.subject, v.masked_name, v.sealed_name, v.unit, v.community_code, coalesce(m.balance, 0) AS minutes, coalesce(p.balance, 0) AS points,
       (SELECT count(*) FROM claim AS c WHERE c.volunteer = v.subject AND c.state = 'credited' AND c.minutes > 0) AS services
  FROM volunteer AS v
  LEFT JOIN ledger.account AS m ON m.owner = v.subject AND m.unit = 'minutes' AND m.kind = 'done'
  LEFT JOIN ledger.account AS p ON p.owner = v.subject AND p.unit = 'points' AND p.kind = 'available'
 WHERE EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE v.area_path <@ g.area)
   AND (%(area)s = '' OR v.area_path <@ %(area)s::ltree)
   AND (%(unit)s = '' OR v.unit = %(unit)s)
 ORDER BY v.unit, v.masked_name, v.subject
 LIMIT 20000;

-- name: insert_review
-- One of the three, once.
INSERT INTO review (owner, year, kind, score, comment, reviewer, at)
VALUES (%(owner)s, %(year)s, %(kind)s, %(score)s, %(comment)s, %(reviewer)s, %(at)s)
ON CONFLICT DO NOTHING
RETURNING kind;

-- name: list_reviews
-- Those given.
SELECT kind, score, comment, reviewer, at FROM review WHERE owner = %(owner)s AND year = %(year)s ORDER BY at;

-- name: list_anomalies
-- What looks odd among services since a day. A person judges; nothing follows by itself.
WITH served AS (
    SELECT c.id, c.volunteer, o.owner, o.id AS order_id, c.minutes, c.points, c.device, c.requested_at, c.photos
      FROM claim AS c JOIN service_order AS o ON o.id = c.order_id
     WHERE c.claimed_at >= %(since)s AND c.state IN ('requested', 'settled', 'credited')
)
SELECT 'same_pair' AS kind, ARRAY[owner, volunteer] AS subjects, count(*) AS times, (array_agg(order_id ORDER BY order_id))[1:20] AS orders
  FROM served GROUP BY owner, volunteer HAVING count(*) >= %(pair_min)s
 UNION ALL
SELECT 'points_per_hour', ARRAY[volunteer], max(points * 60 / minutes), (array_agg(order_id ORDER BY order_id))[1:20]
  FROM served WHERE minutes > 0 AND points * 60 > minutes * %(points_per_hour_max)s GROUP BY volunteer
 UNION ALL
SELECT 'shared_device', array_agg(DISTINCT volunteer), count(DISTINCT volunteer), (array_agg(order_id ORDER BY order_id))[1:20]
  FROM served WHERE device <> '' GROUP BY device HAVING count(DISTINCT volunteer) >= %(device_min)s
 UNION ALL
SELECT 'night_settlement', ARRAY[volunteer], count(*), (array_agg(order_id ORDER BY order_id))[1:20]
  FROM served WHERE extract(hour FROM requested_at AT TIME ZONE 'UTC' + interval '8 hours') NOT BETWEEN 5 AND 22
 GROUP BY volunteer HAVING count(*) >= %(night_min)s
 UNION ALL
SELECT 'same_photo', array_agg(DISTINCT s.volunteer), count(*), (array_agg(s.order_id ORDER BY s.order_id))[1:20]
  FROM served AS s CROSS JOIN LATERAL jsonb_array_elements(s.photos) AS p(photo)
 GROUP BY p.photo ->> 'sha256' HAVING count(DISTINCT s.id) > 1
 ORDER BY times DESC, kind
 LIMIT 200;
