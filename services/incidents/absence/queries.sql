-- name: close_absence
-- The program is back.
UPDATE absence SET until_at = %(at)s
 WHERE plugin = %(plugin)s AND release = %(release)s AND until_at IS NULL
RETURNING id, plugin, release, department_code, cause, desk, since_at, case_count, fell_back_at, until_at;

-- name: open_absence
-- A program is away; when that was known already, only a stronger reason is taken over.
INSERT INTO absence (id, plugin, release, department_code, cause, task_types, area_codes, reported_from, reported_until,
                     desk, since_at, due_at)
VALUES (%(id)s, %(plugin)s, %(release)s, %(department_code)s, %(cause)s, %(task_types)s, %(area_codes)s,
        %(reported_from)s, %(reported_until)s, %(desk)s, %(since_at)s, %(due_at)s)
    ON CONFLICT (plugin, release) WHERE until_at IS NULL DO UPDATE
   SET cause = excluded.cause, due_at = least(absence.due_at, excluded.due_at);

-- name: find_due
-- An absence whose cases are to fall back, held so that nobody else does the same.
SELECT id, plugin, release, department_code, cause, desk, since_at, case_count, fell_back_at, until_at
  FROM absence
 WHERE until_at IS NULL AND fell_back_at IS NULL AND due_at <= %(now)s
 ORDER BY due_at
 LIMIT 1
   FOR UPDATE SKIP LOCKED;

-- name: find_left_alone
-- Open cases that the program served and that do not say so yet, locked, some at a time.
SELECT i.id
  FROM incident AS i
  JOIN absence AS a ON a.id = %(id)s
 WHERE i.closed_at IS NULL
   AND i.task_type = ANY (a.task_types)
   AND (a.reached IS NULL OR i.id > a.reached)
   AND (a.reported_from IS NULL OR i.reported_at >= a.reported_from)
   AND (a.reported_until IS NULL OR i.reported_at < a.reported_until)
   AND (cardinality(%(area_paths)s::text[]) = 0 OR i.area_path <@ ANY (%(area_paths)s::ltree[]))
 ORDER BY i.id
 LIMIT %(size)s
   FOR NO KEY UPDATE OF i;

-- name: read_area_codes
SELECT area_codes FROM absence WHERE id = %(id)s;

-- name: count_fallen
UPDATE absence SET reached = %(reached)s, case_count = case_count + %(count)s WHERE id = %(id)s;

-- name: finish_falling
UPDATE absence SET fell_back_at = %(now)s WHERE id = %(id)s
RETURNING id, plugin, release, department_code, cause, desk, since_at, case_count, fell_back_at, until_at;

-- name: list_absences
-- The newest absences of these departments; an empty department means all.
SELECT id, plugin, release, department_code, cause, desk, since_at, case_count, fell_back_at, until_at
  FROM absence
 WHERE (NOT %(current_only)s OR until_at IS NULL)
   AND (%(plugin)s = '' OR plugin = %(plugin)s)
   AND ('' = ANY (%(departments)s::text[]) OR department_code = ANY (%(departments)s::text[]))
 ORDER BY since_at DESC, id DESC
 LIMIT 200;

-- name: count_current
SELECT plugin, count(*) AS number FROM absence WHERE until_at IS NULL GROUP BY plugin;
