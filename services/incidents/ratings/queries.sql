-- name: insert_rating
-- What one side says, unless it has spoken.
INSERT INTO side_rating (incident_id, way, rater, worker, department_code, area_path, score, attitude, efficiency,
                         quality, comment, rated_at)
VALUES (%(case_id)s, %(way)s, %(rater)s, %(worker)s, %(department_code)s, %(area_path)s::ltree, %(score)s,
        %(attitude)s, %(efficiency)s, %(quality)s, %(comment)s, %(rated_at)s)
ON CONFLICT DO NOTHING
RETURNING incident_id;

-- name: rate_departments
-- Means of what workers said of departments, within what the caller may see.
SELECT r.department_code AS rated, '' AS grid_path, count(*) AS count, avg(r.score) AS score,
       avg(nullif(r.attitude, 0)) AS attitude, avg(nullif(r.efficiency, 0)) AS efficiency,
       avg(nullif(r.quality, 0)) AS quality
  FROM side_rating AS r
 WHERE r.way = 'up' AND r.rated_at >= coalesce(%(start)s::timestamptz, '-infinity') AND r.rated_at < %(end)s
   AND r.area_path <@ %(under)s::ltree AND (%(department_code)s = '' OR r.department_code = %(department_code)s)
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE r.area_path <@ held.area AND (held.department = '' OR held.department = r.department_code))
 GROUP BY r.department_code
 ORDER BY r.department_code;

-- name: rate_workers
-- Means of what departments said of workers, within what the caller may see.
SELECT r.worker AS rated, max(r.area_path::text) AS grid_path, count(*) AS count, avg(r.score) AS score,
       avg(nullif(r.attitude, 0)) AS attitude, avg(nullif(r.efficiency, 0)) AS efficiency,
       avg(nullif(r.quality, 0)) AS quality
  FROM side_rating AS r
 WHERE r.way = 'down' AND r.rated_at >= coalesce(%(start)s::timestamptz, '-infinity') AND r.rated_at < %(end)s
   AND r.area_path <@ %(under)s::ltree
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE r.area_path <@ held.area AND (held.department = '' OR held.department = r.department_code))
 GROUP BY r.worker
 ORDER BY avg(r.score) DESC, r.worker
 LIMIT 1000;

-- name: list_said
-- Single ratings of a department by their month alone, in an order made of a digest, which tells nothing.
SELECT r.score, r.comment, to_char(r.rated_at AT TIME ZONE %(zone)s, 'YYYY-MM') AS month
  FROM side_rating AS r
 WHERE r.way = 'up' AND r.rated_at >= coalesce(%(start)s::timestamptz, '-infinity') AND r.rated_at < %(end)s
   AND r.area_path <@ %(under)s::ltree AND r.department_code = %(department_code)s
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE r.area_path <@ held.area AND (held.department = '' OR held.department = r.department_code))
 ORDER BY to_char(r.rated_at AT TIME ZONE %(zone)s, 'YYYY-MM') DESC, sha256(convert_to(r.incident_id::text, 'UTF8'))
 LIMIT 200;
