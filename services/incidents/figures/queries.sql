-- name: count_figures
-- Counts within what the caller may see: reported in the span, closed in it, due in it and still open, open now.
-- The key of a part is made from the dimension: depth 0 and no column means that all is one part.
WITH seen AS (
    SELECT i.id, i.area_path, i.department_code, i.task_type, i.source, i.registered_at, i.ended_as, i.closed_at,
           i.deadline_at, i.stopped_at, i.rework_count, i.rating, i.reported_at,
           i.reported_at >= %(start)s AND i.reported_at < %(end)s AS is_reported,
           i.closed_at >= %(start)s AND i.closed_at < %(end)s AND i.ended_as = 'closed' AND i.ending IN ('solved', 'self_solved') AS is_closed,
           i.closed_at IS NULL AND i.deadline_at >= %(start)s AND i.deadline_at < %(end)s AS is_due,
           coalesce((i.dealings ->> 'exempt')::boolean, false) AS exempt,
           CASE WHEN i.closed_at IS NULL THEN light(i, %(now)s, %(red_sign_misses)s) END AS light
      FROM incident AS i
     WHERE (i.closed_at IS NULL
            OR (i.reported_at >= %(start)s AND i.reported_at < %(end)s)
            OR (i.closed_at >= %(start)s AND i.closed_at < %(end)s))
       AND i.area_path <@ %(under)s::ltree
       AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                    WHERE i.area_path <@ held.area AND (held.department = '' OR held.department = i.department_code))
)
SELECT CASE %(dimension)s
            WHEN 'area' THEN CASE WHEN nlevel(seen.area_path) > %(depth)s
                                  THEN ltree2text(subpath(seen.area_path, %(depth)s, 1)) ELSE '' END
            WHEN 'department' THEN seen.department_code
            WHEN 'task_type' THEN seen.task_type
            WHEN 'source' THEN seen.source
            ELSE '' END AS key,
       count(*) FILTER (WHERE is_reported) AS reported,
       count(*) FILTER (WHERE is_reported AND registered_at IS NOT NULL) AS registered,
       count(*) FILTER (WHERE is_reported AND ended_as IN ('rejected', 'cancelled', 'not_registered')) AS refused,
       count(*) FILTER (WHERE is_closed OR is_due) AS need_close,
       count(*) FILTER (WHERE is_closed) AS closed,
       count(*) FILTER (WHERE is_closed AND (deadline_at IS NULL OR stopped_at <= deadline_at OR exempt)) AS in_time,
       count(*) FILTER (WHERE is_closed AND rework_count > 0) AS reworked,
       count(*) FILTER (WHERE is_closed AND rating > 0) AS rated,
       count(*) FILTER (WHERE is_closed AND rating >= 4) AS satisfied,
       count(*) FILTER (WHERE light = 'green') AS green,
       count(*) FILTER (WHERE light = 'yellow') AS yellow,
       count(*) FILTER (WHERE light = 'red') AS red
  FROM seen
 GROUP BY 1;
