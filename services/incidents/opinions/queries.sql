-- name: insert_opinion
-- Takes one in.
INSERT INTO opinion (id, version, state, grid_code, area_path, words, tone, collected_by, collected_at)
VALUES (%(id)s, 1, 'collected', %(grid_code)s, %(area_path)s::ltree, %(words)s, %(tone)s, %(collected_by)s,
        %(collected_at)s);

-- name: lock_opinion
-- One of them, if it lies where the caller may look; nobody else takes a step meanwhile.
SELECT o.id, o.version, o.state, o.grid_code, o.area_path::text AS area_path, o.words, o.tone, o.collected_by,
       o.collected_at, o.handler, o.answer, o.rating, o.case_id, o.closed_at
  FROM opinion AS o
 WHERE o.id = %(id)s
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = '' AND o.area_path <@ held.area)
   FOR NO KEY UPDATE OF o;

-- name: save_opinion
-- What a step changed.
UPDATE opinion
   SET version = %(version)s, state = %(state)s, handler = %(handler)s, answer = %(answer)s, rating = %(rating)s,
       case_id = %(case_id)s, closed_at = %(closed_at)s
 WHERE id = %(id)s;

-- name: list_opinions
-- A page within an area, newest first.
SELECT o.id, o.version, o.state, o.grid_code, o.area_path::text AS area_path, o.words, o.tone, o.collected_by,
       o.collected_at, o.handler, o.answer, o.rating, o.case_id, o.closed_at
  FROM opinion AS o
 WHERE o.area_path <@ %(under)s::ltree
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = '' AND o.area_path <@ held.area)
   AND (NOT %(open_only)s OR o.closed_at IS NULL)
   AND (%(before_at)s::timestamptz IS NULL OR (o.collected_at, o.id) < (%(before_at)s, %(before_id)s))
 ORDER BY o.collected_at DESC, o.id DESC
 LIMIT %(size)s;

-- name: count_mood
-- For each grid of which anything was ever said, and each day: what was collected, what of it negative, what left open.
SELECT day.day::date AS day, o.grid_code,
       count(*) FILTER (WHERE o.collected_at >= day.starts_at) AS collected,
       count(*) FILTER (WHERE o.collected_at >= day.starts_at AND o.tone = 'negative') AS negative,
       count(*) FILTER (WHERE o.closed_at IS NULL OR o.closed_at >= day.ends_at) AS open
  FROM (SELECT d AS day, d::timestamp AT TIME ZONE %(zone)s AS starts_at,
               (d + interval '1 day')::timestamp AT TIME ZONE %(zone)s AS ends_at
          FROM generate_series(%(from_day)s::date, %(until_day)s::date, interval '1 day') AS d) AS day
  JOIN opinion AS o ON o.collected_at < day.ends_at
 WHERE o.area_path <@ %(under)s::ltree
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = '' AND o.area_path <@ held.area)
 GROUP BY day.day, o.grid_code;
