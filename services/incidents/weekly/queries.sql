-- name: count_week
-- A week and the week before it, for everything (grain 3), each area one level below (grain 1) and each task type
-- (grain 2). How a case was carried is told by how it ended or in which loop it stands.
WITH told AS (
    SELECT i.reported_at >= %(start)s AS is_now, i.area_path, i.task_type, 1 AS reported,
           (i.source = ANY (%(own_sources)s))::integer AS found_by_grid,
           (i.ending = 'self_solved')::integer AS on_site,
           (i.ending <> 'self_solved' AND i.loop_level < %(loop_top)s)::integer AS in_group,
           (i.ending <> 'self_solved' AND i.loop_level >= %(loop_top)s)::integer AS to_centre,
           0 AS closed, 0 AS closed_in_time, 0 AS found_by_inspectors
      FROM incident AS i
     WHERE i.reported_at >= %(start_before)s AND i.reported_at < %(end)s
       AND i.area_path <@ %(under)s::ltree
       AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                    WHERE i.area_path <@ held.area AND (held.department = '' OR held.department = i.department_code))
     UNION ALL
    SELECT i.closed_at >= %(start)s, i.area_path, i.task_type, 0, 0, 0, 0, 0, 1,
           (i.deadline_at IS NULL OR i.stopped_at <= i.deadline_at
            OR coalesce((i.dealings ->> 'exempt')::boolean, false))::integer, 0
      FROM incident AS i
     WHERE i.closed_at >= %(start_before)s AND i.closed_at < %(end)s AND i.ending IN ('solved', 'self_solved')
       AND i.area_path <@ %(under)s::ltree
       AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                    WHERE i.area_path <@ held.area AND (held.department = '' OR held.department = i.department_code))
     UNION ALL
    SELECT f.found_at >= %(start)s, f.area_path, f.task_type, 0, 0, 0, 0, 0, 0, 0, 1
      FROM city_finding AS f
     WHERE f.found_at >= %(start_before)s AND f.found_at < %(end)s AND f.incident_id IS NULL
       AND f.area_path <@ %(under)s::ltree
       AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                    WHERE held.department = '' AND f.area_path <@ held.area)
), keyed AS (
    SELECT told.*, CASE WHEN nlevel(area_path) > %(depth)s THEN ltree2text(subpath(area_path, %(depth)s, 1)) ELSE '' END AS area
      FROM told
)
SELECT GROUPING(area, task_type) AS grain, coalesce(area, task_type, '') AS key, is_now,
       sum(reported) AS reported, sum(found_by_grid) AS found_by_grid, sum(on_site) AS on_site,
       sum(in_group) AS in_group, sum(to_centre) AS to_centre, sum(closed) AS closed,
       sum(closed_in_time) AS closed_in_time, sum(found_by_inspectors) AS found_by_inspectors
  FROM keyed
 GROUP BY GROUPING SETS ((is_now), (is_now, area), (is_now, task_type));
