-- name: list_answers
-- Wishes of some grids in a period: how many, and those nobody took up in time. What was cancelled before its time was
-- up is left out, and what may still be taken up in time too.
SELECT o.grid_code, count(*) AS wishes,
       coalesce(array_agg(o.id ORDER BY o.id) FILTER (WHERE NOT t.taken), '{}') AS unanswered
  FROM service_order AS o
 CROSS JOIN LATERAL (
       SELECT EXISTS (SELECT 1 FROM claim AS c
                       WHERE c.order_id = o.id AND c.claimed_at <= o.published_at + %(hours)s * interval '1 hour') AS taken) AS t
 WHERE o.grid_code = ANY (%(grids)s::text[])
   AND o.published_at >= %(begin)s AND o.published_at < %(end)s
   AND o.published_at <= %(now)s
   AND (t.taken OR o.state <> 'cancelled' AND o.published_at + %(hours)s * interval '1 hour' <= %(now)s)
 GROUP BY o.grid_code;

-- name: insert_letter
-- The same facts make the same letter.
INSERT INTO letter AS l (number, kind, owner, masked_name, unit, words, minutes, issued_by, issued_at)
VALUES (%(number)s, %(kind)s, %(owner)s, %(masked_name)s, %(unit)s, %(words)s, %(minutes)s, %(issued_by)s, %(issued_at)s)
ON CONFLICT (number) DO UPDATE SET number = l.number
RETURNING number, kind, owner, masked_name, unit, words, minutes, issued_at;

-- name: read_letter
-- One by its number.
SELECT number, kind, owner, masked_name, unit, words, minutes, issued_at FROM letter WHERE number = %(number)s;

-- name: list_served
-- People of building teams within the caller's areas, with their services of a period.
SELECT m.subject, array_agg(DISTINCT t.code ORDER BY t.code) AS teams,
       coalesce((SELECT array_agg(c.order_id ORDER BY c.order_id) FROM claim AS c
                  WHERE c.volunteer = m.subject AND c.state = 'credited' AND c.minutes > 0
                    AND c.served_on >= %(from_day)s AND c.served_on < %(until_day)s), '{}') AS orders
  FROM team AS t
  JOIN team_member AS m ON m.team = t.code
 WHERE t.kind = 'building'
   AND EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE t.area_path <@ g.area)
   AND (%(area)s = '' OR t.area_path <@ %(area)s::ltree)
 GROUP BY m.subject
 ORDER BY m.subject;
