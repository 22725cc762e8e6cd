-- name: set_lines
-- Creates or changes lines.
INSERT INTO inspection_line (code, name, name_en, department_code)
SELECT l.code, l.name, l.name_en, l.department_code
  FROM jsonb_to_recordset(%(lines)s::jsonb) AS l(code text, name text, name_en text, department_code text)
ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, name_en = excluded.name_en, department_code = excluded.department_code;

-- name: set_items
-- Creates or changes items.
INSERT INTO inspection_item (code, line, title, title_en, severity, rectify_department, task_type, photo_required,
                             retired)
SELECT i.code, i.line, i.title, i.title_en, i.severity, i.rectify_department, i.task_type, i.photo_required, i.retired
  FROM jsonb_to_recordset(%(items)s::jsonb)
       AS i(code text, line text, title text, title_en text, severity text, rectify_department text, task_type text,
            photo_required boolean, retired boolean)
ON CONFLICT (code) DO UPDATE
   SET line = excluded.line, title = excluded.title, title_en = excluded.title_en, severity = excluded.severity,
       rectify_department = excluded.rectify_department, task_type = excluded.task_type,
       photo_required = excluded.photo_required, retired = excluded.retired;

-- name: list_lines
-- All lines.
SELECT code, name, name_en, department_code FROM inspection_line ORDER BY code;

-- name: list_items
-- All items.
SELECT code, line, title, title_en, severity, rectify_department, task_type, photo_required, retired
  FROM inspection_item ORDER BY code;

-- name: set_sites
-- Creates or changes places.
INSERT INTO site (code, name, kind, longitude_deg, latitude_deg, grid_code, area_path)
SELECT s.code, s.name, s.kind, s.longitude_deg, s.latitude_deg, s.grid_code, s.area_path::ltree
  FROM jsonb_to_recordset(%(sites)s::jsonb)
       AS s(code text, name text, kind text, longitude_deg double precision, latitude_deg double precision,
            grid_code text, area_path text)
ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, kind = excluded.kind, longitude_deg = excluded.longitude_deg,
       latitude_deg = excluded.latitude_deg, grid_code = excluded.grid_code, area_path = excluded.area_path;

-- name: insert_plan
-- A round with all its places due.
WITH planned AS (
    INSERT INTO inspection_plan (id, title, round, site_kind, area_code, lines, due_at, previous_id, created_by,
                                 created_at)
    VALUES (%(id)s, %(title)s, %(round)s, %(site_kind)s, %(area_code)s, %(lines)s, %(due_at)s, %(previous_id)s,
            %(created_by)s, %(created_at)s)
    RETURNING id
)
INSERT INTO inspection_visit (plan_id, site_code)
SELECT planned.id, s.code
  FROM planned, site AS s
 WHERE s.kind = %(site_kind)s AND s.area_path <@ %(area_path)s::ltree;

-- name: list_plans
-- Rounds with their figures, newest first; one of them when it is named.
SELECT p.id, p.title, p.round, p.site_kind, p.area_code, p.lines, p.due_at, p.previous_id, p.created_by,
       (SELECT count(*) FROM inspection_visit AS v WHERE v.plan_id = p.id) AS site_count,
       (SELECT count(v.visited_at) FROM inspection_visit AS v WHERE v.plan_id = p.id) AS visited_count,
       (SELECT count(*) FROM problem AS f WHERE f.plan_id = p.id) AS problem_count,
       (SELECT count(f.cleared_at) FROM problem AS f WHERE f.plan_id = p.id) AS cleared_count
  FROM inspection_plan AS p
 WHERE %(id)s::uuid IS NULL OR p.id = %(id)s
 ORDER BY p.created_at DESC, p.id DESC
 LIMIT 200;

-- name: list_sites
-- Places of a round, by code.
SELECT s.code, s.name, s.kind, s.longitude_deg, s.latitude_deg, s.grid_code, s.area_path::text AS area_path,
       v.visited_at, v.visited_by,
       (SELECT count(*) FROM problem AS f WHERE f.site_code = s.code AND f.cleared_at IS NULL) AS open_count
  FROM inspection_visit AS v
  JOIN site AS s ON s.code = v.site_code
 WHERE v.plan_id = %(plan_id)s
   AND (%(codes)s::text[] IS NULL OR s.code = ANY (%(codes)s))
   AND (%(with_visited)s OR v.visited_at IS NULL)
   AND s.area_path <@ %(area_path)s::ltree
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[]) AS held(area) WHERE s.area_path <@ held.area)
   AND s.code > %(after_code)s
 ORDER BY s.code
 LIMIT %(size)s;

-- name: note_visits
-- These places were visited; a second visit keeps the first moment.
UPDATE inspection_visit
   SET visited_at = %(at)s, visited_by = %(by)s
 WHERE plan_id = %(plan_id)s AND site_code = ANY (%(codes)s) AND visited_at IS NULL;

-- name: insert_problems
-- What was found.
INSERT INTO problem (id, plan_id, site_code, item_code, description, incident_id, rectify_department, found_at,
                     found_by, evidence)
SELECT p.id, p.plan_id, p.site_code, p.item_code, p.description, p.incident_id, p.rectify_department, p.found_at,
       p.found_by, p.evidence
  FROM jsonb_to_recordset(%(problems)s::jsonb)
       AS p(id uuid, plan_id uuid, site_code text, item_code text, description text, incident_id uuid,
            rectify_department text, found_at timestamptz, found_by text, evidence jsonb);

-- name: read_problems
-- Problems by id, locked, so that two who look again do so one after the other.
SELECT id, plan_id, site_code, item_code, description, incident_id, rectify_department, found_at, found_by, cleared_at,
       cleared_by, failed_rechecks
  FROM problem
 WHERE id = ANY (%(ids)s)
   AND EXISTS (SELECT FROM site AS s JOIN unnest(%(areas)s::ltree[]) AS held(area) ON s.area_path <@ held.area
                WHERE s.code = problem.site_code)
 ORDER BY id
   FOR UPDATE;

-- name: save_problems
-- What became of problems, and what was seen.
UPDATE problem AS p
   SET cleared_at = c.cleared_at, cleared_by = c.cleared_by, failed_rechecks = c.failed_rechecks,
       evidence = p.evidence || c.evidence
  FROM jsonb_to_recordset(%(problems)s::jsonb)
       AS c(id uuid, cleared_at timestamptz, cleared_by text, failed_rechecks integer, evidence jsonb)
 WHERE p.id = c.id;

-- name: list_problems
-- Problems, newest first.
SELECT id, plan_id, site_code, item_code, description, incident_id, rectify_department, found_at, found_by, cleared_at,
       cleared_by, failed_rechecks
  FROM problem
 WHERE (%(plan_id)s::uuid IS NULL OR plan_id = %(plan_id)s)
   AND (%(site_code)s::text IS NULL OR site_code = %(site_code)s)
   AND (NOT %(open_only)s OR cleared_at IS NULL)
   AND EXISTS (SELECT FROM site AS s JOIN unnest(%(areas)s::ltree[]) AS held(area) ON s.area_path <@ held.area
                WHERE s.code = problem.site_code)
   AND (%(before_at)s::timestamptz IS NULL OR (found_at, id) < (%(before_at)s, %(before_id)s::uuid))
 ORDER BY found_at DESC, id DESC
 LIMIT %(size)s;
