-- name: list_matter_kinds
-- What the city has settled.
SELECT task_type, kind FROM matter_kind;

-- name: set_matter_kinds
-- Settles what task types count as.
INSERT INTO matter_kind (task_type, kind)
SELECT k.task_type, k.kind FROM jsonb_to_recordset(%(kinds)s::jsonb) AS k(task_type text, kind text)
ON CONFLICT (task_type) DO UPDATE SET kind = excluded.kind;

-- name: count_matters
-- What was solved by month and task type, within what the caller may see.
SELECT to_char(i.closed_at AT TIME ZONE %(zone)s, 'YYYY-MM') AS month, i.task_type, count(*) AS count
  FROM incident AS i
 WHERE i.closed_at >= %(start)s AND i.closed_at < %(end)s AND i.ending IN ('solved', 'self_solved')
   AND i.area_path <@ %(under)s::ltree
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE i.area_path <@ held.area AND (held.department = '' OR held.department = i.department_code))
 GROUP BY 1, 2;
