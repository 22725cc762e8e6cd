-- name: list_calendars
-- The calendars in force.
SELECT DISTINCT ON (area_code) area_code, version, changed_at, changed_by, reason, document
  FROM area_calendar
 ORDER BY area_code, version DESC;

-- name: find_calendar
-- One version of an area's calendar, or the newest.
SELECT area_code, version, changed_at, changed_by, reason, document
  FROM area_calendar
 WHERE area_code = %(area_code)s AND (%(version)s = 0 OR version = %(version)s)
 ORDER BY version DESC
 LIMIT 1;

-- name: insert_calendar
-- A new version, unless somebody else was faster.
INSERT INTO area_calendar (area_code, version, changed_at, changed_by, reason, document)
VALUES (%(area_code)s, %(version)s, %(changed_at)s, %(changed_by)s, %(reason)s, %(document)s::jsonb)
ON CONFLICT DO NOTHING
RETURNING version;

-- name: recount_cases
-- Every open case below an area whose time runs or stands still is counted again, by the workers of the timers, as
-- soon as each of them has read the new calendar.
INSERT INTO timer (incident_id, rung, due_at, try_at)
SELECT i.id, 'recount', %(at)s, %(at)s
  FROM incident AS i
 WHERE i.closed_at IS NULL AND i.started_at IS NOT NULL AND i.area_path <@ %(path)s::ltree
ON CONFLICT (incident_id, rung) DO UPDATE SET due_at = excluded.due_at, try_at = excluded.try_at, try_count = 0;

-- name: find_procedure
-- One version of a procedure, or the newest.
SELECT version, document
  FROM procedure
 WHERE task_type = %(task_type)s AND (%(version)s = 0 OR version = %(version)s)
 ORDER BY version DESC
 LIMIT 1;

-- name: insert_procedure
-- A new version, unless somebody else was faster.
INSERT INTO procedure (task_type, version, in_force_at, document, declared_by)
VALUES (%(task_type)s, %(version)s, %(in_force_at)s, %(document)s::jsonb, %(declared_by)s)
ON CONFLICT DO NOTHING
RETURNING version;
